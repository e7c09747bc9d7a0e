# SPDX-License-Identifier: GPL-2.0-or-later
"""Order of start, questions, bounds."""

from subject import Subject

ROWS = [
    Subject("daemon/results/in_order.c", tests=["in_order", "tally", "tally_judged"], edits=[
        ("	if (!next || !next->ended)", "	if (!next)", "trials in flight count as ended"),
        ("	if (trial < order->next || !in_order_has_room(order, trial))", "	if (!in_order_has_room(order, trial))",
         "a trial that counts already counts again"),
        ("trial - order->next < IN_ORDER_MOST;", "trial - order->next <= 4 * IN_ORDER_MOST;",
         "trials run ahead of one in flight without limit"),
    ]),
    Subject("daemon/results/tally_ends.c", tests=["tally", "tally_judged", "tally_ends", "in_order"], edits=[
        ("faults = most->faults + most->lost;", "faults = most->faults;", "lost trials are sound where a rate is below"),
        ("trials = most->valid + most->lost;", "trials = most->judged + most->lost;",
         "missed trials are proof of a low rate"),
        ("arm->faults + (is_most ? 0 : arm->lost),", "arm->faults,", "lost trials of the other arms are sound"),
        ("ldexp(TALLY_ERROR, -(int)tally->looks)", "TALLY_ERROR", "each look at the arms spends the whole error"),
        ("tally->decisive_findings >= tally->stop_findings;", "tally->nr_findings >= tally->stop_findings;",
         "stop.findings counts trials in the order of their end"),
        ("		hits += tally->decisive[arm].faults;", "		hits += tally->arms[arm].tally.faults;",
         "stop.hits counts trials in the order of their end"),
        ("tally->decisive[tally->most_asked].valid >= tally->stop_valid;",
         "tally->arms[tally->most_asked].tally.valid >= tally->stop_valid;",
         "stop.valid counts trials in the order of their end"),
    ]),
    Subject("daemon/results/tally_summary.c", tests=["tally", "tally_judged"], edits=[
        ("most->faults + most->lost, most->valid + most->lost, 0.95", "most->faults, most->valid, 0.95",
         "the bound leaves out lost trials"),
        ("	if (tally->most_asked != ARM_RACE) {", "	if (false) {", "clean without a race arm"),
        ("summary->fault_rate_bound_ppm <= tally->clean_below_ppm;", "summary->fault_rate_bound_ppm > 0;",
         "clean whatever the bound"),
        ("		 (int)sizeof(before) - 72, before);\n	refuse_clean(summary);", "		 (int)sizeof(before) - 72, before);",
         "interrupted is clean"),
    ]),
    Subject("daemon/base/stats.c", tests=["stats"], edits=[
        ("	if (ratio >= -log(error))", "	if (ratio >= -log(2 * error))", "the sequential test spends twice its error"),
        ("return -expm1(log1p(-confidence) / (double)trials);", "return -expm1(log1p(-confidence) / (double)(trials + 1));",
         "the bound is of one trial more"),
        ("	double each = (1 + confidence) / 2;", "	double each = confidence;", "intervals are one-sided"),
    ]),
]
