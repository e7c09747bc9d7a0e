/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_ROUTE_H
#define DADRACE_CHANGE_ROUTE_H

#include "change/change.h"
#include "change/request.h"

/* A request about the route to frame_elsewhere's prefix, of RTN_UNICAST or another kind. */
void route_request(struct request *request, uint16_t type, uint16_t flags, uint8_t kind);

/* Begins one for a route to frame_elsewhere, the destination that errors quote. */
void route_begin(struct request *request, uint16_t flags);

#endif
