// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/explore.h"
#include "parse/campaign.h"
#include "trial/evidence.h"
#include "trial/plan.h"
#include "trial/verdict.h"

const char *const model_bug_names[] = { "sound",    "down",  "failure",
					"uncached", "three", "changed" };
_Static_assert(sizeof(model_bug_names) / sizeof(model_bug_names[0]) == MODEL_BUGS,
	       "a name each");

enum { STOPS_MAX = 10 };
#define NEVER UINT64_MAX

/*
 * What a thread is inside of, from one place to another, and what another one waits for. Our
 * holds are inside of RCU, too: an eBPF program is.
 */
enum { RTNL = 1, RCU = 2 };

/* Which packets come by. */
enum who { ANY, OUTBOUND, RAW, TO_GROUP, ANSWER };

/*
 * A place that a thread passes: the time since the one before, and the moment that is seen
 * there.
 */
struct stop {
	const char *place;
	bool at_return;
	uint64_t after_ns;
	enum moment_kind seen; /* MOMENT_NONE: none */
	enum who who;
	unsigned waits, enters, leaves;
};

/* clang-format off */
static const struct stop paths[ORDER_THREADS][STOPS_MAX] = {
	[ORDER_THREAD_I] = {
		{ "closed", false, 85000000, MOMENT_CLOSED, .waits = RTNL, .enters = RTNL },
		{ "flag-change", false, 500000, MOMENT_NONE },
		{ "quiet", false, 1000000, MOMENT_NONE, .waits = RCU },
		{ "stop", false, 1500000, MOMENT_NONE },
		{ "ipv6-down", false, 3000000, MOMENT_NONE },
		{ "address-delete", true, 1000000, MOMENT_NONE },
		{ "end", true, 1500000, MOMENT_FLAGS_RETURN, .leaves = RTNL },
	},
	[ORDER_THREAD_II] = {
		{ "out", false, 1400000, MOMENT_ECHO_OUT, OUTBOUND },
		{ "in", false, 1600000, MOMENT_ECHO_IN, TO_GROUP },
		{ "echo-reply", false, 50000, MOMENT_REPLY, TO_GROUP },
		{ "route", false, 110000, MOMENT_ROUTE, .enters = RCU },
		{ "uncached-route", true, 100000, MOMENT_NONE, RAW },
		{ "source", false, 70000, MOMENT_SOURCE },
		{ "answered", true, 50000, MOMENT_ECHO_ANSWERED, OUTBOUND },
		{ "dad-failure", false, 600000, MOMENT_DAD_IN, ANSWER, .leaves = RCU },
		{ "end", true, 50000, MOMENT_NONE, .leaves = RCU },
	},
	[ORDER_THREAD_DAD] = {
		{ "dad-work", false, 1900000, MOMENT_NONE },
		{ "rtnl", false, 50000, MOMENT_NONE, .waits = RTNL, .enters = RTNL },
		{ "dad-kick", false, 50000, MOMENT_NONE },
		{ "end", true, 100000, MOMENT_NONE, .leaves = RTNL },
	},
};
/* clang-format on */

enum {
	I_FLAGS = 1,
	I_DOWN = 4,
	I_DELETED,
	II_ROUTE = 3,
	II_UNCACHED,
	II_SOURCE,
	II_FAILURE = 7,
	DAD_WORK = 0,
};

struct thread {
	uint32_t next;	   /* stop */
	uint64_t at_ns;	   /* when it comes there; NEVER: it has not begun, or is over */
	uint32_t hold;	   /* that it is in, from 1; 0: none */
	uint64_t until_ns; /* of that: at the latest */
	unsigned inside;
	bool held, done;
};

struct model {
	const struct trial_spec *spec;
	uint64_t chance;
	struct thread threads[ORDER_THREADS];
	uint64_t changed_ns; /* when thread I has made its change; 0: never */
	struct evidence *evidence;
	uint64_t came[ORDER_THREADS][STOPS_MAX], passed[ORDER_THREADS][STOPS_MAX];
};

static void note(struct model *model, enum moment_kind kind, uint64_t at_ns, int64_t value,
		 uint32_t sequence)
{
	struct evidence *e = model->evidence;

	e->moments[e->nr_moments++] = (struct moment){
		.kind = kind, .at_ns = at_ns, .value = value, .sequence = sequence
	};
}

static const struct stop *stop_of(const struct model *model, int thread)
{
	return &paths[thread][model->threads[thread].next];
}

static bool comes_by(const struct model *model, enum who who)
{
	switch (who) {
	case ANY: return true;
	case OUTBOUND: return model->spec->direction != DIRECTION_INBOUND;
	case RAW: return model->spec->direction == DIRECTION_OUTBOUND_RAW;
	case TO_GROUP: return model->spec->direction == DIRECTION_INBOUND;
	case ANSWER: return model->spec->dad_answer != DAD_ANSWER_NONE;
	}
	return false;
}

/* An echo to an address that is not valid yet goes no further than the device. */
static bool is_dropped(const struct model *model)
{
	return model->spec->direction == DIRECTION_INBOUND &&
	       model->spec->target == TARGET_TENTATIVE;
}

/* To the next stop that this trial has, in half to twice of its time. */
static void walk(struct model *model, int thread, uint64_t now_ns)
{
	struct thread *t = &model->threads[thread];

	while (!comes_by(model, stop_of(model, thread)->who))
		t->next++;
	t->at_ns = now_ns + stop_of(model, thread)->after_ns *
				    (500 + plan_draw_below(&model->chance, 1500)) / 1000;
}

static bool begin(struct model *model, int thread, uint64_t now_ns)
{
	if (model->threads[thread].at_ns != NEVER || model->threads[thread].next)
		return false;
	walk(model, thread, now_ns);
	return true;
}

/* The echoes and the answer to DAD leave together. */
static void begin_packets(struct model *model, uint64_t now_ns)
{
	if (!begin(model, ORDER_THREAD_II, now_ns))
		return;
	model->evidence->echoes_sent = model->spec->echoes;
	if (model->spec->dad_answer)
		note(model, MOMENT_DAD_ANSWERED, now_ns, 0, 0);
}

/* The hold of the trial at the place where a thread is, from 1. */
static uint32_t hold_at(const struct model *model, int thread)
{
	const struct stop *stop = stop_of(model, thread);

	for (uint32_t i = 0; i < model->spec->steps; i++) {
		const struct order_hold *hold = &model->spec->holds[i];

		/* Each stop is passed once. */
		if (!hold->skips && (int)hold->thread == thread &&
		    hold->at_return == stop->at_return && !strcmp(hold->place, stop->place))
			return i + 1;
	}
	return 0;
}

/* When what a hold waits for is there: as soon as it is asked for, if it has been before. */
static uint64_t comes_at_ns(const struct model *model, const struct order_hold *hold)
{
	const struct thread *other = &model->threads[hold->other];

	switch (hold->until) {
	case ORDER_UNTIL_HELD: return other->held ? 0 : NEVER;
	case ORDER_UNTIL_DONE: return other->done ? 0 : NEVER;
	case ORDER_UNTIL_CHANGED: return model->changed_ns ?: NEVER;
	case ORDER_UNTIL_TIME:
	case ORDER_UNTILS: break;
	}
	return NEVER;
}

enum { CHANGE_NS = 800000 };

/* Thread I makes its change, which takes as long as it does. */
static void change(struct model *model, int held, uint64_t now_ns)
{
	if (model->spec->change && (int)model->spec->change_when == held && !model->changed_ns)
		model->changed_ns = now_ns + CHANGE_NS;
}

static void pass(struct model *model, int thread, uint64_t now_ns)
{
	struct thread *t = &model->threads[thread];
	const struct stop *stop = stop_of(model, thread);

	model->passed[thread][t->next] = now_ns;
	if (stop->seen != MOMENT_NONE)
		note(model, stop->seen, now_ns,
		     stop->seen == MOMENT_SOURCE ? -EADDRNOTAVAIL : 0,
		     thread == ORDER_THREAD_II);
	t->inside = (t->inside | stop->enters) & ~stop->leaves;
	t->done = !strcmp(stop->place, "end");
	if (t->done) {
		t->at_ns = NEVER;
		return;
	}
	if (thread == ORDER_THREAD_II && !strcmp(stop->place, "in") && is_dropped(model))
		t->next = II_SOURCE + 1;
	else
		t->next++;
	walk(model, thread, now_ns);
}

static bool is_blocked(const struct model *model, int thread)
{
	unsigned inside = 0;

	if (model->threads[thread].next >= STOPS_MAX)
		return false;
	for (int i = ORDER_THREAD_I; i < ORDER_THREADS; i++)
		if (i != thread)
			inside |= model->threads[i].inside | (model->threads[i].hold ? RCU : 0);
	return stop_of(model, thread)->waits & inside;
}

static void come(struct model *model, int thread, uint64_t now_ns)
{
	struct thread *t = &model->threads[thread];
	uint32_t hold = hold_at(model, thread);

	if (!t->hold)
		model->came[thread][t->next] = now_ns;
	if (!hold || t->hold) {
		t->hold = 0;
		pass(model, thread, now_ns);
		return;
	}
	t->hold = hold;
	t->held = true;
	note(model, MOMENT_STEP_HELD, now_ns, 0, hold);
	change(model, thread, now_ns);
	t->until_ns = now_ns + (model->spec->holds[hold - 1].until == ORDER_UNTIL_TIME ?
					model->spec->holds[hold - 1].time_us * 1000 :
					ORDER_MOST_MS * 1000000ULL);
	t->at_ns = t->until_ns;
	if (model->spec->starts_when && (int)model->spec->starts_when == thread)
		begin_packets(model, now_ns);
}

/* Whose turn it is, and when: what waits for an event goes on as soon as that has come. */
static int next_thread(const struct model *model, uint64_t now_ns, uint64_t *at_ns)
{
	int next = ORDER_THREAD_NONE;

	*at_ns = NEVER;
	for (int i = ORDER_THREAD_I; i < ORDER_THREADS; i++) {
		const struct thread *t = &model->threads[i];
		uint64_t due_ns = t->at_ns;

		if (t->hold && t->at_ns != NEVER) {
			uint64_t comes_ns =
				comes_at_ns(model, &model->spec->holds[t->hold - 1]);

			due_ns = comes_ns < due_ns ? comes_ns : due_ns;
		}
		if (due_ns != NEVER && is_blocked(model, i))
			continue;
		if (due_ns < now_ns) /* it was blocked */
			due_ns = now_ns;
		if (due_ns < *at_ns) {
			*at_ns = due_ns;
			next = i;
		}
	}
	return next;
}

static void release(struct model *model, int thread, uint64_t now_ns)
{
	struct thread *t = &model->threads[thread];
	const struct order_hold *hold = &model->spec->holds[t->hold - 1];
	bool kept = hold->until == ORDER_UNTIL_TIME || comes_at_ns(model, hold) <= now_ns;

	note(model, MOMENT_STEP_RELEASED, now_ns, kept ? 0 : -ETIMEDOUT, t->hold);
}

/* Both happened, in this order. */
static bool follows(uint64_t earlier, uint64_t later)
{
	return earlier && later && earlier < later;
}

static bool leaks(const struct model *model, enum model_bug bug)
{
	const uint64_t *i = model->passed[ORDER_THREAD_I];
	const uint64_t *ii = model->passed[ORDER_THREAD_II];
	uint64_t work = model->came[ORDER_THREAD_DAD][DAD_WORK];
	uint64_t let_go = model->passed[ORDER_THREAD_DAD][DAD_WORK];
	uint64_t routed = model->came[ORDER_THREAD_II][II_UNCACHED];
	bool routed_in_vain = follows(routed, i[I_DOWN]) && follows(i[I_DOWN], ii[II_SOURCE]);

	switch (bug) {
	case MODEL_DOWN: return follows(work, i[I_FLAGS]) && follows(i[I_FLAGS], let_go);
	case MODEL_FAILURE:
		return follows(work, ii[II_FAILURE]) && follows(ii[II_FAILURE], let_go);
	case MODEL_UNCACHED: return routed_in_vain;
	case MODEL_THREE: return routed_in_vain && follows(ii[II_SOURCE], i[I_DELETED]);
	case MODEL_CHANGED:
		return model->spec->change == CHANGE_ROUTE_DELETE &&
		       follows(model->came[ORDER_THREAD_II][II_ROUTE], model->changed_ns) &&
		       follows(model->changed_ns - 1, ii[II_SOURCE]);
	case MODEL_SOUND:
	case MODEL_BUGS: break;
	}
	return false;
}

/* The places of the campaign that their threads came by. */
static uint32_t passed(const struct model *model, const struct order *places)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < places->nr_holds; i++) {
		const struct order_hold *place = &places->holds[i];

		for (int stop = 0; stop < STOPS_MAX && paths[place->thread][stop].place; stop++)
			if (model->came[place->thread][stop] &&
			    place->at_return == paths[place->thread][stop].at_return &&
			    !strcmp(place->place, paths[place->thread][stop].place))
				bits |= 1U << i;
	}
	return bits;
}

static struct evidence e; /* of the last trial */

const struct evidence *kernel_model_evidence(void)
{
	return &e;
}

enum verdict kernel_model_run(const struct campaign *campaign, const struct trial_spec *spec,
			      enum model_bug bug, struct behaviour *behaviour)
{
	struct order places;
	struct model model = { .spec = spec, .chance = spec->seed, .evidence = &e };
	struct judgement judgement;
	uint64_t now_ns = 1000;
	int thread;

	plan_hooks(campaign, &places);
	memset(&e, 0, sizeof(e));
	e.spec = *spec;
	for (uint32_t i = 0; i < spec->steps; i++) {
		e.steps[i] = (struct step_audit){ .thread = spec->holds[i].thread,
						  .at_return = spec->holds[i].at_return,
						  .until = spec->holds[i].until,
						  .other = spec->holds[i].other,
						  .asked_us = spec->holds[i].time_us,
						  .passes = 1 };
		snprintf(e.steps[i].place, sizeof(e.steps[i].place), "%s",
			 spec->holds[i].place);
	}
	e.started_ns = now_ns;
	note(&model, MOMENT_OPENED, now_ns, 0, 0);
	for (int i = 0; i < ORDER_THREADS; i++)
		model.threads[i].at_ns = NEVER;
	note(&model, MOMENT_HELD, now_ns, 0, 0);
	note(&model, MOMENT_RELEASED, now_ns + spec->hold_us * 1000, 0, 0);
	begin(&model, ORDER_THREAD_I, now_ns + spec->hold_us * 1000);
	begin(&model, ORDER_THREAD_DAD, now_ns);
	change(&model, ORDER_THREAD_NONE, now_ns);
	if (!spec->starts_when)
		begin_packets(&model, now_ns + spec->offset_us * 1000);
	while ((thread = next_thread(&model, now_ns, &now_ns))) {
		if (model.threads[thread].hold)
			release(&model, thread, now_ns);
		come(&model, thread, now_ns);
	}
	note(&model, MOMENT_DOWN, now_ns == NEVER ? 1 : now_ns, 0, 0);
	evidence_derive(&e);
	/* Its IPv6 accepts all that it sees. */
	e.acceptance.known = true;
	e.echoes_accepted = e.echoes_delivered;
	e.dad_answers_accepted = e.dad_answers_delivered;
	e.passed = passed(&model, &places);
	e.baseline.found = e.after.found = true;
	e.changed = spec->change; /* at the latest when a hold would be over */
	e.bringup_end = BRINGUP_EXITED;
	e.refused_errno = spec->direction == DIRECTION_INBOUND ? 0 : EADDRNOTAVAIL;
	/* Decoys: counts that differ for reasons of their own. */
	e.after.neighbours = spec->target == TARGET_PEER;
	e.after.groups = spec->echoes > 2 && spec->target == TARGET_SOLICITED_NODE;
	e.settled = !leaks(&model, bug);
	e.unregister_tried = e.unregister_returned = !e.settled;
	e.after.net_device = e.baseline.net_device + !e.settled;
	verdict_judge(&e, campaign, &judgement);
	if (judgement.verdict == VERDICT_INVALID) /* the model has no holes */
		abort();
	behaviour_of(&e, &places, &judgement, behaviour);
	return judgement.verdict;
}

/* --- the hunt --- */

#define SPACE                                                                               \
	"arms: [race]\n"                                                                    \
	"explore:\n"                                                                        \
	"  mode: random\n"                                                                  \
	"  holds: 3\n"                                                                      \
	"  generation: 8\n"                                                                 \
	"  places:\n"                                                                       \
	"    - I held at stop\n"                                                            \
	"    - I held at ipv6-down\n"                                                       \
	"    - II held at neigh-create\n"                                                   \
	"    - II held at echo-reply\n"                                                     \
	"    - II held at return of uncached-route\n"                                       \
	"    - II held at source\n"                                                         \
	"    - DAD held at dad-work\n"                                                      \
	"    - DAD held at dad-completed\n"                                                 \
	"window: {hold_us: [1, 500, 2000]}\n"                                               \
	"echo: {directions: [inbound, outbound, outbound-raw],\n"                           \
	"       targets: [all-nodes, solicited-node, tentative, peer, nobody], count: 4}\n" \
	"dad: {answer: [none, ns, na]}\n"

const char kernel_model_space[] = SPACE;
const char kernel_model_changes[] =
	SPACE "bringup: {change: [none, mtu, address-add, address-delete, route-add,\n"
	      "                   route-delete, disable-ipv6, forwarding]}\n";

struct hunt {
	uint32_t trials, missed;
};

/*
 * Up to the first finding, or `most` trials. A hunt whose campaign or memory fails ends the
 * program: there is nothing to measure.
 */
static struct hunt hunt(enum explore_mode mode, enum model_bug bug, bool told, uint32_t seed,
			uint32_t most)
{
	char mode_set[64], seed_set[32];
	const char *sets[] = { mode_set, seed_set, "explore.generation=1" };
	const char *space = bug == MODEL_CHANGED ? kernel_model_changes : kernel_model_space;
	struct campaign *campaign = NULL;
	struct explorer *explorer = NULL;
	struct hunt hunt = { 0 };
	bool found = false;
	struct why why;

	snprintf(mode_set, sizeof(mode_set), "explore.mode=%s", explore_mode_names[mode]);
	snprintf(seed_set, sizeof(seed_set), "seed=%u", seed);
	if (campaign_load_text("model", space, strlen(space), sets, 3, &campaign, &why) ||
	    explorer_new(campaign, &explorer))
		abort();
	while (!found && hunt.trials < most) {
		struct behaviour behaviour;
		struct trial_spec spec;

		if (explorer_next(explorer, ++hunt.trials, &spec))
			abort();
		hunt.missed +=
			kernel_model_run(campaign, &spec, bug, &behaviour) == VERDICT_MISSED;
		found = behaviour.finding;
		if (explorer_learn(explorer, hunt.trials, told ? &behaviour : NULL))
			abort();
	}
	explorer_free(explorer);
	campaign_free(campaign);
	return hunt;
}

static int by_trials(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

uint32_t kernel_model_median(enum explore_mode mode, enum model_bug bug, bool told,
			     uint32_t seeds)
{
	uint32_t trials[MODEL_SEEDS_MOST];

	for (uint32_t i = 0; i < seeds; i++)
		trials[i] = hunt(mode, bug, told, i + 1, MODEL_TRIALS_MOST).trials;
	qsort(trials, seeds, sizeof(trials[0]), by_trials);
	return trials[seeds / 2];
}

uint32_t kernel_model_missed(enum explore_mode mode, bool told, uint32_t seeds, uint32_t trials)
{
	uint32_t missed = 0, made = 0;

	for (uint32_t i = 0; i < seeds; i++) {
		struct hunt hunted = hunt(mode, MODEL_SOUND, told, i + 1, trials);

		missed += hunted.missed;
		made += hunted.trials;
	}
	return made ? missed * 100 / made : 0;
}
