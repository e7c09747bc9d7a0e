// SPDX-License-Identifier: GPL-2.0-or-later
#include "proposals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARROW " < "

/* Whatever runs, runs through these: a hold there tells nothing of a reference. By their beginnings. */
/* clang-format off */
static const char *const generic[] = {
	"[", "__sys_", "__x64_sys_", "__do_sys_", "__se_sys_", "do_syscall", "entry_", "x64_sys_call",
	"sock_", "__sock_", "____sys_", "___sys_", "inet_", "inet6_ioctl", "dev_ioctl", "devinet_ioctl", "dev_ifsioc",
	"vfs_", "ksys_", "call_", "notifier_call", "raw_notifier", "__raw_notifier", "netlink_", "rtnetlink_",
	"process_one_work", "worker_thread", "kthread", "ret_from_fork", "handle_softirqs", "__do_softirq",
	"do_softirq", "__local_bh", "net_rx_action", "__napi_poll", "process_backlog", "__netif_receive",
	"netif_receive", "ip6_protocol_deliver", "rcu_", "__rcu_", "irq_", "sysvec_", "asm_", "_raw_", "bpf_", "__bpf_",
	"arch_", "kretprobe_", "rethook_", "ftrace_", "nf_hook", "refcount_", "rcuref_", "kfree", "kmem_", "dst_release",
};

/* Who of the system calls is a sender of packets; a netlink request is sent, too, but is none. */
static const char *const sends[] = {
	"sock_sendmsg", "__sock_sendmsg", "____sys_sendmsg", "__sys_sendto", "rawv6_sendmsg", "packet_sendmsg",
};
/* clang-format on */

/* --- a path --- */

static bool next_function(const char **at, char name[ORDER_PLACE])
{
	size_t length = strcspn(*at, " ");

	if (!length)
		return false;
	snprintf(name, ORDER_PLACE, "%.*s", (int)length, *at);
	*at += length;
	if (!strncmp(*at, ARROW, strlen(ARROW)))
		*at += strlen(ARROW);
	return true;
}

static bool passes(const char *stack, const char *function)
{
	char name[ORDER_PLACE];

	while (next_function(&stack, name))
		if (!strcmp(name, function))
			return true;
	return false;
}

static bool is_sent(const char *stack)
{
	if (strstr(stack, "netlink_"))
		return false;
	for (size_t i = 0; i < sizeof(sends) / sizeof(sends[0]); i++)
		if (passes(stack, sends[i]))
			return true;
	return false;
}

static enum order_thread thread_of(const char *stack)
{
	if (passes(stack, "addrconf_dad_work"))
		return ORDER_THREAD_DAD;
	if (passes(stack, "[softirq]"))
		return ORDER_THREAD_II;
	if (!passes(stack, "[syscall]"))
		return ORDER_THREAD_NONE;
	return is_sent(stack) ? ORDER_THREAD_II : ORDER_THREAD_I;
}

static bool is_generic(const char *name)
{
	for (size_t i = 0; i < sizeof(generic) / sizeof(generic[0]); i++)
		if (!strncmp(name, generic[i], strlen(generic[i])))
			return true;
	return false;
}

static struct proposals_function *function_of(struct proposals *proposals, const char *name)
{
	struct proposals_function *function;

	for (uint32_t i = 0; i < proposals->nr; i++)
		if (!strcmp(proposals->functions[i].name, name))
			return &proposals->functions[i];
	if (proposals->nr == PROPOSALS_FUNCTIONS)
		return NULL;
	function = &proposals->functions[proposals->nr++];
	*function = (struct proposals_function){ 0 };
	snprintf(function->name, sizeof(function->name), "%s", name);
	return function;
}

void proposals_add(struct proposals *proposals, const char *stack, uint64_t holds,
		   uint64_t puts)
{
	enum order_thread thread = thread_of(stack);
	char name[ORDER_PLACE];

	if (!thread)
		return;
	proposals->paths++;
	for (uint32_t depth = 0; depth < PROPOSALS_DEPTH && next_function(&stack, name);
	     depth++) {
		struct proposals_function *function =
			is_generic(name) ? NULL : function_of(proposals, name);

		if (!function)
			continue;
		if ((!function->of[thread].holds && !function->of[thread].puts) ||
		    depth < function->of[thread].depth)
			function->of[thread].depth = depth;
		function->of[thread].holds |= holds > 0;
		function->of[thread].puts |= puts > 0;
	}
}

/* --- what they are worth --- */

static bool is_passed(const struct proposals_function *function, int thread)
{
	return function->of[thread].holds || function->of[thread].puts;
}

static struct proposal propose(const struct proposals_function *function, int thread)
{
	struct proposal proposal = { .place = { .thread = (enum order_thread)thread } };
	uint32_t threads = 0;
	bool holds = false, puts = false;
	char where[32];

	for (int i = 0; i < ORDER_THREADS; i++) {
		threads += is_passed(function, i);
		holds |= function->of[i].holds;
		puts |= function->of[i].puts;
	}
	memcpy(proposal.place.place, function->name, sizeof(proposal.place.place));
	proposal.place.at_return = !function->of[thread].puts;
	proposal.worth = ((1U << PROPOSALS_DEPTH) >> function->of[thread].depth) * threads *
			 (holds && puts ? 2 : 1);
	snprintf(where, sizeof(where), "%u call%s below it", function->of[thread].depth,
		 function->of[thread].depth == 1 ? "" : "s");
	snprintf(proposal.why, sizeof(proposal.why),
		 "references are %s%s%s %s, on the path of %u thread%s", holds ? "taken" : "",
		 holds && puts ? " and " : "", puts ? "dropped" : "",
		 function->of[thread].depth ? where : "in it", threads,
		 threads == 1 ? "" : "s");
	return proposal;
}

static int by_worth(const void *a, const void *b)
{
	const struct proposal *x = a, *y = b;

	if (x->worth != y->worth)
		return x->worth > y->worth ? -1 : 1;
	if (x->place.thread != y->place.thread)
		return x->place.thread < y->place.thread ? -1 : 1;
	return strcmp(x->place.place, y->place.place);
}

struct ranking {
	struct proposal *ranked;
	uint32_t nr;
	uint32_t of[ORDER_THREADS];
};

static bool has_function(const struct ranking *ranking, const char *name)
{
	for (uint32_t i = 0; i < ranking->nr; i++)
		if (!strcmp(ranking->ranked[i].place.place, name))
			return true;
	return false;
}

/* How much sooner others are taken: a function that is there waits, then a thread that has more than others. */
static uint32_t turn_of(const struct ranking *ranking, const struct proposal *proposal)
{
	return ranking->of[proposal->place.thread] +
	       (has_function(ranking, proposal->place.place) ? PROPOSALS_FUNCTIONS : 0);
}

/* The best that is left, of those whose turn it is. */
static uint32_t next_best(const struct ranking *ranking, const struct proposal *all,
			  uint32_t nr, const bool *taken)
{
	uint32_t best = nr;

	for (uint32_t i = 0; i < nr; i++)
		if (!taken[i] &&
		    (best == nr || turn_of(ranking, &all[i]) < turn_of(ranking, &all[best])))
			best = i;
	return best;
}

uint32_t proposals_rank(const struct proposals *proposals, struct proposal *ranked,
			uint32_t max)
{
	static struct proposal all[PROPOSALS_FUNCTIONS * ORDER_THREADS];
	bool taken[PROPOSALS_FUNCTIONS * ORDER_THREADS] = { false };
	struct ranking ranking = { .ranked = ranked };
	uint32_t nr = 0;

	for (uint32_t i = 0; i < proposals->nr; i++)
		for (int thread = ORDER_THREAD_I; thread < ORDER_THREADS; thread++)
			if (is_passed(&proposals->functions[i], thread))
				all[nr++] = propose(&proposals->functions[i], thread);
	qsort(all, nr, sizeof(all[0]), by_worth);
	while (ranking.nr < max && ranking.nr < nr) {
		uint32_t best = next_best(&ranking, all, nr, taken);

		taken[best] = true;
		ranking.of[all[best].place.thread]++;
		ranked[ranking.nr++] = all[best];
	}
	return ranking.nr;
}
