/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_RECHECK_H
#define DADRACE_WHO_RECHECK_H

#include "who/chain.h"

/*
 * The kernel goes on while its memory is read. Between the look for what holds a device and the
 * one for what points to that, an object can be freed and used again, and its next user would
 * be named. So each word that something was concluded from is read once more at the end: what
 * has another one by now holds nothing, and leads to nobody. The account says then that it has
 * moved.
 *
 * A recorded image has no later words, and stays as it is. Nothing is lost of a registered
 * device whose account has moved: what is, is still lost when it rests.
 */
void recheck(const struct kernel *kernel, struct account *account, struct chain *chain);

#endif
