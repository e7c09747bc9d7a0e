// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/coverage_table.h"
#include "base/stats.h"
#include "results/finding_words.h"

struct row {
	const char *direction, *target, *message;
	const struct coverage_cell *cell;
	struct finding_rate below; /* of those inside, at 95% */
};

/* `number` from 0, in the order of the names; false: there are no more. */
static bool row_at(const struct coverage *coverage, uint32_t number, struct row *row)
{
	const struct coverage_cell *cells = &coverage->of[0][0][0];

	for (uint32_t i = 0; i < DIRECTIONS * TARGETS * MESSAGES; i++) {
		if (!cells[i].trials || number--)
			continue;
		*row = (struct row){
			.direction = direction_names[i / MESSAGES / TARGETS],
			.target = target_names[i / MESSAGES % TARGETS],
			.message = message_names[i % MESSAGES],
			.cell = &cells[i],
			.below =
				finding_percent(stats_ppm_up(stats_rate_bound(
							cells[i].faults, cells[i].inside, .95)),
						true),
		};
		return true;
	}
	return false;
}

void coverage_text(const struct past *past, FILE *out)
{
	struct row row;

	for (uint32_t i = 0; row_at(past_coverage(past), i, &row); i++) {
		if (!i)
			fprintf(out,
				"\n%-13s %-15s %-18s %7s %7s %7s  fault rate at most (95%%)\n",
				"direction", "target", "message", "trials", "inside", "faults");
		fprintf(out, "%-13s %-15s %-18s %7u %7u %7u  %s\n", row.direction, row.target,
			row.message, row.cell->trials, row.cell->inside, row.cell->faults,
			row.below.at);
	}
}

static void print_head(FILE *out)
{
	/* clang-format off */
	fputs("<section aria-labelledby=\"coverage\">\n<h2 id=\"coverage\">What was sent</h2>\n"
	      "<p class=\"soft\">Inside are the valid trials in which a packet was accepted inside the window. "
	      "Faults are those among them. The rate is its exact one-sided upper bound at 95%; with no such trial it is 100%.</p>\n"
	      "<div class=\"scroll\"><table aria-label=\"Trials per packet\"><thead><tr>"
	      "<th scope=\"col\">Direction</th><th scope=\"col\">Target</th><th scope=\"col\">Message</th>"
	      "<th class=\"n\" scope=\"col\">Trials</th><th class=\"n\" scope=\"col\">Inside</th>"
	      "<th class=\"n\" scope=\"col\">Faults</th><th class=\"n\" scope=\"col\">Fault rate at most</th>"
	      "</tr></thead><tbody>\n", out);
	/* clang-format on */
}

void coverage_html(const struct past *past, FILE *out)
{
	struct row row;
	uint32_t i;

	for (i = 0; row_at(past_coverage(past), i, &row); i++) {
		if (!i)
			print_head(out);
		fprintf(out,
			"<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%u</td>"
			"<td class=\"n\">%u</td><td class=\"n%s\">%u</td><td class=\"n\">%s</td></tr>\n",
			row.direction, row.target, row.message, row.cell->trials,
			row.cell->inside, row.cell->faults ? " bad" : "", row.cell->faults,
			row.below.at);
	}
	if (i)
		fputs("</tbody></table></div>\n</section>\n", out);
}
