// SPDX-License-Identifier: GPL-2.0-or-later
#include <cyaml/cyaml.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <yaml.h>

#include "campaign.h"

/*
 * How a file becomes a campaign.
 *
 *   fallbacks ──> layer 0 ──┐
 *   the file  ──> layer 1 ──┼──> given[]: for each key the latest layer ──> one complete text
 *   --set ... ──> layer 2.. ┘    that named it, its place and its words              │
 *                                          │                                         │ libcyaml
 *                                          └────────> checks <──── struct campaign <─┘
 *
 * Each layer is read by libyaml's events against campaign_fields: libcyaml reports an
 * unexpected key at the token before it, takes 010 for eight, lets a second key of the same
 * name win and does not say which keys were there; a sentence with the right line and column,
 * and layers, need all of that. What has passed is put together as one complete text, which
 * libcyaml loads, dumps and frees by a schema made from the same table.
 */

#define US_PER_SECOND 1000000u
#define CAP_US	      (600 * US_PER_SECOND) /* the longest hold, and the latest echo */
#define TEXT_MAX      (1u << 20)	    /* bytes of a campaign file */
#define NAME_LENGTH   64

/*
 * The table. A row's storage is taken from the struct itself, and a row that names another type
 * than the member has does not compile.
 */
/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types, members and pieces of initialisers */
#define PLACE(ctype, member) \
	(offsetof(struct campaign, member) * \
	 _Generic(((struct campaign *)NULL)->member, ctype: (size_t)1))
#define TOP(ctype, member) .offset = PLACE(ctype, member)
#define IN(group, ctype, member) \
	.offset = PLACE(ctype, group.member) - offsetof(struct campaign, group)
#define TOP_LIST(ctype, member) \
	TOP(ctype, member), .list = true, .count_offset = PLACE(uint32_t, nr_##member)
#define IN_LIST(group, ctype, member) \
	IN(group, ctype, member), .list = true, \
	.count_offset = PLACE(uint32_t, group.nr_##member) - offsetof(struct campaign, group)
#define GROUP(group) .offset = offsetof(struct campaign, group), .sub = &group##_fields
#define GROUP_SIZE(group) sizeof(((struct campaign *)NULL)->group)
#define RANGE(low, high) .min = (low), .max = (high)
#define NAMES(words, count) .names = (words), .nr_names = (count)
#define END { .name = NULL }
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field stop_rows[] = {
	{ "trials", FIELD_U32, IN(stop, uint32_t, trials), RANGE(0, 100000000),
	  .fallback = "240",
	  .doc = "How many trials the campaign runs at most; 0 is no limit, and then "
		 "stop.seconds must be given" },
	{ "seconds", FIELD_U32, IN(stop, uint32_t, seconds), RANGE(0, 31536000),
	  .fallback = "0",
	  .doc = "After how many seconds no further trial is started; 0 is no limit" },
	{ "findings", FIELD_U32, IN(stop, uint32_t, findings), RANGE(0, 1000000),
	  .fallback = "0",
	  .doc = "After how many different findings no further trial is started; 0 is no "
		 "limit" },
	END
};
static const struct fields stop_fields = { "stop", NULL, stop_rows, GROUP_SIZE(stop) };

static const struct field device_rows[] = {
	{ "kind", FIELD_ENUM, IN(device, enum device_kind, kind),
	  NAMES(device_kind_names, DEVICE_KINDS), .fallback = "veth",
	  .doc = "What the device under test is: a veth end, a macvlan over one, a bridge "
		 "with one as its port, a dummy (which has no peer: outbound echoes only), "
		 "or an existing device of this machine, which is never deleted and is put "
		 "back as it was found" },
	{ "dut", FIELD_TEXT, IN(device, const char *, dut), .nullable = true,
	  .doc = "Name of the existing device under test; it is taken down and up in each "
		 "trial, so nobody else may be using it" },
	{ "peer", FIELD_TEXT, IN(device, const char *, peer), .nullable = true,
	  .doc = "Name of the existing device that is cabled to device.dut and sends the "
		 "inbound echoes" },
	END
};
static const struct fields device_fields = { "device", NULL, device_rows, GROUP_SIZE(device) };

static const struct field sysctl_rows[] = {
	{ "dad_transmits", FIELD_U32, IN(sysctl, uint32_t, dad_transmits), RANGE(0, 100),
	  .fallback = "1",
	  .doc = "Neighbour solicitations that DAD sends (RFC 4862 5.1); with 0 there is no "
		 "DAD and no address is ever tentative" },
	{ "router_solicitation_delay", FIELD_U32,
	  IN(sysctl, uint32_t, router_solicitation_delay), RANGE(0, 60), .fallback = "0",
	  .doc = "Seconds the kernel waits after an interface came up; DAD itself starts "
		 "after a random part of them, so more than 0 makes the tentative time "
		 "longer and less even" },
	{ "retrans_time_ms", FIELD_U32, IN(sysctl, uint32_t, retrans_time_ms), RANGE(1, 60000),
	  .fallback = "10",
	  .doc = "Time between neighbour solicitations, so that an address stays tentative "
		 "for about dad_transmits times this long; the kernel takes 10 for anything "
		 "shorter" },
	{ "accept_dad", FIELD_U32, IN(sysctl, uint32_t, accept_dad), RANGE(0, 2),
	  .fallback = "1",
	  .doc = "0 does no DAD, 1 does it, 2 also disables IPv6 on the device when its "
		 "link-local address is a duplicate" },
	{ "addr_gen_mode", FIELD_U32, IN(sysctl, uint32_t, addr_gen_mode), RANGE(0, 3),
	  .fallback = "0",
	  .doc = "How the link-local address is made: 0 from the MAC address, 1 not at all "
		 "(nothing is tentative then), 2 from a stable secret, 3 from a random one" },
	{ "keep_addr_on_down", FIELD_U32, IN(sysctl, uint32_t, keep_addr_on_down), RANGE(0, 1),
	  .fallback = "0",
	  .doc = "1 keeps global addresses while the device is down, which changes the path "
		 "on which references are dropped" },
	END
};
static const struct fields sysctl_fields = { "sysctl", NULL, sysctl_rows, GROUP_SIZE(sysctl) };

static const struct field bringup_rows[] = {
	{ "kind", FIELD_ENUM, IN(bringup, enum bringup_kind, kind),
	  NAMES(bringup_kind_names, BRINGUP_KINDS), .fallback = "do_dad",
	  .doc = "Who sets the flags: do_dad is a process of our own that does it twice with "
		 "DAD between, command is an unmodified program" },
	{ "command", FIELD_TEXT, IN_LIST(bringup, const char **, command), .fallback = "[]",
	  .doc = "Program and arguments for kind command, run without a shell; {dut} and "
		 "{peer} stand for the names of the devices" },
	{ "deadline_ms", FIELD_U32, IN(bringup, uint32_t, deadline_ms), RANGE(1, 600000),
	  .fallback = "5000",
	  .doc = "How long the bring-up may take from start to exit, the hold not counted; "
		 "one that takes longer is taken to hang" },
	END
};
static const struct fields bringup_fields = { "bringup", NULL, bringup_rows,
					      GROUP_SIZE(bringup) };

static const struct field hold_range_rows[] = {
	{ "min_us", FIELD_U64, IN(window.hold_range, uint64_t, min_us), RANGE(1, CAP_US),
	  .fallback = "1",
	  .doc = "The shortest hold that may be drawn" },
	{ "max_us", FIELD_U64, IN(window.hold_range, uint64_t, max_us), RANGE(0, CAP_US),
	  .fallback = "0",
	  .doc = "The longest hold that may be drawn; 0 is no range, and window.hold_us "
		 "holds" },
	END
};
static const struct fields hold_range_fields = { "hold_range", NULL, hold_range_rows,
						 GROUP_SIZE(window.hold_range) };

static const struct field window_rows[] = {
	{ "site", FIELD_ENUM, IN(window, enum site, site), NAMES(site_names, SITES),
	  .fallback = "flags",
	  .doc = "Where the window opens: flags is between the first flag set's return and "
		 "the second's entry, off is nowhere (such a campaign can prove nothing)" },
	{ "method", FIELD_ENUM, IN(window, enum method, method), NAMES(method_names, METHODS),
	  .fallback = "stop",
	  .doc = "How the bring-up is held: stop stops the task on its way out of the system "
		 "call and continues it later" },
	{ "hold_us", FIELD_U64, IN_LIST(window, uint64_t *, hold_us), RANGE(1, CAP_US),
	  .fallback = "[5000]",
	  .doc = "How long the window is held; one of these is drawn for each trial" },
	{ "hold_range", FIELD_OBJECT,
	  .offset = offsetof(struct campaign, window.hold_range) -
		    offsetof(struct campaign, window),
	  .sub = &hold_range_fields,
	  .doc = "Instead of window.hold_us: the hold is drawn evenly between two ends" },
	END
};
static const struct fields window_fields = { "window", NULL, window_rows, GROUP_SIZE(window) };

static const struct field echo_rows[] = {
	{ "directions", FIELD_ENUM, IN_LIST(echo, enum direction *, directions),
	  NAMES(direction_names, DIRECTIONS), .fallback = "[inbound]",
	  .doc = "How echoes travel, one drawn for each trial: inbound as whole frames from "
		 "the peer, outbound through an ICMPv6 socket, outbound-raw through a raw "
		 "socket with a header of our own" },
	{ "targets", FIELD_ENUM, IN_LIST(echo, enum target *, targets),
	  NAMES(target_names, TARGETS), .fallback = "[all-nodes]",
	  .doc = "Whom echoes are addressed to, one drawn for each trial among those that "
		 "fit its direction: solicited-node and tentative are inbound only, peer and "
		 "nobody outbound only" },
	{ "source", FIELD_ENUM, IN(echo, enum source, source), NAMES(source_names, SOURCES),
	  .fallback = "peer",
	  .doc = "Whom inbound echoes claim to be from: the peer, or another address without "
		 "neighbour entry for each echo" },
	{ "count", FIELD_U32, IN(echo, uint32_t, count), RANGE(1, 1000), .fallback = "4",
	  .doc = "Echoes in each trial of the arms echo and race; a leak of one reference "
		 "each then shows as this number" },
	{ "offset_us", FIELD_U64, IN(echo, uint64_t, offset_us), RANGE(0, CAP_US),
	  .fallback = "0",
	  .doc = "Time from the window's opening to the first echo; beyond the hold it lands "
		 "outside and proves nothing" },
	{ "spacing_us", FIELD_U64, IN(echo, uint64_t, spacing_us), RANGE(0, CAP_US),
	  .fallback = "100",
	  .doc = "Time from one echo to the next" },
	{ "payload_bytes", FIELD_U32, IN(echo, uint32_t, payload_bytes), RANGE(16, 1452),
	  .fallback = "56",
	  .doc = "Bytes after the ICMPv6 header; the first 16 name trial and echo, and 1452 "
		 "fill an Ethernet frame" },
	{ "hop_limit", FIELD_U32, IN(echo, uint32_t, hop_limit), RANGE(1, 255),
	  .fallback = "64",
	  .doc = "Hop limit of the echoes" },
	END
};
static const struct fields echo_fields = { "echo", NULL, echo_rows, GROUP_SIZE(echo) };

static const struct field watch_rows[] = {
	{ "objects", FIELD_ENUM, IN_LIST(watch, enum object *, objects),
	  NAMES(object_names, OBJECTS), .fallback = "[net_device, inet6_dev]",
	  .doc = "Whose reference counts are compared before and after; a leaked inet6_dev "
		 "hardly shows in net_device, so watch both" },
	{ "deadline_ms", FIELD_U32, IN(watch, uint32_t, deadline_ms), RANGE(1, 600000),
	  .fallback = "2000",
	  .doc = "How long references may take to come back after the device went down; "
		 "clean trials do not wait for it" },
	{ "grace_ms", FIELD_U32, IN(watch, uint32_t, grace_ms), RANGE(0, 60000),
	  .fallback = "50",
	  .doc = "Time between the two further looks that are taken before a leak is said" },
	{ "unregister_ms", FIELD_U32, IN(watch, uint32_t, unregister_ms), RANGE(1, 600000),
	  .fallback = "3000",
	  .doc = "How long the unregistering of a suspect device may take before it is taken "
		 "to wait for a lost reference" },
	END
};
static const struct fields watch_fields = { "watch", NULL, watch_rows, GROUP_SIZE(watch) };

static const struct field campaign_rows[] = {
	{ "name", FIELD_TEXT, TOP(const char *, name), .fallback = "campaign",
	  .doc = "What the campaign is called in results" },
	{ "seed", FIELD_U64, TOP(uint64_t, seed), RANGE(0, INT64_MAX), .fallback = "1",
	  .doc = "Where all draws start: the same campaign and seed give the same trials "
		 "everywhere" },
	{ "stop", FIELD_OBJECT, GROUP(stop),
	  .doc = "When the campaign ends: at the first limit reached" },
	{ "lanes", FIELD_U32, TOP(uint32_t, lanes), RANGE(1, 64), .fallback = "1",
	  .doc = "How many trials run side by side, each in its own network namespace; "
		 "exactly 1 with an existing device" },
	{ "tier", FIELD_ENUM, TOP(enum tier, tier), NAMES(tier_names, TIERS),
	  .fallback = "auto",
	  .doc = "How sites are hooked; auto takes the best way this kernel has, any other "
		 "way is skipped where the kernel lacks it" },
	{ "device", FIELD_OBJECT, GROUP(device),
	  .doc = "The device under test and its peer" },
	{ "sysctl", FIELD_OBJECT, GROUP(sysctl),
	  .doc = "What is set in net.ipv6.conf and net.ipv6.neigh of the device under test" },
	{ "bringup", FIELD_OBJECT, GROUP(bringup),
	  .doc = "The process that brings the device up, issuing the flag sets" },
	{ "arms", FIELD_ENUM, TOP_LIST(enum arm *, arms), NAMES(arm_names, ARMS),
	  .fallback = "[control, hold, echo, race]",
	  .doc = "What trials are for, in balanced blocks: control injects nothing, hold "
		 "holds the window, echo sends echoes, race does both" },
	{ "window", FIELD_OBJECT, GROUP(window),
	  .doc = "The interval that is held open" },
	{ "echo", FIELD_OBJECT, GROUP(echo),
	  .doc = "The ICMPv6 echoes that are sent into the window" },
	{ "watch", FIELD_OBJECT, GROUP(watch),
	  .doc = "What is compared between baseline and settle, and how long it may take" },
	END
};
/* clang-format on */

const struct fields campaign_fields = {
	.name = "campaign",
	.doc = "A campaign, resolved: defaults, file and overrides",
	.rows = campaign_rows,
	.size = sizeof(struct campaign),
};

/*
 * The table laid flat, parents before children, and the libcyaml schema made from it. Both are
 * made once, in storage of their own, so that loading, dumping and freeing cannot fail for
 * them.
 */
#define KEYS_MAX  64
#define NAMES_MAX 64
#define ROOT	  0

struct key {
	const struct field *row;
	char path[64];
	int parent;
};

static struct {
	struct key keys[KEYS_MAX];
	int nr_keys;
	cyaml_schema_field_t fields[2 * KEYS_MAX]; /* a row each, and an end for each mapping */
	uint32_t nr_fields;
	cyaml_schema_value_t entries[KEYS_MAX];
	uint32_t nr_entries;
	cyaml_strval_t names[NAMES_MAX];
	uint32_t nr_names;
	cyaml_schema_value_t root;
} schema;

static const struct field root_row = {
	.name = "campaign",
	.type = FIELD_OBJECT,
	.sub = &campaign_fields,
};

/* A table that has outgrown its room fails in the first test that loads anything; */
static void room_for(uint32_t more, uint32_t used, uint32_t room)
{
	if (used + more > room)
		abort();
}

/* so does a number without a range, which every key of the campaign has to declare. */
static void range_for(const struct field *row)
{
	bool is_number =
		row->type == FIELD_U32 || row->type == FIELD_U64 || row->type == FIELD_I64;

	if (is_number && row->min >= row->max)
		abort();
}

static void key_add(const struct field *row, int parent)
{
	struct key key = {.row = row, .parent = parent};
	int id = schema.nr_keys++;

	room_for(1, (uint32_t)id, KEYS_MAX);
	range_for(row);
	if (id != ROOT)
		snprintf(key.path, sizeof(key.path), "%s%s%s", schema.keys[parent].path,
			 parent == ROOT ? "" : ".", row->name);
	schema.keys[id] = key;
	if (row->type == FIELD_OBJECT)
		for (const struct field *sub = row->sub->rows; sub->name; sub++)
			key_add(sub, id);
}

static void value_names(cyaml_schema_value_t *value, const struct field *row)
{
	cyaml_strval_t *names = &schema.names[schema.nr_names];

	room_for(row->nr_names, schema.nr_names, NAMES_MAX);
	schema.nr_names += row->nr_names;
	for (uint32_t i = 0; i < row->nr_names; i++)
		names[i] = (cyaml_strval_t){.str = row->names[i], .val = i};
	value->enumeration.strings = names;
	value->enumeration.count = row->nr_names;
}

static const cyaml_schema_field_t *value_rows(const struct fields *table);

static cyaml_schema_value_t value_of(const struct field *row)
{
	cyaml_schema_value_t value = {
		.flags = CYAML_FLAG_OPTIONAL,
		.data_size = (uint32_t)field_size(row),
	};

	switch (row->type) {
	case FIELD_BOOL: value.type = CYAML_BOOL; break;
	case FIELD_ENUM:
		value.type = CYAML_ENUM;
		value.flags |= CYAML_FLAG_STRICT;
		value_names(&value, row);
		break;
	case FIELD_U32:
	case FIELD_U64: value.type = CYAML_UINT; break;
	case FIELD_I64: value.type = CYAML_INT; break;
	case FIELD_TEXT:
		value.type = CYAML_STRING;
		/* Quoted, so that a text such as ~ or 5 is dumped as what it is. */
		value.flags |= CYAML_FLAG_POINTER | CYAML_FLAG_SCALAR_QUOTE_DOUBLE;
		value.data_size = sizeof(char);
		value.string.max = CYAML_UNLIMITED;
		break;
	case FIELD_OBJECT:
		value.type = CYAML_MAPPING;
		value.flags |= CYAML_FLAG_BLOCK;
		value.mapping.fields = value_rows(row->sub);
		break;
	case FIELD_TYPES: break;
	}
	return value;
}

/* A list's elements are described apart from the list. */
static cyaml_schema_value_t list_of(const struct field *row)
{
	cyaml_schema_value_t *entry = &schema.entries[schema.nr_entries];

	room_for(1, schema.nr_entries++, KEYS_MAX);
	*entry = value_of(row);
	entry->flags &= ~(unsigned int)CYAML_FLAG_OPTIONAL;
	return (cyaml_schema_value_t){
		.type = CYAML_SEQUENCE,
		.flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER | CYAML_FLAG_FLOW,
		.data_size = (uint32_t)field_size(row),
		.sequence = {.entry = entry, .max = CYAML_UNLIMITED},
	};
}

static const cyaml_schema_field_t *value_rows(const struct fields *table)
{
	cyaml_schema_field_t *fields = &schema.fields[schema.nr_fields];
	uint32_t nr = 0;

	while (table->rows[nr].name)
		nr++;
	/* One more stays zero: the end. */
	room_for(nr + 1, schema.nr_fields, 2 * KEYS_MAX);
	schema.nr_fields += nr + 1;
	for (uint32_t i = 0; i < nr; i++) {
		const struct field *row = &table->rows[i];

		fields[i] = (cyaml_schema_field_t){
			.key = row->name,
			.data_offset = (uint32_t)row->offset,
			.count_offset = (uint32_t)row->count_offset,
			.count_size = row->list ? sizeof(uint32_t) : 0,
			.value = row->list ? list_of(row) : value_of(row),
		};
	}
	return fields;
}

static void schema_make(void)
{
	key_add(&root_row, ROOT);
	schema.root = value_of(&root_row);
	schema.root.flags |= CYAML_FLAG_POINTER;
}

static void schema_need(void)
{
	static once_flag made = ONCE_FLAG_INIT;

	call_once(&made, schema_make);
}

static int key_child(int parent, const char *name, size_t length)
{
	for (int id = ROOT + 1; id < schema.nr_keys; id++) {
		const struct key *key = &schema.keys[id];

		if (key->parent == parent && strlen(key->row->name) == length &&
		    !memcmp(key->row->name, name, length))
			return id;
	}
	return -1;
}

static int key_find(const char *path)
{
	for (int id = ROOT + 1; id < schema.nr_keys; id++)
		if (!strcmp(schema.keys[id].path, path))
			return id;
	abort();
}

/* What a layer says about a key. */
struct given {
	int layer;
	size_t line, column; /* of the key; 1 is the first */
	char **words;	     /* one, or as many as the list has */
	uint32_t nr_words;
};

#define LAYER_FALLBACK 0
#define LAYER_FILE     1
#define LAYER_SETS     2

struct load {
	const char *name; /* of the file */
	const char *const *sets;
	struct why *why;
	struct given given[KEYS_MAX];
};

static void given_drop(struct given *given)
{
	for (uint32_t i = 0; i < given->nr_words; i++)
		free(given->words[i]);
	free(given->words);
	given->words = NULL;
	given->nr_words = 0;
}

static int given_word(struct given *given, const char *word)
{
	char **words = realloc(given->words, (given->nr_words + 1) * sizeof(*words));

	if (!words)
		return -ENOMEM;
	given->words = words;
	words[given->nr_words] = strdup(word);
	return words[given->nr_words++] ? 0 : -ENOMEM;
}

static void load_clean(struct load *load)
{
	for (int id = 0; id < KEYS_MAX; id++)
		given_drop(&load->given[id]);
}

/* Adds to a text what fits. */
__attribute__((format(printf, 3, 4))) static void text_add(char *text, size_t size,
							   const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
}

/* Other people's text inside a sentence: short, on one line, harmless to a terminal. */
struct shown {
	char text[64];
};

static struct shown show(const char *text)
{
	struct shown shown = {""};
	size_t room = sizeof(shown.text) - sizeof("...");
	size_t i;

	for (i = 0; text[i] && i < room; i++)
		shown.text[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
	text_add(shown.text, sizeof(shown.text), "%s", text[i] ? "..." : "");
	return shown;
}

/* A sentence about a place in a layer. `key` ROOT: about no key. Returns -EINVAL. */
__attribute__((format(printf, 6, 7))) static int complain(const struct load *load, int layer,
							  size_t line, size_t column, int key,
							  const char *fmt, ...)
{
	char where[512], text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (layer >= LAYER_SETS)
		snprintf(where, sizeof(where),
			 "--set %s: ", show(load->sets[layer - LAYER_SETS]).text);
	else if (layer == LAYER_FILE)
		snprintf(where, sizeof(where), "%.256s:%zu:%zu: ", load->name, line, column);
	else
		snprintf(where, sizeof(where), "%.256s: ", load->name);
	return why_set(load->why, EINVAL, "%s%s%s%s", where, schema.keys[key].path,
		       key == ROOT ? "" : ": ", text);
}

/* A sentence about a key's value: it stands where the key was last given. */
#define complain_key(load, id, ...)                                     \
	complain(load, (load)->given[id].layer, (load)->given[id].line, \
		 (load)->given[id].column, id, __VA_ARGS__)

static int no_memory(const struct load *load)
{
	return why_set(load->why, ENOMEM, "%s: out of memory", load->name);
}

/* What would be right: a value of a key, or an element of its list. */
struct allowed {
	char text[400];
};

#define allowed_add(allowed, word)                                 \
	text_add((allowed)->text, sizeof((allowed)->text), "%s%s", \
		 *(allowed)->text ? ", " : "", word)

static struct allowed allowed_keys(int parent)
{
	struct allowed allowed = {""};

	for (int id = ROOT + 1; id < schema.nr_keys; id++)
		if (schema.keys[id].parent == parent)
			allowed_add(&allowed, schema.keys[id].row->name);
	return allowed;
}

static struct allowed allowed_values(int id)
{
	const struct field *row = schema.keys[id].row;
	struct allowed allowed = {""};

	switch (row->type) {
	case FIELD_BOOL: allowed_add(&allowed, "true, false"); break;
	case FIELD_ENUM:
		for (uint32_t i = 0; i < row->nr_names; i++)
			allowed_add(&allowed, row->names[i]);
		break;
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_I64:
		text_add(allowed.text, sizeof(allowed.text),
			 "whole numbers from %" PRId64 " to %" PRId64, row->min, row->max);
		break;
	case FIELD_TEXT: allowed_add(&allowed, "text"); break;
	case FIELD_OBJECT: return allowed_keys(id);
	case FIELD_TYPES: break;
	}
	return allowed;
}

static int complain_unknown(const struct load *load, int layer, size_t line, size_t column,
			    int parent, const char *name)
{
	const char *path = schema.keys[parent].path;

	if (schema.keys[parent].row->type != FIELD_OBJECT)
		return complain(load, layer, line, column, parent, "has no keys below it");
	return complain(load, layer, line, column, ROOT,
			"%s%s%s: unknown key; allowed here: %s", path,
			parent == ROOT ? "" : ".", show(name).text, allowed_keys(parent).text);
}

/* One layer being read. */
struct reader {
	struct load *load;
	int layer;
	const char *text;
	size_t length;
	yaml_parser_t parser;
};

#define event_auto __attribute__((cleanup(yaml_event_delete))) yaml_event_t

/* libyaml names the byte, but not the line, of what is no UTF-8. */
static int complain_bytes(const struct reader *reader)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < reader->parser.problem_offset && i < reader->length; i++) {
		if (reader->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)reader->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return complain(reader->load, reader->layer, line, column, ROOT, "not a YAML text: %s",
			reader->parser.problem);
}

static int next_event(struct reader *reader, yaml_event_t *event)
{
	const yaml_parser_t *parser = &reader->parser;

	if (yaml_parser_parse(&reader->parser, event))
		return 0;
	/* A failed parse leaves nothing to delete, but may leave traces of an event. */
	memset(event, 0, sizeof(*event));
	if (parser->error == YAML_MEMORY_ERROR)
		return no_memory(reader->load);
	if (parser->error == YAML_READER_ERROR)
		return complain_bytes(reader);
	return complain(reader->load, reader->layer, parser->problem_mark.line + 1,
			parser->problem_mark.column + 1, ROOT, "not a YAML text: %s%s%s",
			parser->context ? parser->context : "", parser->context ? ", " : "",
			parser->problem);
}

/* complain() at an event */
#define complain_at(reader, event, id, ...)                                     \
	complain((reader)->load, (reader)->layer, (event)->start_mark.line + 1, \
		 (event)->start_mark.column + 1, id, __VA_ARGS__)

static struct shown found(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_MAPPING_START_EVENT: return (struct shown){"a mapping"};
	case YAML_SEQUENCE_START_EVENT: return (struct shown){"a list"};
	case YAML_SCALAR_EVENT: {
		struct shown word = show((const char *)event->data.scalar.value);
		struct shown quoted = {""};

		/* A quoted number is text, which only its quotes can tell. */
		if (event->data.scalar.quoted_implicit) {
			text_add(quoted.text, sizeof(quoted.text), "\"%s\"", word.text);
			return quoted;
		}
		if (*word.text)
			return word;
		break;
	}
	case YAML_NO_EVENT:
	case YAML_ALIAS_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: break;
	}
	return (struct shown){"nothing"};
}

static bool is_plain(const yaml_event_t *event)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_null(const yaml_event_t *event)
{
	const char *word = (const char *)event->data.scalar.value;

	return is_plain(event) && (!*word || !strcmp(word, "~") || !strcmp(word, "null"));
}

/* Decimal only, and no leading zero: YAML 1.1 would take 010 for eight, 1.2 for ten. */
static bool is_number(const struct field *row, const char *word)
{
	const char *digits = word + (row->type == FIELD_I64 && *word == '-');
	intmax_t value;

	if (!*digits || digits[strspn(digits, "0123456789")] || (*digits == '0' && digits[1]))
		return false;
	errno = 0;
	value = strtoimax(word, NULL, 10);
	return !errno && value >= row->min && value <= row->max;
}

static bool is_name(const struct field *row, const char *word)
{
	for (uint32_t i = 0; i < row->nr_names; i++)
		if (!strcmp(row->names[i], word))
			return true;
	return false;
}

static bool is_value(const struct field *row, const yaml_event_t *event)
{
	const char *word = (const char *)event->data.scalar.value;

	switch (row->type) {
	case FIELD_BOOL:
		return is_plain(event) && (!strcmp(word, "true") || !strcmp(word, "false"));
	case FIELD_ENUM: return is_name(row, word);
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_I64: return is_plain(event) && is_number(row, word);
	case FIELD_TEXT: return !is_null(event) && strlen(word) == event->data.scalar.length;
	case FIELD_OBJECT:
	case FIELD_TYPES: break;
	}
	return false;
}

static int refuse_extras(const struct reader *reader, const yaml_event_t *event, int id)
{
	const yaml_char_t *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return complain_at(reader, event, id, "found an alias; write the value out");
	case YAML_SCALAR_EVENT: tag = event->data.scalar.tag; break;
	case YAML_SEQUENCE_START_EVENT: tag = event->data.sequence_start.tag; break;
	case YAML_MAPPING_START_EVENT: tag = event->data.mapping_start.tag; break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: break;
	}
	return tag ? complain_at(reader, event, id, "found a tag; write the value without it")
		   : 0;
}

static int read_word(struct reader *reader, int id, const yaml_event_t *event)
{
	struct given *given = &reader->load->given[id];
	const struct field *row = schema.keys[id].row;
	int err = refuse_extras(reader, event, id);

	if (err)
		return err;
	if (event->type != YAML_SCALAR_EVENT || !is_value(row, event))
		return complain_at(reader, event, id, "found %s; allowed%s: %s",
				   found(event).text, row->list ? " in this list" : "",
				   allowed_values(id).text);
	for (uint32_t i = 0; row->type == FIELD_ENUM && i < given->nr_words; i++)
		if (!strcmp(given->words[i], (const char *)event->data.scalar.value))
			return complain_at(reader, event, id, "%s is listed twice",
					   given->words[i]);
	if (given_word(given, (const char *)event->data.scalar.value))
		return no_memory(reader->load);
	return 0;
}

static int read_list(struct reader *reader, int id, const yaml_event_t *start)
{
	const struct field *row = schema.keys[id].row;
	int err = refuse_extras(reader, start, id);

	if (err)
		return err;
	if (start->type != YAML_SEQUENCE_START_EVENT)
		return complain_at(reader, start, id,
				   "found %s; allowed: a list, in brackets, of %s",
				   found(start).text, allowed_values(id).text);
	for (;;) {
		event_auto event = {0};

		err = next_event(reader, &event);
		if (err)
			return err;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		err = read_word(reader, id, &event);
		if (err)
			return err;
	}
	if (!reader->load->given[id].nr_words && strcmp(row->fallback, "[]") != 0)
		return complain_at(reader, start, id,
				   "found an empty list; allowed: a list of at least one of %s",
				   allowed_values(id).text);
	return 0;
}

static int read_value(struct reader *reader, int id, const yaml_event_t *event);

static int read_key(struct reader *reader, int parent, const yaml_event_t *event)
{
	struct load *load = reader->load;
	event_auto value = {0};
	int id, err;

	err = refuse_extras(reader, event, parent);
	if (err)
		return err;
	if (event->type != YAML_SCALAR_EVENT)
		return complain_at(reader, event, parent,
				   "found %s for a key; allowed here: %s", found(event).text,
				   allowed_keys(parent).text);
	id = key_child(parent, (const char *)event->data.scalar.value,
		       event->data.scalar.length);
	if (id < 0)
		return complain_unknown(load, reader->layer, event->start_mark.line + 1,
					event->start_mark.column + 1, parent,
					(const char *)event->data.scalar.value);
	if (load->given[id].layer == reader->layer && reader->layer != LAYER_FALLBACK)
		return complain_at(reader, event, id, "given twice, first in line %zu",
				   load->given[id].line);
	given_drop(&load->given[id]);
	load->given[id].layer = reader->layer;
	load->given[id].line = event->start_mark.line + 1;
	load->given[id].column = event->start_mark.column + 1;
	err = next_event(reader, &value);
	return err ? err : read_value(reader, id, &value);
}

static int read_mapping(struct reader *reader, int id, const yaml_event_t *start)
{
	int err = refuse_extras(reader, start, id);

	if (err)
		return err;
	if (start->type != YAML_MAPPING_START_EVENT)
		return complain_at(reader, start, id,
				   "found %s; allowed: a mapping with the keys %s",
				   found(start).text, allowed_keys(id).text);
	for (;;) {
		event_auto event = {0};

		err = next_event(reader, &event);
		if (err || event.type == YAML_MAPPING_END_EVENT)
			return err;
		err = read_key(reader, id, &event);
		if (err)
			return err;
	}
}

static int read_value(struct reader *reader, int id, const yaml_event_t *event)
{
	const struct field *row = schema.keys[id].row;

	if (row->type == FIELD_OBJECT)
		return read_mapping(reader, id, event);
	if (row->list)
		return read_list(reader, id, event);
	if (row->nullable && event->type == YAML_SCALAR_EVENT && is_null(event))
		return 0;
	return read_word(reader, id, event);
}

static int read_document(struct reader *reader, int id)
{
	event_auto start = {0}, document = {0}, value = {0}, end = {0}, after = {0};
	int err;

	err = next_event(reader, &start);
	if (!err)
		err = next_event(reader, &document);
	if (err)
		return err;
	if (document.type == YAML_STREAM_END_EVENT) {
		if (id == ROOT)
			return 0;
		return complain_at(reader, &document, id, "found nothing; allowed: %s",
				   allowed_values(id).text);
	}
	err = next_event(reader, &value);
	if (err)
		return err;
	/* A file of which everything is commented out but the "---" says nothing, too. */
	if (id != ROOT || value.type != YAML_SCALAR_EVENT || !is_null(&value))
		err = read_value(reader, id, &value);
	if (!err)
		err = next_event(reader, &end);
	if (!err)
		err = next_event(reader, &after);
	if (!err && after.type != YAML_STREAM_END_EVENT)
		err = complain_at(reader, &after, ROOT,
				  "found a second document; a campaign is one");
	return err;
}

/* Reads a layer's text, which is about a key (ROOT: all of them). */
static int read_layer(struct load *load, int layer, int id, const char *text, size_t length)
{
	struct reader reader = {
		.load = load,
		.layer = layer,
		.text = text,
		.length = length,
	};
	int err;

	if (!yaml_parser_initialize(&reader.parser))
		return no_memory(load);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	err = read_document(&reader, id);
	yaml_parser_delete(&reader.parser);
	return err;
}

static int read_fallback(struct load *load, int id)
{
	const char *fallback = schema.keys[id].row->fallback;

	given_drop(&load->given[id]);
	load->given[id].layer = LAYER_FALLBACK;
	return fallback ? read_layer(load, LAYER_FALLBACK, id, fallback, strlen(fallback)) : 0;
}

static int read_fallbacks(struct load *load)
{
	int err = 0;

	for (int id = ROOT + 1; !err && id < schema.nr_keys; id++)
		err = read_fallback(load, id);
	return err;
}

/* key=value: the key leads to a row, the value is read as if it stood there. */
static int read_set(struct load *load, int layer)
{
	const char *set = load->sets[layer - LAYER_SETS];
	const char *equals = strchr(set, '=');
	const char *name = set;
	int id = ROOT;

	if (!equals || equals == set)
		return complain(load, layer, 0, 0, ROOT,
				"not a key=value, such as window.hold_us=[5000]");
	for (;;) {
		size_t length = strcspn(name, ".=");
		int child = key_child(id, name, length);

		if (child < 0) {
			struct shown word = {""};

			text_add(word.text, sizeof(word.text), "%.*s", (int)length, name);
			return complain_unknown(load, layer, 0, 0, id, word.text);
		}
		id = child;
		name += length;
		if (*name++ == '=')
			break;
	}
	given_drop(&load->given[id]);
	load->given[id].layer = layer;
	return read_layer(load, layer, id, name, strlen(name));
}

static bool later(const struct given *a, const struct given *b)
{
	if (a->layer != b->layer)
		return a->layer > b->layer;
	return a->line != b->line ? a->line > b->line : a->column > b->column;
}

/* Of two keys that do not go together, the one to be named: the later one. */
static int culprit(const struct load *load, int a, int b)
{
	return later(&load->given[a], &load->given[b]) ? a : b;
}

/* Of list and range the one given later holds, and the other goes. */
static int resolve_hold(struct load *load)
{
	int list = key_find("window.hold_us"), range = key_find("window.hold_range");
	int min = key_find("window.hold_range.min_us"),
	    max = key_find("window.hold_range.max_us");
	struct given *given = load->given;
	bool ranged = given[max].nr_words && strcmp(given[max].words[0], "0") != 0;

	if (!ranged) {
		if (given[min].layer && !given[max].layer)
			return complain_key(load, min,
					    "given without max_us; a range has both ends");
		return 0;
	}
	if (given[list].layer &&
	    (given[list].layer == given[min].layer || given[list].layer == given[max].layer))
		return complain_key(load, culprit(load, list, range),
				    "hold_us and hold_range are both given; keep one of them");
	if (given[list].layer > given[min].layer && given[list].layer > given[max].layer) {
		int err = read_fallback(load, min);

		return err ? err : read_fallback(load, max);
	}
	given_drop(&given[list]);
	return 0;
}

/* Text in YAML's double quotes; what is not plain ASCII as a code point. The text is UTF-8. */
static void write_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		uint32_t point = *at;
		int more = point >= 0xf0 ? 3 : point >= 0xe0 ? 2 : point >= 0xc0 ? 1 : 0;

		if (more)
			point &= 0x3fu >> more;
		for (; more && at[1]; more--)
			point = point << 6 | (*++at & 0x3fu);
		if (point < ' ' || point > '~' || point == '"' || point == '\\')
			fprintf(out, "\\U%08" PRIX32, point);
		else
			fputc((int)point, out);
	}
	fputc('"', out);
}

static void write_given(FILE *out, const struct field *row, const struct given *given)
{
	fprintf(out, "%s: %s", row->name, row->list ? "[" : "");
	for (uint32_t i = 0; i < given->nr_words; i++) {
		fputs(i ? ", " : "", out);
		if (row->type == FIELD_TEXT)
			write_text(out, given->words[i]);
		else
			fputs(given->words[i], out);
	}
	fprintf(out, "%s\n", row->list ? "]," : ",");
}

/* Everything known, as one complete text. A key without words is left out and stays NULL. */
static void write_all(FILE *out, const struct load *load, int parent)
{
	for (int id = ROOT + 1; id < schema.nr_keys; id++) {
		const struct key *key = &schema.keys[id];

		if (key->parent != parent)
			continue;
		if (key->row->type == FIELD_OBJECT) {
			fprintf(out, "%s: {\n", key->row->name);
			write_all(out, load, id);
			fputs("},\n", out);
		} else if (load->given[id].nr_words) {
			write_given(out, key->row, &load->given[id]);
		}
	}
}

/* libcyaml's last words, for the case that it refuses what the table allows. */
__attribute__((format(printf, 3, 0))) static void keep_log(cyaml_log_t level, void *ctx,
							   const char *fmt, va_list args)
{
	struct shown *last = ctx;

	(void)level;
	vsnprintf(last->text, sizeof(last->text), fmt, args);
}

static cyaml_config_t cyaml_setup(struct shown *last)
{
	return (cyaml_config_t){
		.log_fn = last ? keep_log : NULL,
		.log_ctx = last,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static int build(const struct load *load, struct campaign **out)
{
	struct shown last = {""};
	cyaml_config_t config = cyaml_setup(&last);
	cyaml_data_t *campaign = NULL;
	cyaml_err_t refused;
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	if (!file)
		return no_memory(load);
	fputs("{\n", file);
	write_all(file, load, ROOT);
	fputs("}\n", file);
	if (fclose(file)) {
		free(text);
		return no_memory(load);
	}
	refused = cyaml_load_data((const uint8_t *)text, length, &config, &schema.root,
				  &campaign, NULL);
	free(text);
	if (refused == CYAML_ERR_OOM)
		return no_memory(load);
	if (refused || !campaign)
		return why_set(load->why, EPROTO,
			       "%s: libcyaml refused what had been checked: %s; %s", load->name,
			       cyaml_strerror(refused), show(last.text).text);
	*out = campaign;
	return 0;
}

static int check_name(const struct load *load, const struct campaign *campaign)
{
	size_t length = strlen(campaign->name);

	for (const char *c = campaign->name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == '/')
			length = 0;
	if (!length || length > NAME_LENGTH)
		return complain_key(
			load, key_find("name"),
			"found \"%s\"; allowed: 1 to %d bytes without control characters and /",
			show(campaign->name).text, NAME_LENGTH);
	return 0;
}

static int check_stop(const struct load *load, const struct campaign *campaign)
{
	if (!campaign->stop.trials && !campaign->stop.seconds)
		return complain_key(
			load, culprit(load, key_find("stop.seconds"), key_find("stop.trials")),
			"the campaign would never end; give stop.trials or stop.seconds");
	return 0;
}

/* What the kernel accepts for a name: dev_valid_name(), net/core/dev.c. */
static bool is_device_name(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ && !strpbrk(name, "/: \t\n\v\f\r") &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int check_device_name(const struct load *load, const struct campaign *campaign, int id,
			     const char *name)
{
	int kind = key_find("device.kind");

	if (campaign->device.kind == DEVICE_EXISTING && !name)
		return complain_key(load, kind, "existing needs %s", schema.keys[id].path);
	if (campaign->device.kind != DEVICE_EXISTING && name)
		return complain_key(
			load, culprit(load, id, kind),
			"device.kind is %s, and only existing takes names of devices",
			device_kind_names[campaign->device.kind]);
	if (name && !is_device_name(name))
		return complain_key(
			load, id,
			"found \"%s\"; allowed: a device's name, 1 to %d bytes without /, : "
			"and space",
			show(name).text, IFNAMSIZ - 1);
	return 0;
}

static int check_device(const struct load *load, const struct campaign *campaign)
{
	int dut = key_find("device.dut"), peer = key_find("device.peer");
	int lanes = key_find("lanes"), kind = key_find("device.kind");
	int err;

	err = check_device_name(load, campaign, dut, campaign->device.dut);
	if (!err)
		err = check_device_name(load, campaign, peer, campaign->device.peer);
	if (err || campaign->device.kind != DEVICE_EXISTING)
		return err;
	if (!strcmp(campaign->device.dut, campaign->device.peer))
		return complain_key(load, culprit(load, peer, dut),
				    "dut and peer are both %s; name two devices",
				    campaign->device.dut);
	if (campaign->lanes != 1)
		return complain_key(load, culprit(load, lanes, kind),
				    "%" PRIu32
				    " lanes and an existing device, of which there is one; "
				    "allowed: lanes: 1",
				    campaign->lanes);
	return 0;
}

static int check_braces(const struct load *load, const struct campaign *campaign,
			const char *word)
{
	int id = key_find("bringup.command");

	for (const char *at = word; (at = strpbrk(at, "{}"));) {
		bool dut = !strncmp(at, "{dut}", strlen("{dut}"));
		bool peer = !strncmp(at, "{peer}", strlen("{peer}"));

		if (!dut && !peer)
			return complain_key(load, id,
					    "found \"%s\"; allowed in braces: {dut}, {peer}",
					    show(word).text);
		if (peer && campaign->device.kind == DEVICE_DUMMY)
			return complain_key(
				load, culprit(load, id, key_find("device.kind")),
				"the command names {peer}, and a dummy device has none");
		at = strchr(at, '}') + 1;
	}
	return 0;
}

static int check_bringup(const struct load *load, const struct campaign *campaign)
{
	int id = key_find("bringup.command"), kind = key_find("bringup.kind");
	int err = 0;

	if (campaign->bringup.kind == BRINGUP_COMMAND && !campaign->bringup.nr_command)
		return complain_key(
			load, culprit(load, kind, id),
			"kind command needs bringup.command, such as [ifconfig, '{dut}', up]");
	if (campaign->bringup.kind != BRINGUP_COMMAND && campaign->bringup.nr_command)
		return complain_key(
			load, culprit(load, id, kind),
			"kind %s runs no command; leave bringup.command out, or give "
			"bringup.kind: command",
			bringup_kind_names[campaign->bringup.kind]);
	if (campaign->bringup.nr_command && !*campaign->bringup.command[0])
		return complain_key(load, id, "the program's name is empty");
	for (uint32_t i = 0; !err && i < campaign->bringup.nr_command; i++)
		err = check_braces(load, campaign, campaign->bringup.command[i]);
	return err;
}

static int check_hold(const struct load *load, const struct campaign *campaign)
{
	uint64_t min_us = campaign->window.hold_range.min_us;
	uint64_t max_us = campaign->window.hold_range.max_us;
	int min = key_find("window.hold_range.min_us"),
	    max = key_find("window.hold_range.max_us");

	if (max_us && min_us > max_us)
		return complain_key(load, culprit(load, min, max),
				    "the range goes from %" PRIu64 " to %" PRIu64
				    "; allowed: min_us up to max_us",
				    min_us, max_us);
	return 0;
}

static struct allowed fitting_targets(enum direction direction)
{
	struct allowed allowed = {""};

	for (enum target target = 0; target < TARGETS; target++)
		if (target_fits(direction, target))
			allowed_add(&allowed, target_names[target]);
	return allowed;
}

static int check_direction(const struct load *load, const struct campaign *campaign,
			   enum direction direction)
{
	int directions = key_find("echo.directions"), targets = key_find("echo.targets");
	int kind = key_find("device.kind");
	bool fits = false;

	if (direction == DIRECTION_INBOUND && campaign->device.kind == DEVICE_DUMMY)
		return complain_key(
			load, culprit(load, directions, kind),
			"inbound echoes come from a peer, and a dummy device has none; "
			"allowed in echo.directions: outbound, outbound-raw");
	for (uint32_t i = 0; i < campaign->echo.nr_targets; i++)
		fits = fits || target_fits(direction, campaign->echo.targets[i]);
	if (!fits)
		return complain_key(load, culprit(load, targets, directions),
				    "none of the targets fits direction %s; fitting are: %s",
				    direction_names[direction],
				    fitting_targets(direction).text);
	return 0;
}

static int check_echo(const struct load *load, const struct campaign *campaign)
{
	uint64_t last_us = campaign->echo.offset_us +
			   campaign->echo.spacing_us * (campaign->echo.count - 1);
	int offset = key_find("echo.offset_us"), spacing = key_find("echo.spacing_us");
	int err = 0;

	for (uint32_t i = 0; !err && i < campaign->echo.nr_directions; i++)
		err = check_direction(load, campaign, campaign->echo.directions[i]);
	for (uint32_t i = 0; !err && i < campaign->echo.nr_targets; i++)
		if (campaign->echo.targets[i] == TARGET_PEER &&
		    campaign->device.kind == DEVICE_DUMMY)
			err = complain_key(
				load,
				culprit(load, key_find("echo.targets"),
					key_find("device.kind")),
				"target peer needs a peer, and a dummy device has none; "
				"take nobody or all-nodes");
	if (!err && last_us > CAP_US)
		err = complain_key(
			load,
			culprit(load, key_find("echo.count"), culprit(load, offset, spacing)),
			"the last echo would leave %" PRIu64
			" us after the window opened; allowed: up to %u",
			last_us, CAP_US);
	return err;
}

static int check(const struct load *load, const struct campaign *campaign)
{
	static int (*const checks[])(const struct load *, const struct campaign *) = {
		check_name, check_stop, check_device, check_bringup, check_hold, check_echo,
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(checks) / sizeof(checks[0]); i++)
		err = checks[i](load, campaign);
	return err;
}

static int load_all(struct load *load, const char *text, size_t length, size_t nr_sets,
		    struct campaign **out)
{
	struct campaign *campaign = NULL;
	int err;

	err = read_fallbacks(load);
	if (!err && text)
		err = read_layer(load, LAYER_FILE, ROOT, text, length);
	for (size_t i = 0; !err && i < nr_sets; i++)
		err = read_set(load, LAYER_SETS + (int)i);
	if (!err)
		err = resolve_hold(load);
	if (!err)
		err = build(load, &campaign);
	if (campaign)
		err = check(load, campaign);
	if (err) {
		campaign_free(campaign);
		return err;
	}
	*out = campaign;
	return 0;
}

int campaign_load_text(const char *name, const char *text, size_t length,
		       const char *const *sets, size_t nr_sets, struct campaign **out,
		       struct why *why)
{
	struct load load = {.name = name, .sets = sets, .why = why};
	int err;

	schema_need();
	err = load_all(&load, text, length, nr_sets, out);
	load_clean(&load);
	return err;
}

static int read_stream(const char *name, FILE *file, char **text, size_t *length,
		       struct why *why)
{
	char *buffer = malloc(TEXT_MAX + 1);

	if (!buffer)
		return why_set(why, ENOMEM, "%s: out of memory", name);
	*length = fread(buffer, 1, TEXT_MAX + 1, file);
	if (ferror(file)) {
		int err = errno ? errno : EIO;

		free(buffer);
		return why_set(why, err, "%s: cannot be read: %s", name, strerror(err));
	}
	if (*length > TEXT_MAX) {
		free(buffer);
		return why_set(why, EINVAL,
			       "%s: longer than %u bytes; is this a campaign file?", name,
			       TEXT_MAX);
	}
	*text = buffer;
	return 0;
}

int campaign_load(const char *path, const char *const *sets, size_t nr_sets,
		  struct campaign **out, struct why *why)
{
	bool is_stdin = path && !strcmp(path, "-");
	const char *name = !path ? "defaults" : is_stdin ? "standard input" : path;
	char *text = NULL;
	size_t length = 0;
	int err = 0;

	if (path) {
		FILE *file = is_stdin ? stdin : fopen(path, "re");

		if (!file) {
			err = errno;
			return why_set(why, err, "%s: cannot be opened: %s", path,
				       strerror(err));
		}
		err = read_stream(name, file, &text, &length, why);
		if (!is_stdin)
			fclose(file);
	}
	if (!err)
		err = campaign_load_text(name, text, length, sets, nr_sets, out, why);
	free(text);
	return err;
}

void campaign_free(struct campaign *campaign)
{
	cyaml_config_t config = cyaml_setup(NULL);

	if (!campaign)
		return;
	schema_need();
	cyaml_free(&config, &schema.root, campaign, 0);
}

int campaign_dump(const struct campaign *campaign, FILE *out)
{
	cyaml_config_t config = cyaml_setup(NULL);
	char *text = NULL;
	size_t length = 0;
	cyaml_err_t failed;
	int err = 0;

	schema_need();
	failed = cyaml_save_data(&text, &length, &config, &schema.root, campaign, 0);
	if (failed)
		return failed == CYAML_ERR_OOM ? -ENOMEM : -EPROTO;
	if (fwrite(text, 1, length, out) != length || fflush(out))
		err = -EIO;
	cyaml_mem(NULL, text, 0);
	return err;
}

void campaign_help(FILE *out)
{
	fputs("A campaign file is YAML. Every key may be left out; an unknown one is an "
	      "error.\n"
	      "--set window.hold_us=[1000,5000] overrides a key; its value is YAML, too.\n\n",
	      out);
	fields_list(&campaign_fields, "", out);
}
