// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "record/record.h"
#include "trial/moment.h"

/* clang-format off */
const char *const moment_names[MOMENTS] = {
#define MOMENT(kind, name, ...) [MOMENT_##kind] = (name),
#include "trial/moments.def"
};

const struct moment_row moment_table[MOMENTS] = {
#define MOMENT(kind, name, thread, words, brief, counted, value, feature, rank) \
	[MOMENT_##kind] = { thread, words, brief, counted, VALUE_##value, FEATURE_##feature, rank },
#include "trial/moments.def"
};
/* clang-format on */

/* A record type that no row names is a warning here, one that two rows name an error. */
enum moment_kind moment_of_record(uint32_t type)
{
	/* clang-format off */
	switch ((enum record_type)type) {
#define MOMENT(kind, ...)
#define RECORDED(kind, record, ...) case RECORD_##record: return MOMENT_##kind;
#include "trial/moments.def"
	case RECORD_TYPES: break;
	}
	/* clang-format on */
	return MOMENT_NONE;
}
