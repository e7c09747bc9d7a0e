/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PLAN_H
#define DADRACE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/campaign.h"
#include "spec/spec.h"

/*
 * The plan: which trials a campaign runs, in which order. Deterministic: the same campaign and
 * seed give the same trials, whatever the machine, the number of lanes and the time of day.
 *
 * Arms come in shuffled blocks that hold every arm once, so that a campaign that is cut short
 * is still balanced; so do the directions and targets of packets within each arm. The draws of
 * a trial depend on the seed and its own number only: trial 1,000 can be made without the 999
 * before it.
 */

/* Fills in trial number `trial` (1 is the first). */
void plan_trial(const struct campaign *campaign, uint32_t trial, struct trial_spec *spec);

/*
 * The places that the campaign hooks at its start: those of its order, or the first set of its
 * explorer.
 */
void plan_hooks(const struct campaign *campaign, struct order *order);

/* The places of an explorer are hooked in sets, ORDER_HOLDS_MAX at a time; from 0. */
uint32_t plan_sets(const struct campaign *campaign);
void plan_set(const struct campaign *campaign, uint32_t set, struct order *order);

/* Whether a place, in whatever set, is one of DAD's. */
bool plan_has_dad(const struct campaign *campaign);

/* splitmix64: the next value of a stream, for what a trial draws from spec->seed. */
uint64_t plan_draw(uint64_t *state);

/* A value below `limit`, evenly. */
uint64_t plan_draw_below(uint64_t *state, uint64_t limit);

#endif
