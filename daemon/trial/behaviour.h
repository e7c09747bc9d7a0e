/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_BEHAVIOUR_H
#define DADRACE_BEHAVIOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/order.h"

/*
 * The behaviour of a trial: the evidence as a small set of features, for an explorer. A feature
 * is the hash of one fact, the same in every run and on every machine:
 *
 *   something happened; the first X came before the first Y (by the kernel's clock; holds do
 *   not count, because they are injected)
 *   the order in which all of them came, as one
 *   a thread reached a place; a hold at a place was reached, and was kept
 *   how DAD ended, the error of the flag set or the send, the kind of verdict
 *   the power of two of the references above baseline, for each count
 *
 * Durations are not features: they differ each time, and their effect shows as an order. Pure.
 */
enum { BEHAVIOUR_FEATURES_MAX = 512 };

struct behaviour {
	uint64_t features[BEHAVIOUR_FEATURES_MAX]; /* ascending, each once */
	uint32_t nr_features;
	uint32_t new_features; /* of them, those that the explorer did not know (explore.h) */
	bool finding;
	/* Natural lengths; 0: not measured. */
	uint64_t window_ns;
	uint64_t thread_i_ns;  /* the flag set that closes the window */
	uint64_t thread_ii_ns; /* the longest send */
};

/*
 * The feature of a place that its thread reached, held or not; and of a hold there, kept or
 * not.
 */
uint64_t behaviour_of_pass(const struct order_hold *place);
uint64_t behaviour_of_hold(enum order_thread thread, bool at_return, const char *place,
			   bool kept);

/* The feature of a missed trial. */
uint64_t behaviour_of_miss(void);

/* Whether it is among features that ascend. */
bool behaviour_has(const uint64_t *features, uint32_t nr, uint64_t feature);

struct evidence;
struct judgement;

/*
 * A trial that is invalid or skipped has no features: our own evidence has holes. `places` are
 * plan_hooks()'s.
 */
void behaviour_of(const struct evidence *evidence, const struct order *places,
		  const struct judgement *judgement, struct behaviour *behaviour);

#endif
