// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse/campaign_parts.h"
#include "parse/campaign_pinned.h"

/* Keys that say how a campaign is run, and nothing about a trial. */
static const char *const of_the_run[] = { "clean_below_ppm", "name",   "seed",	  "stop",
					  "lanes",	     "kernel", "modules", "ledger",
					  "explore",	     "submit" };

static json_t *difference(json_t *object, json_t *base);

/* Puts into `rest` what of `here` is not as in `there`. */
static int put_rest(json_t *rest, const char *name, json_t *here, json_t *there)
{
	json_auto_t *sub = NULL;

	if (!here || json_equal(here, there))
		return 0;
	if (!json_is_object(here) || !json_is_object(there))
		return json_object_set(rest, name, here);
	sub = difference(here, there);
	if (!sub)
		return -ENOMEM;
	return json_object_size(sub) ? json_object_set(rest, name, sub) : 0;
}

/*
 * What of `object` is not as in `base`, in the order of `base`; what `base` does not know comes
 * last. A new reference; NULL when memory ran out.
 */
static json_t *difference(json_t *object, json_t *base)
{
	json_auto_t *rest = json_object();
	const char *name;
	json_t *value;
	int err = 0;

	json_object_foreach(base, name, value)
	{
		err = err ? err : put_rest(rest, name, json_object_get(object, name), value);
	}
	json_object_foreach(object, name, value)
	{
		if (!json_object_get(base, name))
			err = err ? err : json_object_set(rest, name, value);
	}
	return err ? NULL : json_incref(rest);
}

/* The default of lanes is auto, which is another number elsewhere: it is always told. */
static char *text_of(json_t *campaign)
{
	struct campaign *defaults = NULL;
	json_auto_t *base = NULL, *rest = NULL;

	if (campaign_load(NULL, NULL, 0, &defaults, NULL))
		return NULL;
	base = fields_to_json(&campaign_fields, defaults);
	campaign_free(defaults);
	json_object_set_new(base, "lanes", json_null());
	rest = base ? difference(campaign, base) : NULL;
	return rest ? json_dumps(rest, JSON_COMPACT) : NULL;
}

/* Of list and range one is in force; the list is empty when it is the range. */
static json_t *without_other_hold(const json_t *campaign)
{
	json_t *copy = json_deep_copy(campaign);
	json_t *window = json_object_get(copy, "window");

	if (!json_array_size(json_object_get(window, "hold_us")))
		json_object_del(window, "hold_us");
	return copy;
}

/* An arm that is not held has drawn no hold, and a trial need not have an order. */
static bool is_nothing(const json_t *value)
{
	return !value || (json_is_integer(value) && !json_integer_value(value)) ||
	       (json_is_array(value) && !json_array_size(value));
}

/* The object in which a key stands, made when it is missing. NULL when memory ran out. */
static json_t *object_of(json_t *campaign, const struct key *key)
{
	const char *group = campaign_keys()->list[key->parent].row->name;

	if (key->parent == ROOT)
		return campaign;
	if (!json_object_get(campaign, group))
		json_object_set_new(campaign, group, json_object());
	return json_object_get(campaign, group);
}

static int pin_one(json_t *campaign, const struct pin *pin, json_t *drawn)
{
	const struct key *key = &campaign_keys()->list[key_find(pin->key)];
	json_t *object = object_of(campaign, key);
	const char *name = key->row->name;

	if (pin->stays && (is_nothing(drawn) || json_array_size(json_object_get(object, name))))
		return 0;
	if (!is_nothing(drawn))
		return json_object_set_new(
			object, name, pin->list ? json_pack("[O]", drawn) : json_incref(drawn));
	json_object_del(object, name);
	return 0;
}

static int pin_all(json_t *campaign, const json_t *trial)
{
	int err = json_object_set_new(campaign, "spec", json_integer(1));

	json_object_del(json_object_get(campaign, "window"), "hold_range");
	for (const struct pin *pin = campaign_pins; !err && pin->drawn; pin++)
		err = pin_one(campaign, pin, json_object_get(trial, pin->drawn));
	return err;
}

char *campaign_spec(const json_t *campaign, const json_t *trial)
{
	json_auto_t *pinned = json_deep_copy(campaign);

	for (size_t i = 0; i < sizeof(of_the_run) / sizeof(of_the_run[0]); i++)
		json_object_del(pinned, of_the_run[i]);
	return pinned && !pin_all(pinned, trial) ? text_of(pinned) : NULL;
}

char *campaign_text(const json_t *campaign)
{
	json_auto_t *copy = without_other_hold(campaign);

	if (json_integer_value(json_object_get(copy, "spec")))
		json_object_del(copy, "lanes");
	return copy ? text_of(copy) : NULL;
}
