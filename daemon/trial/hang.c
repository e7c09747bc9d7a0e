// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "trial/hang.h"

/*
 * What a task waits in that has been stopped, by SIGSTOP or by a debugger: it is on its way
 * back to user space, whatever call that was.
 */
static const char *const stops[] = { "do_signal_stop", "ptrace_stop", "do_freezer_trap", NULL };

/*
 * Of the kernels from 5.10 on. Which of them are left on a stack is the compiler's choice, so
 * any of them will do.
 */
static const char *const flag_sets[] = {
	"__dev_change_flags", "dev_change_flags", "netif_change_flags", "dev_ifsioc",
	"dev_ioctl",	      "devinet_ioctl",	  "do_setlink",		"rtnl_setlink",
	"rtnl_newlink",	      "__rtnl_newlink",	  "rtnetlink_rcv_msg",	NULL,
};
static const char *const sends[] = {
	"__sys_sendto",	      "__x64_sys_sendto",     "__arm64_sys_sendto",
	"__sys_sendmsg",      "__x64_sys_sendmsg",    "__arm64_sys_sendmsg",
	"___sys_sendmsg",     "____sys_sendmsg",      "__sys_sendmmsg",
	"__x64_sys_sendmmsg", "__arm64_sys_sendmmsg", "sock_sendmsg",
	"__sock_sendmsg",     "sock_write_iter",      NULL,
};
static const char *const unregisters[] = {
	"rtnl_dellink",
	"rtnl_delete_link",
	"unregister_netdevice_many",
	"unregister_netdevice_many_notify",
	"rollback_registered_many",
	"netdev_run_todo",
	"netdev_wait_allrefs",
	"netdev_wait_allrefs_any",
	"rtnetlink_rcv_msg",
	NULL,
};
static const char *const waits[] = {
	"netdev_wait_allrefs",
	"netdev_wait_allrefs_any",
	"netdev_run_todo", /* where the two above are inlined */
	NULL,
};

static const char *const *const calls[HANGS] = {
	[HANG_FLAGS] = flag_sets,
	[HANG_SEND] = sends,
	[HANG_DOWN] = flag_sets,
	[HANG_UNREGISTER] = unregisters,
};

/*
 * The next line's function, without offset and suffixes of the compiler: "[<0>]
 * f.isra.0+0x1/0x2". NULL: there is none.
 */
static const char *next_function(const char *at, size_t *length)
{
	while (at && *at) {
		const char *mark = strstr(at, "] "), *end = strchr(at, '\n');

		if (mark && (!end || mark < end)) {
			mark += 2;
			*length = strcspn(mark, "+. \n");
			return mark;
		}
		at = end ? end + 1 : NULL;
	}
	return NULL;
}

static bool is_one_of(const char *const *names, const char *function, size_t length)
{
	for (; *names; names++)
		if (strlen(*names) == length && !strncmp(*names, function, length))
			return true;
	return false;
}

static bool has_one_of(const char *const *names, const char *stack)
{
	size_t length = 0;

	for (const char *at = next_function(stack, &length); at;
	     at = next_function(strchr(at, '\n'), &length))
		if (is_one_of(names, at, length))
			return true;
	return false;
}

enum hang_proof hang_proof(enum hang hang, const char *stack)
{
	size_t length;

	if (!next_function(stack, &length))
		return HANG_UNREAD;
	return calls[hang] && has_one_of(calls[hang], stack) && !has_one_of(stops, stack) ?
		       HANG_INSIDE :
		       HANG_ELSEWHERE;
}

bool hang_waits_for_references(const char *stack)
{
	static const char *const sleeps[] = { "msleep", NULL };
	size_t length = 0;
	const char *at = next_function(stack, &length);

	while (at && is_one_of(sleeps, at, length))
		at = next_function(strchr(at, '\n'), &length);
	return at && is_one_of(waits, at, length);
}

void hang_innermost(const char *stack, char function[HANG_FUNCTION])
{
	size_t length = 0;
	const char *at = next_function(stack, &length);

	length = length < HANG_FUNCTION ? length : HANG_FUNCTION - 1;
	memcpy(function, at ? at : "", length);
	function[length] = '\0';
}
