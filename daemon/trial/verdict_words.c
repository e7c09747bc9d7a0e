// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>

#include "trial/verdict_parts.h"

/* clang-format off */
const char *const verdict_names[] = {
	"clean", "leak", "hang", "kernel-bug", "missed", "invalid", "skipped",
};
/* clang-format on */

_Static_assert(sizeof(verdict_names) / sizeof(verdict_names[0]) == VERDICTS, "a name each");

bool verdict_fault(enum verdict verdict)
{
	return verdict == VERDICT_LEAK || verdict == VERDICT_HANG ||
	       verdict == VERDICT_KERNEL_BUG;
}

bool verdict_valid(enum verdict verdict)
{
	return verdict == VERDICT_CLEAN || verdict_fault(verdict);
}

bool verdict_judged(enum verdict verdict)
{
	return verdict_valid(verdict) || verdict == VERDICT_MISSED;
}

bool verdict_say(struct judgement *judgement, enum verdict verdict, const char *format, ...)
{
	va_list ap;

	judgement->verdict = verdict;
	va_start(ap, format);
	vsnprintf(judgement->reason, sizeof(judgement->reason), format, ap);
	va_end(ap);
	return true;
}

const char *verdict_things(enum object object, int64_t number)
{
	if (object == OBJECT_DST)
		return number == 1 ? "entry" : "entries";
	return number == 1 ? "reference" : "references";
}

void verdict_sign(struct judgement *judgement, const char *what)
{
	snprintf(judgement->signature, sizeof(judgement->signature), "%s/%s",
		 verdict_names[judgement->verdict], what);
}

struct verdict_question verdict_question(const struct evidence *evidence,
					 const struct campaign *campaign)
{
	return (struct verdict_question){ evidence, campaign, campaign->watch.objects,
					  campaign->watch.nr_objects };
}
