// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dadraced: the service. Everything else is a library that the tests link.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/service.h"

enum { OPT_CONFIG = 256, OPT_CHECK, OPT_HELP_CONFIG, OPT_VERSION, OPT_HELP };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "check-config", no_argument, NULL, OPT_CHECK },
	{ "help-config", no_argument, NULL, OPT_HELP_CONFIG },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static int help(void)
{
	puts("Usage: dadraced [--config FILE] [OPTION]\n"
	     "\n"
	     "The service of dadrace: campaigns are submitted, queued, run, watched and kept. "
	     "It\n"
	     "stays in the foreground; systemd or a shell starts it. `dadrace ctl` talks to "
	     "it.\n"
	     "\n"
	     "  --config FILE   its configuration; default: " SERVICE_CONFIG_FILE ", if there\n"
	     "  --check-config  says what is wrong with that, and ends (0, or 78)\n"
	     "  --help-config   prints every key of it and ends\n"
	     "  --version       prints the version and ends\n"
	     "\n"
	     "SIGHUP reads the configuration again. SIGTERM and SIGINT end it after the trials "
	     "in\n"
	     "hand; what is queued or was interrupted goes on at the next start.");
	return EXIT_CLEAN;
}

static int usage(const char *word, const char *what)
{
	fprintf(stderr, "dadraced: \"%s\": %s; see `dadraced --help`\n", word, what);
	return EXIT_USAGE;
}

static int complain(const struct why *why, int code)
{
	fprintf(stderr, "dadraced: %s\n", why->text);
	return code;
}

static int check(const struct service_ask *ask)
{
	struct service_config *config;
	struct why why;

	if (service_config_load(ask->config_file, ask->config_required, &config, &why))
		return complain(&why, EXIT_CONFIG);
	service_config_free(config);
	printf("%s: nothing is wrong\n", ask->config_file);
	return EXIT_CLEAN;
}

/* The command that was built and installed with us. */
static const char *find_program(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + sizeof("dadrace") > sizeof(path))
		return "dadrace";
	memcpy(slash + 1, "dadrace", sizeof("dadrace"));
	return path;
}

int main(int argc, char **argv)
{
	struct service_ask ask = { .config_file = SERVICE_CONFIG_FILE };
	bool check_only = false;
	struct why why = { "" };
	int opt, code;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_CONFIG:
			ask.config_file = optarg;
			ask.config_required = true;
			break;
		case OPT_CHECK: check_only = true; break;
		case OPT_HELP_CONFIG: service_config_help(stdout); return EXIT_CLEAN;
		case OPT_VERSION: puts("dadraced " DADRACE_VERSION); return EXIT_CLEAN;
		case 'h':
		case OPT_HELP: return help();
		default:
			return usage(argv[optind - 1],
				     "no option of it, or one that lacks its value");
		}
	}
	if (optind != argc)
		return usage(argv[optind], "no arguments are wanted");
	if (check_only)
		return check(&ask);
	ask.program = find_program();
	code = service_run(&ask, &why);
	return why.text[0] && code ? complain(&why, code) : code;
}
