/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SPEC_MESSAGE_H
#define DADRACE_SPEC_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What is sent into the window: the rows of messages.def. Where "echo" is said of packets in
 * general, it may be any of these.
 */
enum message_kind {
#define MESSAGE(kind, name, one, more, class, counter, group, traits, doc) MESSAGE_##kind,
#include "spec/messages.def"
	MESSAGES,
};
extern const char *const message_names[];

enum message_trait {
	MESSAGE_NAMES_DEVICE = 1, /* its bytes contain the device's link-local address */
	MESSAGE_IS_RA = 2,
	MESSAGE_TO_UNICAST = 4, /* IPv6 does not look at one that goes to a group */
	/* the kernel counts it for the whole namespace, not for the device */
	MESSAGE_OF_NAMESPACE = 8,
	MESSAGE_IN_TWO = 16,	  /* two packets make one of it */
	MESSAGE_OF_ONE_SIZE = 32, /* its bytes do not depend on echo.payload_bytes */
	MESSAGE_FIXED = 64,	  /* nor on echo.hop_limit: it has its protocol's */
};
bool message_has(enum message_kind message, enum message_trait trait);

/* What so many of it are called in a report: "echo" and "echoes". */
const char *message_words(enum message_kind message, uint32_t number);

#endif
