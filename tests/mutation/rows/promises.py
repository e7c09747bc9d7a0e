# SPDX-License-Identifier: GPL-2.0-or-later
"""What is promised to people: orders that can be kept, exit codes, unfinished said first, the bound beside clean."""

from subject import Subject

ROWS = [
    Subject("config/spec/order.c", tests=["order"], edits=[
        ("	if (hold->until == ORDER_UNTIL_HELD && !holds(order, hold->other))", "	if (false)",
         "an order that waits for a hold which no step has is accepted"),
        ("	if (holds(order, thread))", "	if (true)",
         "a start that no hold can cause is accepted"),
        ("	if (!back)\n		return 0;", "	if (true)\n		return 0;",
         "two threads may each wait for the other to be done"),
    ]),
    Subject("config/parse/campaign_check.c", tests=["campaign"], edits=[
        ("	if (order_check(&order, &why))", "	if (false)", "an order that can never be kept is loaded"),
    ]),
    Subject("daemon/run/conclude.c", tests=["conclude"], edits=[
        ("	if (c->ended_by && !strcmp(c->ended_by, \"signal\"))\n		tell_interruption(c, &summary);\n", "",
         "interrupted is told as complete"),
        ("	if (!write_end(c, &summary))\n		summary.exit_code = why_code(&c->why);",
         "	write_end(c, &summary);", "results that cannot be written exit as clean"),
    ]),
    Subject("daemon/run/conclude.c", tests=["conclude"], edits=[
        ("	if (!c->control_works && summary.verdict == CAMPAIGN_CLEAN)", "	if (false)",
         "a campaign without a working control is clean"),
        ("	return judgement->verdict == VERDICT_LEAK && judgement->delta == 1 &&",
         "	return judgement->verdict == VERDICT_LEAK &&", "a control that shows any number of references works"),
        ("	       !strcmp(judgement->object, object_names[controlled(campaign)]);", "	       true;",
         "a control that shows another object works"),
        ("	if (++c->blind < BLIND_MAX) {", "	if (true) {", "controls that always fail end nothing"),
    ]),
    Subject("daemon/results/tally_findings.c", tests=["suspects"], edits=[
        ("	told->without_echo |= line->attempt && line->leaked && line->arm == ARM_HOLD;\n", "",
         "a leak that shows without any echo is blamed on the race"),
    ]),
    Subject("daemon/results/tally.c", tests=["tally", "tally_judged", "tally_ends", "suspects"], edits=[
        ("		.lost = evidence->lane_lost && !verdict_fault(judgement->verdict),", "		.lost = false,",
         "no trial is ever lost"),
        ("	arm->valid += verdict_valid(verdict);", "	arm->valid++;", "trials that prove nothing are valid"),
        ("e->held_ns <= asked_us * 1100 + 1000000)", "true)", "a hold that is far too long is within"),
        ("	if (reason == end && tally->nr_reasons == REASONS_MAX)\n		reason--;\n	else if", "	if",
         "reasons have no bound"),
    ]),
    Subject("daemon/results/reader.c", tests=["past"], edits=[
        ("	const char *how = past->summary ? NULL : \"killed or still running\";", "	const char *how = NULL;",
         "the results of a killed run are read as complete"),
        ("		{ \"error\", \"stopped by an error\" },\n", "", "results that an error has cut are read as complete"),
    ]),
    Subject("daemon/report/html.c", tests=["report_html"], edits=[
        ("	if (h->summary->verdict == CAMPAIGN_CLEAN)", "	if (false)", "the page's title says clean without its bound"),
        ("	if (past_unfinished(h->past))", "	if (false)", "the page of unfinished results has no mark"),
    ]),
    Subject("daemon/report/report.c", tests=["past"], edits=[
        ("	return json_object_get(json_object_get(s->line, \"spec\"), \"order\");",
         "	return json_object_get(past_campaign(s->past), \"order\");",
         "the report of an explored trial does not say where threads were held"),
    ]),
    Subject("daemon/report/across_runs.c", tests=["past"], edits=[
        ("		tell_verdict(runs[i], out);", "		(void)tell_verdict;", "several runs are told without verdict and bound"),
    ]),
    Subject("daemon/export/tap.c", tests=["tap"], edits=[
        ("		print_bound(out, summary, arm);", "		(void)print_bound;", "TAP says ok without a bound"),
        ("	if (verdict == CAMPAIGN_CLEAN && summary->verdict == CAMPAIGN_INCONCLUSIVE &&",
         "	if (false && summary->verdict == CAMPAIGN_INCONCLUSIVE &&", "TAP says ok of a campaign that is inconclusive"),
    ]),
    Subject("daemon/service/ticket.c", tests=["ticket"], edits=[
        ("	ticket_text(&ticket->unfinished, ticket->trials ? text : NULL);", "	(void)text;",
         "the service does not say that results are unfinished"),
        ("outcome->code == EXIT_FAULT ? EXIT_FAULT : EXIT_INCONCLUSIVE", "EXIT_INCONCLUSIVE",
         "a fault that a cancelled campaign has found is lost"),
    ]),
]
