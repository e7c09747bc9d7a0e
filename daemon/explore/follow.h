/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLORE_FOLLOW_H
#define DADRACE_EXPLORE_FOLLOW_H

#include "trial/evidence.h"

/*
 * A leak is followed: an order that shows it by chance becomes one that leaves less to chance.
 *
 *   II held at X until DAD held  ──┐ ended by its deadline, or went on before thread I was done
 *   II held at X for 300 us      ──┴─> II held at X until I done
 *   I held at Y for 300 us       ────> I held at Y until II done, II starts when I held
 *
 * Of the holds that were reached, the one that may explain it best: one whose event did not
 * come, so that its thread was held for long while others went on, then the longest. Holds of
 * the other thread that wait for this one to be done are left out. Pure.
 *
 * False: no hold of the trial can be followed, or its order leaves nothing to chance.
 */
bool follow_leak(const struct evidence *leak, struct trial_spec *followed);

#endif
