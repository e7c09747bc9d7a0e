// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "spec/deadlines.h"
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
static void clean(const struct verdict_question *q, struct judgement *j)
{
	const struct evidence *e = q->e;
	char late[sizeof(j->reason) / 2];

	if (e->deleted)
		verdict_say(j, VERDICT_CLEAN,
			    "the deletion of %s in the window returned after %" PRIu64
			    " us, so nothing held it any more",
			    e->device, e->unregister_ns / 1000);
	else if (verdict_late(q, late, sizeof(late)))
		verdict_say(j, VERDICT_CLEAN, "%s", late);
	else
		verdict_say(j, VERDICT_CLEAN,
			    "references came back %" PRIu64 " us after teardown%s",
			    e->settle_ns / 1000, closed_words[e->closed_by]);
	if (e->dad_fooled)
		text_add(
			j->reason, sizeof(j->reason), "%s",
			"; DAD failed although only the device's own probe came back (RFC 7527)");
}

/* Of a trial that proves nothing, too. */
static void add_late(const struct verdict_question *q, struct judgement *j)
{
	char late[sizeof(j->reason) / 2];

	if (verdict_late(q, late, sizeof(late)))
		text_add(j->reason, sizeof(j->reason), "; %s", late);
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

static void add_put_right(const struct evidence *e, struct judgement *j)
{
	if (e->put_right[0])
		text_add(j->reason, sizeof(j->reason), "; put right before the trial: %.160s",
			 e->put_right);
}

/* What its deadlines were depends on it. */
static void add_slow(const struct evidence *e, struct judgement *j)
{
	if (e->slow > SLOW_USUAL && j->verdict != VERDICT_CLEAN)
		text_add(j->reason, sizeof(j->reason),
			 "; the lane takes %u.%u times the usual, and so do its deadlines",
			 e->slow / 100, e->slow / 10 % 10);
}

void verdict_judge(const struct evidence *evidence, const struct campaign *campaign,
		   struct judgement *judgement)
{
	struct campaign waited = *campaign;
	const struct verdict_question question = verdict_question(evidence, &waited);
	struct judgement j = { 0 };

	deadlines_lengthen(&waited, evidence->slow);
	if (!verdict_faulty(&question, &j)) {
		if (verdict_doubted(&question, &j))
			add_late(&question, &j);
		else
			clean(&question, &j);
	}
	add_last_words(evidence, &j);
	add_put_right(evidence, &j);
	add_slow(evidence, &j);
	add_meanwhile(evidence, &j);
	*judgement = j;
}
