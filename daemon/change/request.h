/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_REQUEST_H
#define DADRACE_CHANGE_REQUEST_H

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A request of rtnetlink: begun with the structure that its type wants, attributes appended,
 * then sent. It has room for each request of a change; none holds text of others.
 */
struct request {
	struct nlmsghdr head;
	unsigned char body[500];
};

void request_begin(struct request *request, uint16_t type, uint16_t flags, const void *start,
		   size_t bytes);

/* The attribute; what is appended before request_end() is nested in it. */
struct rtattr *request_put(struct request *request, uint16_t type, const void *value,
			   size_t bytes);
void request_end(struct request *request, struct rtattr *nested);

/* Appends bytes that are no attribute, and returns where they begin. */
void *request_append(struct request *request, const void *value, size_t bytes);

/* What the kernel answers: 0 or -errno. */
int request_send(struct request *request);

#endif
