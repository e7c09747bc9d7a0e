// SPDX-License-Identifier: GPL-2.0-or-later
#include "service/command_line.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fields.h"
#include "base/own_path.h"
#include "base/shown.h"
#include "parse/service_config.h"
#include "service/config_check.h"
#include "service/service.h"
#include "service/systemd.h"

struct options {
	const char *config;
	bool check_config, help_config, version;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "config", 0, OPTION_TEXT, AT(config), "FILE",
	  .doc = "Read this configuration file; it must exist (default: " SERVICE_CONFIG_FILE ", if it exists)" },
	{ "check-config", 0, OPTION_FLAG, AT(check_config), .doc = "Check the configuration file, and exit with 0 or 78" },
	{ "help-config", 0, OPTION_FLAG, AT(help_config), .doc = "Print a configuration file with every key, its default and its meaning, and exit" },
	{ "version", 'V', OPTION_FLAG, AT(version), .doc = "Show the version" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	 .doc = "Ended by SIGTERM or SIGINT" },
	{ EXIT_USAGE,	 .doc = "The command line is wrong" },
	{ EXIT_INTERNAL, .doc = "The service cannot run; the message says why" },
	{ EXIT_BUSY,	 .doc = "Another dadraced uses the state folder or the socket" },
	{ EXIT_CONFIG,	 .doc = "The configuration file is wrong" },
	{ .doc = NULL },
};
/* clang-format on */

const struct syntax service_syntax = {
	.name = "dadraced",
	.doc = "Accept, queue, run, watch and keep dadrace campaigns",
	.about =
		"The service stays in the foreground; systemd or a shell starts it. `dadrace ctl` controls it.\n"
		"SIGHUP reloads the configuration.\n"
		"SIGTERM and SIGINT end the service after the trials in progress; queued and interrupted campaigns continue at the next start.",
	.options = rows,
	.exits = exits,
	.size = sizeof(struct options),
};

static int complain(const struct why *why, int code)
{
	fprintf(stderr, "dadraced: %s\n", why->text);
	return code;
}

/* Under systemd the journal has it as an error, not as a line of an unknown level. */
static int complain_to_log(const struct why *why, int code)
{
	log_say(LOG_LEVEL_ERROR, NULL, NULL, "%s", why->text);
	return code;
}

static int check_config(const struct service_ask *ask)
{
	struct service_config *config;
	struct why why;
	int err = service_config_load(ask->config_file, ask->config_required, &config, &why);

	if (!err) {
		err = service_config_check(config, &why);
		service_config_free(config);
	}
	if (err)
		return complain_to_log(&why, why_code_or(&why, EXIT_CONFIG));
	printf("%s: valid\n", ask->config_file);
	return EXIT_CLEAN;
}

/* The command that was built or installed with us. */
static const char *find_program(void)
{
	static const char *const places[] = { "dadrace", "../bin/dadrace" };
	static char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!own_path(places[i], path, sizeof(path)) && !access(path, X_OK))
			return path;
	return "dadrace";
}

static int serve(const struct options *o)
{
	const struct service_ask ask = {
		.config_file = o->config ? o->config : SERVICE_CONFIG_FILE,
		.config_required = o->config,
		.program = find_program(),
	};
	struct why why = { "" };
	int code;

	systemd_open();
	if (o->check_config)
		return check_config(&ask);
	code = service_run(&ask, &why);
	return why.text[0] && code ? complain_to_log(&why, code) : code;
}

int service_start(int argc, char **argv)
{
	struct options options = { 0 };
	struct why why;
	int err;

	fields_watch_memory();
	err = shown_streams();
	if (err) {
		why_set(&why, -err, "out of memory");
		return complain(&why, EXIT_INTERNAL);
	}
	err = options_read(&service_syntax, argc, argv, &options, &why);
	if (err < 0)
		return options_refuse(&service_syntax, &why);
	if (err == OPTIONS_HELP)
		options_help(&service_syntax, options_columns(stdout), stdout);
	else if (options.help_config)
		service_config_help(stdout);
	else if (options.version)
		puts("dadraced " DADRACE_VERSION);
	else
		return serve(&options);
	return EXIT_CLEAN;
}
