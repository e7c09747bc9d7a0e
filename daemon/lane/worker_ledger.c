// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lane/worker_parts.h"
#include "ledger/digest.h"
#include "ledger/ledger.h"
#include "watchpoint/watchpoint.h"

/* An up/down cycle writes a hundred times. */
enum {
	LEDGER_RING_BYTES = 4 * WATCHPOINT_RING_BYTES,
	ENTRIES_MAX = LEDGER_RING_BYTES / sizeof(struct watchpoint_write),
};

static const struct watchpoint_object watched[DIGEST_OBJECTS] = {
	[DIGEST_NET_DEVICE] = { .kind = WATCHPOINT_NET_DEVICE },
	[DIGEST_INET6_DEV] = { .kind = WATCHPOINT_INET6_DEV },
	[DIGEST_DST] = { .kind = WATCHPOINT_DSTS },
	[DIGEST_NEIGHBOUR] = { .kind = WATCHPOINT_NEIGHBOURS },
	[DIGEST_IFADDR] = { .kind = WATCHPOINT_IFADDRS },
	[DIGEST_ADDRESS] = { .kind = WATCHPOINT_BORN_IFADDR },
};

/* One counter. */
struct account {
	struct ledger *ledger;
	struct ledger_profile *profile;
	struct digest_entry *entries;
	uint32_t nr_entries;
};

struct worker_ledger {
	struct watchpoints *watch;
	struct loop_watch *ready; /* of its ring */
	bool open;		  /* writes of a trial are being seen */
	bool closed;		  /* and have been seen, but not written down */
	struct account accounts[DIGEST_OBJECTS];
	uint32_t nr;	     /* accounts in use: all, or those of counters */
	struct why no_lives; /* the reason for the latter */
	bool has_address;    /* the trial has brought one forth, and its counter is watched */
	struct why no_address;
};

static void told(const struct ledger_entry *entry, void *arg)
{
	struct account *account = arg;

	if (account->nr_entries < ENTRIES_MAX)
		account->entries[account->nr_entries++] = (struct digest_entry){
			.at_ns = entry->at_ns,
			.delta = entry->delta,
			.count = entry->count,
			.path = entry->path,
		};
}

static void watch_address(struct worker_ledger *ledger, const struct watchpoint_mark *birth)
{
	const struct watchpoint_write *write = (const struct watchpoint_write *)birth;

	if (!ledger->open || ledger->has_address)
		return;
	ledger->has_address = !watchpoints_arm_born(ledger->watch, DIGEST_ADDRESS,
						    write->identity, &ledger->no_address);
}

static void seen(const struct watchpoint_mark *record, void *arg)
{
	struct worker_ledger *ledger = arg;

	if (record->object >= ledger->nr)
		return;
	ledger_add(ledger->accounts[record->object].ledger, record);
	if (record->type == WATCHPOINT_BIRTH && record->object == DIGEST_IFADDR)
		watch_address(ledger, record);
}

static void ignore(const struct watchpoint_mark *record, void *arg)
{
	(void)record;
	(void)arg;
}

/* What comes between two trials is in the first mark of the next one. */
static void ring_ready(void *arg)
{
	struct worker_ledger *ledger = arg;

	watchpoints_read(ledger->watch, ledger->open ? seen : ignore, ledger);
}

/* --- arming: once in the life of a lane, or of the device's inet6_dev --- */

static int make_accounts(struct worker_ledger *ledger, struct why *why)
{
	for (int i = 0; i < DIGEST_OBJECTS; i++) {
		struct account *account = &ledger->accounts[i];

		account->entries = calloc(ENTRIES_MAX, sizeof(account->entries[0]));
		account->profile = ledger_profile_new();
		if (!account->entries || !account->profile)
			return why_memory(why);
	}
	return 0;
}

static int arm(struct worker *worker, struct why *why)
{
	uint32_t ifindex = testbed_dut(worker->testbed)->ifindex, slot = worker->ask->slot;
	int err = 0;

	if (!worker->ledger) {
		worker->ledger = calloc(1, sizeof(*worker->ledger));
		if (!worker->ledger)
			return why_memory(why);
		err = make_accounts(worker->ledger, why);
	}
	if (!err)
		err = watchpoints_prove(worker->probes, slot, ifindex, why);
	if (err)
		return err;
	worker->ledger->nr = DIGEST_OBJECTS;
	err = watchpoints_arm(worker->probes, slot, ifindex, watched, DIGEST_OBJECTS,
			      LEDGER_RING_BYTES, &worker->ledger->watch,
			      &worker->ledger->no_lives);
	if (!err) {
		worker->ledger->ready =
			loop_fd(worker->loop, watchpoints_fd(worker->ledger->watch), ring_ready,
				worker->ledger);
		return worker->ledger->ready ? 0 : why_memory(why);
	}
	worker->ledger->nr = DIGEST_COUNTERS;
	return watchpoints_arm(worker->probes, slot, ifindex, watched, DIGEST_COUNTERS,
			       LEDGER_RING_BYTES, &worker->ledger->watch, why);
}

static void disarm(struct worker_ledger *ledger)
{
	loop_forget(ledger->ready);
	watchpoints_disarm(ledger->watch);
	ledger->ready = NULL;
	ledger->watch = NULL;
}

static int new_ledgers(struct worker *worker, struct why *why)
{
	for (uint32_t i = 0; i < worker->ledger->nr; i++) {
		struct account *account = &worker->ledger->accounts[i];

		ledger_free(account->ledger);
		account->nr_entries = 0;
		account->ledger = ledger_new(worker->ask->symbols,
					     watchpoints_counter(worker->ledger->watch, i),
					     told, account);
		if (!account->ledger)
			return why_memory(why);
	}
	return 0;
}

static void say_one_unarmed(struct worker *worker, uint32_t object, const char *why)
{
	struct digest *digest = &worker->ask->digests[object];

	*digest = (struct digest){ .state = LEDGER_UNARMED };
	snprintf(digest->reason, sizeof(digest->reason), "%.255s", why);
}

static void say_unarmed(struct worker *worker, uint32_t first, const struct why *why)
{
	for (uint32_t i = first; i < DIGEST_OBJECTS; i++)
		say_one_unarmed(worker, i, why->text);
}

void worker_ledger_refuse(struct worker *worker)
{
	struct why why;

	why_set(&why, 0,
		"the trial deletes the device, and with it references that were taken before the trial, unseen");
	say_unarmed(worker, 0, &why);
}

void worker_ledger_open(struct worker *worker)
{
	bool is_armed = worker->ledger && worker->ledger->watch;
	uint64_t from_ns = loop_now();
	struct why why = { "" };
	int err = is_armed ? 0 : arm(worker, &why);

	/* Nobody has written since the marks: the device is down. */
	if (!err)
		err = new_ledgers(worker, &why);
	if (!err && is_armed)
		err = watchpoints_start(worker->ledger->watch, &why);
	if (err) {
		say_unarmed(worker, 0, &why);
		return;
	}
	say_unarmed(worker, worker->ledger->nr, &worker->ledger->no_lives);
	for (uint32_t i = 0; i < worker->ledger->nr; i++)
		worker->ask->digests[i].arm_ns = is_armed ? 0 : loop_now() - from_ns;
	worker->ledger->has_address = false;
	snprintf(worker->ledger->no_address.text, sizeof(worker->ledger->no_address.text),
		 "the trial created no address");
	worker->ledger->open = true;
	/* The ring wakes its reader again only after the marks in it were read. */
	watchpoints_read(worker->ledger->watch, seen, worker->ledger);
}

static bool renews_ipv6(const struct worker *worker)
{
	return change_has(worker->message.evidence.spec.change, CHANGE_RENEWS_IPV6);
}

/* --- and closing: the last mark, then no more writes, then whatever waits --- */

void worker_ledger_close(struct worker *worker)
{
	if (!worker->ledger || !worker->ledger->open)
		return;
	worker->ledger->open = false;
	worker->ledger->closed = true;
	watchpoints_mark(worker->ledger->watch, NULL); /* a full ring shows in the health */
	watchpoints_stop(worker->ledger->watch);
	watchpoints_read(worker->ledger->watch, seen, worker->ledger);
	for (uint32_t i = 0; i < worker->ledger->nr; i++) {
		struct watchpoint_health health = watchpoints_health(worker->ledger->watch, i);
		struct digest *digest = &worker->ask->digests[i];

		digest->state = ledger_check(worker->ledger->accounts[i].ledger, &health);
		digest->counted = health.counted;
		digest->unseen = health.counted - health.hits;
	}
	if (worker->ledger->nr == DIGEST_OBJECTS && !worker->ledger->has_address)
		say_unarmed(worker, DIGEST_ADDRESS, &worker->ledger->no_address);
	/* The first one has seen its last put, and looks whole. */
	if (renews_ipv6(worker))
		say_one_unarmed(
			worker, DIGEST_INET6_DEV,
			"the trial gives the device another inet6_dev, whose references are not seen");
}

/* What a trial looks like in which nothing came to the device and nothing was lost. */
static bool teaches(const struct evidence *e, const struct digest *digest)
{
	return (e->spec.arm == ARM_CONTROL || e->spec.arm == ARM_HOLD) && e->settled &&
	       digest->state == LEDGER_WHOLE;
}

static void write_all(struct worker *worker)
{
	const struct evidence *e = &worker->message.evidence;

	for (uint32_t i = 0; i < worker->ledger->nr; i++) {
		struct account *account = &worker->ledger->accounts[i];
		struct digest *digest = &worker->ask->digests[i];
		struct ledger_match match;

		if (digest->state == LEDGER_UNARMED)
			continue;
		match = ledger_match(account->ledger, account->profile);
		digest_write(account->ledger, &match, account->entries, account->nr_entries, e,
			     digest);
		if (teaches(e, digest) && ledger_learn(account->profile, account->ledger))
			digest->state = LEDGER_SUM; /* out of memory: half of it was learned */
	}
	for (int i = 0; i < DIGEST_COUNTERS; i++)
		worker->ask->digests[i].over = evidence_over(e, (enum object)i);
	digest_accuse_survivors(worker->ask->digests);
}

void worker_ledger_write(struct worker *worker)
{
	struct worker_ledger *ledger = worker->ledger;

	if (ledger && ledger->closed)
		write_all(worker);
	if (!ledger)
		return;
	ledger->closed = false;
	/* Also after a trial without a ledger: the next one arms at the new address. */
	if (renews_ipv6(worker))
		disarm(ledger);
}

void worker_ledger_end(struct worker *worker)
{
	if (worker->ledger)
		watchpoints_disarm(worker->ledger->watch);
}

void worker_ledger_let_go(struct worker *worker)
{
	if (worker->ledger)
		watchpoints_let_go(worker->ledger->watch);
}
