// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/shown.h"
#include "command/command.h"
#include "command/held_already.h"
#include "command/rows.h"
#include "command/trackers.h"
#include "command/watch_view.h"
#include "io/loop.h"
#include "machine/kallsyms.h"
#include "machine/netns.h"

/* "Who is holding my interface?": the ledger alone, live. */

#define PAGE_NS	     500000000ULL
#define NS_PER_S     1000000000ULL
#define CLEAR_SCREEN "\033[H\033[2J"

enum form { FORM_TEXT, FORM_STACKS, FORM_JSON, FORM_RECORDS };

struct options {
	const char *interface;
	const char *netns;
	struct option_texts objects;
	uint64_t for_ns; /* 0: until Ctrl-C */
	enum form form;
};

struct session {
	struct watch view;
	struct watch_object objects[WATCHPOINT_OBJECTS_MAX];
	enum form form;
	bool is_terminal;
	uint64_t until_ns; /* 0: no end */
	struct probes *probes;
	struct symbols *symbols;
	struct watchpoints *watch;
	struct loop *loop;
	struct loop_watch *timer;
	int netlink;
	int err; /* writing to standard output */
};

/* --- what is asked --- */

static int read_object(const char *text, struct watchpoint_object *object)
{
	static const struct {
		const char *start;
		enum watchpoint_kind kind;
	} forms[] = {
		{ "addr=", WATCHPOINT_INET6_IFADDR },
		{ "neigh=", WATCHPOINT_NEIGHBOUR },
		{ "dst=", WATCHPOINT_DST },
	};

	*object = (struct watchpoint_object){ .kind = WATCHPOINT_NET_DEVICE };
	if (!strcmp(text, "netdev"))
		return 0;
	if (!strcmp(text, "idev")) {
		object->kind = WATCHPOINT_INET6_DEV;
		return 0;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *value = text + strlen(forms[i].start);
		char *end;

		if (strncmp(text, forms[i].start, strlen(forms[i].start)) != 0)
			continue;
		object->kind = forms[i].kind;
		if (object->kind != WATCHPOINT_DST)
			return inet_pton(AF_INET6, value, object->address) == 1 ? 0 : -EINVAL;
		object->at = strtoull(value, &end, 16);
		return object->at && !*end ? 0 : -EINVAL;
	}
	return -EINVAL;
}

/* "10", "10s", "500ms", "2m" */
static bool read_time(const char *text, void *target)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{ "", NS_PER_S },
		{ "s", NS_PER_S },
		{ "ms", NS_PER_S / 1000 },
		{ "m", 60 * NS_PER_S },
	};
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	for (size_t i = 0; end != text && number && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit) && number < 1000000000UL) {
			*(uint64_t *)target = number * units[i].ns;
			return true;
		}
	return false;
}

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "netns", 0, OPTION_TEXT, AT(netns), "NAME|PATH|PID|PID:FD", .doc = DOC_NETNS },
	{ "object", 0, OPTION_TEXTS, AT(objects), "OBJECT", .max = WATCHPOINT_OBJECTS_MAX,
	  .doc = "Watch this counter: netdev (the default), idev (its inet6_dev), addr=ADDRESS (one of its IPv6 addresses), neigh=ADDRESS (one of its IPv6 neighbours) or dst=0xADDRESS (a dst_entry in kernel memory). Can be repeated" },
	{ "for", 0, OPTION_READ, AT(for_ns), "TIME", .read = read_time, .allowed = "a time such as 10s, 500ms or 2m",
	  .doc = "Stop after 10s, 500ms or 2m; without it, Ctrl-C stops" },
	{ "stacks", 0, OPTION_FORM, AT(form), .value = FORM_STACKS,
	  .doc = "Print folded stacks for flamegraph.pl or inferno at the end" },
	{ "json", 0, OPTION_FORM, AT(form), .value = FORM_JSON, .doc = "Print a JSON line for each hold and put, and one with the sums" },
	{ "records", 0, OPTION_FORM, AT(form), .value = FORM_RECORDS,
	  .doc = "As --json, but with what was read instead of what it means, as tests of the ledger replay it" },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "IFACE", OPTION_TEXT, AT(interface), true, "The interface to watch" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	     .doc = "Every hold and put was seen" },
	{ EXIT_INCONCLUSIVE, .doc = "Incomplete: some were missed; the output says why" },
	{ EXIT_CANNOT,	     .doc = "This machine or user cannot set watchpoints" },
	{ EXIT_USAGE,	     .doc = "The command line is wrong, or there is no such interface, namespace or object" },
	{ EXIT_BUSY,	     .doc = "No hardware watchpoint is free" },
	{ .doc = NULL },
};
/* clang-format on */

/* Without --object, the net_device. Returns their number; 0 after the sentence. */
static uint32_t read_objects(const struct option_texts *texts,
			     struct watchpoint_object *objects)
{
	objects[0] = (struct watchpoint_object){ .kind = WATCHPOINT_NET_DEVICE };
	for (uint32_t i = 0; i < texts->nr; i++)
		if (read_object(texts->at[i], &objects[i])) {
			command_refuse(
				&command_watch,
				"--object %s: not a valid OBJECT; give netdev, idev, addr=ADDRESS, neigh=ADDRESS or dst=0xADDRESS",
				texts->at[i]);
			return 0;
		}
	return texts->nr ? texts->nr : 1;
}

/* --- what happens --- */

/* Where the entries of a ledger go. */
struct told_to {
	struct session *session;
	struct watch_object *object;
};

static void told(const struct ledger_entry *entry, void *arg)
{
	struct told_to *to = arg;

	watch_note(to->object, entry);
	if (to->session->form == FORM_JSON && !to->session->err)
		to->session->err = watch_entry_line(to->object, entry, stdout);
}

static void seen(const struct watchpoint_mark *record, void *arg)
{
	struct session *session = arg;
	struct watch_object *object;

	if (record->object >= session->view.nr_objects)
		return;
	object = &session->objects[record->object];
	if (session->form == FORM_RECORDS && !session->err)
		session->err = watch_record_line(object, record, session->symbols, stdout);
	ledger_add(object->ledger, record);
}

static void on_writes(void *arg)
{
	struct session *session = arg;

	watchpoints_read(session->watch, seen, session);
	if (session->err)
		loop_stop(session->loop);
}

static void end(struct session *session, const char *by)
{
	session->view.ended_by = by;
	loop_stop(session->loop);
}

static void on_signal(void *arg)
{
	end(arg, "signal");
}

static void show_page(struct session *session)
{
	struct winsize size = { 0 };

	if (session->form != FORM_TEXT || !session->is_terminal)
		return;
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	shown_control(stdout, CLEAR_SCREEN);
	watch_page(&session->view, size.ws_col, size.ws_row, stdout);
	fflush(stdout);
}

/* Every watched object is gone. */
static bool all_gone(const struct session *session)
{
	for (uint32_t i = 0; i < session->view.nr_objects; i++)
		if (!ledger_sum(session->objects[i].ledger).ended &&
		    !watchpoints_health(session->watch, i).ended)
			return false;
	return true;
}

static void on_time(void *arg)
{
	struct session *session = arg;
	uint64_t now = loop_now();
	uint64_t next = now + PAGE_NS;

	session->view.elapsed_ns = now - session->view.started_ns;
	if (session->until_ns && now >= session->until_ns) {
		end(session, "time");
		return;
	}
	watchpoints_mark(session->watch, NULL); /* a full ring is reported at the end */
	watchpoints_read(session->watch, seen, session);
	if (session->view.left_ns && all_gone(session)) {
		end(session, "unregister");
		return;
	}
	show_page(session);
	if (session->until_ns && next > session->until_ns)
		next = session->until_ns;
	loop_timer_set(session->timer, next);
}

/* --- the interface goes away --- */

static int netlink_open(struct why *why)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		int err = errno;

		if (fd >= 0)
			close(fd);
		return why_set(why, err, "cannot listen to rtnetlink: %s", strerror(err));
	}
	return fd;
}

/*
 * The interface was unregistered, or moved to another namespace. Its counter lives until the
 * last reference is released: that is the time in which its holders show.
 */
static void leave(struct session *session)
{
	struct watch *view = &session->view;

	if (view->left_ns)
		return;
	view->left_ns = loop_now() - view->started_ns;
	if (!session->is_terminal)
		fprintf(stderr,
			"%s left its network namespace (unregistered or moved); watching until its last reference is released\n",
			view->interface);
	loop_timer_set(session->timer, loop_now());
}

static void on_link(void *arg)
{
	struct session *session = arg;
	union {
		struct nlmsghdr head;
		char bytes[16384];
	} message;
	ssize_t got;

	while ((got = recv(session->netlink, &message, sizeof(message), 0)) > 0) {
		int left = (int)got;

		for (struct nlmsghdr *at = &message.head;
		     left > 0 && NLMSG_OK(at, (unsigned int)left); at = NLMSG_NEXT(at, left)) {
			const struct ifinfomsg *link = NLMSG_DATA(at);

			if (at->nlmsg_type == RTM_DELLINK && link->ifi_family == AF_UNSPEC &&
			    (uint32_t)link->ifi_index == session->view.ifindex)
				leave(session);
		}
	}
	/* The message may have been among those that were missed. */
	if (got < 0 && errno == ENOBUFS && !if_nametoindex(session->view.interface))
		leave(session);
}

/* --- the course of it --- */

/* On a terminal each page shows it; the tables at the end do, too. */
static void tell_already_held(struct session *session)
{
	struct why why = { "" };

	session->view.already = held_already(session->view.interface, &why);
	if (!session->view.already)
		fprintf(stderr, "dadrace: who holds %s already is not known: %s\n",
			session->view.interface, why.text);
	else if (!session->is_terminal)
		watch_already(&session->view, stderr);
}

static int arm(struct session *session, const struct watchpoint_object *objects,
	       struct told_to *to, struct why *why)
{
	const struct probes_ask ask = { .counts_only = true, .watchpoints = true };
	int err = kallsyms_load(&session->symbols, why);

	if (!err)
		err = probes_open(&ask, &session->probes, why);
	if (!err)
		err = watchpoints_prove(session->probes, SLOT_INSPECT, session->view.ifindex,
					why);
	if (!err)
		err = watchpoints_arm(session->probes, SLOT_INSPECT, session->view.ifindex,
				      objects, session->view.nr_objects, 0, &session->watch,
				      why);
	for (uint32_t i = 0; !err && i < session->view.nr_objects; i++) {
		struct watch_object *object = &session->objects[i];

		to[i] = (struct told_to){ session, object };
		watchpoint_object_name(&objects[i], object->name);
		object->counter = watchpoints_counter(session->watch, i);
		object->ledger = ledger_new(session->symbols, object->counter, told, &to[i]);
		if (!object->ledger)
			err = why_memory(why);
	}
	return err;
}

static int listen_to_all(struct session *session, struct why *why)
{
	struct loop *loop = session->loop;

	session->timer = loop_timer(loop, on_time, session);
	if (!session->timer || !loop_signal(loop, SIGINT, on_signal, session) ||
	    !loop_signal(loop, SIGTERM, on_signal, session) ||
	    !loop_fd(loop, session->netlink, on_link, session) ||
	    !loop_fd(loop, watchpoints_fd(session->watch), on_writes, session))
		return why_memory(why);
	loop_timer_set(session->timer, loop_now());
	return 0;
}

/* The last mark, then no more writes, then what is still in the ring. */
static void close_ledgers(struct session *session)
{
	watchpoints_mark(session->watch, NULL);
	watchpoints_stop(session->watch);
	watchpoints_read(session->watch, seen, session);
	session->view.elapsed_ns = loop_now() - session->view.started_ns;
	for (uint32_t i = 0; i < session->view.nr_objects; i++) {
		struct watchpoint_health health = watchpoints_health(session->watch, i);

		session->objects[i].hole = ledger_check(session->objects[i].ledger, &health);
	}
}

/* The references to the device, where they are watched. */
static int64_t count_of_device(const struct session *session)
{
	for (uint32_t i = 0; i < session->view.nr_objects; i++)
		if (!strcmp(session->objects[i].name, "net_device"))
			return ledger_sum(session->objects[i].ledger).marked;
	return INT64_MIN;
}

static int show_end(struct session *session)
{
	switch (session->form) {
	case FORM_TEXT:
		if (session->is_terminal)
			shown_control(stdout, CLEAR_SCREEN);
		watch_tables(&session->view, stdout);
		watch_already(&session->view, stdout);
		trackers_show(session->view.interface, session->view.left_ns,
			      count_of_device(session), stdout);
		break;
	case FORM_STACKS: watch_stacks(&session->view, stdout); break;
	case FORM_JSON:
	case FORM_RECORDS: return watch_summary_line(&session->view, stdout);
	}
	return fflush(stdout) == EOF || ferror(stdout) ? -EIO : 0;
}

static int watch(const struct options *options, const struct watchpoint_object *objects,
		 struct session *session, struct why *why)
{
	struct told_to to[WATCHPOINT_OBJECTS_MAX];
	int err = options->netns ? visit_netns(options->netns, why) : 0;

	if (err)
		return err;
	session->view.netns_inum = visited_netns();
	session->view.ifindex = if_nametoindex(options->interface);
	if (!session->view.ifindex)
		return why_set(
			why, ENODEV,
			"no interface %s in this network namespace; `dadrace inspect` lists all, and --netns looks into another",
			options->interface);
	if (session->form == FORM_TEXT)
		tell_already_held(session);
	err = session->netlink = netlink_open(why);
	if (err >= 0)
		err = arm(session, objects, to, why);
	if (!err)
		err = loop_new(&session->loop, why);
	if (!err)
		err = listen_to_all(session, why);
	if (err)
		return err;
	session->view.started_ns = loop_now();
	session->until_ns = options->for_ns ? session->view.started_ns + options->for_ns : 0;
	if (!session->is_terminal)
		fprintf(stderr, "Watching %s (ifindex %u); Ctrl-C stops\n", options->interface,
			session->view.ifindex);
	loop_run(session->loop);
	close_ledgers(session);
	if (!session->err)
		session->err = show_end(session);
	if (session->err)
		return why_set(why, -session->err, "standard output: %s",
			       strerror(-session->err));
	return 0;
}

static void clear(struct session *session)
{
	loop_free(session->loop);
	watchpoints_disarm(session->watch);
	for (uint32_t i = 0; i < session->view.nr_objects; i++)
		ledger_free(session->objects[i].ledger);
	probes_close(session->probes);
	symbols_free(session->symbols);
	free(session->view.already);
	if (session->netlink >= 0)
		close(session->netlink);
}

static int exit_of(int err, const struct session *session)
{
	switch (-err) {
	case 0: break;
	case ENODEV:
	case ENOENT:
	case EINVAL: return EXIT_USAGE;
	case ENOSPC: return EXIT_BUSY;
	case EPERM:
	case EACCES:
	case ENOTSUP: return EXIT_CANNOT;
	default: return EXIT_INTERNAL;
	}
	for (uint32_t i = 0; i < session->view.nr_objects; i++)
		if (session->objects[i].hole)
			return EXIT_INCONCLUSIVE;
	return EXIT_CLEAN;
}

static int run(const void *options)
{
	const struct options *o = options;
	struct watchpoint_object objects[WATCHPOINT_OBJECTS_MAX];
	uint32_t nr_objects = read_objects(&o->objects, objects);
	struct session *session;
	struct why why = { "" };
	int err;

	if (!nr_objects)
		return EXIT_USAGE;
	session = calloc(1, sizeof(*session));
	if (!session)
		return command_complain(&(struct why){ "out of memory" }, EXIT_INTERNAL);
	session->view.interface = o->interface;
	session->view.objects = session->objects;
	session->view.nr_objects = nr_objects;
	session->form = o->form;
	session->is_terminal = isatty(STDOUT_FILENO);
	session->netlink = -1;
	err = watch(o, objects, session, &why);
	if (err)
		command_complain(&why, err);
	err = exit_of(err, session);
	clear(session);
	free(session);
	return err;
}

const struct command command_watch = {
	.name = "watch",
	.syntax = {
		.name = "dadrace watch",
		.doc = "Show who takes, releases and still holds references of an interface, live",
		.about = "A hardware watchpoint on the counter catches each hold and put, so that no write is missed, inlined or not. A CPU has four watchpoints; each object takes one.\n"
			 "Holds from before the start are in the count, but their holders are not known.\n"
			 "An interface that is unregistered meanwhile is watched until its last reference is released.",
		.options = rows,
		.operands = operands,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
};
