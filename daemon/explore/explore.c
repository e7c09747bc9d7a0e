// SPDX-License-Identifier: GPL-2.0-or-later
#include "explore/explore.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "explore/memory.h"
#include "explore/needs.h"
#include "explore/point.h"
#include "trial/plan.h"

/* clang-format off */
const char *const explore_proposals[] = {
	"I held at stop",
	"II held at return of uncached-route",
	"II held at source",
	"DAD held at dad-work",
	"I held at ipv6-down",
	"II held at echo-reply",
	"DAD held at dad-completed",
	"II held at neigh-create",
	"I held at address-delete",
	"II held at route",
	"DAD held at dad-stop",
	"I held at flag-change",
	NULL,
};
/* clang-format on */

enum { MEASURED = 16, TRIES = 64 };

/*
 * Of guided trials: of how many schedules the newest is taken, one in how many changes an
 * earlier one, and of the others one in how many makes no change during a hold, and one in how
 * many holds threads at second passes.
 */
enum { CANDIDATES = 32, CHANGED_IN = 4, OTHERS_IN = 4, SECOND_IN = 10 };

/* An order that was kept has been tried as often as so many that were not. */
enum { KEPT_WORTH = 3 };

struct planned {
	struct point point;
	struct explore_choice choice;
	bool learned;
	bool finding;
	uint64_t *features;
	uint32_t nr_features;
	uint64_t window_ns, thread_i_ns, thread_ii_ns;
	uint32_t chosen; /* how often it became a parent */
};

struct explorer {
	const struct campaign *campaign;
	struct point_space *spaces; /* one a set of places */
	uint32_t nr_spaces;
	uint32_t set;	    /* that is planned now */
	uint32_t turns;	    /* sets that take turns in this round, the first of them all */
	uint32_t set_since; /* generation */
	uint32_t set_until; /* generation that has another one */
	uint32_t extended;  /* how often */
	uint32_t size;	    /* of a generation */
	struct planned *trials;
	uint32_t nr_trials, room;
	uint32_t sealed;    /* generations whose behaviour is complete and counted */
	uint32_t forgotten; /* of these, generations that no longer count */
	struct memory features;
	struct memory needs;   /* see needs.h */
	struct memory planned; /* orders */
	uint32_t *corpus;      /* numbers of trials, ascending */
	uint32_t nr_corpus, corpus_room;
	uint32_t first_finding;
	uint32_t findings[DIRECTIONS][MESSAGES]; /* trials with a fault, by their packet */
	uint64_t cursor;			 /* of the sweep */
};

/* --- sets of places, in turn --- */

/*
 * Trials of a set; as many as half of them more, twice at most, when one in NEWS_IN of its
 * later ones was new.
 */
enum { SET_TRIALS = 96, NEWS_IN = 4, EXTENDED_MOST = 2 };

/*
 * Places are given best first, so the first sets come more often: a round goes through so many
 * of them, the next one through twice as many.
 */
enum { FIRST_ROUND = 4 };

static uint32_t least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t stay_of(const struct explorer *explorer)
{
	uint32_t generations = SET_TRIALS / explorer->size;

	return generations > 4 ? generations : 4; /* what it shows is known two later */
}

static void begin_set(struct explorer *explorer, uint32_t set, uint32_t generation)
{
	explorer->set = set;
	explorer->set_since = generation;
	explorer->set_until = generation + stay_of(explorer);
	explorer->extended = 0;
}

/* Of the generations of the set that are known, whether the later half was still new. */
static bool is_fertile(const struct explorer *explorer)
{
	uint32_t middle = (explorer->set_since - 1 + explorer->sealed) / 2;
	uint32_t news = 0, trials = (explorer->sealed - middle) * explorer->size;

	for (uint32_t i = explorer->nr_corpus;
	     i && explorer->corpus[i - 1] > middle * explorer->size; i--)
		news++;
	return explorer->sealed > middle && news * NEWS_IN >= trials;
}

static void choose_set(struct explorer *explorer, uint32_t generation, bool by_behaviour)
{
	if (explorer->nr_spaces == 1 || generation < explorer->set_until)
		return;
	if (by_behaviour && explorer->extended < EXTENDED_MOST && is_fertile(explorer)) {
		explorer->set_until += stay_of(explorer) / 2;
		explorer->extended++;
		return;
	}
	if (explorer->set + 1 < explorer->turns) {
		begin_set(explorer, explorer->set + 1, generation);
		return;
	}
	explorer->turns = least_of(2 * explorer->turns, explorer->nr_spaces);
	begin_set(explorer, 0, generation);
}

/* The space that a trial was, or is, drawn from. */
static const struct point_space *space_of(const struct explorer *explorer,
					  const struct planned *planned)
{
	return &explorer->spaces[planned->choice.set];
}

int explorer_new(const struct campaign *campaign, struct explorer **out)
{
	struct explorer *explorer = calloc(1, sizeof(*explorer));

	if (!explorer)
		return -ENOMEM;
	explorer->campaign = campaign;
	explorer->size =
		campaign->explore.generation ? campaign->explore.generation : campaign->lanes;
	explorer->nr_spaces = plan_sets(campaign) ?: 1;
	explorer->spaces = calloc(explorer->nr_spaces, sizeof(*explorer->spaces));
	if (!explorer->spaces) {
		free(explorer);
		return -ENOMEM;
	}
	for (uint32_t set = 0; set < explorer->nr_spaces; set++)
		point_space(campaign, set, &explorer->spaces[set]);
	explorer->turns = least_of(FIRST_ROUND, explorer->nr_spaces);
	begin_set(explorer, 0, 1);
	*out = explorer;
	return 0;
}

static void forget(struct explorer *explorer)
{
	memory_free(&explorer->features);
	memory_free(&explorer->needs);
	memory_free(&explorer->planned);
	memset(explorer->findings, 0, sizeof(explorer->findings));
	explorer->nr_corpus = 0;
	explorer->cursor = 0;
	explorer->forgotten = explorer->sealed;
}

void explorer_free(struct explorer *explorer)
{
	if (!explorer)
		return;
	for (uint32_t i = 0; i < explorer->nr_trials; i++)
		free(explorer->trials[i].features);
	free(explorer->trials);
	forget(explorer);
	free(explorer->corpus);
	free(explorer->spaces);
	free(explorer);
}

static uint32_t generation_of(const struct explorer *explorer, uint32_t trial)
{
	return (trial - 1) / explorer->size + 1;
}

static bool explores(const struct explorer *explorer)
{
	return explorer->campaign->explore.mode != EXPLORE_OFF;
}

/* How many trials had its rarest feature. */
static uint32_t rarity(const struct explorer *explorer, const struct planned *planned)
{
	uint32_t least = UINT32_MAX;

	for (uint32_t i = 0; i < planned->nr_features; i++) {
		uint32_t trials =
			memory_find(&explorer->features, planned->features[i])->trials;

		if (trials < least)
			least = trials;
	}
	return least;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* --- what generations have shown --- */

static int add_to_corpus(struct explorer *explorer, uint32_t trial)
{
	if (explorer->nr_corpus == explorer->corpus_room) {
		uint32_t room = explorer->corpus_room ? explorer->corpus_room * 2 : 64;
		uint32_t *corpus =
			reallocarray(explorer->corpus, room, sizeof(*explorer->corpus));

		if (!corpus)
			return -ENOMEM;
		explorer->corpus = corpus;
		explorer->corpus_room = room;
	}
	explorer->corpus[explorer->nr_corpus++] = trial;
	return 0;
}

/* What is counted of plans: orders, and orders with the kind of their packet. */
static uint64_t (*const plan_keys[])(const struct point_space *space,
				     const struct point *point) = {
	point_order_key,
	point_packet_key,
};
enum { PLAN_KEYS = sizeof(plan_keys) / sizeof(plan_keys[0]) };

static int note_planned(struct explorer *explorer, const struct planned *planned)
{
	int err = 0;

	for (int i = 0; !err && i < PLAN_KEYS; i++)
		err = memory_note(&explorer->planned,
				  plan_keys[i](space_of(explorer, planned), &planned->point),
				  planned->choice.generation, false);
	return err;
}

/* It was noted when it was planned. */
static int note_kept(struct explorer *explorer, const struct planned *planned,
		     uint32_t generation)
{
	for (int i = 0; i < PLAN_KEYS; i++) {
		struct memory_entry *entry = memory_meet(
			&explorer->planned,
			plan_keys[i](space_of(explorer, planned), &planned->point), generation);

		if (!entry)
			return -ENOMEM;
		entry->came++;
	}
	return 0;
}

/* A trial that is not known, or was not explored, teaches nothing about holds. */
static int seal_trial(struct explorer *explorer, uint32_t trial, uint32_t generation)
{
	const struct planned *planned = &explorer->trials[trial - 1];
	const struct needs_shown shown = { space_of(explorer, planned), &planned->point,
					   planned->features, planned->nr_features };
	uint32_t before = explorer->features.nr;
	int err = 0;

	for (uint32_t i = 0; !err && i < planned->nr_features; i++)
		err = memory_note(&explorer->features, planned->features[i], generation, true);
	if (err || !planned->choice.mode || !planned->nr_features)
		return err;
	if (planned->finding)
		explorer->findings[planned->point.direction][planned->point.message]++;
	err = needs_learn(&explorer->needs, &shown, generation);
	if (!err && needs_kept(&shown))
		err = note_kept(explorer, planned, generation);
	/*
	 * An order that was not kept is not worth a change: its features come from its
	 * deadline.
	 */
	if (!err && explorer->features.nr > before && needs_kept(&shown))
		err = add_to_corpus(explorer, trial);
	return err;
}

/*
 * Takes in the generations that are complete, up to `until`, one after the other and each trial
 * by its number.
 */
static int seal(struct explorer *explorer, uint32_t until)
{
	int err = 0;

	while (explorer->sealed < until) {
		uint32_t first = explorer->sealed * explorer->size;
		bool found = false;

		for (uint32_t i = first; i < first + explorer->size; i++)
			if (i >= explorer->nr_trials || !explorer->trials[i].learned)
				return 0;
		for (uint32_t i = first; !err && i < first + explorer->size; i++) {
			err = seal_trial(explorer, i + 1, explorer->sealed + 1);
			found |= explorer->trials[i].finding;
		}
		if (err)
			return err;
		explorer->sealed++;
		if (found && explorer->campaign->explore.forget)
			forget(explorer);
	}
	return 0;
}

/* --- the plan of a generation --- */

/* The median over the trials that measured it, of generations up to `until`; 0: none did. */
static uint64_t natural_ns(const struct explorer *explorer, uint32_t until, size_t member)
{
	uint64_t lengths[256];
	uint32_t nr = 0;

	for (uint32_t i = explorer->forgotten * explorer->size;
	     i < until * explorer->size && nr < 256; i++) {
		const struct planned *planned = &explorer->trials[i];
		uint64_t length;

		memcpy(&length, (const char *)planned + member, sizeof(length));
		if (planned->choice.mutation == EXPLORE_MEASURE && length)
			lengths[nr++] = length;
	}
	qsort(lengths, nr, sizeof(lengths[0]), by_value);
	return nr ? lengths[nr / 2] : 0;
}

static void plan_sample(struct explorer *explorer, uint64_t *state, struct planned *planned)
{
	uint32_t generation = planned->choice.generation, until = generation - 2;
	struct point_lengths lengths;

	if ((generation - 1 - explorer->forgotten) * explorer->size < MEASURED) {
		planned->choice.mutation = EXPLORE_MEASURE;
		point_measure(space_of(explorer, planned), state, &planned->point);
		return;
	}
	lengths = (struct point_lengths){
		.window_ns = natural_ns(explorer, until, offsetof(struct planned, window_ns)),
		.thread_i_ns =
			natural_ns(explorer, until, offsetof(struct planned, thread_i_ns)),
		.thread_ii_ns =
			natural_ns(explorer, until, offsetof(struct planned, thread_ii_ns)),
	};
	point_sample(space_of(explorer, planned), state, &lengths, &planned->point);
}

/*
 * Of the corpus, the sooner the fewer trials have had its rarest feature and the less often it
 * was chosen: what is common has been changed often enough.
 */
static uint64_t weight_of(const struct explorer *explorer, uint32_t trial)
{
	const struct planned *planned = &explorer->trials[trial - 1];
	uint64_t common = rarity(explorer, planned);

	if (planned->choice.set != explorer->set)
		return 0; /* its places are not hooked */
	return (1ULL << 40) / (common * (1 + planned->chosen)) + 1;
}

static bool has_parents(const struct explorer *explorer)
{
	for (uint32_t i = 0; i < explorer->nr_corpus; i++)
		if (weight_of(explorer, explorer->corpus[i]))
			return true;
	return false;
}

static uint32_t choose_parent(const struct explorer *explorer, uint64_t *state)
{
	uint64_t sum = 0, at;
	uint32_t i = 0;

	for (uint32_t j = 0; j < explorer->nr_corpus; j++)
		sum += weight_of(explorer, explorer->corpus[j]);
	at = plan_draw_below(state, sum);
	for (; i + 1 < explorer->nr_corpus; i++) {
		uint64_t weight = weight_of(explorer, explorer->corpus[i]);

		if (at < weight)
			break;
		at -= weight;
	}
	return explorer->corpus[i];
}

/* One change; the point stays as it was when the change makes no sense. */
static bool change(const struct point_space *space, uint64_t *state, const struct point *other,
		   struct point *point, enum explore_mutation *mutation)
{
	for (int i = 0; i < TRIES; i++) {
		struct point changed = *point;

		*mutation = point_draw_mutation(space, state);
		if (!point_mutate(space, state, *mutation, other, &changed))
			continue;
		*point = changed;
		return true;
	}
	return false;
}

/*
 * A point of the corpus with a change, which is followed by another one as often as not: some
 * steps only pay together.
 */
static void plan_change(struct explorer *explorer, uint64_t *state, struct planned *planned)
{
	uint32_t parent = choose_parent(explorer, state);
	uint32_t other = choose_parent(explorer, state);

	planned->point = explorer->trials[parent - 1].point;
	planned->choice.parent = parent;
	do {
		if (!change(space_of(explorer, planned), state,
			    &explorer->trials[other - 1].point, &planned->point,
			    &planned->choice.mutation))
			break;
	} while (plan_draw_below(state, 2));
}

/*
 * How often its order was tried, and then with such a packet: one that was missed says little.
 */
static uint64_t times_tried(const struct explorer *explorer, const struct point *point)
{
	uint64_t times = 0;

	for (int i = 0; i < PLAN_KEYS; i++) {
		const struct memory_entry *entry =
			memory_find(&explorer->planned,
				    plan_keys[i](&explorer->spaces[explorer->set], point));

		times <<= 32;
		if (entry)
			times |= entry->trials + (KEPT_WORTH - 1) * entry->came;
	}
	return times;
}

/*
 * A packet that has shown a fault is chosen an eighth as often, and one that has shown two a
 * 64th: what has been found comes again at once, and costs far more time than other trials.
 * Never less: all packets may have shown one.
 */
enum { RARER_MOST = 6 };

static uint32_t chance_of(const struct explorer *explorer, const struct point *point)
{
	uint32_t shift = 3 * explorer->findings[point->direction][point->message];
	uint32_t chance =
		needs_chance(&explorer->needs, &explorer->spaces[explorer->set], point);

	return chance >> (shift < RARER_MOST ? shift : RARER_MOST);
}

/*
 * Of some schedules, each of which is taken as often as it may come about, the one whose order
 * was tried least often; where none is taken, the likeliest.
 */
static void plan_fresh(struct explorer *explorer, uint64_t *state, struct planned *planned)
{
	const struct point_space *space = space_of(explorer, planned);
	uint64_t least = UINT64_MAX;
	uint32_t most = 0;
	struct point_wish wish = {
		.changes = point_has_changes(space) && plan_draw_below(state, OTHERS_IN),
		/* what is known to reach places is known of their second passes, too */
		.second = !space->campaign->explore.nr_reach &&
			  !plan_draw_below(state, SECOND_IN),
	};

	for (int i = 0; i < CANDIDATES; i++) {
		struct point point;
		uint32_t chance;
		uint64_t times;

		point_schedule(space, state, wish, &point);
		chance = chance_of(explorer, &point);
		if (plan_draw_below(state, NEEDS_SURE) < chance) {
			times = times_tried(explorer, &point);
			if (times >= least)
				continue;
			least = times;
		} else if (least != UINT64_MAX || chance < most) {
			continue;
		} else {
			most = chance;
		}
		planned->point = point;
	}
}

/* Most trials are new schedules; the others mutate trials that showed new behaviour. */
static void plan_guided(struct explorer *explorer, uint64_t *state, struct planned *planned)
{
	if (!has_parents(explorer) || plan_draw_below(state, CHANGED_IN)) {
		plan_fresh(explorer, state, planned);
		return;
	}
	for (int i = 0; i < TRIES; i++) {
		plan_change(explorer, state, planned);
		if (plan_draw_below(state, NEEDS_SURE) < chance_of(explorer, &planned->point))
			break;
	}
	explorer->trials[planned->choice.parent - 1].chosen++;
}

static void plan_sweep(struct explorer *explorer, uint64_t *state, struct planned *planned)
{
	(void)state;
	point_sweep(space_of(explorer, planned), &explorer->cursor, &planned->point);
}

static void plan_random(struct explorer *explorer, uint64_t *state, struct planned *planned)
{
	point_random(space_of(explorer, planned), state, &planned->point);
}

static void plan_pct(struct explorer *explorer, uint64_t *state, struct planned *planned)
{
	point_pct(space_of(explorer, planned), state, &planned->point);
}

static const struct {
	void (*plan)(struct explorer *explorer, uint64_t *state, struct planned *planned);
	bool by_behaviour;
} modes[EXPLORE_MODES] = {
	[EXPLORE_SWEEP] = { plan_sweep },	  [EXPLORE_RANDOM] = { plan_random },
	[EXPLORE_SAMPLE] = { plan_sample, true }, [EXPLORE_PCT] = { plan_pct },
	[EXPLORE_GUIDED] = { plan_guided, true },
};

/* A trial's draws have a stream of their own, apart from those of plan_trial(). */
static int plan_one(struct explorer *explorer, uint32_t trial, struct planned *planned)
{
	uint64_t state =
		(explorer->campaign->seed ^ 0x6578706c6f7265) * 0xd1342543de82ef95 + trial;
	struct trial_spec spec;

	*planned = (struct planned){ 0 };
	plan_trial(explorer->campaign, trial, &spec);
	if (spec.arm != ARM_RACE)
		return 0;
	planned->choice = (struct explore_choice){
		.mode = explorer->campaign->explore.mode,
		.generation = generation_of(explorer, trial),
		.set = explorer->set,
	};
	modes[planned->choice.mode].plan(explorer, &state, planned);
	return note_planned(explorer, planned);
}

static int plan_generation(struct explorer *explorer)
{
	uint32_t generation = explorer->nr_trials / explorer->size + 1;
	int err = generation > 2 ? seal(explorer, generation - 2) : 0;

	if (err)
		return err;
	if (modes[explorer->campaign->explore.mode].by_behaviour &&
	    explorer->sealed + 2 < generation)
		return -EAGAIN;
	if (explorer->nr_trials + explorer->size > explorer->room) {
		uint32_t room = (explorer->room + explorer->size) * 2;
		struct planned *trials =
			reallocarray(explorer->trials, room, sizeof(*explorer->trials));

		if (!trials)
			return -ENOMEM;
		explorer->trials = trials;
		explorer->room = room;
	}
	choose_set(explorer, generation, modes[explorer->campaign->explore.mode].by_behaviour);
	for (uint32_t i = 0; !err && i < explorer->size; i++)
		err = plan_one(explorer, explorer->nr_trials + i + 1,
			       &explorer->trials[explorer->nr_trials + i]);
	if (!err)
		explorer->nr_trials += explorer->size;
	return err;
}

static int plan_up_to(struct explorer *explorer, uint32_t trial)
{
	int err = 0;

	while (!err && explorer->nr_trials < trial)
		err = plan_generation(explorer);
	return err;
}

int explorer_next(struct explorer *explorer, uint32_t trial, struct trial_spec *spec)
{
	int err = explores(explorer) ? plan_up_to(explorer, trial) : 0;

	if (err)
		return err;
	plan_trial(explorer->campaign, trial, spec);
	if (!explores(explorer) || spec->arm != ARM_RACE)
		return 0;
	spec->choice = explorer->trials[trial - 1].choice;
	point_put(space_of(explorer, &explorer->trials[trial - 1]),
		  &explorer->trials[trial - 1].point, spec);
	return 0;
}

/* --- learning --- */

static int keep(struct planned *planned, const struct behaviour *behaviour)
{
	size_t size = behaviour->nr_features * sizeof(*planned->features);

	if (size) {
		planned->features = malloc(size);
		if (!planned->features)
			return -ENOMEM;
		memcpy(planned->features, behaviour->features, size);
	}
	planned->nr_features = behaviour->nr_features;
	planned->finding = behaviour->finding;
	planned->window_ns = behaviour->window_ns;
	planned->thread_i_ns = behaviour->thread_i_ns;
	planned->thread_ii_ns = behaviour->thread_ii_ns;
	return 0;
}

static uint32_t count_new(const struct explorer *explorer, uint32_t generation,
			  const struct behaviour *behaviour)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < behaviour->nr_features; i++) {
		const struct memory_entry *known =
			memory_find(&explorer->features, behaviour->features[i]);

		nr += !known || known->first + 2 > generation;
	}
	return nr;
}

int explorer_learn(struct explorer *explorer, uint32_t trial, struct behaviour *behaviour)
{
	struct planned *planned;
	int err;

	if (!explores(explorer))
		return 0;
	err = plan_up_to(explorer, trial);
	if (err)
		return err;
	planned = &explorer->trials[trial - 1];
	if (planned->learned)
		return 0;
	if (behaviour) {
		behaviour->new_features =
			count_new(explorer, generation_of(explorer, trial), behaviour);
		err = keep(planned, behaviour);
		if (behaviour->finding &&
		    (!explorer->first_finding || trial < explorer->first_finding))
			explorer->first_finding = trial;
	}
	if (err)
		return err;
	planned->learned = true;
	return 0;
}

int explorer_recall(struct explorer *explorer, uint32_t trial,
		    const struct behaviour *behaviour)
{
	struct behaviour copy = *behaviour;
	int err = explorer_learn(explorer, trial, &copy);

	return err == -EAGAIN ? 0 : err;
}

int explorer_skip_to(struct explorer *explorer, uint32_t trial)
{
	int err = 0;

	for (uint32_t i = 1; explores(explorer) && !err && i <= trial; i++)
		err = explorer_learn(explorer, i, NULL);
	return err;
}

uint32_t explorer_planned(const struct explorer *explorer)
{
	return explorer->nr_trials;
}

bool explorer_told(const struct explorer *explorer, uint32_t trial, struct behaviour *behaviour)
{
	const struct planned *planned = &explorer->trials[trial - 1];

	if (trial > explorer->nr_trials || !planned->learned)
		return false;
	*behaviour = (struct behaviour){
		.nr_features = planned->nr_features,
		.finding = planned->finding,
		.window_ns = planned->window_ns,
		.thread_i_ns = planned->thread_i_ns,
		.thread_ii_ns = planned->thread_ii_ns,
	};
	if (planned->nr_features)
		memcpy(behaviour->features, planned->features,
		       planned->nr_features * sizeof(*planned->features));
	return true;
}

double explore_bound(uint32_t threads, uint32_t places, uint32_t delays)
{
	return 1 / (threads * pow(places, delays));
}

/* What trials whose order was kept have covered; without memory the sums are smaller. */
static void sum_up_coverage(const struct explorer *explorer, struct explore_sums *sums)
{
	struct memory held = { 0 }, pairs = { 0 };

	for (uint32_t i = 0; i < explorer->nr_trials; i++) {
		const struct planned *planned = &explorer->trials[i];
		const struct point_space *space = space_of(explorer, planned);
		const struct needs_shown shown = { space, &planned->point, planned->features,
						   planned->nr_features };

		if (!planned->choice.mode || !planned->nr_features || !needs_kept(&shown))
			continue;
		for (uint32_t j = 0; j < planned->point.nr_holds; j++) {
			uint64_t place =
				point_place(space, planned->point.holds[j].place) + 1ULL;

			memory_note(&held, place, 1, true);
			if (planned->point.change_when)
				memory_note(&pairs, place * CHANGES + planned->point.change, 1,
					    true);
		}
	}
	sums->held = held.nr;
	sums->pairs = pairs.nr;
	memory_free(&held);
	memory_free(&pairs);
}

void explorer_sums(struct explorer *explorer, struct explore_sums *sums)
{
	const struct campaign *campaign = explorer->campaign;

	*sums = (struct explore_sums){ .least_chance = NAN };
	if (!explores(explorer))
		return;
	seal(explorer, UINT32_MAX); /* out of memory: the sums are smaller */
	*sums = (struct explore_sums){
		.mode = campaign->explore.mode,
		.generations = explorer->nr_trials / explorer->size,
		.places = campaign->explore.nr_places,
		.features = explorer->features.nr,
		.corpus = explorer->nr_corpus,
		.first_finding = explorer->first_finding,
		.least_chance = NAN,
	};
	sum_up_coverage(explorer, sums);
	/* A bug whose places are in two sets is never triggered. */
	if (campaign->explore.mode == EXPLORE_PCT && explorer->nr_spaces == 1)
		sums->least_chance =
			explore_bound(point_threads(&explorer->spaces[0]),
				      campaign->explore.nr_places, campaign->explore.holds);
}
