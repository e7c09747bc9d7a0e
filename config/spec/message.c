// SPDX-License-Identifier: GPL-2.0-or-later
#include "spec/message.h"

const char *const message_names[] = {
#define MESSAGE(kind, name, one, more, class, counter, group, traits, doc) name,
#include "spec/messages.def"
};

bool message_has(enum message_kind message, enum message_trait trait)
{
	static const unsigned int all[] = {
#define MESSAGE(kind, name, one, more, class, counter, group, traits, doc) traits,
#include "spec/messages.def"
	};

	return all[message] & trait;
}

const char *message_words(enum message_kind message, uint32_t number)
{
	static const struct {
		const char *one, *more;
	} words[] = {
#define MESSAGE(kind, name, one, more, class, counter, group, traits, doc) { one, more },
#include "spec/messages.def"
	};

	return number == 1 ? words[message].one : words[message].more;
}
