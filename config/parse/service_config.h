/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SERVICE_CONFIG_H
#define DADRACE_SERVICE_CONFIG_H

#include <stdint.h>
#include <stdio.h>

#include "base/fields.h"
#include "base/why.h"

/*
 * The configuration of dadraced: a flat YAML file. service_config_fields has a row for each
 * key: default, range, sentence.
 */
#define SERVICE_CONFIG_FILE "/etc/dadrace/dadraced.yaml"
#define SERVICE_SOCKET	    "/run/dadraced/control"

struct service_config {
	const char *state_folder;
	const char *spool_folder;
	const char *socket;
	const char *group;   /* NULL: root only */
	const char *readers; /* a group, or "everyone"; NULL: nobody else */
	uint32_t queue_max;
	uint32_t keep_days;
	uint32_t keep_campaigns;
	uint32_t keep_mb;
	uint32_t stop_s;
	const char *http;	    /* NULL: off */
	const char *notify_command; /* NULL: none */
};

extern const struct fields service_config_fields;

/*
 * Reads a file. Without `required`, a missing file means the defaults. The texts live until
 * service_config_free(). -EINVAL: the file is wrong; the sentence has file, line and key.
 */
int service_config_load(const char *path, bool required, struct service_config **out,
			struct why *why);
void service_config_free(struct service_config *config);

/* A configuration with every key, its default, meaning and what is allowed. */
void service_config_help(FILE *out);

#endif
