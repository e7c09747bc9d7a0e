// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

/* clang-format off */
const struct probe *const probe_table[] = {
	&flags_probe,
	&hold_probe,
	&echo_in_probe,
	&echo_out_probe,
	&route_probe,
	&source_probe,
	&reply_probe,
	&settle_probe,
	&counts_probe,
	&dad_probe,
	NULL,
};
/* clang-format on */

_Static_assert(sizeof(probe_table) / sizeof(probe_table[0]) - 1 == NR_PROBES,
	       "NR_PROBES: the rows of the table");
