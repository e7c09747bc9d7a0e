// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/exits.h"
#include "command/command.h"
#include "command/rows.h"
#include "command/trackers.h"
#include "command/who_capture.h"
#include "command/who_check.h"
#include "command/who_look.h"
#include "machine/netns.h"
#include "vmcore/vmcore.h"
#include "who/answer.h"

/* Who holds a device now. */

struct options {
	const char *device; /* name or index; NULL with `stuck` */
	const char *netns;
	const char *object;
	const char *capture, *from; /* files */
	bool stuck;
	bool json;
	bool all;
	uint32_t max_seconds;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "netns", 0, OPTION_TEXT, AT(netns), "NAME|PATH|PID", .doc = DOC_NETNS ". Of a dump: the number of the namespace, as answers show it" },
	{ "stuck", 0, OPTION_FLAG, AT(stuck), .instead = true,
	  .doc = DOC_WHO_STUCK },
	{ "object", 0, OPTION_TEXT, AT(object), WHO_OBJECTS, .doc = DOC_WHO_OBJECT },
	{ "capture", 0, OPTION_TEXT, AT(capture), "FILE",
	  .doc = "Write what was read to the new file FILE as well, for --from: no packets, no keys, no memory of processes" },
	{ "from", 0, OPTION_TEXT, AT(from), "FILE", .spares = true,
	  .doc = "Answer from FILE, which needs no privilege: a capture that --capture wrote (leave out DEVICE), or the dump of a kernel (vmcore, ELF or compressed by makedumpfile; give DEVICE or --stuck)" },
	{ "all", 0, OPTION_FLAG, AT(all), .doc = DOC_WHO_ALL },
	{ "max-seconds", 0, OPTION_NUMBER, AT(max_seconds), "SECONDS", .min = 1, .max = 86400,
	  .doc = "Give up after so many seconds, with exit status 3" },
	{ "json", 0, OPTION_FLAG, AT(json), .doc = "Print one JSON object for each device" },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "DEVICE", OPTION_TEXT, AT(device), true, DOC_WHO_DEVICE },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN, NULL, "Every reference belongs to an object that something alive points to, or --stuck found no device" },
	{ EXIT_FAULT, NULL, "A reference is lost, or belongs to no object" },
	{ EXIT_INCONCLUSIVE, NULL, "The account does not add up, or --max-seconds have passed" },
	{ EXIT_USAGE, NULL, "The command line is wrong, the device has no such --object, or the file of --capture exists already" },
	{ EXIT_CONFIG, NULL, "The file of --from cannot be read, is neither a capture of this format nor a vmcore, is damaged, or lacks what is needed" },
	{ 0 },
};
/* clang-format on */

/* clang-format off */
static const struct {
	const char *name;
	struct wanted wanted;
	const char *address; /* what of it is given; NULL: none is */
	bool may_be_ipv4;
} objects[] = {
	{ "netdev", { 0 } },
	{ "idev", { .type = "inet6_dev" } },
	{ "addr", { .type = "inet6_ifaddr", .place = AT_ADDRESS }, "IPv6 address" },
	{ "neigh", { .type = "neighbour", .place = AT_NEIGHBOUR_KEY }, "IPv6 or IPv4 address", true },
	{ "dst", { .type = "dst_entry" } },
};
/* clang-format on */

static bool set_key(const char *address, bool may_be_ipv4, struct wanted *wanted)
{
	wanted->key_size = 16;
	if (inet_pton(AF_INET6, address, wanted->key) == 1)
		return true;
	wanted->key_size = 4;
	return may_be_ipv4 && inet_pton(AF_INET, address, wanted->key) == 1;
}

static int set_wanted(const char *object, struct wanted *wanted, struct why *why)
{
	size_t length = object ? strcspn(object, "=") : 0;

	if (!object)
		return 0;
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		const char *address = object + length + 1;

		if (strlen(objects[i].name) != length ||
		    strncmp(objects[i].name, object, length) != 0 ||
		    (objects[i].address != NULL) != (object[length] == '='))
			continue;
		*wanted = objects[i].wanted;
		if (objects[i].address && !set_key(address, objects[i].may_be_ipv4, wanted))
			return why_exit(why, EXIT_USAGE, EINVAL,
					"--object %s: '%s' is not an %s", object, address,
					objects[i].address);
		return 0;
	}
	return why_exit(
		why, EXIT_USAGE, EINVAL,
		"--object %s: unknown object; use netdev, idev, addr=ADDRESS, neigh=ADDRESS or dst",
		object);
}

/* All but where the device is. */
static int set_question(const struct options *o, struct look_ask *ask, struct why *why)
{
	uint32_t ifindex;

	ask->all_waiting = o->stuck;
	if (o->device && options_number(o->device, 1, 0, &ifindex))
		ask->ifindex = ifindex;
	else
		ask->name = o->device;
	return set_wanted(o->object, &ask->wanted, why);
}

static int set_ask(const struct options *o, struct look_ask *ask, struct why *why)
{
	int err = 0;

	ask->home = (uint32_t)visited_netns();
	if (o->netns) {
		err = visit_netns(o->netns, why);
		ask->netns = (uint32_t)visited_netns();
	}
	return err ? err : set_question(o, ask, why);
}

static enum exits exit_of(enum answer_kind kind)
{
	switch (kind) {
	case ANSWER_EXPLAINED: return EXIT_CLEAN;
	case ANSWER_LOST:
	case ANSWER_BARE: return EXIT_FAULT;
	case ANSWER_UNCLEAR:
	case ANSWERS: break;
	}
	return EXIT_INCONCLUSIVE;
}

/* Of several answers: a fault outranks all else, and otherwise the first one tells. */
static void note_code(enum exits *code, enum exits of_this)
{
	if (*code == EXIT_CLEAN || of_this == EXIT_FAULT)
		*code = of_this;
}

static void print_answer(const struct options *o, struct answer *answer, enum exits *code)
{
	static bool has_printed;

	if (o->json) {
		fields_print(&answer_fields, answer, stdout);
	} else {
		if (has_printed)
			putchar('\n');
		answer_print(answer, o->all, stdout);
		if (!answer->object && !o->from)
			trackers_show(answer->device, answer->waiting_pid, answer->usage_count,
				      stdout);
	}
	has_printed = true;
	note_code(code, exit_of(answer->kind));
	answer_clear(answer);
}

static enum exits no_memory(void)
{
	struct why why;

	why_memory(&why);
	return (enum exits)command_complain(&why, EXIT_INTERNAL);
}

static enum exits tell_objects(const struct options *o, const struct look *look, uint32_t which)
{
	const struct look_case *one = &look->cases[which];
	enum exits code = EXIT_CLEAN;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < one->chain.nr; i++) {
		struct answer answer;

		if (!one->chain.nodes[i].is_wanted || !one->chain.nodes[i].balance.is_made)
			continue;
		if (answer_make_object(look, which, i, &answer))
			return no_memory();
		print_answer(o, &answer, &code);
		nr++;
	}
	if (nr)
		return code;
	fprintf(stderr, "dadrace: %s: the device has no such object (--object %s)\n",
		one->account.device.name, o->object);
	return EXIT_USAGE;
}

static enum exits tell(const struct options *o, const struct look *look)
{
	enum exits code = EXIT_CLEAN;

	for (uint32_t i = 0; i < look->nr_cases; i++) {
		struct answer answer;

		if (o->object && strcmp(o->object, "netdev") != 0) {
			enum exits of_objects = tell_objects(o, look, i);

			note_code(&code, of_objects);
			continue;
		}
		if (answer_make(look, i, &answer))
			return no_memory();
		print_answer(o, &answer, &code);
	}
	return code;
}

static int none_is_stuck(const struct options *o)
{
	if (!o->json)
		puts("No device waits for its references: nothing is stuck.");
	return EXIT_CLEAN;
}

/* The answer, or why there is none. */
static int conclude(const struct options *o, int err, struct look *look, const struct why *why)
{
	int code;

	if (err == -ENODEV && o->stuck)
		return none_is_stuck(o);
	if (err)
		return command_complain(why, (int)why_code(why));
	code = (int)tell(o, look);
	look_clear(look);
	return code;
}

/* --- from a capture --- */

static int set_ask_of(const struct capture *capture, struct options *o, struct look_ask *ask,
		      struct why *why)
{
	*ask = capture_ask(capture);
	o->object = *capture_object(capture) ? capture_object(capture) : NULL;
	o->stuck = ask->all_waiting;
	if (!set_wanted(o->object, &ask->wanted, why))
		return 0;
	why->code = EXIT_CONFIG;
	return -EINVAL;
}

/* What this machine's kernel would be refused for, a file is wrong for. */
static int blame_file(const char *path, int err, struct why *why)
{
	struct why of_look = *why;

	if (err && err != -ENODEV && of_look.code != EXIT_USAGE)
		why_exit(why, EXIT_CONFIG, -err, "%s: %s", path, of_look.text);
	return err;
}

static int answer_from(struct options *o, const struct capture *capture)
{
	struct look_ask ask;
	struct why why = { "" };
	struct look look;
	int err = set_ask_of(capture, o, &ask, &why);

	if (!err)
		err = who_look_recorded(capture, &ask, &look, &why);
	who_look_done();
	return conclude(o, blame_file(o->from, err, &why), &look, &why);
}

static int run_capture(const struct options *given)
{
	struct options o = *given;
	struct capture *capture = NULL;
	struct why why = { "" };
	int code;

	if (o.device || o.netns || o.object || o.stuck || o.capture) {
		why_exit(
			&why, EXIT_USAGE, EINVAL,
			"--from %s: the question is the one that the capture was made for; leave out DEVICE, --netns, --object, --stuck and --capture",
			o.from);
		return command_complain(&why, EXIT_USAGE);
	}
	who_look_watch(o.max_seconds);
	if (capture_read(o.from, &capture, &why))
		return command_complain(&why, (int)why_code(&why));
	code = answer_from(&o, capture);
	capture_free(capture);
	return code;
}

/* --- the looks, saved --- */

/* A look at no device is saved, too: where it is should be found out elsewhere. */
static int save(const struct options *o, struct who_capture *capture,
		const struct look_ask *ask, const char *release, int err, int code)
{
	bool can_be_made_again = !err || err == -ENODEV || err == -ENOTUNIQ;
	struct why why;

	if (capture && can_be_made_again &&
	    !who_capture_save(capture, ask, o->object, release, &why))
		code = command_complain(&why, EXIT_INTERNAL);
	who_capture_close(capture);
	return code;
}

static int open_capture(const struct options *o, struct who_capture **capture, struct why *why)
{
	*capture = o->capture ? who_capture_open(o->capture, why) : NULL;
	return o->capture && !*capture ? -EINVAL : 0;
}

/* --- from the dump of a kernel --- */

/* Namespaces have no names there: the number is the one that answers show. */
static int set_ask_of_dump(const struct options *o, struct vmcore *vmcore, struct look_ask *ask,
			   struct why *why)
{
	if (o->netns && !options_number(o->netns, 1, 0, &ask->netns))
		return why_exit(
			why, EXIT_USAGE, EINVAL,
			"--netns %s: with a vmcore, give the number of the network namespace that answers show",
			o->netns);
	ask->home = vmcore_home(vmcore);
	return set_question(o, ask, why);
}

static int answer_dump(const struct options *o, struct vmcore *vmcore,
		       struct who_capture *capture)
{
	struct look_ask ask = { 0 };
	struct why why = { "" }, of_file;
	struct look look;
	int err = set_ask_of_dump(o, vmcore, &ask, &why), code;

	if (!err)
		err = who_look_once(vmcore_image(vmcore), &ask, who_capture_recorder(capture),
				    &look, &why);
	who_look_done();
	if (vmcore_check(vmcore, &of_file)) {
		if (!err)
			look_clear(&look);
		who_capture_close(capture);
		return command_complain(&of_file, (int)why_code(&of_file));
	}
	if (vmcore_untyped(vmcore))
		fprintf(stderr,
			"dadrace: %s: the types (BTF) of %u modules or more cannot be read: what their objects hold may be told as lost\n",
			o->from, vmcore_untyped(vmcore));
	code = conclude(o, blame_file(o->from, err, &why), &look, &why);
	return save(o, capture, &ask, vmcore_release(vmcore), err, code);
}

static int run_dump(const struct options *o)
{
	struct who_capture *capture = NULL;
	struct vmcore *vmcore = NULL;
	struct why why = { "" };
	int code;

	who_look_watch(o->max_seconds);
	if (open_capture(o, &capture, &why) || vmcore_open(o->from, &vmcore, &why)) {
		who_capture_close(capture);
		return command_complain(&why, (int)why_code(&why));
	}
	if (!o->device && !o->stuck) {
		why_exit(
			&why, EXIT_USAGE, EINVAL,
			"%s: a vmcore of Linux %s; name the device to ask about, or give --stuck",
			o->from, vmcore_release(vmcore));
		who_capture_close(capture);
		code = command_complain(&why, EXIT_USAGE);
	} else {
		code = answer_dump(o, vmcore, capture);
	}
	vmcore_close(vmcore);
	return code;
}

/* --- from this machine --- */

static int answer_live(const struct options *o, struct look_ask *ask,
		       struct who_capture *capture)
{
	struct memory *memory = NULL;
	struct who_check *check = NULL;
	struct why why = { "" };
	struct look look;
	struct utsname kernel = { .release = "unknown" };
	int err = memory_open(&memory, &why), code;

	uname(&kernel);
	if (!err) {
		check = who_check_start();
		who_check_namespaces(check, ask->check_netns);
		err = who_look(memory_image(memory), ask, who_capture_recorder(capture), &look,
			       &why);
	}
	who_look_done();
	code = conclude(o, err, &look, &why);
	code = save(o, capture, ask, kernel.release, err, code);
	who_check_end(check);
	memory_close(memory);
	return code;
}

static int run_live(const struct options *o)
{
	struct look_ask ask = { 0 };
	struct who_capture *capture = NULL;
	struct why why = { "" };

	if (set_ask(o, &ask, &why))
		return command_complain(&why, EXIT_USAGE);
	if (open_capture(o, &capture, &why))
		return command_complain(&why, (int)why_code(&why));
	who_look_watch(o->max_seconds);
	return answer_live(o, &ask, capture);
}

static int run(const void *options)
{
	const struct options *o = options;

	if (!o->from)
		return run_live(o);
	return capture_is(o->from) ? run_capture(o) : run_dump(o);
}

const struct command command_who = {
	.name = "who",
	.syntax = {
		.name = "dadrace who",
		.doc = "Show who holds a network device, even one that is already stuck",
		.about = "Reads kernel memory, finds every object that points to the device, tells which of them hold references, and follows who points to these: to a process and its descriptor, to another device, or to nothing. An object that is alive and that nothing points to is LOST: it is the leak.\n"
			 "Nothing is attached, locked or changed; it can run beside a campaign and on a machine where a device is stuck. Pages of processes and of the page cache are not read.",
		.options = rows,
		.operands = operands,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
};
