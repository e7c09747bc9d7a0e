// SPDX-License-Identifier: GPL-2.0-or-later
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse/service_config.h"

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define AT(ctype, member) \
	.offset = offsetof(struct service_config, member) * \
		  _Generic(((struct service_config *)NULL)->member, ctype: (size_t)1)
#define RANGE(low, high) .min = (low), .max = (high)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field rows[] = {
	{ "state_folder", FIELD_TEXT, AT(const char *, state_folder), .fallback = "/var/lib/dadrace",
	  .doc = "Where accepted campaigns and their results are kept" },
	{ "spool_folder", FIELD_TEXT, AT(const char *, spool_folder), .fallback = "/var/spool/dadrace",
	  .doc = "Campaign files that are moved or written here are taken; those of others than root "
		 "are refused" },
	{ "socket", FIELD_TEXT, AT(const char *, socket), .fallback = SERVICE_SOCKET,
	  .doc = "The unix socket that `dadrace ctl` talks to" },
	{ "group", FIELD_TEXT, AT(const char *, group), .nullable = true,
	  .doc = "Members of this group may control the service, as root may, and so run programs as "
		 "root; none by default" },
	{ "readers", FIELD_TEXT, AT(const char *, readers), .nullable = true,
	  .doc = "Members of this group, or \"everyone\", may read status and results; nobody else by "
		 "default" },
	{ "queue_max", FIELD_U32, AT(uint32_t, queue_max), RANGE(1, 10000), .fallback = "100",
	  .doc = "Campaigns that may wait; more are refused" },
	{ "keep_days", FIELD_U32, AT(uint32_t, keep_days), RANGE(0, 36500), .fallback = "90",
	  .doc = "Results older than this are removed; 0 is no limit" },
	{ "keep_campaigns", FIELD_U32, AT(uint32_t, keep_campaigns), RANGE(0, 100000),
	  .fallback = "1000", .doc = "Of more ended campaigns the oldest are removed; 0 is no limit" },
	{ "keep_mb", FIELD_U32, AT(uint32_t, keep_mb), RANGE(0, 100000000), .fallback = "10240",
	  .doc = "When results take more than this, the oldest are removed; 0 is no limit" },
	{ "stop_s", FIELD_U32, AT(uint32_t, stop_s), RANGE(1, 3600), .fallback = "60",
	  .doc = "How long an interrupted campaign may take to end the trials in hand before it is "
		 "killed" },
	{ "http", FIELD_TEXT, AT(const char *, http), .nullable = true,
	  .doc = "Where status, metrics and a page are served, read-only: a loopback address "
		 "(127.0.0.1:9161) or a unix socket's path; off by default" },
	{ .name = NULL }
};
/* clang-format on */
enum { NR_ROWS = sizeof(rows) / sizeof(rows[0]) - 1 };

const struct fields service_config_fields = {
	.name = "service",
	.doc = "The configuration of dadraced",
	.rows = rows,
	.size = sizeof(struct service_config),
};

/* What the file says: a pointer for each key, NULL where it says nothing. */
struct given {
	void *values[NR_ROWS];
};

/* The texts of the configuration point into what libcyaml has made. */
struct loaded {
	struct service_config config; /* first: it is what the caller holds */
	struct given *given;
};

/* --- libcyaml --- */

struct said {
	char text[512];
};

/* The first sentence names the error, later ones the place. */
__attribute__((format(printf, 3, 0))) static void keep_log(cyaml_log_t level, void *ctx,
							   const char *fmt, va_list args)
{
	struct said *said = ctx;
	size_t used = strlen(said->text);

	(void)level;
	if (used)
		used += (size_t)snprintf(said->text + used, sizeof(said->text) - used, "; ");
	if (used < sizeof(said->text))
		vsnprintf(said->text + used, sizeof(said->text) - used, fmt, args);
	used = strlen(said->text);
	while (used && (said->text[used - 1] == '\n' || said->text[used - 1] == ' '))
		said->text[--used] = '\0';
}

static cyaml_config_t setup(struct said *said)
{
	return (cyaml_config_t){
		.log_fn = said ? keep_log : NULL,
		.log_ctx = said,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static const cyaml_schema_value_t *schema(void)
{
	static cyaml_schema_field_t fields[NR_ROWS + 1];
	static cyaml_schema_value_t root;

	for (uint32_t i = 0; i < NR_ROWS; i++)
		fields[i] = (cyaml_schema_field_t){
			.key = rows[i].name,
			.data_offset = (uint32_t)(i * sizeof(void *)),
			.value = {
				.type = rows[i].type == FIELD_TEXT ? CYAML_STRING : CYAML_UINT,
				.flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
				.data_size = rows[i].type == FIELD_TEXT ? 1 : sizeof(uint32_t),
			},
		};
	for (uint32_t i = 0; i < NR_ROWS; i++)
		if (rows[i].type == FIELD_TEXT)
			fields[i].value.string.max = CYAML_UNLIMITED;
	root = (cyaml_schema_value_t){
		.type = CYAML_MAPPING,
		.flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		.data_size = sizeof(struct given),
		.mapping = { .fields = fields },
	};
	return &root;
}

/* --- from keys to the configuration --- */

static int take(const char *path, const struct field *row, const void *given,
		struct service_config *config, struct why *why)
{
	char *at = (char *)config + row->offset;
	uint32_t number;

	if (row->type == FIELD_TEXT) {
		const char *text = given ? given : row->fallback;

		if (text && !*text)
			return why_set(why, EINVAL, "%s: %s: it is empty; leave it out instead",
				       path, row->name);
		*(const char **)(void *)at = text;
		return 0;
	}
	number = given ? *(const uint32_t *)given : (uint32_t)strtoul(row->fallback, NULL, 10);
	if (number < row->min || number > row->max)
		return why_set(
			why, EINVAL,
			"%s: %s: %u is out of range; whole numbers from %lld to %lld are "
			"allowed",
			path, row->name, number, (long long)row->min, (long long)row->max);
	*(uint32_t *)(void *)at = number;
	return 0;
}

static int take_all(const char *path, struct loaded *loaded, struct why *why)
{
	int r = 0;

	for (uint32_t i = 0; !r && i < NR_ROWS; i++)
		r = take(path, &rows[i], loaded->given ? loaded->given->values[i] : NULL,
			 &loaded->config, why);
	return r;
}

static int load_file(const char *path, struct given **given, struct why *why)
{
	struct said said = { "" };
	cyaml_config_t config = setup(&said);
	cyaml_data_t *data = NULL;
	cyaml_err_t refused;

	if (access(path, R_OK))
		return why_set(why, errno, "%s: cannot be read: %s", path, strerror(errno));
	refused = cyaml_load_file(path, &config, schema(), &data, NULL);
	if (refused)
		return why_set(why, EINVAL, "%s: %s; `dadraced --help-config` lists the keys",
			       path, said.text[0] ? said.text : cyaml_strerror(refused));
	*given = data;
	return 0;
}

int service_config_load(const char *path, bool required, struct service_config **out,
			struct why *why)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	int r = 0;

	if (!loaded)
		return why_set(why, ENOMEM, "%s: out of memory", path);
	if (required || !access(path, F_OK))
		r = load_file(path, &loaded->given, why);
	if (!r)
		r = take_all(path, loaded, why);
	if (r) {
		service_config_free(&loaded->config);
		return r;
	}
	*out = &loaded->config;
	return 0;
}

void service_config_free(struct service_config *config)
{
	struct loaded *loaded = (struct loaded *)(void *)config;
	cyaml_config_t libcyaml = setup(NULL);

	if (!loaded)
		return;
	if (loaded->given)
		cyaml_free(&libcyaml, schema(), loaded->given, 0);
	free(loaded);
}

void service_config_help(FILE *out)
{
	fields_list(&service_config_fields, "", out);
}
