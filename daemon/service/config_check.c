// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <string.h>

#include "io/stream.h"
#include "service/config_check.h"

static int check_path(const char *key, const char *path, struct why *why)
{
	if (path[0] == '/')
		return 0;
	return why_set(why, EINVAL, "%s: %s is not an absolute path; it begins with /", key,
		       path);
}

static int check_group(const char *key, const char *name, struct why *why)
{
	if (!name || getgrnam(name))
		return 0;
	return why_set(why, EINVAL,
		       "%s: no group %s; create it with groupadd, or name another one", key,
		       name);
}

static int check_http(const char *where, struct why *why)
{
	if (!where || where[0] == '/')
		return 0;
	return stream_check_loopback(where, why);
}

int service_config_check(const struct service_config *config, struct why *why)
{
	const char *readers = config->readers;
	int err = check_path("state_folder", config->state_folder, why);

	if (!err)
		err = check_path("spool_folder", config->spool_folder, why);
	if (!err)
		err = check_path("socket", config->socket, why);
	if (!err)
		err = check_group("group", config->group, why);
	if (!err && readers && strcmp(readers, "everyone") != 0)
		err = check_group("readers", readers, why);
	if (!err && config->notify_command)
		err = check_path("notify_command", config->notify_command, why);
	return err ? err : check_http(config->http, why);
}
