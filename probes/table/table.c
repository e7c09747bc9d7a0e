// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

const struct probe *const probe_table[NR_PROBES + 1] = {
#define PROBE(name) &name##_probe,
#include "table/rows.def"
};
