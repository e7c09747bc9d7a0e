// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "explore/follow.h"
#include "run/repeats.h"

bool suspects_watchable(const struct judgement *judgement, enum digest_object *object)
{
	for (int i = 0; i < OBJECTS; i++)
		if (!strcmp(judgement->object, object_names[i])) {
			*object = (enum digest_object)i;
			return true;
		}
	return false;
}

static bool is_there(const struct suspects *suspects, const char *signature, uint32_t objects)
{
	for (uint32_t i = 0; i < suspects->nr; i++)
		if ((i >= suspects->served || suspects->list[i].closed) &&
		    !strcmp(suspects->list[i].signature, signature) &&
		    (!suspects->list[i].objects || suspects->list[i].objects == objects))
			return true;
	return false;
}

bool suspects_add(struct suspects *suspects, const struct evidence *evidence,
		  const struct judgement *judgement)
{
	struct suspect *suspect = &suspects->list[suspects->nr];
	uint32_t objects = evidence_objects_over(evidence);
	enum digest_object object;

	if (judgement->verdict != VERDICT_LEAK || suspects->nr == SUSPECTS_MAX ||
	    change_has(evidence->spec.change, CHANGE_DELETES_DEVICE) ||
	    !suspects_watchable(judgement, &object) ||
	    is_there(suspects, judgement->signature, objects))
		return false;
	*suspect = (struct suspect){ .objects = objects,
				     .object = object,
				     .spec = evidence->spec,
				     .held_us = evidence->held_ns / 1000 };
	suspect->can_follow = follow_leak(evidence, &suspect->followed);
	memcpy(suspect->signature, judgement->signature, sizeof(suspect->signature));
	suspects->nr++;
	return true;
}

void suspects_known(struct suspects *suspects, const char *signature, size_t length)
{
	struct suspect known = { .closed = true };
	uint32_t at = 0;

	snprintf(known.signature, sizeof(known.signature), "%.*s", (int)length, signature);
	while (at < suspects->nr && strcmp(suspects->list[at].signature, known.signature) != 0)
		at++;
	if (at < suspects->served)
		suspects->list[at].closed = true;
	if (at == SUSPECTS_MAX || at < suspects->served)
		return;
	suspects->nr += at == suspects->nr;
	suspects->list[at] = suspects->list[suspects->served];
	suspects->list[suspects->served++] = known;
}

void suspects_drop(struct suspects *suspects)
{
	for (; suspects->served < suspects->nr; suspects->served++)
		suspects->list[suspects->served].closed = true;
}

struct suspect *suspects_next(struct suspects *suspects)
{
	return suspects->served < suspects->nr ? &suspects->list[suspects->served] : NULL;
}

static bool is_followed(const struct suspect *suspect)
{
	return suspect->can_follow && suspect->attempts % 2;
}

struct trial_spec suspects_spec(const struct suspect *suspect, uint32_t learned)
{
	struct trial_spec spec = suspect->spec;

	if (learned >= SUSPECTS_LEARN)
		return is_followed(suspect) ? suspect->followed : spec;
	spec.arm = ARM_HOLD;
	spec.echoes = spec.steps = 0;
	if (spec.hold_us && spec.hold_us < suspect->held_us)
		spec.hold_us = suspect->held_us;
	spec.dad_answer = DAD_ANSWER_NONE;
	spec.starts_when = spec.change_when = ORDER_THREAD_NONE;
	return spec;
}

bool suspects_tried(struct suspects *suspects, const struct judgement *judgement,
		    enum ledger_hole state)
{
	struct suspect *suspect = suspects_next(suspects);
	bool leaked, last;

	if (!suspect)
		return true;
	leaked = judgement->verdict == VERDICT_LEAK &&
		 !strcmp(judgement->signature, suspect->signature);
	last = ++suspect->attempts == SUSPECTS_REPEATS || state == LEDGER_UNARMED ||
	       (leaked && state == LEDGER_WHOLE);
	suspect->closed =
		last && (state == LEDGER_UNARMED || (leaked && state == LEDGER_WHOLE));
	suspects->served += last;
	return last;
}
