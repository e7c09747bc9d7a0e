// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "parse/load.h"
#include "parse/service_config.h"
#include "parse/template.h"
#include "parse/text.h"

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define AT(ctype, member) \
	.offset = offsetof(struct service_config, member) * \
		  _Generic(((struct service_config *)NULL)->member, ctype: (size_t)1)
#define RANGE(low, high) .min = (low), .max = (high)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field rows[] = {
	{ "state_folder", FIELD_TEXT, AT(const char *, state_folder), .fallback = "/var/lib/dadrace",
	  .doc = "Folder of the campaigns and their results" },
	{ "spool_folder", FIELD_TEXT, AT(const char *, spool_folder), .fallback = "/var/spool/dadrace",
	  .doc = "Folder in which campaign files are dropped: a file that is moved or written here is queued and removed; a file that users other than root can write is rejected" },
	{ "socket", FIELD_TEXT, AT(const char *, socket), .fallback = SERVICE_SOCKET,
	  .doc = "Unix socket for `dadrace ctl`" },
	{ "group", FIELD_TEXT, AT(const char *, group), .nullable = true, .example = "dadrace",
	  .doc = "Members of this group have full control, which is equivalent to root: a campaign can run any program; default: only root has it" },
	{ "readers", FIELD_TEXT, AT(const char *, readers), .nullable = true, .example = "everyone",
	  .doc = "Members of this group, or every user (\"everyone\"), can read status and results; default: only root and members of `group`" },
	{ "queue_max", FIELD_U32, AT(uint32_t, queue_max), RANGE(1, 10000), .fallback = "100",
	  .doc = "Longest queue; a campaign beyond it is refused" },
	{ "keep_days", FIELD_U32, AT(uint32_t, keep_days), RANGE(0, 36500), .fallback = "90",
	  .doc = "Remove results that are older; 0: never" },
	{ "keep_campaigns", FIELD_U32, AT(uint32_t, keep_campaigns), RANGE(0, 100000),
	  .fallback = "1000", .doc = "Keep at most this many ended campaigns and remove the oldest; 0: no limit" },
	{ "keep_mb", FIELD_U32, AT(uint32_t, keep_mb), RANGE(0, 100000000), .fallback = "10240",
	  .doc = "Keep at most this much disk space of results and remove the oldest; 0: no limit" },
	{ "stop_s", FIELD_U32, AT(uint32_t, stop_s), RANGE(1, 3600), .fallback = "60",
	  .doc = "An interrupted campaign that has not finished the trials in progress after this time is killed" },
	{ "http", FIELD_TEXT, AT(const char *, http), .nullable = true, .example = "127.0.0.1:9161",
	  .doc = "Serve a page, status and metrics, read-only, on a loopback address (127.0.0.1:9161) or a unix socket (its absolute path); default: off" },
	{ "notify_command", FIELD_TEXT, AT(const char *, notify_command), .nullable = true,
	  .example = "/usr/local/bin/dadrace-finding",
	  .doc = "Program that is run when a campaign has ended with a fault: an absolute path, without arguments; default: none" },
	{ .name = NULL }
};
/* clang-format on */

const struct fields service_config_fields = {
	.name = "service",
	.doc = "The configuration of dadraced",
	.rows = rows,
	.size = sizeof(struct service_config),
};

/* The texts of the configuration are words of the load. */
struct loaded {
	struct service_config config; /* first: it is what the caller holds */
	struct keys keys;
	struct load load;
};

static int take(struct loaded *loaded, int id)
{
	const struct field *row = loaded->keys.list[id].row;
	const struct given *given = &loaded->load.given[id];
	const char *word = given->nr_words ? given->words[0] : NULL;
	void *at = (char *)&loaded->config + row->offset;

	if (!word)
		return 0;
	if (row->type != FIELD_TEXT)
		*(uint32_t *)at = (uint32_t)strtoul(word, NULL, 10);
	else if (!*word)
		return complain_key(&loaded->load, id,
				    "found \"\"; allowed: text, or leave the key out");
	else
		*(const char **)at = word;
	return 0;
}

static int load_file(struct load *load, const char *path, bool required)
{
	char *text = NULL;
	size_t length = 0;
	int err;

	if (!required && access(path, F_OK))
		return 0;
	err = text_read(path, &text, &length, load->why);
	if (!err)
		err = read_layer(load, LAYER_FILE, ROOT, text, length);
	free(text);
	return err;
}

int service_config_load(const char *path, bool required, struct service_config **out,
			struct why *why)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	int err;

	if (!loaded)
		return why_exit(why, EXIT_INTERNAL, ENOMEM, "%s: out of memory", path);
	keys_lay(&loaded->keys, &service_config_fields);
	loaded->load = (struct load){ .keys = &loaded->keys, .name = path, .why = why };
	err = read_fallbacks(&loaded->load);
	if (!err)
		err = load_file(&loaded->load, path, required);
	for (int id = ROOT + 1; !err && id < loaded->keys.nr; id++)
		err = take(loaded, id);
	if (err)
		service_config_free(&loaded->config);
	else
		*out = &loaded->config;
	return err;
}

void service_config_free(struct service_config *config)
{
	struct loaded *loaded = (struct loaded *)(void *)config;

	if (!loaded)
		return;
	load_drop(&loaded->load);
	free(loaded);
}

void service_config_help(FILE *out)
{
	struct keys keys;

	keys_lay(&keys, &service_config_fields);
	fputs("# Every key of " SERVICE_CONFIG_FILE " with its default.\n", out);
	template_write(&keys, out);
}
