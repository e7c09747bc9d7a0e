// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "change/address.h"
#include "change/change.h"
#include "frame/frame.h"
#include "holds_end_text.h"
#include "holds_text.h"
#include "proof/reproducer.h"
#include "reproducer_text.h"
#include "spec/sites.h"
#include "trial/crafted.h"
#include "trial/plan.h"

static const struct ends ends = {
	.device = { { 0x02, 0xda, 0xd0, 0, 1, 0 },
		    { .s6_addr = { 0xfe, 0x80, [9] = 0xda, 0xd0, 0xff, 0xfe, 0, 1, 0 } } },
	.peer = { { 0x02, 0xda, 0xd0, 0, 1, 1 },
		  { .s6_addr = { 0xfe, 0x80, [9] = 0xda, 0xd0, 0xff, 0xfe, 0, 1, 1 } } },
};

/* --- what it cannot do --- */

static bool is_no_veth(const struct campaign *campaign)
{
	return campaign->device.kind != DEVICE_VETH;
}

static bool has_command(const struct campaign *campaign)
{
	return campaign->bringup.kind != BRINGUP_DO_DAD;
}

static bool answers_dad(const struct campaign *campaign)
{
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	return trial.dad_answer != DAD_ANSWER_NONE;
}

static bool has_load(const struct campaign *campaign)
{
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	return trial.load != LOAD_NONE;
}

static bool has_other_address(const struct campaign *campaign)
{
	return campaign->sysctl.addr_gen_mode;
}

/* clang-format off */
static const struct {
	bool (*is_so)(const struct campaign *campaign);
	const char *words;
} obstacles[] = {
	{ answers_dad,       "the peer answers DAD's probes" },
	{ has_load,          "it needs a load" },
	{ has_command,       "its bring-up is a command, and setting the same flags with two ioctls does not show it" },
	{ is_no_veth,        "its device is not a veth" },
	{ has_other_address, "its address is not derived from the MAC address" },
};
/* clang-format on */

const char *reproducer_obstacle(const struct campaign *campaign)
{
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++)
		if (obstacles[i].is_so(campaign))
			return obstacles[i].words;
	return NULL;
}

bool reproducer_has_module(const struct campaign *campaign)
{
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	return trial.steps || trial.starts_when || trial.change_when;
}

/* --- the kernel's half: holds --- */

static void write_functions(const struct order_hold *hold, FILE *out)
{
	const char *functions[SITE_FUNCTIONS_MAX + 1] = { hold->place };

	if (hold->site)
		site_functions(hold->site, DEVICE_VETH, NULL, functions);
	for (int i = 0; functions[i]; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", functions[i]);
}

static void write_until(const struct order_hold *hold, FILE *out)
{
	const char *thread = order_thread_names[hold->other];

	switch (hold->until) {
	case ORDER_UNTIL_TIME: fprintf(out, ".for_us = %" PRIu64, hold->time_us); return;
	case ORDER_UNTIL_HELD: fprintf(out, ".until = &held_%s", thread); break;
	case ORDER_UNTIL_DONE: fprintf(out, ".until = &done_%s", thread); break;
	case ORDER_UNTIL_CHANGED: fprintf(out, ".until = &changed"); break;
	case ORDER_UNTILS: break;
	}
	fputs(", .for_us = MOST_US", out);
}

static void write_hold(const struct order_hold *hold, enum change_kind change, FILE *out)
{
	const char *thread = order_thread_names[hold->thread];
	char words[ORDER_WORDS];

	order_write_hold(hold, change, words);
	fprintf(out, "\t/* %s */\n\t{ .functions = { ", words);
	write_functions(hold, out);
	fprintf(out, " },\n\t  .thread = %s, .held = &held_%s, ", thread, thread);
	if (hold->at_return)
		fputs(".at_return = true, ", out);
	fprintf(out, ".pass = %u,\n\t  ", hold->skips + 1);
	write_until(hold, out);
	fputs(" },\n", out);
}

static void write_module(const struct trial_spec *trial, FILE *out)
{
	fputs("#ifdef __KERNEL__ /* the module */\n\n", out);
	fwrite(holds_text, 1, holds_text_length, out);
	fputs("\nstatic struct hold holds[] = {\n", out);
	for (uint32_t i = 0; i < trial->steps; i++)
		write_hold(&trial->holds[i], trial->change, out);
	fputs("};\n\n", out);
	fwrite(holds_end_text, 1, holds_end_text_length, out);
	fputs("\n#else /* the program */\n\n", out);
}

/* --- the program --- */

/* Whether a step holds DAD, or waits for it. */
static bool has_dad(const struct trial_spec *trial)
{
	for (uint32_t i = 0; i < trial->steps; i++)
		if (trial->holds[i].thread == ORDER_THREAD_DAD ||
		    trial->holds[i].other == ORDER_THREAD_DAD)
			return true;
	return false;
}

static void write_numbers(const struct campaign *campaign, const struct trial_spec *trial,
			  FILE *out)
{
	bool waits = !change_has(trial->change, CHANGE_DELETES_ADDRESS);
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{ "DAD_TRANSMITS", campaign->sysctl.dad_transmits },
		{ "ROUTER_SOLICITATION_DELAY", campaign->sysctl.router_solicitation_delay },
		{ "RETRANS_TIME_MS", campaign->sysctl.retrans_time_ms },
		{ "ACCEPT_DAD", campaign->sysctl.accept_dad },
		{ "KEEP_ADDR_ON_DOWN", campaign->sysctl.keep_addr_on_down },
		{ "ENHANCED_DAD", campaign->sysctl.enhanced_dad },
		{ "ORDERED", reproducer_has_module(campaign) },
		{ "STEPS", trial->steps },
		{ "HAS_DAD", has_dad(trial) },
		{ "HOLD_US", trial->hold_us },
		{ "WAITS_FOR_DAD", waits },
		{ "RESTORES_FLAGS", !change_has(trial->change, CHANGE_DELETES_DEVICE) },
		{ "PACKETS",
		  trial->echoes * (message_has(trial->message, MESSAGE_IN_TWO) ? 2 : 1) },
		{ "OFFSET_US", trial->offset_us },
		{ "SPACING_US", trial->spacing_us },
		{ "HOP_LIMIT", trial->hop_limit },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		fprintf(out, "#define %s %" PRIu64 "\n", numbers[i].key, numbers[i].value);
}

static void write_when(const char *key, enum order_thread when, FILE *out)
{
	fprintf(out, "#define %s \"%s%s\"\n", key, when ? "held_" : "",
		when ? order_thread_names[when] : "");
}

/* A name of a table, as the program spells its own. */
static void write_name(const char *key, const char *name, FILE *out)
{
	fprintf(out, "#define %s ", key);
	for (; *name; name++)
		fputc(*name == '-'		   ? '_' :
		      *name >= 'a' && *name <= 'z' ? *name - 32 :
						     *name,
		      out);
	fputc('\n', out);
}

static void write_end(const char *who, const struct end *end, FILE *out)
{
	struct end_words words;

	end_say(end, &words);
	fprintf(out, "#define %s_MAC \"%s\"\n#define %s_ADDRESS \"%s\"\n", who, words.mac, who,
		words.address);
}

static void write_address(const char *key, const struct in6_addr *address, FILE *out)
{
	char words[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, address, words, sizeof(words));
	fprintf(out, "#define %s \"%s\"\n", key, words);
}

/* What changes are about. */
static void write_addresses(FILE *out)
{
	const struct change_about about = { .link_local = ends.device.address };
	const struct in6_addr added = address_of(&about);
	struct in6_addr elsewhere = frame_elsewhere;

	memset(&elsewhere.s6_addr[8], 0, 8);
	write_address("ADDED_ADDRESS", &added, out);
	write_address("ELSEWHERE", &elsewhere, out);
}

/* A part of that echo, sent when it is due. Zeros at the end are not written. */
static void write_packet(uint32_t echo, const uint8_t *bytes, size_t length, FILE *out)
{
	enum { A_LINE = 16 };
	size_t written = length;

	while (written && !bytes[written - 1])
		written--;
	fprintf(out, "\t{ %u, %zu, {", echo, length);
	for (size_t i = 0; i < written; i++)
		fprintf(out, "%s0x%02x,", i % A_LINE ? " " : "\n\t    ", bytes[i]);
	fputs(" } },\n", out);
}

static void write_packets(const struct trial_spec *trial, struct crafting *crafting, FILE *out)
{
	uint8_t bytes[FRAME_MAX] = { 0 };

	if (trial->echoes)
		fprintf(out, "\n/* %u %s, %s */\n", trial->echoes,
			message_words(trial->message, trial->echoes),
			direction_names[trial->direction]);
	fprintf(out,
		"static const struct packet {\n\tunsigned int echo, bytes;\n\tunsigned char data[%d];\n} packets[PACKETS + 1] = {\n",
		FRAME_MAX);
	for (uint32_t i = 0; i < trial->echoes; i++) {
		size_t ahead;

		crafting_next(crafting);
		ahead = crafting_ahead(crafting, bytes);
		if (ahead)
			write_packet(i, bytes, ahead, out);
		write_packet(i, bytes, crafting_bytes(crafting, bytes), out);
	}
	fputs("};\n\n", out);
}

/* Its lines, one tab in; NULL: none. */
static void write_function(const char *name, const char *lines, FILE *out)
{
	fprintf(out, "static void %s(void)\n{\n", name);
	for (const char *at = lines ?: ""; *at;) {
		size_t length = strcspn(at, "\n");

		fprintf(out, "%s%.*s\n", length ? "\t" : "", (int)length, at);
		at += length + 1;
	}
	fputs("}\n", out);
}

static void write_change(enum change_kind kind, FILE *out)
{
	const struct change *change = change_of(kind);

	fprintf(out, "\n/* Thread I %s. */\n", change_words(kind));
	write_function("change", change->written, out);
	fputc('\n', out);
	write_function("undo", change->unwritten, out);
}

static bool holds_thread(const struct trial_spec *trial, enum order_thread thread)
{
	for (uint32_t i = 0; i < trial->steps; i++)
		if (trial->holds[i].thread == thread)
			return true;
	return false;
}

/* The events by which the program knows that the order came about. */
static void write_holds(const struct trial_spec *trial, FILE *out)
{
	fputs("static const char *const holds[] = { ", out);
	for (int thread = ORDER_THREAD_I; thread < ORDER_THREADS; thread++)
		if (holds_thread(trial, thread))
			fprintf(out, "\"held_%s\", ", order_thread_names[thread]);
	fputs("0 };\n", out);
}

static void write_program(const struct campaign *campaign, const struct trial_spec *trial,
			  FILE *out)
{
	struct crafting crafting;

	crafting_begin(&crafting, trial, &ends, 0);
	fputs("#define _GNU_SOURCE\n", out);
	write_numbers(campaign, trial, out);
	write_when("II_STARTS_WHEN", trial->starts_when, out);
	write_when("CHANGE_WHEN", trial->change_when, out);
	fprintf(out, "#define CHANGE_WAITS %d\n", change_of(trial->change)->wait != NULL);
	fprintf(out, "#define SOCKET_PORT %d\n", FRAME_PORT);
	write_name("DIRECTION", direction_names[trial->direction], out);
	write_address("TARGET", &crafting.echo.target, out);
	write_end("DUT", &ends.device, out);
	write_end("PEER", &ends.peer, out);
	write_addresses(out);
	write_holds(trial, out);
	write_packets(trial, &crafting, out);
	fwrite(reproducer_text, 1, reproducer_text_length, out);
	write_change(trial->change, out);
}

static void write_comment(const char *comment, FILE *out)
{
	fputs("// SPDX-License-Identifier: GPL-2.0-or-later\n/*\n", out);
	for (const char *at = comment; *at; at++) {
		bool begins = at == comment || at[-1] == '\n';

		if (begins)
			fputs(*at == '\n' ? " *" : " * ", out);
		/* A space keeps marks of a comment apart. */
		else if ((at[-1] == '*' && *at == '/') || (at[-1] == '/' && *at == '*'))
			fputc(' ', out);
		fputc(*at, out);
	}
	if (comment[strlen(comment) - 1] != '\n')
		fputc('\n', out);
}

int reproducer_write(const struct campaign *campaign, const char *comment, FILE *out)
{
	bool has_module = reproducer_has_module(campaign);
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	write_comment(comment, out);
	fprintf(out,
		" *\n%s *\n * Exit codes: 1 the leak shows (it pins a device until reboot), 0 it does not, 3 no round kept the order, 77 it cannot be tried.\n */\n",
		has_module ?
			" * A module holds the threads inside the kernel:\n"
			" *\n"
			" *   echo obj-m := reproducer.o >Kbuild\n"
			" *   make -C /lib/modules/$(uname -r)/build M=$PWD modules\n"
			" *   cc -Wall -O2 reproducer.c -o reproducer\n"
			" *   sudo insmod reproducer.ko && sudo ./reproducer\n" :
			" *   cc -Wall -O2 reproducer.c -o reproducer && sudo ./reproducer\n");
	if (has_module)
		write_module(&trial, out);
	write_program(campaign, &trial, out);
	if (has_module)
		fputs("#endif\n", out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
