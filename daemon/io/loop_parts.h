/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LOOP_PARTS_H
#define DADRACE_LOOP_PARTS_H

#include "io/loop.h"

/*
 * For the doors to libevent only: loop.c (descriptors, timers, signals), stream.c
 * (connections), http.c (HTTP).
 */
struct event_base;
struct event_base *loop_base(struct loop *loop);

#endif
