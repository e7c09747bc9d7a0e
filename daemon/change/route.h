/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_ROUTE_H
#define DADRACE_CHANGE_ROUTE_H

#include "change/change.h"
#include "change/request.h"

/* Begins a request for a route to frame_elsewhere, the destination that errors quote. */
void route_begin(struct request *request, uint16_t flags);

#endif
