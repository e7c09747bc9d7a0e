/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FUNCTIONS_H
#define DADRACE_FUNCTIONS_H

#include <stdbool.h>

#include "ledger/ledger.h"

/* What a kernel function's name says, by tables of beginnings: Linux 5.10 to 7.2. */

/* The kind of holder that a function holds or puts for; HOLDER_OTHER: it is in no row. */
enum holder_kind function_kind(const char *function);

/* The same of a path, told its callers one by one: whose nexthop it is. */
enum holder_kind function_kind_within(enum holder_kind kind, const char *caller);

/*
 * The kind that reports show: for a link between devices that of the upper device, "bond". It
 * cancels out as what it is: macvlan_dellink() jumps to the function that cuts its link, and is
 * no part of that stack.
 */
enum holder_kind function_kind_told(enum holder_kind told, const char *caller);

/* What runs a path that ends in this function; LEDGER_UNKNOWN: it does not end there. */
enum ledger_context function_context(const char *function);

/* Whether it holds and puts only for its caller, as netdev_hold() does. */
bool function_is_helper(const char *function);

/* Whether it makes an object, as dst_alloc() does, for whoever calls it. */
bool function_is_maker(const char *function);

/* Whether it is a way into the network stack: a path says nothing of a bug behind it. */
bool function_is_door(const char *function);

/*
 * Whether a path, or a line of the kernel's log, names a function of a bug that was planted
 * (daemon/guest/plants/bugs.c).
 */
bool function_is_planted_in(const char *text);

/* Whether it stands in a stack only because something watches: kprobes, BPF, ftrace. */
bool function_is_watcher(const char *function);

#endif
