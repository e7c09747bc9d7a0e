// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/change.h"

const struct change change_none = { 0 };

static const struct change *const changes[] = {
#define CHANGE(kind, row, name, words, traits) &change_##row,
#include "spec/changes.def"
};

const struct change *change_of(enum change_kind kind)
{
	return changes[kind];
}

static int make_and_look(const struct change *change, struct change_about *about)
{
	int err;

	if (change->in_force(about))
		return CHANGE_DID_NOTHING;
	err = change->make(about);
	if (err || change->in_force(about))
		return err;
	if (change->put_back) /* it cannot be seen, but may be there */
		change->put_back(about);
	return CHANGE_DID_NOTHING;
}

int change_make(enum change_kind kind, struct change_about *about)
{
	const struct change *change = changes[kind];
	int err;

	about->change = change;
	err = change->wait ? change->wait(about) : 0;
	if (!err && change->make)
		err = make_and_look(change, about);
	about->made = !err;
	if (!err && change->put_back && !change->stays)
		err = change->put_back(about);
	return err;
}

int change_undo(const struct change_about *about)
{
	bool is_left = about->made && about->change->stays && about->change->put_back;

	return is_left ? about->change->put_back(about) : 0;
}
