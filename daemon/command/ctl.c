// SPDX-License-Identifier: GPL-2.0-or-later
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "service/client.h"
#include "parse/service_config.h"
#include "spec/times.h"

struct options {
	const char *socket;
	const char *what;   /* of the verb: an id or a file; NULL */
	json_t *submission; /* what the service is told of it */
	bool json, follow, help;
};

enum {
	OPT_SOCKET = 256,
	OPT_JSON,
	OPT_PRIORITY,
	OPT_NOT_BEFORE,
	OPT_EVERY,
	OPT_FOLLOW,
	OPT_HELP
};

/* clang-format off */
static const struct option long_options[] = {
	{ "socket",	required_argument, NULL, OPT_SOCKET },
	{ "json",	no_argument,	   NULL, OPT_JSON },
	{ "priority",	required_argument, NULL, OPT_PRIORITY },
	{ "not-before",	required_argument, NULL, OPT_NOT_BEFORE },
	{ "every",	required_argument, NULL, OPT_EVERY },
	{ "follow",	no_argument,	   NULL, OPT_FOLLOW },
	{ "help",	no_argument,	   NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static int read_options(int argc, char **argv, struct options *o)
{
	uint64_t at;
	uint32_t span;
	long number;
	int opt;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		char *end = NULL;

		switch (opt) {
		case OPT_SOCKET: o->socket = optarg; break;
		case OPT_JSON: o->json = true; break;
		case OPT_FOLLOW: o->follow = true; break;
		case OPT_PRIORITY:
			number = strtol(optarg, &end, 10);
			if (!*optarg || *end)
				return command_usage(&command_ctl,
						     "--priority %s: a number is wanted",
						     optarg);
			json_object_set_new(o->submission, "priority", json_integer(number));
			break;
		case OPT_NOT_BEFORE:
			if (!time_read(optarg, (uint64_t)time(NULL), &at))
				return command_usage(
					&command_ctl,
					"--not-before %s: a time is wanted, as " TIME_FORMS,
					optarg);
			json_object_set_new(o->submission, "not_before",
					    json_integer((json_int_t)at));
			break;
		case OPT_EVERY:
			if (!span_read(optarg, &span))
				return command_usage(
					&command_ctl,
					"--every %s: a time is wanted, as 24h or 7d", optarg);
			json_object_set_new(o->submission, "every", json_integer(span));
			break;
		case 'h':
		case OPT_HELP: o->help = true; break;
		default:
			return command_usage(&command_ctl,
					     "\"%s\" is no option of it, or lacks its value",
					     argv[optind - 1]);
		}
	}
	return 0;
}

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

/* --- verbs: each gets the reply, and tells it to people --- */

static void tell_list(const json_t *reply)
{
	json_t *campaigns = json_object_get(reply, "campaigns"), *campaign;
	size_t i;

	printf("%-44s  %-8s  %8s  %7s  %-12s  %s\n", "CAMPAIGN", "STATE", "PRIORITY", "TRIALS",
	       "VERDICT", "REASON");
	json_array_foreach(campaigns, i, campaign)
		printf("%-44s  %-8s  %8" PRId64 "  %7" PRId64 "  %-12s  %s\n",
		       text_of(campaign, "id"), text_of(campaign, "state"),
		       number_of(campaign, "priority"), number_of(campaign, "trials"),
		       text_of(campaign, "verdict"), text_of(campaign, "reason"));
}

static void tell_show(const json_t *reply)
{
	json_t *campaign = json_object_get(reply, "campaign"), *value;
	const char *name;

	json_object_foreach(campaign, name, value)
	{
		printf("%-20s  ", name);
		if (json_is_string(value))
			puts(json_string_value(value));
		else if (json_is_null(value))
			puts("-");
		else
			json_dumpf(value, stdout, JSON_ENCODE_ANY), putchar('\n');
	}
	printf("\n%s", text_of(reply, "text"));
}

static void tell_nothing(const json_t *reply)
{
	(void)reply;
}

static void tell_version(const json_t *reply)
{
	printf("dadraced %s\n", text_of(reply, "version"));
}

static void tell_doctor(const json_t *reply)
{
	fputs(text_of(reply, "text"), stdout);
}

/* clang-format off */
static const struct verb {
	const char *name;
	const char *method; /* NULL: more than one call */
	bool takes_id;
	void (*tell)(const json_t *reply);
} verbs[] = {
	{ "submit",  NULL,	false, NULL },
	{ "follow",  NULL,	true,  NULL },
	{ "results", NULL,	true,  NULL },
	{ "list",    "List",	false, tell_list },
	{ "show",    "Show",	true,  tell_show },
	{ "cancel",  "Cancel",	true,  tell_nothing },
	{ "pause",   "Pause",	true,  tell_nothing },
	{ "resume",  "Resume",	true,  tell_nothing },
	{ "doctor",  "Doctor",	false, tell_doctor },
	{ "version", "Version",	false, tell_version },
};
/* clang-format on */
enum { NR_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static enum exits submit(struct ctl *ctl, const struct options *o)
{
	enum exits code;
	char *id = ctl_submit(ctl, o->what, json_incref(o->submission), &code);

	if (id && o->json && !o->follow)
		printf("{\"id\": \"%s\"}\n", id);
	else if (id && !o->json)
		puts(id);
	fflush(stdout);
	if (id && o->follow)
		code = ctl_follow(ctl, id, o->json);
	free(id);
	return code;
}

/* Every line that is there, part by part; for people, where they are. */
static enum exits results(struct ctl *ctl, const struct options *o)
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

static enum exits call(struct ctl *ctl, const struct verb *verb, const struct options *o)
{
	enum exits code = EXIT_CLEAN;
	json_auto_t *reply = ctl_call(
		ctl, verb->method,
		verb->takes_id ? json_pack("{ss}", "id", o->what) : json_object(), &code);

	if (reply && o->json)
		print_json(reply);
	else if (reply)
		verb->tell(reply);
	/* The doctor's own code says what this machine can do. */
	return reply && json_object_get(reply, "exit_code") ?
		       (enum exits)number_of(reply, "exit_code") :
		       code;
}

static int run(int argc, char **argv)
{
	json_auto_t *submission = json_object();
	struct options o = { .socket = SERVICE_SOCKET, .submission = submission };
	const struct verb *verb = NULL;
	enum exits code = EXIT_INTERNAL;
	struct ctl *ctl;
	int wrong;

	wrong = read_options(argc, argv, &o);
	if (wrong)
		return wrong;
	if (o.help)
		return command_help(&command_ctl);
	for (int i = 0; optind < argc && i < NR_VERBS; i++)
		if (!strcmp(verbs[i].name, argv[optind]))
			verb = &verbs[i];
	if (!verb && optind < argc)
		return command_usage(&command_ctl, "\"%s\" is none of its verbs", argv[optind]);
	if (!verb)
		return command_usage(&command_ctl, "what is it to do?");
	if (strcmp(verb->name, "submit") != 0 && (o.follow || json_object_size(submission)))
		return command_usage(&command_ctl,
				     "--priority, --not-before, --every and --follow are of "
				     "submit");
	o.what = argv[optind + 1]; /* NULL ends argv */
	if ((verb->takes_id || !strcmp(verb->name, "submit")) != (argc == optind + 2))
		return command_usage(&command_ctl, "%s wants %s", verb->name,
				     verb->takes_id		   ? "a campaign's id" :
				     !strcmp(verb->name, "submit") ? "a campaign file" :
								     "no argument");
	ctl = ctl_open(o.socket);
	if (!ctl)
		return EXIT_CANNOT;
	if (verb->method)
		code = call(ctl, verb, &o);
	else if (!strcmp(verb->name, "submit"))
		code = submit(ctl, &o);
	else if (!strcmp(verb->name, "follow"))
		code = ctl_follow(ctl, o.what, o.json);
	else
		code = results(ctl, &o);
	ctl_close(ctl);
	return code;
}

const struct command command_ctl = {
	.name = "ctl",
	.arguments = "VERB [ID or FILE] [OPTION]...",
	.doc = "Talks to the service: submit, list, show, follow, cancel and more",
	.help = "  submit FILE       queues a campaign file (\"-\" is standard input); prints "
		"its id\n"
		"  list              every campaign that is kept\n"
		"  show ID           all that is known of one\n"
		"  follow ID         its trials as they end; exits as `dadrace run` would\n"
		"  results ID        where its results are; with --json, their lines\n"
		"  cancel ID         ends it after the trials in hand, and its repetition\n"
		"  pause ID          interrupts it\n"
		"  resume ID         goes on where that ended it\n"
		"  doctor            what `dadrace doctor` says where the service runs\n"
		"  version           of the service\n"
		"\n"
		"  --priority N      -100 to 100; the higher is run first (submit)\n"
		"  --not-before T    " TIME_FORMS " (submit)\n"
		"  --every SPAN      repeats it: 24h, 7d; at least 60s (submit)\n"
		"  --follow          follows it to its end (submit)\n"
		"  --json            JSON on standard output\n"
		"  --socket PATH     of the service; default: " SERVICE_SOCKET "\n"
		"\n"
		"Exit codes: 0, or that of the campaign (follow); 4 no permission, or no "
		"service;\n"
		"64 no such campaign; 75 the queue is full; 78 the campaign file is refused.\n",
	.run = run,
};
