/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FINDING_TEXT_H
#define DADRACE_FINDING_TEXT_H

#include <stdio.h>

#include "results/tally.h"

/* What is said about a finding both at the end of a run and in its report. */

struct finding_text {
	char at[1400];
};

struct ledger_hold_told; /* results/ledger_line.h */

struct finding_rate {
	char at[24];
};

/*
 * Words within so many columns, all lines but the first indented by two. A word is never
 * broken.
 */
void finding_print_wrapped(FILE *out, const char *words, int columns);

/* The same without indentation. */
void finding_print_paragraph(FILE *out, const char *words, int columns);

/*
 * "15.8%", of a rate in millionths: rounded outwards, so that an interval never promises more.
 */
struct finding_rate finding_percent(uint64_t ppm, bool is_upper);

/*
 * The point, which comes first: what does what how often, and without it; who holds. "The race
 * leaks 1 net_device reference in 10 of 10 trials; without it 0 of 30 (p = 5e-06). Held by
 * ip6_rt_cache_alloc; the unregister hangs." Where the ledger is inferred or names nobody, what
 * the post-mortem found lost stands in its place.
 */
struct finding_text finding_point(const struct tally_finding *finding);

/* The ledger that shows who holds, or why it is not known; of a finding with a ledger. */
struct finding_text finding_holds(const struct tally_finding *finding);

/* "at 351263 us, right after echo 1 reached the receive path": when, and after what. */
struct finding_text finding_hold(const struct ledger_hold_told *hold);

/* Who holds the references, as far as the ledger knows; nothing when no ledger was kept. */
void finding_print_ledger(FILE *out, const struct tally_finding *finding, int columns);

/* A line for each arm: valid trials, those that show it, rate with interval, p-value. */
void finding_print_shares(FILE *out, const struct tally_finding *finding);

/*
 * The natural rate beside the held one, each with its 95% interval: one sentence without its
 * full stop. Empty when only one of them is known, or the held rate is 0.
 */
struct finding_text finding_headline(const struct tally_finding *finding);

/* Whether the injection is the cause: one sentence without its full stop. */
struct finding_text finding_cause(const struct tally_finding *finding);

#endif
