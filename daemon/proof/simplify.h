/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PLAINER_H
#define DADRACE_PLAINER_H

#include "base/why.h"
#include "proof/minimise.h"
#include "spec/campaign.h"

/*
 * How a spec (parse/campaign_pinned.h) can be simplified: the knobs of minimise.h, and what
 * they mean.
 *
 *   spec ──> knobs ──> minimise.h ──> point ──> spec
 *
 * Each simplification is a row of a table (simplify.c): leave out a step of the order, reset
 * the keys of a group to their defaults, replace the bring-up by our own, choose an arm that
 * injects less, lower a count or a time.
 */
struct plainer;

/* A spec with its campaign. */
struct plainer_spec {
	char *text;
	struct campaign *campaign;
};
void plainer_spec_free(struct plainer_spec *spec);

/* -EINVAL with the sentence when the text is not a spec. */
int plainer_new(const char *spec, struct plainer **out, struct why *why);
void plainer_free(struct plainer *plainer);

const struct minimise_knob *plainer_knobs(const struct plainer *plainer, uint32_t *nr);

/* The spec of a point. -EINVAL: there is no such trial; the sentence says why. */
int plainer_make(const struct plainer *plainer, const struct minimise_point *point,
		 struct plainer_spec *spec, struct why *why);

/* Whether two campaigns of one trial run the same trial. */
bool plainer_same(const struct campaign *one, const struct campaign *other);

/* What a knob does on its way from one point to another, in a few words. */
struct plainer_words {
	char text[200];
};
struct plainer_words plainer_say(const struct plainer *plainer, uint32_t knob,
				 const struct minimise_point *from,
				 const struct minimise_point *to);

#endif
