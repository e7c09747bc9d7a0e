// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "export/cases.h"

uint32_t export_nr_cases(const struct past *past)
{
	return 1 + past_summary(past)->nr_findings;
}

void export_make_plain(char *name)
{
	for (; *name; name++)
		if (!isascii(*name) || (!isalnum(*name) && !strchr("_.-", *name)))
			*name = '_';
}

void export_case(const struct past *past, uint32_t number, struct export_case *out)
{
	const struct summary *summary = past_summary(past);
	const struct tally_finding *finding = number ? &summary->findings[number - 1] : NULL;

	out->verdict = finding ? CAMPAIGN_FAULT : summary->verdict;
	if (finding) {
		snprintf(out->name, sizeof(out->name), "%.50s.%.100s", past_name(past),
			 finding->signature);
		out->text = finding_point(finding);
	} else {
		snprintf(out->name, sizeof(out->name), "%.100s", past_name(past));
		snprintf(out->text.at, sizeof(out->text.at), "%s", summary->reason);
	}
	export_make_plain(out->name);
}
