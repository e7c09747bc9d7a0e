// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trial/verdict_parts.h"

/* Over the baseline when a leak was suspected. */
static int64_t suspected_over(const struct evidence *e, enum object object)
{
	struct evidence then = { .baseline = e->baseline, .after = e->suspected };

	return e->suspected_ns ? evidence_over(&then, object) : 0;
}

/* An unregister that waits does so for references to the device, and for what holds it. */
static bool is_awaited(enum object object)
{
	return object != OBJECT_DST;
}

bool verdict_came_back_late(const struct evidence *e, enum object object)
{
	return e->late_ns && (e->settled || is_awaited(object));
}

/* The device is named first: it is what unregistering waits for. */
static enum object suspect(const struct verdict_question *q)
{
	enum object first = OBJECTS;

	for (uint32_t i = 0; i < q->nr_objects; i++)
		if (suspected_over(q->e, q->objects[i]) > 0 && q->objects[i] < first)
			first = q->objects[i];
	return first;
}

int64_t verdict_back_before(const struct evidence *e, enum object object)
{
	int64_t back = suspected_over(e, object) - evidence_over(e, object);

	return back > 0 ? back : 0;
}

bool verdict_late(const struct verdict_question *q, char *sentence, size_t size)
{
	const struct evidence *e = q->e;
	enum object object = suspect(q);
	int64_t delta;

	if (object == OBJECTS || !verdict_came_back_late(e, object))
		return false;
	delta = suspected_over(e, object);
	snprintf(sentence, size,
		 "%+" PRId64 " %s %s on %s came back by %s after %.1f s%s: late, not lost",
		 delta, object_names[object], verdict_things(object, delta), e->device,
		 delta == 1 ? "itself" : "themselves", (double)e->late_ns / 1e9,
		 e->settled ? "" : ", while the unregister waited");
	return true;
}

bool verdict_late_leaked(const struct verdict_question *q, struct judgement *j)
{
	char late[sizeof(j->reason) / 2];
	enum object object = suspect(q);

	if (!q->campaign->watch.late_is_leak || !verdict_late(q, late, sizeof(late)))
		return false;
	snprintf(j->object, sizeof(j->object), "%s", object_names[object]);
	j->delta = suspected_over(q->e, object);
	verdict_say(j, VERDICT_LEAK,
		    "%s, which this campaign calls a leak (watch.late_is_leak)", late);
	verdict_sign(j, j->object);
	return true;
}

bool verdict_suspects(const struct evidence *e, const struct campaign *campaign,
		      struct judgement *suspicion)
{
	const struct verdict_question q = verdict_question(e, campaign);
	enum object object = suspect(&q);

	if (object == OBJECTS || !evidence_counted(e, object))
		return false;
	*suspicion = (struct judgement){ .delta = suspected_over(e, object) };
	snprintf(suspicion->object, sizeof(suspicion->object), "%s", object_names[object]);
	verdict_say(suspicion, VERDICT_LEAK,
		    "%+" PRId64 " %s %s on %s %" PRIu64
		    " ms after teardown; the last look is %.1f s after it",
		    suspicion->delta, suspicion->object,
		    verdict_things(object, suspicion->delta), e->device,
		    e->suspected_ns / 1000000, (double)campaign->watch.deadline_ms / 1e3);
	return true;
}
