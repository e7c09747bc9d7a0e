// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/klog_report.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/device.h"

const char *const klog_tie_names[] = {
	[KLOG_TIE_UNKNOWN] = "unknown", [KLOG_TIE_ELSEWHERE] = "elsewhere",
	[KLOG_TIE_NONE] = "none",	[KLOG_TIE_NET] = "net",
	[KLOG_TIE_HOOK] = "hook",	[KLOG_TIE_GUEST] = "guest",
	[KLOG_TIE_TASK] = "task",	[KLOG_TIE_DEVICE] = "device",
};
static_assert(sizeof(klog_tie_names) / sizeof(*klog_tie_names) == KLOG_TIES,
	      "every tie has a name");

enum { LEVEL_WARNING = 4 }; /* KERN_WARNING, also of what is printed without a level */

#define DIGITS	    "0123456789"
#define NAME_LETTER "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_" DIGITS

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* --- lines become reports --- */

static void append(struct klog_report *report, const struct klog_line *line)
{
	size_t room = sizeof(report->text) - report->used, length = strlen(line->text);

	if (report->head.kind == KLOG_OTHER && line->kind != KLOG_OTHER)
		report->head = *line;
	report->lines++;
	if (length + 2 > room)
		return;
	memcpy(report->text + report->used, line->text, length);
	report->used += length;
	report->text[report->used++] = '\n';
	report->text[report->used] = '\0';
	report->has_stack |= begins(line->text, "CPU: ") || strstr(line->text, "+0x") != NULL;
}

static void begin(struct klog_report *report, const struct klog_line *line, uint64_t now_us)
{
	report->head = *line;
	report->began_us = now_us;
	report->lines = 0;
	report->used = 0;
	report->owner[0] = '\0';
	memcpy(report->waiter, line->caller, sizeof(report->waiter));
	append(report, line);
	/* "WARNING: ... at FUNCTION+0x.." has a function in its head, and its stack to come. */
	report->has_stack = false;
}

static void close_report(struct klog_reports *reports, uint32_t at)
{
	if (reports->open[at].head.kind != KLOG_OTHER)
		reports->done(&reports->open[at], reports->arg);
	reports->nr_open--;
	memmove(&reports->open[at], &reports->open[at + 1],
		(reports->nr_open - at) * sizeof(reports->open[0]));
}

void klog_reports_close(struct klog_reports *reports, uint64_t began_us)
{
	while (reports->nr_open && reports->open[0].began_us <= began_us)
		close_report(reports, 0);
}

/* Without a caller nothing tells two streams apart. */
static bool is_of_stream(const char *a, const char *b)
{
	return !*a || !*b || !strcmp(a, b);
}

static bool is_cut(const struct klog_line *line)
{
	return begins(line->text, "------------[ cut here ]");
}

/* A report is printed at the level of warnings or worse, but for some stacks (show_stack()). */
static bool is_part(const struct klog_line *line)
{
	return line->kind != KLOG_OTHER || line->level <= LEVEL_WARNING ||
	       strstr(line->text, "+0x") || begins(line->text, "task:");
}

/* What comes between reports of sanitizers, and what every report with "cut here" ends with. */
static bool ends(const struct klog_report *report, const struct klog_line *line)
{
	return begins(line->text, "---[ end ") ||
	       (report->has_stack && begins(line->text, "====================")) ||
	       (report->has_stack && is_cut(line)) || report->lines >= KLOG_REPORT_LINES;
}

static void open_report(struct klog_reports *reports, const struct klog_line *line,
			uint64_t now_us)
{
	if (reports->nr_open == KLOG_REPORTS_OPEN)
		close_report(reports, 0);
	begin(&reports->open[reports->nr_open++], line, now_us);
}

/* A line of reports that are open. True: it was their second head, as an Oops has two. */
static bool continue_reports(struct klog_reports *reports, const struct klog_line *line)
{
	bool is_head = line->kind != KLOG_OTHER, joined = false;

	for (uint32_t i = 0; i < reports->nr_open;) {
		struct klog_report *report = &reports->open[i];

		if (!is_of_stream(report->head.caller, line->caller)) {
			i++;
		} else if (is_head && report->has_stack) {
			/* Without callers it may be another CPU's: both go on. */
			if (line->caller[0] && report->head.caller[0])
				close_report(reports, i);
			else
				i++;
		} else if (ends(report, line)) {
			close_report(reports, i);
		} else {
			if (is_part(line))
				append(report, line);
			joined = true;
			i++;
		}
	}
	return joined;
}

/* --- whose block --- */

/* Who has waited right before the line, in its stream; NULL: nobody. */
static struct klog_waiter *waiter_of(struct klog_reports *reports, const struct klog_line *line)
{
	for (uint32_t i = 0; i < KLOG_WAITERS; i++) {
		struct klog_waiter *waiter = &reports->waiters[i];

		if (waiter->is_known && !strcmp(waiter->caller, line->caller) &&
		    line->stamp_us - waiter->stamp_us <= KLOG_WAITER_US)
			return waiter;
	}
	return NULL;
}

static void note_waiter(struct klog_reports *reports, const struct klog_line *line)
{
	struct klog_waiter *waiter = waiter_of(reports, line);
	/* Two that wait at once, without callers: the next block may be either's. */
	bool unclear = waiter && !line->caller[0] && !waiter->is_served &&
		       strcmp(waiter->device, line->device) != 0;

	for (uint32_t i = 0; i < KLOG_WAITERS; i++)
		if (!strcmp(reports->waiters[i].caller, line->caller))
			reports->waiters[i].is_known = false;
	waiter = &reports->waiters[reports->next_waiter];
	reports->next_waiter = (reports->next_waiter + 1) % KLOG_WAITERS;
	*waiter = (struct klog_waiter){ .stamp_us = line->stamp_us, .is_known = true };
	memcpy(waiter->caller, line->caller, sizeof(waiter->caller));
	if (!unclear)
		memcpy(waiter->device, line->device, sizeof(waiter->device));
}

/* "ref_tracker: OBJECT has 1/2 users at": the object's name and address; "" it has none. */
static void read_object(const char *text, char object[static 64])
{
	const char *end;

	object[0] = '\0';
	if (!begins(text, "ref_tracker: "))
		return;
	text += strlen("ref_tracker: ");
	end = strstr(text, " has ");
	if (!end)
		end = strstr(text, " skipped ");
	if (end && memchr(text, '@', (size_t)(end - text)))
		snprintf(object, 64, "%.*s", (int)(end - text), text);
}

static struct klog_owner *owner_of(struct klog_reports *reports, const char *object)
{
	for (uint32_t i = 0; *object && i < KLOG_OWNERS; i++)
		if (!strcmp(reports->owners[i].object, object))
			return &reports->owners[i];
	return NULL;
}

static void learn_owner(struct klog_reports *reports, const char *object,
			const struct klog_waiter *waiter)
{
	struct klog_owner *owner = owner_of(reports, object);

	if (!owner) {
		owner = &reports->owners[reports->next_owner];
		reports->next_owner = (reports->next_owner + 1) % KLOG_OWNERS;
	}
	snprintf(owner->object, sizeof(owner->object), "%s", object);
	memcpy(owner->device, waiter->device, sizeof(owner->device));
	memcpy(owner->waiter, waiter->caller, sizeof(owner->waiter));
}

/* The first block after a line that says who waits is that device's, later ones by address. */
static void find_owner(struct klog_reports *reports, struct klog_report *report)
{
	struct klog_waiter *waiter = waiter_of(reports, &report->head);
	const struct klog_owner *owner;
	char object[64];

	read_object(report->head.text, object);
	if (waiter && (!waiter->is_served || !object[0])) {
		waiter->is_served = true;
		if (object[0] && waiter->device[0])
			learn_owner(reports, object, waiter);
		memcpy(report->owner, waiter->device, sizeof(report->owner));
		memcpy(report->waiter, waiter->caller, sizeof(report->waiter));
		return;
	}
	owner = owner_of(reports, object);
	if (!owner)
		return;
	memcpy(report->owner, owner->device, sizeof(report->owner));
	memcpy(report->waiter, owner->waiter, sizeof(report->waiter));
}

void klog_reports_add(struct klog_reports *reports, const struct klog_line *line,
		      uint64_t now_us)
{
	if (now_us > KLOG_REPORT_US)
		klog_reports_close(reports, now_us - KLOG_REPORT_US);
	if (line->traits & KLOG_USERS)
		return;
	if (line->kind == KLOG_WAITING)
		note_waiter(reports, line);
	if (line->traits & KLOG_ALONE) {
		begin(&reports->alone, line, now_us);
		if (line->traits & KLOG_TRACKER)
			find_owner(reports, &reports->alone);
		reports->done(&reports->alone, reports->arg);
		return;
	}
	if (continue_reports(reports, line) || (line->kind == KLOG_OTHER && !is_cut(line)))
		return;
	open_report(reports, line, now_us);
	if (line->traits & KLOG_TRACKER)
		find_owner(reports, &reports->open[reports->nr_open - 1]);
}

/* --- ties --- */

/* Letters that belong to a name on either side of it; a path is no device. */
static bool is_part_of_name(char c, char after)
{
	if (c == '.' || c == '@')
		return after && strchr(NAME_LETTER, after);
	return c && strchr(NAME_LETTER "-/%", c);
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; length && (at = strstr(at, word)); at++) {
		bool begins_word = at == text || !is_part_of_name(at[-1], *at);

		if (begins_word &&
		    (!at[length] || !is_part_of_name(at[length], at[length + 1])))
			return true;
	}
	return false;
}

/* Words before a task, and what stands between its name and its number. */
/* clang-format off */
static const struct task_words {
	const char *before;
	char between;
} task_words[] = {
	{ "INFO: task ",                     ':' },
	{ " stuck for ",                     ':' }, /* "26s! [ip:233]" */
	{ " by task ",                       '/' },
	{ ", CPU#",                          '/' }, /* "0: ip/233" */
	{ "scheduling while atomic: ",       '/' },
	{ "in preemptible [",                '/' }, /* "00000000] code: ip/233" */
	{ "WARNING: ",                       '/' }, /* "ip/233 still has locks held!" */
};
/* clang-format on */

static bool is_number(const char *text)
{
	size_t length = strspn(text, DIGITS);

	return length && !(text[length] && strchr(NAME_LETTER, text[length]));
}

/* The last NAME:PID of a line, whatever its name is; "ip/77/0x00000201" has 77. */
static bool read_task(const char *text, char between, uint32_t *pid, char comm[static 16])
{
	const char *end = text + strcspn(text, "\n"), *digits = end, *name;

	for (const char *at = text; at < end; at++)
		if (*at == between && at > text && is_number(at + 1))
			digits = at;
	if (digits == end)
		return false;
	for (name = digits; name > text && !strchr(" [", name[-1]) && digits - name < 15;)
		name--;
	snprintf(comm, 16, "%.*s", (int)(digits - name), name);
	*pid = (uint32_t)strtoul(digits + 1, NULL, 10);
	return true;
}

/* "CPU: 1 UID: 0 PID: 77 Comm: ip Not tainted 6.12": the name ends where the taint begins. */
static bool read_cpu_line(const char *text, uint32_t *pid, char comm[static 16])
{
	const char *name = strstr(text, " Comm: "), *end = text + strcspn(text, "\n");
	size_t length;

	*pid = (uint32_t)strtoul(text, NULL, 10);
	comm[0] = '\0';
	if (!name || name > end)
		return *pid != 0;
	name += strlen(" Comm: ");
	for (length = 0; name + length < end && length < 15; length++)
		if (begins(name + length, " Not tainted") || begins(name + length, " Tainted:"))
			break;
	snprintf(comm, 16, "%.*s", (int)length, name);
	return *pid != 0;
}

static enum klog_task ask(const struct klog_lane *lane, uint32_t pid, const char *comm)
{
	return pid && lane->task ? lane->task(pid, comm, lane->arg) : KLOG_TASK_UNKNOWN;
}

static bool has_our_task(const char *text, const struct klog_lane *lane)
{
	uint32_t pid;
	char comm[16];

	for (const char *at = text; (at = strstr(at, "PID: ")); at++)
		if (read_cpu_line(at + strlen("PID: "), &pid, comm) &&
		    ask(lane, pid, comm) == KLOG_TASK_OURS)
			return true;
	for (size_t i = 0; i < sizeof(task_words) / sizeof(task_words[0]); i++)
		for (const char *at = text; (at = strstr(at, task_words[i].before)); at++)
			if (read_task(at + strlen(task_words[i].before), task_words[i].between,
				      &pid, comm) &&
			    ask(lane, pid, comm) == KLOG_TASK_OURS)
				return true;
	return false;
}

/*
 * Names of functions of net/, by their beginnings: a stack does not say in which file a
 * function is. Left out is what each driver of a network card and each message to any socket
 * has in its stack (napi_poll, sock_sendmsg, netlink_rcv_skb).
 */
/* clang-format off */
static const char *const net_functions[] = {
	"__dev_", "___neigh_", "__alloc_skb", "__fib6_", "__inet6_", "__ip6_", "__ipv6_",
	"__mld", "__ndisc_", "__neigh_", "__netdev_", "__netif_", "__rtnl_", "__skb_",
	"addrconf_", "arp_", "bond_", "br_", "call_netdev", "cleanup_net", "dev_activate",
	"dev_change_", "dev_close", "dev_deact", "dev_disable_", "dev_get_by_", "dev_hold",
	"dev_ifsioc", "dev_ioctl", "dev_mc_", "dev_open", "dev_put", "dev_queue_x", "dst_",
	"fib6_", "fib_", "icmp6", "icmpv6_", "igmp6_", "in6_", "in_dev_", "inet6_", "inet_",
	"inet6addr_", "inetdev_", "ip6_", "ip6addrlbl_", "ip6mr_", "ip_", "ipv6_", "ipvlan_",
	"kfree_skb", "linkwatch_", "macvlan_", "mld_", "ndisc_", "neigh_", "net_ns_",
	"netdev_", "netif_", "packet_", "pneigh_", "qdisc_", "rawv6_", "refdst_",
	"register_net", "rt6_", "rtnetlink_", "rtnl_", "sit_", "skb_", "tcp_v6_", "team_",
	"tun_", "udpv6_", "unregister_net", "veth_", "vlan_", "vrf_", "vxlan_", "xfrm6_",
};
/* clang-format on */

/* Modules of net/ besides those of the devices that lanes are made of. */
static const char *const net_modules[] = { "ipv6", "af_packet", "stp", "llc" };

/* Folders of net/ in which no packet and no device of a lane comes by. */
/* clang-format off */
static const char *const foreign_folders[] = {
	"9p/", "appletalk/", "atm/", "ax25/", "batman-adv/", "bluetooth/", "can/", "ceph/",
	"dccp/", "ieee802154/", "iucv/", "mac80211/", "mac802154/", "mctp/", "nfc/", "rds/",
	"rfkill/", "rxrpc/", "sctp/", "smc/", "sunrpc/", "tipc/", "tls/", "unix/",
	"vmw_vsock/", "wireless/", "x25/",
};
/* clang-format on */

#define NUMBER(list) (sizeof(list) / sizeof((list)[0]))

static bool begins_with_one(const char *text, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (begins(text, list[i]))
			return true;
	return false;
}

/* "net/ipv6/addrconf.c:4171", also behind "include/". */
static bool has_net_path(const char *text)
{
	for (const char *at = text; (at = strstr(at, "net/")); at++) {
		const char *inside = at + strlen("net/");
		bool is_whole = at == text || strchr(" (\n", at[-1]) ||
				(at - text >= 8 && begins(at - 8, "include/"));

		if (is_whole && strchr(NAME_LETTER, *inside) && *inside &&
		    !begins_with_one(inside, foreign_folders, NUMBER(foreign_folders)))
			return true;
	}
	return false;
}

/* Of the module's name in "+0x1/0x2 [ipv6]". */
static bool is_one_of(const char *module, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr && list[i]; i++)
		if (begins(module, list[i]) && module[strlen(list[i])] == ']')
			return true;
	return false;
}

static bool is_in_net_module(const char *behind)
{
	const char *module = behind + strcspn(behind, " \n");

	if (!begins(module, " ["))
		return false;
	module += strlen(" [");
	for (int kind = 0; kind < DEVICE_KINDS; kind++)
		if (is_one_of(module, device_kinds[kind].modules, DEVICE_MODULES_MAX))
			return true;
	return is_one_of(module, net_modules, NUMBER(net_modules));
}

/*
 * Whether a function for which `fits` is in a stack. "? NAME+0x1/0x2" is what merely lay on the
 * stack.
 */
static bool has_function(const char *text,
			 bool (*fits)(const char *name, size_t length, const char *behind,
				      const void *arg),
			 const void *arg)
{
	for (const char *plus = text; (plus = strstr(plus, "+0x")); plus++) {
		const char *name = plus;

		while (name > text && strchr(NAME_LETTER ".", name[-1]))
			name--;
		if (name - text >= 2 && begins(name - 2, "? "))
			continue;
		if (fits(name, strcspn(name, "+."), plus, arg))
			return true;
	}
	return false;
}

static bool is_net(const char *name, size_t length, const char *behind, const void *arg)
{
	(void)length;
	(void)arg;
	return begins_with_one(name, net_functions, NUMBER(net_functions)) ||
	       is_in_net_module(behind);
}

static bool is_hooked(const char *name, size_t length, const char *behind, const void *arg)
{
	const struct klog_lane *lane = arg;

	(void)behind;
	for (const char *const *function = lane->functions; function && *function; function++)
		if (strlen(*function) == length && !strncmp(name, *function, length))
			return true;
	return false;
}

/* "BUG: KCSAN: data-race in ip6_pol_route / ...", "BUG ip6_dst_cache (Not tainted): ...". */
static bool head_names_net(const struct klog_line *head)
{
	if (head->kind != KLOG_KASAN && !begins(head->text, "BUG "))
		return false;
	for (const char *word = head->text; *word; word += strspn(word, " ")) {
		if (begins_with_one(word, net_functions, NUMBER(net_functions)))
			return true;
		word += strcspn(word, " ");
	}
	return false;
}

/* Words before the name of the device that a report of net/ is about. */
static const char *const device_words[] = { "NETDEV WATCHDOG: ", "netdevice: " };

/* Of another device, as the lane's is not named in it. */
static bool names_a_device(const char *text)
{
	for (size_t i = 0; i < NUMBER(device_words); i++)
		if (strstr(text, device_words[i]))
			return true;
	return false;
}

static bool is_of_net(const struct klog_report *report)
{
	if (names_a_device(report->text))
		return false;
	return report->head.traits & KLOG_OF_NET || head_names_net(&report->head) ||
	       has_net_path(report->text) || has_function(report->text, is_net, NULL);
}

/* The lane's device, or one whose name is made from its: "dut1-up" is on top of dut1. */
static bool is_of(const struct klog_lane *lane, const char *device)
{
	size_t length = strlen(lane->device);

	return !strncmp(device, lane->device, length) &&
	       (!device[length] || device[length] == '-');
}

/*
 * "waiting for DEVICE", and the blocks that follow: which device it is says the name, and who
 * waits for it. Both may be called alike in two namespaces.
 */
static enum klog_tie tie_of_waiting(const struct klog_report *report,
				    const struct klog_lane *lane, const char *device)
{
	uint32_t waiter =
		report->waiter[0] == 'T' ? (uint32_t)strtoul(report->waiter + 1, NULL, 10) : 0;

	if (!device[0] || !lane->device)
		return lane->in_guest ? KLOG_TIE_GUEST : KLOG_TIE_NONE;
	if (lane->device_stays || !is_of(lane, device) ||
	    ask(lane, waiter, "") == KLOG_TASK_STRANGER)
		return KLOG_TIE_ELSEWHERE;
	return KLOG_TIE_DEVICE;
}

enum klog_tie klog_report_tie(const struct klog_report *report, const struct klog_lane *lane)
{
	if (report->head.kind == KLOG_WAITING)
		return tie_of_waiting(report, lane, report->head.device);
	if (report->head.traits & KLOG_TRACKER)
		return tie_of_waiting(report, lane, report->owner);
	if (has_our_task(report->text, lane))
		return KLOG_TIE_TASK;
	if (report->head.traits & KLOG_SLOW)
		return KLOG_TIE_ELSEWHERE;
	if (lane->device && has_word(report->text, lane->device))
		return KLOG_TIE_DEVICE;
	if (lane->in_guest)
		return KLOG_TIE_GUEST;
	if (has_function(report->text, is_hooked, lane))
		return KLOG_TIE_HOOK;
	return is_of_net(report) ? KLOG_TIE_NET : KLOG_TIE_NONE;
}

bool klog_tie_is_own(enum klog_tie tie)
{
	return tie == KLOG_TIE_TASK || tie == KLOG_TIE_DEVICE;
}

bool klog_report_has(const struct klog_report *report, const char *const *texts, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (strstr(report->text, texts[i]))
			return true;
	return false;
}
