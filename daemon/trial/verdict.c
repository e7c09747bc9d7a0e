// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "trial/verdict_parts.h"

/* A window that the bring-up's next flag set closes is the usual one. */
static const char *const closed_words[CLOSED_BYS] = {
	[CLOSED_BY_NOTHING] = "",
	[CLOSED_BY_FLAGS] = "",
	[CLOSED_BY_DAD] = "; the end of DAD closed the window",
	[CLOSED_BY_EXIT] = "; the bring-up's exit closed the window",
	[CLOSED_BY_TEARDOWN] = ", which closed the window",
	[CLOSED_BY_DELETION] = "",
};

/*
 * Of a deleted device nothing is left to be counted: that its deletion returned is the proof.
 */
static void clean(const struct evidence *e, struct judgement *j)
{
	const char *fooled = e->dad_fooled ?
				     "; DAD failed although only the device's own probe "
				     "came back (RFC 7527)" :
				     "";

	if (e->deleted)
		verdict_say(j, VERDICT_CLEAN,
			    "the deletion of %s in the window returned after %" PRIu64
			    " us, so nothing held it any more%s",
			    e->device, e->unregister_ns / 1000, fooled);
	else
		verdict_say(j, VERDICT_CLEAN,
			    "references came back %" PRIu64 " us after teardown%s%s",
			    e->settle_ns / 1000, closed_words[e->closed_by], fooled);
}

/* What nothing ties to the lane changes no verdict, and is told with each. */
static void add_meanwhile(const struct evidence *e, struct judgement *j)
{
	if (e->klog.kind != KLOG_OTHER && e->klog_tie == KLOG_TIE_NONE)
		text_add(j->reason, sizeof(j->reason), "; the kernel warned meanwhile: %.160s",
			 e->klog.text);
}

/* Its last words may say why a bring-up has not done what was asked. */
static void add_last_words(const struct evidence *e, struct judgement *j)
{
	const char *line = last_words_line(e->bringup_said);

	if (*line && !verdict_valid(j->verdict) && !strstr(j->reason, line))
		text_add(j->reason, sizeof(j->reason), "; the bring-up wrote: %.160s", line);
}

void verdict_judge(const struct evidence *evidence, const enum object *objects,
		   uint32_t nr_objects, struct judgement *judgement)
{
	const struct question question = { evidence, objects, nr_objects };
	struct judgement j = { 0 };

	if (!verdict_faulty(&question, &j) && !verdict_doubted(&question, &j))
		clean(evidence, &j);
	add_last_words(evidence, &j);
	add_meanwhile(evidence, &j);
	*judgement = j;
}
