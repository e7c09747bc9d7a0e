// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/proposals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/functions.h"

#define ARROW " < "

/*
 * Every path runs through these, or they are called from every path: a hold there tells nothing
 * of a reference. By their beginnings; function_is_helper() has those that only hold and put
 * for others.
 */
/* clang-format off */
static const char *const generic[] = {
	"[", "__sys_", "__x64_sys_", "__arm64_sys_", "__do_sys_", "__se_sys_", "do_syscall", "entry_", "x64_sys_call", "invoke_syscall", "el0t_64_", "el0_svc", "el1h_64_", "el1_",
	"sock_", "__sock_", "____sys_", "___sys_", "inet_", "inet6_ioctl", "dev_ioctl", "devinet_ioctl", "dev_ifsioc",
	"vfs_", "ksys_", "call_", "notifier_call", "raw_notifier", "__raw_notifier", "netlink_", "rtnetlink_",
	"process_one_work", "worker_thread", "kthread", "ret_from_fork", "handle_softirqs", "__do_softirq",
	"do_softirq", "__local_bh", "net_rx_action", "__napi_poll", "process_backlog", "__netif_receive",
	"netif_receive", "ip6_protocol_deliver", "rcu_", "__rcu_", "irq_", "sysvec_", "asm_", "_raw_", "bpf_", "__bpf_",
	"arch_", "kretprobe_", "rethook_", "ftrace_", "nf_hook", "refcount_", "rcuref_", "kfree", "kvfree", "kmem_",
	"__kmalloc", "kmalloc_", "kvmalloc", "__kvmalloc", "__alloc_percpu", "free_percpu", "pcpu_",
	"mutex_", "__mutex_", "rtnl_lock", "rtnl_unlock", "rtnl_is_locked", "rtnl_trylock", "__rtnl_unlock",
	"queued_spin_", "native_queued_", "down_read", "down_write", "up_read", "up_write", "local_bh_", "__list_",
	"lockdep_", "lock_acquire", "lock_release", "preempt_", "__preempt_", "__SCT__", "__cond_resched",
	"dynamic_might_resched", "might_", "schedule", "__schedule", "synchronize_", "__call_rcu",
	"__fentry__", "__x86_", "__cfi_", "__pfx_", "srso_", "retbleed_", "__stack_chk_", "__warn", "warn_", "_printk",
	"printk", "__dynamic_", "__printk", "net_ratelimit", "___ratelimit", "__traceiter_", "trace_", "__trace_", "perf_",
	"__kasan_", "__asan_", "kasan_", "__sanitizer_", "__ubsan_", "kmsan_", "fortify_", "__fortify_", "memcpy", "__memcpy",
	"memset", "__memset", "memmove", "memcmp", "strcmp", "strlen", "strscpy", "snprintf", "sprintf", "scnprintf", "csum_",
	"ktime_", "get_random_", "__bitmap_", "_find_", "__pi_", "timer_init_key", "init_timer_key", "do_trace_", "security_",
	"sk_skb_reason_drop", "skb_put", "skb_push", "skb_pull", "__skb_put", "__skb_pull", "__pskb_pull", "nla_", "__nla_",
	"__ipv6_addr_type", "ipv4_mtu", "ip6_mtu", "fl6_", "icmpv6_flow_init", "NF_HOOK",
};

/* System calls that send packets; a netlink request is sent, too, but is not a packet. */
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

bool proposals_is_generic(const char *name)
{
	for (size_t i = 0; i < sizeof(generic) / sizeof(generic[0]); i++)
		if (!strncmp(name, generic[i], strlen(generic[i])))
			return true;
	return function_is_helper(name);
}

static struct proposals_function *find_function(struct proposals *proposals, const char *name)
{
	for (uint32_t i = 0; i < proposals->nr; i++)
		if (!strcmp(proposals->functions[i].name, name))
			return &proposals->functions[i];
	return NULL;
}

static struct proposals_function *function_of(struct proposals *proposals, const char *name)
{
	struct proposals_function *function = find_function(proposals, name);

	if (function || proposals->nr == PROPOSALS_FUNCTIONS)
		return function;
	function = &proposals->functions[proposals->nr++];
	*function = (struct proposals_function){ 0 };
	snprintf(function->name, sizeof(function->name), "%s", name);
	return function;
}

static struct proposals_call *call_of(struct proposals *proposals, const char *caller,
				      const char *callee)
{
	struct proposals_call *call = proposals->calls;

	for (; call < proposals->calls + proposals->nr_calls; call++)
		if (!strcmp(call->caller, caller) && !strcmp(call->callee, callee))
			return call;
	if (proposals->nr_calls == PROPOSALS_CALLS)
		return NULL;
	proposals->nr_calls++;
	*call = (struct proposals_call){ 0 };
	snprintf(call->caller, sizeof(call->caller), "%s", caller);
	snprintf(call->callee, sizeof(call->callee), "%s", callee);
	return call;
}

static bool is_passed(const struct proposals_passing *passing)
{
	return passing->holds || passing->puts;
}

static void pass(struct proposals_passing *passing, uint32_t depth, uint64_t holds,
		 uint64_t puts)
{
	if (!is_passed(passing) || depth < passing->depth)
		passing->depth = depth;
	passing->holds |= holds > 0;
	passing->puts |= puts > 0;
}

void proposals_add(struct proposals *proposals, const char *stack, uint64_t holds,
		   uint64_t puts)
{
	enum order_thread thread = thread_of(stack);
	char name[ORDER_PLACE], inner[ORDER_PLACE];

	if (!thread)
		return;
	proposals->paths++;
	for (uint32_t depth = 0; depth < PROPOSALS_DEPTH && next_function(&stack, name);
	     depth++) {
		bool told = !proposals_is_generic(name);
		struct proposals_function *function =
			told ? function_of(proposals, name) : NULL;
		struct proposals_call *call =
			told && depth ? call_of(proposals, name, inner) : NULL;

		if (function)
			pass(&function->of[thread], depth, holds, puts);
		if (call)
			pass(&call->of[thread], depth, holds, puts);
		memcpy(inner, name, sizeof(inner));
	}
}

/* --- what they are worth --- */

/* All threads together. */
struct passings {
	uint32_t threads;
	bool holds, puts;
};

static struct passings sum_of(const struct proposals_passing of[ORDER_THREADS])
{
	struct passings sum = { 0 };

	for (int i = 0; i < ORDER_THREADS; i++) {
		sum.threads += is_passed(&of[i]);
		sum.holds |= of[i].holds;
		sum.puts |= of[i].puts;
	}
	return sum;
}

static uint32_t worth_of(const struct proposals_passing of[ORDER_THREADS], int thread)
{
	struct passings sum = sum_of(of);

	return ((1U << PROPOSALS_DEPTH) >> of[thread].depth) * sum.threads *
	       (sum.holds && sum.puts ? 2 : 1);
}

static struct proposal propose(const struct proposals_function *function, int thread)
{
	struct proposal proposal = { .place = { .thread = (enum order_thread)thread } };
	struct passings sum = sum_of(function->of);
	char where[32];

	memcpy(proposal.place.place, function->name, sizeof(proposal.place.place));
	proposal.place.at_return = !function->of[thread].puts;
	proposal.worth = worth_of(function->of, thread);
	snprintf(where, sizeof(where), "%u call%s below it", function->of[thread].depth,
		 function->of[thread].depth == 1 ? "" : "s");
	snprintf(proposal.why, sizeof(proposal.why),
		 "references are %s%s%s %s, on the path of %u thread%s",
		 sum.holds ? "taken" : "", sum.holds && sum.puts ? " and " : "",
		 sum.puts ? "dropped" : "", function->of[thread].depth ? where : "in it",
		 sum.threads, sum.threads == 1 ? "" : "s");
	return proposal;
}

static struct proposal propose_beside(const struct proposals_call *call,
				      const struct callee *callee, int thread)
{
	const struct proposals_passing *passing = &call->of[thread];
	bool held = callee->behind ? passing->holds : passing->puts;
	struct proposal proposal = {
		.place = { .thread = (enum order_thread)thread, .at_return = !callee->behind },
		.worth = worth_of(call->of, thread) >> (callee->distance + !held),
		.apart = callee->apart,
	};

	memcpy(proposal.place.place, callee->name, sizeof(proposal.place.place));
	snprintf(proposal.why, sizeof(proposal.why),
		 "called by %s, which %s%s%s a reference, %s its call of %s", call->caller,
		 passing->holds ? "takes" : "", passing->holds && passing->puts ? " and " : "",
		 passing->puts ? "drops" : "", callee->behind ? "after" : "before",
		 call->callee);
	return proposal;
}

static bool is_same_place(const struct order_hold *a, const struct order_hold *b)
{
	return a->thread == b->thread && a->at_return == b->at_return &&
	       !strcmp(a->place, b->place);
}

static void keep_better(struct proposals *proposals, const struct proposal *proposal)
{
	struct proposal *beside = proposals->beside;

	while (beside < proposals->beside + proposals->nr_beside &&
	       !is_same_place(&beside->place, &proposal->place))
		beside++;
	if (beside == proposals->beside + PROPOSALS_BESIDE)
		return;
	if (beside == proposals->beside + proposals->nr_beside)
		proposals->nr_beside++;
	else if (beside->worth >= proposal->worth)
		return;
	*beside = *proposal;
}

void proposals_add_beside(struct proposals *proposals, const struct proposals_call *call,
			  const struct callee *callee)
{
	const struct proposals_function *own = find_function(proposals, callee->name);

	for (int thread = ORDER_THREAD_I; thread < ORDER_THREADS; thread++) {
		struct proposal proposal = propose_beside(call, callee, thread);

		if (is_passed(&call->of[thread]) && (!own || !is_passed(&own->of[thread])))
			keep_better(proposals, &proposal);
	}
}

static int by_worth(const void *a, const void *b)
{
	const struct proposal *x = a, *y = b;

	if (x->worth != y->worth)
		return x->worth > y->worth ? -1 : 1;
	if (x->apart != y->apart)
		return x->apart < y->apart ? -1 : 1;
	if (x->place.thread != y->place.thread)
		return x->place.thread < y->place.thread ? -1 : 1;
	if (strcmp(x->place.place, y->place.place) != 0)
		return strcmp(x->place.place, y->place.place);
	return x->place.at_return - y->place.at_return;
}

enum { RANKED_MAX = PROPOSALS_FUNCTIONS * ORDER_THREADS };

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

/*
 * How much sooner others are taken: a function that is there waits, then a thread that has more
 * than others.
 */
static uint32_t turn_of(const struct ranking *ranking, const struct proposal *proposal)
{
	return ranking->of[proposal->place.thread] +
	       (has_function(ranking, proposal->place.place) ? PROPOSALS_FUNCTIONS : 0);
}

/* The best one left, of the thread whose turn it is. */
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

/* Sorts all of them, too. */
static uint32_t rank(struct proposal *all, uint32_t nr, struct proposal *ranked, uint32_t max)
{
	bool taken[RANKED_MAX] = { false };
	struct ranking ranking = { .ranked = ranked };

	qsort(all, nr, sizeof(all[0]), by_worth);
	while (ranking.nr < max && ranking.nr < nr) {
		uint32_t best = next_best(&ranking, all, nr, taken);

		taken[best] = true;
		ranking.of[all[best].place.thread]++;
		ranked[ranking.nr++] = all[best];
	}
	return ranking.nr;
}

uint32_t proposals_rank(const struct proposals *proposals, struct proposal *ranked,
			uint32_t max)
{
	static struct proposal all[RANKED_MAX];
	struct proposal own[PROPOSALS_RANKED], beside[PROPOSALS_RANKED];
	uint32_t most = max < PROPOSALS_RANKED ? max : PROPOSALS_RANKED;
	uint32_t nr_all = 0, nr_own, nr_beside, nr = 0;

	for (uint32_t i = 0; i < proposals->nr; i++)
		for (int thread = ORDER_THREAD_I; thread < ORDER_THREADS; thread++)
			if (is_passed(&proposals->functions[i].of[thread]))
				all[nr_all++] = propose(&proposals->functions[i], thread);
	nr_own = rank(all, nr_all, own, most);
	memcpy(all, proposals->beside, proposals->nr_beside * sizeof(all[0]));
	nr_beside = rank(all, proposals->nr_beside, beside, most);
	for (uint32_t i = 0, j = 0; nr < most && (i < nr_own || j < nr_beside); nr++) {
		bool turn = nr % (PROPOSALS_EACH + 1) == PROPOSALS_EACH;

		ranked[nr] = i == nr_own || (turn && j < nr_beside) ? beside[j++] : own[i++];
	}
	return nr;
}
