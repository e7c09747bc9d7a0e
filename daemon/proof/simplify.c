// SPDX-License-Identifier: GPL-2.0-or-later
#include "proof/simplify.h"
#include "parse/campaign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/campaign_pinned.h"
#include "results/results.h"
#include "spec/order.h"
#include "trial/plan.h"

struct row;

/* A knob with what it is about. */
struct handle {
	const struct row *row;
	const char *keys[MINIMISE_ELEMENTS]; /* of keys: which */
	size_t step;			     /* of times: which */
};

struct plainer {
	json_t *spec; /* every key of the campaign, resolved */
	json_t *defaults;
	uint32_t nr;
	struct minimise_knob knobs[MINIMISE_KNOBS];
	struct handle handles[MINIMISE_KNOBS];
};

/* A kind of rows: their knobs, the effect of a knob's value on a spec, and its words. */
struct plain {
	void (*make)(struct plainer *plainer, const struct row *row);
	void (*apply)(const struct plainer *plainer, const struct handle *handle,
		      uint64_t value, json_t *spec);
	void (*say)(const struct plainer *plainer, const struct handle *handle, uint64_t from,
		    uint64_t to, struct plainer_words *words);
};
static const struct plain steps, keys, group, arm, number, times;

/*
 * In the order in which they are tried: first what is the most to understand, and what may rob
 * the rows after it of their meaning.
 */
/* clang-format off */
static const struct row {
	const struct plain *kind;
	const char *group;
	const char *key; /* of a number; of a group: the only one, NULL is all without rows of their own */
	uint64_t least;
	bool least_first;
	bool exact;
} rows[] = {
	{ &group,  "load" },
	{ &steps,  "order" },
	{ &keys,   "dad" },
	{ &group,  "bringup" },
	{ &keys,   "bringup", "change" },
	{ &arm,    "arms" },
	{ &number, "echo", "count", .least = 1, .least_first = true, .exact = true },
	{ &keys,   "echo" },
	{ &number, "echo", "offset_us", .least = 0, .least_first = true },
	{ &keys,   "sysctl" },
	{ &group,  "device" },
	{ &number, "window", "hold_us", .least = 1 },
	{ &times,  "order", .least = 1 },
};
/* clang-format on */
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static struct handle *add_knob(struct plainer *plainer, const struct row *row,
			       struct minimise_knob knob)
{
	struct handle *handle = &plainer->handles[plainer->nr];

	/* The tables bound them: ROWS, and as many times as an order has holds. */
	_Static_assert(ROWS + ORDER_HOLDS_MAX <= MINIMISE_KNOBS, "room for each row's knobs");
	handle->row = row;
	plainer->knobs[plainer->nr++] = knob;
	return handle;
}

static uint64_t all_of(size_t nr)
{
	return (1ULL << nr) - 1;
}

__attribute__((format(printf, 2, 3))) static void say(struct plainer_words *words,
						      const char *format, ...)
{
	size_t used = strlen(words->text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(words->text + used, sizeof(words->text) - used, format, ap);
	va_end(ap);
}

/* A number that makes no difference may stay as it is. */
static void say_change(struct plainer_words *words, uint64_t from, uint64_t to)
{
	if (to == from)
		say(words, " has no effect");
	else
		say(words, " -> %" PRIu64, to);
}

static json_t *group_in(json_t *campaign, const struct row *row)
{
	return json_object_get(campaign, row->group);
}

/* --- steps of the order --- */

static void steps_make(struct plainer *plainer, const struct row *row)
{
	size_t nr = json_array_size(group_in(plainer->spec, row));

	add_knob(plainer, row,
		 (struct minimise_knob){ .kind = MINIMISE_LIST, .start = all_of(nr) });
}

static void steps_apply(const struct plainer *plainer, const struct handle *handle,
			uint64_t value, json_t *spec)
{
	json_t *list = group_in(spec, handle->row);

	(void)plainer;
	for (size_t i = json_array_size(list); i-- > 0;)
		if (!(value >> i & 1))
			json_array_remove(list, i);
}

static void steps_say(const struct plainer *plainer, const struct handle *handle, uint64_t from,
		      uint64_t to, struct plainer_words *words)
{
	const json_t *list = group_in(plainer->spec, handle->row), *step;
	size_t i;

	json_array_foreach(list, i, step)
	{
		if ((from & ~to) >> i & 1)
			say(words, "without \"%s\"", json_string_value(step));
	}
}

static const struct plain steps = { steps_make, steps_apply, steps_say };

/* --- keys of a group --- */

static bool has_own_row(const char *group_name, const char *key)
{
	for (int i = 0; i < ROWS; i++)
		if (rows[i].key && !strcmp(rows[i].group, group_name) &&
		    !strcmp(rows[i].key, key))
			return true;
	return false;
}

static void keys_make(struct plainer *plainer, const struct row *row)
{
	json_t *here = group_in(plainer->spec, row), *base = group_in(plainer->defaults, row);
	struct handle *handle = add_knob(plainer, row, (struct minimise_knob){ 0 });
	const char *key;
	json_t *value;
	size_t nr = 0;

	json_object_foreach(here, key, value)
	{
		bool is_of_row =
			row->key ? !strcmp(row->key, key) : !has_own_row(row->group, key);

		if (nr < MINIMISE_ELEMENTS - 1 && is_of_row &&
		    !json_equal(value, json_object_get(base, key)))
			handle->keys[nr++] = key;
	}
	plainer->knobs[handle - plainer->handles].start = all_of(nr);
}

static void keys_apply(const struct plainer *plainer, const struct handle *handle,
		       uint64_t value, json_t *spec)
{
	const json_t *base = group_in(plainer->defaults, handle->row);

	for (size_t i = 0; i < MINIMISE_ELEMENTS && handle->keys[i]; i++)
		if (!(value >> i & 1))
			json_object_set(group_in(spec, handle->row), handle->keys[i],
					json_object_get(base, handle->keys[i]));
}

static void say_value(const json_t *in, const char *key, struct plainer_words *words)
{
	char *text = json_dumps(json_object_get(in, key), JSON_ENCODE_ANY | JSON_COMPACT);

	say(words, "%s", text ? text : "?");
	free(text);
}

static void keys_say(const struct plainer *plainer, const struct handle *handle, uint64_t from,
		     uint64_t to, struct plainer_words *words)
{
	for (size_t i = 0; i < MINIMISE_ELEMENTS && handle->keys[i]; i++) {
		if (!((from & ~to) >> i & 1))
			continue;
		say(words, "%s.%s ", handle->row->group, handle->keys[i]);
		say_value(group_in(plainer->spec, handle->row), handle->keys[i], words);
		say(words, " -> ");
		say_value(group_in(plainer->defaults, handle->row), handle->keys[i], words);
	}
}

static const struct plain keys = { keys_make, keys_apply, keys_say };

/* --- a whole group, of which a part makes no sense, or a list of the top --- */

/* The group's defaults, except for keys with rows of their own. A new reference. */
static json_t *plain_group(const struct plainer *plainer, json_t *spec, const struct row *row)
{
	json_t *made = json_deep_copy(group_in(plainer->defaults, row));
	const char *key;
	json_t *value;

	json_object_foreach(group_in(spec, row), key, value)
	{
		if (has_own_row(row->group, key))
			json_object_set(made, key, value);
	}
	return made;
}

static void group_make(struct plainer *plainer, const struct row *row)
{
	json_auto_t *made = plain_group(plainer, plainer->spec, row);
	bool differs = !json_equal(group_in(plainer->spec, row), made);

	add_knob(plainer, row,
		 (struct minimise_knob){ .kind = MINIMISE_LIST, .start = differs });
}

static void group_apply(const struct plainer *plainer, const struct handle *handle,
			uint64_t value, json_t *spec)
{
	if (!value)
		json_object_set_new(spec, handle->row->group,
				    plain_group(plainer, spec, handle->row));
}

static void group_say(const struct plainer *plainer, const struct handle *handle, uint64_t from,
		      uint64_t to, struct plainer_words *words)
{
	const json_t *here = group_in(plainer->spec, handle->row);
	bool is_list = json_is_array(here);

	(void)from;
	(void)to;
	say(words, is_list ? "%s " : "%s.kind ", handle->row->group);
	say_value(is_list ? plainer->spec : here, is_list ? handle->row->group : "kind", words);
	say(words, " -> ");
	here = is_list ? plainer->defaults : group_in(plainer->defaults, handle->row);
	say_value(here, is_list ? handle->row->group : "kind", words);
}

static const struct plain group = { group_make, group_apply, group_say };

/* --- the arm: a list of what it injects --- */

_Static_assert(ARM_CONTROL == 0 && ARM_HOLD == 1 && ARM_ECHO == 2 && ARM_RACE == 3,
	       "an arm is a bit for its hold and one for its echoes");

static uint64_t arm_in(json_t *campaign, const struct row *row)
{
	const char *name = json_string_value(json_array_get(group_in(campaign, row), 0));
	uint64_t value = ARM_RACE;

	for (uint64_t i = 0; name && i < ARMS; i++)
		if (!strcmp(name, arm_names[i]))
			value = i;
	return value;
}

static void arm_make(struct plainer *plainer, const struct row *row)
{
	add_knob(plainer, row,
		 (struct minimise_knob){ .kind = MINIMISE_LIST,
					 .start = arm_in(plainer->spec, row) });
}

static void arm_apply(const struct plainer *plainer, const struct handle *handle,
		      uint64_t value, json_t *spec)
{
	(void)plainer;
	json_object_set_new(spec, handle->row->group, json_pack("[s]", arm_names[value]));
}

static void arm_say(const struct plainer *plainer, const struct handle *handle, uint64_t from,
		    uint64_t to, struct plainer_words *words)
{
	(void)plainer;
	(void)handle;
	say(words, "without %s", (from & ~to) == ARM_HOLD ? "a hold of the window" : "echoes");
}

static const struct plain arm = { arm_make, arm_apply, arm_say };

/* --- a count or a time --- */

/* A list is one of one element. */
static uint64_t number_in(json_t *campaign, const struct row *row)
{
	const json_t *value = json_object_get(group_in(campaign, row), row->key);
	int64_t found = 0;

	fields_integer(json_is_array(value) ? json_array_get(value, 0) : value, 0, INT64_MAX,
		       &found);
	return (uint64_t)found;
}

static void number_make(struct plainer *plainer, const struct row *row)
{
	bool has_order = json_array_size(json_object_get(plainer->spec, "order"));

	add_knob(plainer, row,
		 (struct minimise_knob){
			 .kind = MINIMISE_NUMBER,
			 .start = number_in(plainer->spec, row),
			 .least = row->least,
			 .plain = number_in(plainer->defaults, row),
			 /* Where an order holds, the window's own hold is often of no use. */
			 .least_first = row->least_first || has_order,
			 .exact = row->exact,
		 });
}

static void number_apply(const struct plainer *plainer, const struct handle *handle,
			 uint64_t value, json_t *spec)
{
	const struct row *row = handle->row;
	bool is_list =
		json_is_array(json_object_get(group_in(plainer->defaults, row), row->key));
	json_t *number_now = json_integer((json_int_t)value);

	json_object_set_new(group_in(spec, row), row->key,
			    is_list ? json_pack("[o]", number_now) : number_now);
}

static void number_say(const struct plainer *plainer, const struct handle *handle,
		       uint64_t from, uint64_t to, struct plainer_words *words)
{
	const struct row *row = handle->row;

	(void)plainer;
	say(words, "%s.%s %" PRIu64, row->group, row->key, from);
	say_change(words, from, to);
}

static const struct plain number = { number_make, number_apply, number_say };

/* --- holds of the order that end by time --- */

static bool is_timed(const json_t *step, struct order *order)
{
	*order = (struct order){ 0 };
	return !order_read(order, json_string_value(step), NULL) && order->nr_holds &&
	       order->holds[0].until == ORDER_UNTIL_TIME;
}

static void times_make(struct plainer *plainer, const struct row *row)
{
	const json_t *list = group_in(plainer->spec, row), *step;
	struct order order;
	size_t i;

	json_array_foreach(list, i, step)
	{
		uint64_t time_us = is_timed(step, &order) ? order.holds[0].time_us : 0;
		const struct minimise_knob knob = {
			.kind = MINIMISE_NUMBER,
			.start = time_us,
			.least = row->least,
			.plain = time_us,
		};

		if (time_us)
			add_knob(plainer, row, knob)->step = i;
	}
}

static void times_apply(const struct plainer *plainer, const struct handle *handle,
			uint64_t value, json_t *spec)
{
	json_t *list = group_in(spec, handle->row);
	struct order order;
	char words[ORDER_WORDS];

	(void)plainer;
	if (!is_timed(json_array_get(list, handle->step), &order))
		return;
	order.holds[0].time_us = value;
	order_write_hold(&order.holds[0], order.change, words);
	json_array_set_new(list, handle->step, json_string(words));
}

static void times_say(const struct plainer *plainer, const struct handle *handle, uint64_t from,
		      uint64_t to, struct plainer_words *words)
{
	const json_t *list = group_in(plainer->spec, handle->row);
	struct order order;

	if (!is_timed(json_array_get(list, handle->step), &order))
		return;
	say(words, "%s held at %s%s for %" PRIu64 " us",
	    order_thread_names[order.holds[0].thread],
	    order.holds[0].at_return ? "return of " : "", order.holds[0].place, from);
	say_change(words, from, to);
}

static const struct plain times = { times_make, times_apply, times_say };

/* --- the whole --- */

static json_t *whole(const struct campaign *campaign)
{
	return fields_to_json(&campaign_fields, campaign);
}

static int read_spec(const char *text, json_t **out, struct why *why)
{
	struct campaign *campaign = NULL;
	int err = campaign_load_text("spec", text, strlen(text), NULL, 0, &campaign, why);

	if (!err && !campaign->spec)
		err = why_set(why, EINVAL, "the text is not a spec: \"spec\": 1 is missing");
	if (!err) {
		*out = whole(campaign);
		err = *out ? 0 : why_memory(why);
	}
	campaign_free(campaign);
	return err;
}

static int read_defaults(json_t **out, struct why *why)
{
	struct campaign *campaign = NULL;
	int err = campaign_load(NULL, NULL, 0, &campaign, why);

	if (err)
		return err;
	*out = whole(campaign);
	campaign_free(campaign);
	return *out ? 0 : why_memory(why);
}

int plainer_new(const char *spec, struct plainer **out, struct why *why)
{
	struct plainer *plainer = calloc(1, sizeof(*plainer));
	int err;

	if (!plainer)
		return why_memory(why);
	err = read_spec(spec, &plainer->spec, why);
	if (!err)
		err = read_defaults(&plainer->defaults, why);
	if (err) {
		plainer_free(plainer);
		return err;
	}
	for (int i = 0; i < ROWS; i++)
		rows[i].kind->make(plainer, &rows[i]);
	*out = plainer;
	return 0;
}

void plainer_free(struct plainer *plainer)
{
	if (!plainer)
		return;
	json_decref(plainer->spec);
	json_decref(plainer->defaults);
	free(plainer);
}

const struct minimise_knob *plainer_knobs(const struct plainer *plainer, uint32_t *nr)
{
	*nr = plainer->nr;
	return plainer->knobs;
}

void plainer_spec_free(struct plainer_spec *spec)
{
	free(spec->text);
	campaign_free(spec->campaign);
	*spec = (struct plainer_spec){ 0 };
}

int plainer_make(const struct plainer *plainer, const struct minimise_point *point,
		 struct plainer_spec *spec, struct why *why)
{
	json_auto_t *copy = json_deep_copy(plainer->spec);
	struct plainer_spec made = { 0 };
	int err;

	/* From the last, so that times find their steps before steps are left out. */
	for (uint32_t i = plainer->nr; copy && i-- > 0;)
		plainer->handles[i].row->kind->apply(plainer, &plainer->handles[i],
						     point->at[i], copy);
	made.text = copy ? campaign_text(copy) : NULL;
	if (!made.text)
		return why_memory(why);
	err = campaign_load_text("spec", made.text, strlen(made.text), NULL, 0, &made.campaign,
				 why);
	if (!err && made.campaign->nr_order && made.campaign->arms[0] != ARM_RACE)
		err = why_set(why, EINVAL, "an order needs the race arm");
	if (err)
		plainer_spec_free(&made);
	else
		*spec = made;
	return err;
}

struct plainer_words plainer_say(const struct plainer *plainer, uint32_t knob,
				 const struct minimise_point *from,
				 const struct minimise_point *to)
{
	const struct handle *handle = &plainer->handles[knob];
	struct plainer_words words = { "" };

	handle->row->kind->say(plainer, handle, from->at[knob], to->at[knob], &words);
	return words;
}

/* --- the same trial in other words --- */

/* Settings that a trial has and does not use. */
/* clang-format off */
static const struct {
	const char *name;
	const char *value; /* as JSON */
	const char *unused[9];
} idle[] = {
	{ "echoes", "0", { "direction", "target", "source", "message", "offset_us", "spacing_us",
			   "payload_bytes", "hop_limit" } },
	{ "echoes", "1", { "spacing_us" } },
	{ "direction", "\"outbound\"", { "source" } },
	{ "direction", "\"outbound-raw\"", { "source" } },
	{ "dad_answer", "\"none\"", { "dad_at", "dad_offset_us", "dad_times" } },
};
/* clang-format on */

static void forget_unused(json_t *trial)
{
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		char *value = json_dumps(json_object_get(trial, idle[i].name), JSON_ENCODE_ANY);

		for (int j = 0; value && !strcmp(value, idle[i].value) && idle[i].unused[j];
		     j++)
			json_object_del(trial, idle[i].unused[j]);
		free(value);
	}
}

static json_t *trial_of(const struct campaign *campaign)
{
	struct spec_words words;
	struct trial_spec trial;
	json_t *json;

	plan_trial(campaign, 1, &trial);
	spec_say(&trial, &words);
	json = fields_to_json(&spec_fields, &trial);
	forget_unused(json);
	if (message_has(trial.message, MESSAGE_OF_ONE_SIZE | MESSAGE_FIXED))
		json_object_del(json, "payload_bytes");
	if (message_has(trial.message, MESSAGE_FIXED))
		json_object_del(json, "hop_limit");
	return json;
}

/* Settings around a trial. */
static json_t *circumstances(const struct campaign *campaign)
{
	static const char *const of_the_trial[] = { "arms", "window", "order", "echo", "dad" };
	json_t *json = whole(campaign);

	for (size_t i = 0; i < sizeof(of_the_trial) / sizeof(of_the_trial[0]); i++)
		json_object_del(json, of_the_trial[i]);
	return json;
}

bool plainer_same(const struct campaign *one, const struct campaign *other)
{
	json_auto_t *trial = trial_of(one), *other_trial = trial_of(other);
	json_auto_t *around = circumstances(one), *other_around = circumstances(other);

	return json_equal(trial, other_trial) && json_equal(around, other_around);
}
