// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/membarrier.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lane/worker_parts.h"

enum {
	LOOKS_MAX = 100, /* a grace period from one to the next */
	CYCLES_MAX = 8,	 /* for a carrier event that waits long enough */
	SOFTIRQS = 2,	 /* of our own, before one is waited for */
	ATTEMPTS = 3,
	LOOPBACK_IFINDEX = 1, /* include/net/flow.h */
};

/* Linkwatch deals with an event within a second; from 6.8 on when it is asked for the link. */
#define QUIET_NS 3000000000ULL

/* Trials of the settling program alone; those of plans and repeats have other numbers. */
#define FIRST_TRIAL 0xffff0000U

static const struct evidence_counts nothing;

/* --- what is seen --- */

static void grace_period(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* What `now` has more than `before`, of what is watched. */
static struct evidence_counts more_than(const struct worker *worker,
					const struct counts *before, const struct counts *now)
{
	struct evidence_counts a = worker_facts(before), b = worker_facts(now);
	uint32_t watched = worker->state->watched;

	return (struct evidence_counts){
		.net_device = watched & WATCH_NET_DEVICE ? b.net_device - a.net_device : 0,
		.inet6_dev = watched & WATCH_INET6_DEV ? b.inet6_dev - a.inet6_dev : 0,
		.dst = watched & WATCH_DST ? b.dst - a.dst : 0,
		.neighbours = b.neighbours - a.neighbours,
	};
}

/* Of neighbours others come and go: some are made when the device is down already. */
static bool is_so(const struct evidence_counts *seen, const struct evidence_counts *adds)
{
	return seen->net_device == adds->net_device && seen->inet6_dev == adds->inet6_dev &&
	       seen->dst == adds->dst &&
	       (!adds->neighbours || seen->neighbours == adds->neighbours);
}

/* Looks until the counts have so much more; *seen is what the last look has found. */
static bool sees(struct worker *worker, const struct counts *before,
		 const struct evidence_counts *adds, struct evidence_counts *seen)
{
	for (int i = 0; i < LOOKS_MAX; i++) {
		struct counts now = worker_counts(worker);

		*seen = more_than(worker, before, &now);
		if (is_so(seen, adds))
			return true;
		grace_period(); /* what is dropped may be put only then */
	}
	return false;
}

/* Lane and device are of our own, not of the machine. */
static bool is_own(const struct worker *worker)
{
	return worker->ask->campaign->device.kind != DEVICE_EXISTING;
}

static bool has_settling_program(const struct worker *worker)
{
	for (const struct probe_hook *hook = probes_hooks(worker->probes); hook->probe; hook++)
		if (!strcmp(hook->probe->name, "settle"))
			return hook->tier != TIER_AUTO;
	return false;
}

/*
 * The settling program looks at the end of a softirq. Here is one: a frame of a protocol that
 * nobody listens to is received by the loopback device before this returns, unless the kernel
 * leaves that to a thread of its own. The socket stays open: to close one takes a grace period.
 */
static void softirq(struct worker *worker)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET,
					.sll_ifindex = LOOPBACK_IFINDEX };
	const uint8_t frame[60] = { [12] = 0x88, [13] = 0xb5 }; /* ETH_P_802_EX1 */

	if (worker->loopback < 0 && is_own(worker))
		worker->loopback = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	/* With no socket, or a loopback device that is down, a grace period has to do. */
	if (sendto(worker->loopback, frame, sizeof(frame), 0, (const struct sockaddr *)&to,
		   sizeof(to)) < 0)
		grace_period();
}

enum settling {
	SETTLING_UNSEEN, /* the program has not looked */
	SETTLING_DIFFERS,
	SETTLING_DONE,
};

/* What the settling program has said; its look is marked when all else is. */
static enum settling program_says(const struct lane_state *state, uint32_t trial)
{
	bool looked = __atomic_load_n(&state->looked, __ATOMIC_SEQ_CST) == trial;

	if (__atomic_load_n(&state->settled, __ATOMIC_SEQ_CST) == trial)
		return SETTLING_DONE;
	return looked ? SETTLING_DIFFERS : SETTLING_UNSEEN;
}

/* It leaves neighbours to the looks. */
static void await_net_device(struct worker *worker, const struct counts *before,
			     const struct evidence_counts *adds)
{
	worker->state->settle_net_device = worker_net_device_refs(before) + adds->net_device +
					   worker_counts(worker).nr_neighbours;
}

/* Has the settling program wait for these counts, until it says so much or gets no further. */
static enum settling settles(struct worker *worker, const struct counts *before,
			     const struct evidence_counts *adds, enum settling until)
{
	struct lane_state *state = worker->state;
	uint32_t trial = FIRST_TRIAL + worker->controls++;
	enum settling says = SETTLING_UNSEEN;

	state->ifindex = before->ifindex;
	state->device = before->device;
	state->settle_inet6_dev = worker_inet6_dev_refs(before) + adds->inet6_dev;
	state->settle_dst = before->dst + adds->dst;
	await_net_device(worker, before, adds);
	__atomic_store_n(&state->trial, trial, __ATOMIC_SEQ_CST);
	probes_settling(worker->probes, worker->ask->slot, true);
	for (int i = 0; i < LOOKS_MAX && says < until; i++) {
		await_net_device(worker, before, adds);
		if (i < SOFTIRQS)
			softirq(worker);
		else
			grace_period(); /* its callbacks are run by a softirq */
		says = program_says(state, trial);
	}
	probes_settling(worker->probes, worker->ask->slot, false);
	__atomic_store_n(&state->trial, 0, __ATOMIC_SEQ_CST);
	return says;
}

/* --- what is said --- */

__attribute__((format(printf, 3, 4))) static int fail(struct worker *worker, const char *taken,
						      const char *format, ...)
{
	char seen[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(seen, sizeof(seen), format, ap);
	va_end(ap);
	return why_exit(&worker->message.why, EXIT_INCONCLUSIVE, EBADE,
			"lane %u: the positive control failed, with %s %s: %s",
			worker->ask->number, taken, testbed_dut(worker->testbed)->name, seen);
}

static int say_counts(struct worker *worker, const char *taken,
		      const struct evidence_counts *wanted, const struct evidence_counts *seen)
{
	char text[2][112];
	const struct evidence_counts *all[2] = { wanted, seen };

	for (int i = 0; i < 2; i++)
		snprintf(text[i], sizeof(text[i]),
			 "net_device %+" PRId64 ", inet6_dev %+" PRId64 ", dst %+" PRId64
			 ", neighbours %+d",
			 all[i]->net_device, all[i]->inet6_dev, all[i]->dst,
			 (int)all[i]->neighbours);
	return fail(worker, taken, "the counts show %s instead of %s", text[1], text[0]);
}

/* --- controls --- */

/* The settling program must not report the held reference as dropped, and must count it. */
static int check_settling_held(struct worker *worker, const struct known *known,
			       const struct counts *before)
{
	if (!has_settling_program(worker) || known->adds.neighbours)
		return 0;
	switch (settles(worker, before, &nothing, SETTLING_DIFFERS)) {
	case SETTLING_UNSEEN:
		return fail(worker, known->taken, "the settling program does not look");
	case SETTLING_DONE:
		return fail(worker, known->taken,
			    "the settling program reports that nothing is held");
	case SETTLING_DIFFERS: break;
	}
	if (settles(worker, before, &known->adds, SETTLING_DONE) != SETTLING_DONE)
		return fail(worker, known->taken,
			    "the settling program does not report that one more is held");
	return 0;
}

static int check_held(struct worker *worker, const struct known *known,
		      const struct counts *before)
{
	struct evidence_counts seen;

	if (!sees(worker, before, &known->adds, &seen))
		return say_counts(worker, known->taken, &known->adds, &seen);
	return check_settling_held(worker, known, before);
}

static int check_dropped(struct worker *worker, const struct counts *before)
{
	static const char dropped[] = "all known references dropped from";
	struct evidence_counts seen;

	if (!sees(worker, before, &nothing, &seen))
		return say_counts(worker, dropped, &nothing, &seen);
	if (has_settling_program(worker) &&
	    settles(worker, before, &nothing, SETTLING_DONE) != SETTLING_DONE)
		return fail(worker, dropped,
			    "the settling program does not report that they were dropped");
	return 0;
}

static bool is_for(const struct worker *worker, const struct known *known)
{
	return known->watched & worker->state->watched &&
	       (is_own(worker) || !known->in_own_netns);
}

/* The known references that are held now. */
struct holding {
	uint32_t held; /* a bit for each */
	int fds[KNOWNS];
};

static int hold(struct worker *worker, struct holding *holding, int i)
{
	const struct counts before = worker_counts(worker);
	int err = knowns[i].take(worker->testbed, &holding->fds[i], &worker->message.why);

	if (err)
		return err;
	holding->held |= 1U << i;
	return check_held(worker, &knowns[i], &before);
}

/* A sentence is kept from what has failed first. */
static int drop_all(struct worker *worker, const struct holding *holding, int err)
{
	for (int i = 0; i < KNOWNS; i++) {
		struct why *why = err ? NULL : &worker->message.why;
		int dropped = 0;

		if (holding->held >> i & 1)
			dropped = knowns[i].drop(worker->testbed, holding->fds[i], why);
		if (!err)
			err = dropped;
	}
	return err;
}

/*
 * One is taken after the other, so that each shows that its count, and no other, has one more;
 * what takes time is to see them dropped, which is waited for once.
 */
static int control_references(struct worker *worker)
{
	const struct counts before = worker->baseline;
	struct holding holding = { 0 };
	int err = 0;

	for (int i = 0; !err && i < KNOWNS; i++)
		if (is_for(worker, &knowns[i]))
			err = hold(worker, &holding, i);
	err = drop_all(worker, &holding, err);
	return err ? err : check_dropped(worker, &before);
}

/* --- what explains a reference --- */

static const char exceptions[] =
	"groups that were left while it was up, and a carrier event, of";

/* What the cycles have shown so far. */
struct cycles {
	struct counts now;	     /* at the last look */
	struct evidence_counts seen; /* in it, more than before */
	bool waited;	  /* a carrier event, for linkwatch, which holds the device meanwhile */
	bool was_looked;  /* while it waited nothing was seen by a look */
	bool was_settled; /* nor by the settling program */
};

static bool comes_back(struct worker *worker, const struct counts *before,
		       struct cycles *cycles)
{
	for (int i = 0; i < LOOKS_MAX; i++) {
		cycles->now = worker_counts(worker);
		cycles->waited |= cycles->now.linkwatch_pending;
		cycles->seen = more_than(worker, before, &cycles->now);
		if (is_so(&cycles->seen, &nothing))
			return true;
		grace_period();
	}
	return false;
}

/* Up and down again; groups are left meanwhile, of which MLD's records hold the inet6_dev. */
static int make_exceptions(struct worker *worker)
{
	struct why *why = &worker->message.why;
	int groups, err = known_groups_join(worker->testbed, &groups, why);

	if (err)
		return err;
	err = testbed_dut_set(worker->testbed, true, why);
	close(groups);
	return err ? err : testbed_dut_set(worker->testbed, false, why);
}

static int cycle(struct worker *worker, const struct counts *before, struct cycles *cycles)
{
	bool has_program = has_settling_program(worker);
	int err = make_exceptions(worker);

	if (err)
		return err;
	if (!comes_back(worker, before, cycles))
		return say_counts(worker, exceptions, &nothing, &cycles->seen);
	cycles->was_looked |= cycles->now.linkwatch_pending;
	if (has_program && settles(worker, before, &nothing, SETTLING_DONE) != SETTLING_DONE)
		return fail(worker, exceptions,
			    "the settling program does not report that nothing is held");
	cycles->was_settled |= !has_program || worker_counts(worker).linkwatch_pending;
	return 0;
}

/* At rest no event waits: what always looks like one would explain a reference for ever. */
static int control_quiet(struct worker *worker)
{
	uint64_t deadline = loop_now() + QUIET_NS;
	int err = testbed_dut_down(worker->testbed, &worker->message.why);

	while (!err && worker_counts(worker).linkwatch_pending) {
		if (loop_now() > deadline)
			err = fail(worker, exceptions, "the event waits for more than 3 s");
		else
			grace_period();
	}
	return err;
}

/* How long an event waits is chance: up to a second from linkwatch's last run. */
static int control_exceptions(struct worker *worker)
{
	const struct counts before = worker->baseline;
	struct cycles cycles = { 0 };
	int err = 0;

	for (int i = 0; !err && i < CYCLES_MAX; i++) {
		err = cycle(worker, &before, &cycles);
		if (!cycles.waited || (cycles.was_looked && cycles.was_settled))
			break;
	}
	if (!err && cycles.waited && !(cycles.was_looked && cycles.was_settled))
		err = fail(worker, exceptions, "%s only when linkwatch has dealt with it",
			   cycles.was_looked ? "the settling program reports nothing" :
					       "the counts come back");
	return err ? err : control_quiet(worker);
}

static int control_all(struct worker *worker)
{
	int err = control_references(worker);

	if (!err && is_own(worker))
		err = control_exceptions(worker);
	worker->baseline = worker_rest(worker);
	return err;
}

/*
 * What the kernel itself does late, such as a bridge whose carrier comes a second after the
 * rest, disturbs one attempt; counts that are wrong are wrong in each.
 */
int worker_control(struct worker *worker)
{
	int err = control_all(worker);

	for (int i = 1; err && i < ATTEMPTS; i++)
		if (!worker_cycle(worker))
			err = control_all(worker);
	return err;
}

/* --- one trial with a held reference --- */

int worker_control_take(struct worker *worker)
{
	worker->known = knowns;
	while (!is_for(worker, worker->known))
		worker->known++; /* watch.objects has one at least */
	return worker->known->take(worker->testbed, &worker->known_fd, &worker->message.why);
}

bool worker_control_is_held(const struct worker *worker, const struct counts *counts)
{
	struct evidence_counts seen = more_than(worker, &worker->baseline, counts);

	return worker->known && counts->found && is_so(&seen, &worker->known->adds);
}

int worker_control_drop(struct worker *worker)
{
	const struct known *known = worker->known;
	int err = known->drop(worker->testbed, worker->known_fd, &worker->message.why);

	worker->known = NULL;
	return err ? err : check_dropped(worker, &worker->baseline);
}
