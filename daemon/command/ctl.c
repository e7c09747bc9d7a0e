// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "command/ctl_show.h"
#include "command/rows.h"
#include "parse/service_config.h"
#include "service/client.h"
#include "spec/campaign.h"
#include "spec/times.h"

/* A number that need not be given. */
struct given {
	bool is_given;
	int64_t value;
};

struct options {
	struct option_rest words; /* the verb and what follows it */
	const char *socket;
	const char *what; /* an id, a file or a device; NULL */
	const char *netns, *object;
	bool stuck, all;
	struct given priority, not_before, every;
	uint32_t deadline_s;
	struct option_texts sets;
	bool json, follow, wait;
};

static bool read_priority(const char *text, void *target)
{
	struct given *given = target;
	char *end;

	*given = (struct given){ true, strtol(text, &end, 10) };
	return *text && !*end && given->value >= -100 && given->value <= 100;
}

static bool read_time(const char *text, void *target)
{
	struct given *given = target;
	uint64_t at = 0;
	bool valid = time_read(text, (uint64_t)time(NULL), &at);

	*given = (struct given){ true, (int64_t)at };
	return valid;
}

static bool read_span(const char *text, void *target)
{
	struct given *given = target;
	uint32_t span = 0;
	bool valid = span_read(text, &span);

	*given = (struct given){ true, span };
	return valid && span >= SUBMIT_EVERY_LEAST_S;
}

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "json", 0, OPTION_FLAG, AT(json), .doc = "Print JSON on standard output" },
	{ "socket", 0, OPTION_TEXT, AT(socket), "PATH", .preset = SERVICE_SOCKET, .doc = "The control socket of the service" },
	{ "timeout", 0, OPTION_NUMBER, AT(deadline_s), "SECONDS", .min = 1, .max = 86400, .preset = "60",
	  .doc = "Give up when the service does not answer for so long" },
	{ .name = NULL },
};
static const struct operand_row verb_operands[] = {
	{ "COMMAND", OPTION_REST, AT(words), true },
	{ .name = NULL },
};
static const struct option_row submit_rows[] = {
	{ "set", 0, OPTION_TEXTS, AT(sets), "KEY=VALUE", .doc = DOC_SET },
	{ "priority", 0, OPTION_READ, AT(priority), "N", .read = read_priority, .allowed = "a number from -100 to 100",
	  .doc = "Run campaigns of a higher priority first: -100 to 100 (default: 0)" },
	{ "not-before", 0, OPTION_READ, AT(not_before), "TIME", .read = read_time, .allowed = TIME_FORMS,
	  .doc = "Start at this time at the earliest: " TIME_FORMS },
	{ "every", 0, OPTION_READ, AT(every), "SPAN", .read = read_span, .allowed = "a time of at least 60s, such as 24h or 7d",
	  .doc = "Repeat the campaign at this interval: 24h or 7d; at least 60s" },
	{ "follow", 0, OPTION_FLAG, AT(follow), .doc = "Print the trials of the campaign as they end; exit as `dadrace run` would" },
	{ "wait", 0, OPTION_FLAG, AT(wait), .doc = "Wait for the end of the campaign, and print its verdict; exit as `dadrace run` would" },
	{ .name = NULL },
};
static const struct operand_row file_operand[] = {
	{ "FILE", OPTION_TEXT, AT(what), true, "The campaign file; \"-\" is standard input" },
	{ .name = NULL },
};
static const struct operand_row id_operand[] = {
	{ "ID", OPTION_TEXT, AT(what), true, "The campaign, as `dadrace ctl submit` and `dadrace ctl list` print it" },
	{ .name = NULL },
};
static const struct option_row who_rows[] = {
	{ "netns", 0, OPTION_TEXT, AT(netns), "NAME|PATH|PID", .doc = "Look for the device in this network namespace, as the service sees it" },
	{ "object", 0, OPTION_TEXT, AT(object), WHO_OBJECTS, .doc = DOC_WHO_OBJECT },
	{ "stuck", 0, OPTION_FLAG, AT(stuck), .instead = true, .doc = DOC_WHO_STUCK },
	{ "all", 0, OPTION_FLAG, AT(all), .doc = DOC_WHO_ALL },
	{ .name = NULL },
};
static const struct operand_row device_operand[] = {
	{ "DEVICE", OPTION_TEXT, AT(what), true, DOC_WHO_DEVICE },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	.doc = "Done; or the campaign that was followed or waited for found no fault" },
	{ EXIT_FAULT,	.doc = "The campaign that was followed or waited for found a fault, or who explains a lost reference; other exit codes of dadrace run, who and doctor are passed on, too" },
	{ EXIT_CANNOT,	.doc = "The service does not run, or does not allow this" },
	{ EXIT_USAGE,	.doc = "The command line is wrong, or there is no such campaign" },
	{ EXIT_INTERNAL, .doc = "The service does not answer, or failed; the message says why" },
	{ EXIT_BUSY,	.doc = "The queue is full, or `who` is answering another question" },
	{ EXIT_CONFIG,	.doc = "The campaign file or the configuration of the service is wrong" },
	{ .doc = NULL },
};
/* clang-format on */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "-";
}

static int64_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static void print_json(const json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
}

/* --- what a reply says to people --- */

static void tell_list(const json_t *reply)
{
	json_t *campaigns = json_object_get(reply, "campaigns"), *campaign;
	size_t i;

	printf("%-44s  %-8s  %8s  %7s  %-12s  %s\n", "CAMPAIGN", "STATE", "PRIORITY", "TRIALS",
	       "VERDICT", "REASON");
	json_array_foreach(campaigns, i, campaign)
	{
		printf("%-44s  %-8s  %8" PRId64 "  %7" PRId64 "  %-12s  ",
		       text_of(campaign, "id"), text_of(campaign, "state"),
		       number_of(campaign, "priority"), number_of(campaign, "trials"),
		       text_of(campaign, "verdict"));
		ctl_show_reason(campaign, stdout);
	}
}

static void tell_show(const json_t *reply)
{
	ctl_show_campaign(json_object_get(reply, "campaign"), (uint64_t)time(NULL) * 1000,
			  stdout);
	printf("\n%s", text_of(reply, "text"));
}

static void tell_reload(const json_t *reply)
{
	const char *restart = json_string_value(json_object_get(reply, "restart"));

	if (restart)
		printf("Reloaded; restart dadraced to apply %s\n", restart);
	else
		puts("Reloaded");
}

static void tell_version(const json_t *reply)
{
	printf("dadraced %s\n", text_of(reply, "version"));
}

static void tell_text(const json_t *reply)
{
	fputs(text_of(reply, "text"), stdout);
}

/* --- verbs --- */

typedef void (*tell_fn)(const json_t *reply);

static void tell_reply(const struct options *o, const json_t *reply, tell_fn tell)
{
	if (reply && o->json)
		print_json(reply);
	else if (reply && tell)
		tell(reply);
}

/* Takes the parameters. */
static int call_with(const struct options *o, const char *method, json_t *parameters,
		     tell_fn tell)
{
	enum exits code = EXIT_CLEAN;
	struct ctl *ctl = ctl_open(o->socket, o->deadline_s, &code);
	json_auto_t *reply = NULL;

	if (ctl)
		reply = ctl_call(ctl, method, parameters, &code);
	else
		json_decref(parameters);
	ctl_close(ctl);
	tell_reply(o, reply, tell);
	/* The doctor's own code says what this machine can do, that of who what it found. */
	return reply && json_object_get(reply, "exit_code") ?
		       (int)number_of(reply, "exit_code") :
		       (int)code;
}

static int call(const struct options *o, const char *method, tell_fn tell)
{
	return call_with(o, method, o->what ? json_pack("{ss}", "id", o->what) : json_object(),
			 tell);
}

/* All parts of the list as one reply, a new reference; NULL: *code says why not. */
static json_t *whole_list(struct ctl *ctl, enum exits *code)
{
	json_t *campaigns = json_array(), *part;
	json_int_t next = 0;
	bool more = true;

	while (more && (part = ctl_call(ctl, "List", json_pack("{sI}", "after", next), code))) {
		json_array_extend(campaigns, json_object_get(part, "campaigns"));
		next = number_of(part, "next");
		more = json_is_true(json_object_get(part, "more"));
		json_decref(part);
	}
	if (!more)
		return json_pack("{so}", "campaigns", campaigns);
	json_decref(campaigns);
	return NULL;
}

static int run_list(const void *options)
{
	const struct options *o = options;
	enum exits code = EXIT_CLEAN;
	struct ctl *ctl = ctl_open(o->socket, o->deadline_s, &code);
	json_auto_t *reply = ctl ? whole_list(ctl, &code) : NULL;

	ctl_close(ctl);
	tell_reply(o, reply, tell_list);
	return (int)code;
}

static int run_show(const void *options)
{
	return call(options, "Show", tell_show);
}

static int run_cancel(const void *options)
{
	return call(options, "Cancel", NULL);
}

static int run_pause(const void *options)
{
	return call(options, "Pause", NULL);
}

static int run_resume(const void *options)
{
	return call(options, "Resume", NULL);
}

static int run_reload(const void *options)
{
	return call(options, "Reload", tell_reload);
}

static int run_doctor(const void *options)
{
	return call(options, "Doctor", tell_text);
}

static int run_who(const void *options)
{
	const struct options *o = options;

	return call_with(o, "Who",
			 json_pack("{ss? ss? ss? so*}", "device", o->what, "netns", o->netns,
				   "object", o->object, "all", o->all ? json_true() : NULL),
			 tell_text);
}

static int run_version(const void *options)
{
	return call(options, "Version", tell_version);
}

static json_t *submission_of(const struct options *o)
{
	const struct {
		const char *name;
		const struct given *given;
	} members[] = {
		{ "priority", &o->priority },
		{ "not_before", &o->not_before },
		{ "every", &o->every },
	};
	json_t *submission = ctl_sets(&o->sets);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (members[i].given->is_given)
			json_object_set_new(submission, members[i].name,
					    json_integer(members[i].given->value));
	return submission;
}

static int run_submit(const void *options)
{
	const struct options *o = options;
	enum exits code = EXIT_CLEAN;
	struct ctl *ctl = ctl_open(o->socket, o->deadline_s, &code);
	char *id = ctl ? ctl_submit(ctl, o->what, submission_of(o), &code) : NULL;

	if (id && o->json && !o->follow && !o->wait)
		printf("{\"id\": \"%s\"}\n", id);
	else if (id && !o->json)
		puts(id);
	fflush(stdout);
	if (id && o->follow)
		code = ctl_follow(ctl, id, o->json ? CTL_LINES : CTL_TRIALS);
	else if (id && o->wait)
		code = ctl_follow(ctl, id, o->json ? CTL_END_JSON : CTL_END);
	free(id);
	ctl_close(ctl);
	return code;
}

static int run_follow(const void *options)
{
	const struct options *o = options;
	enum exits code = EXIT_CLEAN;
	struct ctl *ctl = ctl_open(o->socket, o->deadline_s, &code);

	if (ctl)
		code = ctl_follow(ctl, o->what, o->json ? CTL_LINES : CTL_TRIALS);
	ctl_close(ctl);
	return code;
}

/* With --json every line so far, part by part; otherwise the folder. */
static enum exits print_results(struct ctl *ctl, const struct options *o)
{
	enum exits code = EXIT_CLEAN;
	json_int_t after = 0;
	bool more = true;

	while (more) {
		json_auto_t *reply =
			ctl_call(ctl, "Results",
				 json_pack("{ss sI}", "id", o->what, "after", after), &code);
		json_t *line;
		size_t i;

		if (!reply)
			return code;
		if (!o->json) {
			puts(text_of(reply, "folder"));
			return EXIT_CLEAN;
		}
		json_array_foreach(json_object_get(reply, "lines"), i, line)
		{
			json_dumpf(line, stdout, JSON_COMPACT);
			putchar('\n');
		}
		after = number_of(reply, "next");
		more = json_is_true(json_object_get(reply, "more"));
	}
	return code;
}

static int run_results(const void *options)
{
	const struct options *o = options;
	enum exits code = EXIT_CLEAN;
	struct ctl *ctl = ctl_open(o->socket, o->deadline_s, &code);

	if (ctl)
		code = print_results(ctl, o);
	ctl_close(ctl);
	return code;
}

/* clang-format off */
#define VERB(verb, sentence, ...) \
	static const struct command verb_##verb = { \
		.name = #verb, \
		.syntax = { \
			.name = "dadrace ctl " #verb, .doc = sentence, .parent = &command_ctl.syntax, \
			.size = sizeof(struct options), __VA_ARGS__ \
		}, \
		.run = run_##verb, \
	}

VERB(submit,  "Queue a campaign file, and print the campaign's id", .operands = file_operand, .options = submit_rows);
VERB(list,    "List every campaign that is kept");
VERB(show,    "Show everything that is known of a campaign", .operands = id_operand);
VERB(follow,  "Print the trials of a campaign as they end; exit as `dadrace run` would", .operands = id_operand);
VERB(results, "Print where the results of a campaign are; with --json, print their lines", .operands = id_operand);
VERB(cancel,  "End a campaign after the trials in progress, and its repetition", .operands = id_operand);
VERB(pause,   "Interrupt a campaign", .operands = id_operand);
VERB(resume,  "Continue a campaign where it was interrupted", .operands = id_operand);
VERB(reload,  "Check and apply the configuration of the service, and name a change that needs a restart");
VERB(doctor,  "Run `dadrace doctor` where the service runs");
VERB(who,     "Show who holds references to a network device of the service's machine; see dadrace-who(1)", .operands = device_operand, .options = who_rows);
VERB(version, "Show the version of the service");

static const struct command *const verbs[] = {
	&verb_submit, &verb_list, &verb_show, &verb_follow, &verb_results, &verb_cancel, &verb_pause,
	&verb_resume, &verb_reload, &verb_doctor, &verb_who, &verb_version, &command_help, NULL,
};
/* clang-format on */

const struct command command_ctl = {
	.name = "ctl",
	.syntax = {
		.name = "dadrace ctl",
		.doc = "Control the service: submit, list, follow and cancel campaigns",
		.options = rows,
		.operands = verb_operands,
		.exits = exits,
		.size = sizeof(struct options),
		.passes_on = true,
	},
	.verbs = verbs,
};
