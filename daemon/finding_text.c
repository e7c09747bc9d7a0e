// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "finding_text.h"

void finding_print_wrapped(FILE *out, const char *words, int columns)
{
	int at = 0;

	while (*words) {
		int length = (int)strcspn(words, " ");

		if (at && at + 1 + length > columns) {
			fputs("\n  ", out);
			at = 2;
		} else if (at) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", length, words);
		at += length;
		words += length;
		words += strspn(words, " ");
	}
	fputc('\n', out);
}

struct finding_rate finding_percent(uint64_t ppm, bool is_upper)
{
	uint64_t step = ppm >= 10000 ? 1000 : ppm >= 1000 ? 100 : ppm >= 100 ? 10 : 1;
	int decimals = ppm >= 10000 ? 1 : ppm >= 1000 ? 2 : ppm >= 100 ? 3 : 4;
	uint64_t rounded_ppm = (ppm + (is_upper ? step - 1 : 0)) / step * step;
	struct finding_rate text;

	if (ppm % 1000000 == 0)
		snprintf(text.at, sizeof(text.at), "%" PRIu64 "%%", ppm / 10000);
	else
		snprintf(text.at, sizeof(text.at), "%.*f%%", decimals,
			 (double)rounded_ppm / 10000);
	return text;
}

/* The arm that the others are compared with; NULL when it did not run. */
static const struct tally_share *most_of(const struct tally_finding *finding)
{
	for (uint32_t i = 0; i < finding->nr_shares; i++)
		if (isnan(finding->shares[i].p_value))
			return &finding->shares[i];
	return NULL;
}

void finding_print_shares(FILE *out, const struct tally_finding *finding)
{
	const struct tally_share *most = most_of(finding);
	char against[32] = "";

	if (most && finding->nr_shares > 1)
		snprintf(against, sizeof(against), "%s against it", arm_names[most->arm]);
	fprintf(out, "  %-9s%8s%10s%22s%20s\n", "", "valid", "show it", "rate at 95%", against);
	for (uint32_t i = 0; i < finding->nr_shares; i++) {
		const struct tally_share *share = &finding->shares[i];
		struct finding_rate low = finding_percent(share->rate_low_ppm, false);
		struct finding_rate high = finding_percent(share->rate_high_ppm, true);
		char rate[64], p[32] = "-";

		snprintf(rate, sizeof(rate), "%s .. %s", low.at, high.at);
		if (isfinite(share->p_value))
			snprintf(p, sizeof(p), "p = %.2g", share->p_value);
		fprintf(out, "  %-9s%8u%10u%22s%20s\n", arm_names[share->arm], share->valid,
			share->count, rate, p);
	}
}

struct finding_text finding_cause(const struct tally_finding *finding)
{
	const struct tally_share *most = most_of(finding), *likest = NULL;
	struct finding_text text;

	for (uint32_t i = 0; i < finding->nr_shares; i++) {
		const struct tally_share *share = &finding->shares[i];

		if (share != most && (!likest || share->p_value > likest->p_value))
			likest = share;
	}
	if (!most || !likest)
		snprintf(text.at, sizeof(text.at),
			 "Whether what was injected causes it is not known: no other arm ran");
	else if (!most->count)
		snprintf(text.at, sizeof(text.at), "The %s arm does not show it",
			 arm_names[most->arm]);
	else if (finding->p_value <= TALLY_ERROR)
		snprintf(text.at, sizeof(text.at),
			 "What the %s arm injects causes it: p = %.2g at most, against every "
			 "other arm (Fisher's exact test)",
			 arm_names[most->arm], finding->p_value);
	else
		snprintf(text.at, sizeof(text.at),
			 "That what the %s arm injects causes it is not shown: p = %.2g "
			 "against the %s arm (Fisher's exact test)",
			 arm_names[most->arm], finding->p_value, arm_names[likest->arm]);
	return text;
}
