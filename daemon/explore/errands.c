// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/errands.h"

#include <stdio.h>

static void add_packet(struct errands *errands, const struct errand *errand)
{
	if (target_fits(errand->direction, errand->target) &&
	    message_fits(errand->direction, errand->target, errand->message))
		errands->list[errands->nr++] = *errand;
}

static void add_packets(const struct campaign *campaign, bool early, struct errands *errands)
{
	for (uint32_t i = 0; i < campaign->echo.nr_directions; i++)
		for (uint32_t j = 0; j < campaign->echo.nr_targets; j++)
			for (uint32_t k = 0; k < campaign->echo.nr_message; k++)
				add_packet(errands,
					   &(struct errand){
						   .sends = true,
						   .direction = campaign->echo.directions[i],
						   .target = campaign->echo.targets[j],
						   .message = campaign->echo.message[k],
						   .early = early,
					   });
}

static void add_changes(const struct campaign *campaign, struct errands *errands)
{
	for (uint32_t i = 0; i < campaign->bringup.nr_change; i++)
		if (campaign->bringup.change[i] != CHANGE_NONE)
			errands->list[errands->nr++] =
				(struct errand){ .change = campaign->bringup.change[i] };
}

void errands_list(const struct campaign *campaign, struct errands *errands)
{
	*errands = (struct errands){ 0 };
	add_packets(campaign, false, errands);
	errands->nr_late = errands->nr;
	add_changes(campaign, errands);
	add_packets(campaign, true, errands);
}

static bool leaks(const struct errands *errands, const struct errand *errand)
{
	return errand->sends && errands->leaks[errand->direction][errand->message];
}

/* The number of the one that comes next; errands->nr: there is none. */
static uint32_t find_next(const struct errands *errands)
{
	uint32_t next = errands->next;

	while (next < errands->nr && leaks(errands, &errands->list[next]))
		next++;
	return next;
}

bool errands_left(const struct errands *errands)
{
	return find_next(errands) < errands->nr;
}

/* The late packets have all been sent by now: what leaks by itself is known. */
static void give_packet(const struct errands *errands, struct errand *errand)
{
	enum change_kind change = errand->change;

	for (uint32_t i = 0; i < errands->nr_late; i++) {
		if (leaks(errands, &errands->list[i]))
			continue;
		*errand = errands->list[i];
		errand->change = change;
		return;
	}
}

const struct errand *errands_next(struct errands *errands)
{
	uint32_t next = find_next(errands);
	struct errand *errand = &errands->list[next];

	if (next == errands->nr)
		return NULL;
	errands->next = next + 1;
	if (errand->change)
		give_packet(errands, errand);
	return errand;
}

void errands_leaked(struct errands *errands, const struct errand *errand)
{
	if (!errand->change)
		errands->leaks[errand->direction][errand->message] = true;
}

void errand_say(const struct errand *errand, char words[ERRAND_WORDS])
{
	const char *change = errand->change ? change_names[errand->change] : "";

	if (errand->sends)
		snprintf(words, ERRAND_WORDS, "%s%s%s %s to %s", change, *change ? ", " : "",
			 direction_names[errand->direction], message_names[errand->message],
			 target_names[errand->target]);
	else
		snprintf(words, ERRAND_WORDS, "%s", change);
}
