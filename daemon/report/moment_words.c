// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "report/moment_words.h"

/* What a moment's value says. */
enum value {
	VALUE_NONE,
	VALUE_FLAGS,  /* IFF_... */
	VALUE_RESULT, /* 0, a number of bytes, or a negative errno */
	VALUE_OVER,   /* references over the baseline */
	VALUE_TABLE,  /* a routing table */
	VALUE_STATUS, /* a wait status */
};

/* clang-format off */
static const struct {
	struct moment_text text;
	enum value value;
} rows[] = {
	[MOMENT_START]         = { { "",    "the trial starts: baseline read, the bring-up is let go", "start", "echo" }, VALUE_NONE },
	[MOMENT_FLAGS_ENTER]   = { { "I",   "a flag set enters the kernel", "flag set", "echo" }, VALUE_FLAGS },
	[MOMENT_FLAGS_RETURN]  = { { "I",   "the flag set returns", "returns", "echo" }, VALUE_RESULT },
	[MOMENT_OPENED]        = { { "I",   "the window is open", "opens", "echo" }, VALUE_NONE },
	[MOMENT_HELD]          = { { "I",   "held in the window", "held", "echo" }, VALUE_NONE },
	[MOMENT_RELEASED]      = { { "I",   "let go", "let go", "echo" }, VALUE_NONE },
	[MOMENT_CLOSED]        = { { "I",   "the window closes: the next flag set comes, or the deletion", "closes", "echo" }, VALUE_NONE },
	[MOMENT_EXITED]        = { { "I",   "the bring-up's process ends", "exits", "echo" }, VALUE_STATUS },
	[MOMENT_ECHO_SENT]     = { { "II",  "the echo is handed to the kernel", "echo sent", "echo" }, VALUE_NONE },
	[MOMENT_ECHO_IN]       = { { "II",  "the echo reaches the device's receive path", "echo in", "echo" }, VALUE_NONE },
	[MOMENT_ECHO_OUT]      = { { "II",  "the echo enters the kernel", "echo out", "echo" }, VALUE_NONE },
	[MOMENT_ECHO_ANSWERED] = { { "II",  "the kernel answers the send", "answered", "echo" }, VALUE_RESULT },
	[MOMENT_ROUTE]         = { { "II",  "a route is looked up", "route", "echo" }, VALUE_TABLE },
	[MOMENT_SOURCE]        = { { "II",  "a source address is selected", "source", "echo" }, VALUE_RESULT },
	[MOMENT_REPLY]         = { { "II",  "the echo reply path is entered", "reply", "echo" }, VALUE_NONE },
	[MOMENT_STEP_HELD]     = { { NULL,  "held", "held", "echo" }, VALUE_NONE },
	[MOMENT_STEP_RELEASED] = { { NULL,  "let go", "let go", "echo" }, VALUE_RESULT },
	[MOMENT_DAD_PROBE]     = { { "",    "the device asks for its address", "DAD probe", "probe" }, VALUE_NONE },
	[MOMENT_DAD_ANSWERED]  = { { "II",  "the peer answers", "DAD answer", "answer" }, VALUE_RESULT },
	[MOMENT_DAD_IN]        = { { "II",  "the answer reaches the device's receive path", "DAD answer in", "answer" }, VALUE_NONE },
	[MOMENT_TENTATIVE]     = { { "",    "an address is tentative", "tentative", "echo" }, VALUE_NONE },
	[MOMENT_DADFAILED]     = { { "",    "its DAD has failed", "DAD failed", "echo" }, VALUE_NONE },
	[MOMENT_PERMANENT]     = { { "",    "its DAD is done: the address is usable", "usable", "echo" }, VALUE_NONE },
	[MOMENT_ADDRESS_GONE]  = { { "",    "an address is gone", "address gone", "echo" }, VALUE_NONE },
	[MOMENT_LINK_UP]       = { { "",    "the link is up", "link up", "echo" }, VALUE_NONE },
	[MOMENT_LINK_DOWN]     = { { "",    "the link is down", "link down", "echo" }, VALUE_NONE },
	[MOMENT_LINK_GONE]     = { { "",    "the device is gone", "device gone", "echo" }, VALUE_NONE },
	[MOMENT_DOWN]          = { { "",    "teardown: dadrace sets the device down", "set down", "echo" }, VALUE_NONE },
	[MOMENT_SETTLED]       = { { "",    "all references are back", "all back", "echo" }, VALUE_NONE },
	[MOMENT_LOOK]          = { { "",    "a further look: references are missing", "missing", "echo" }, VALUE_OVER },
	[MOMENT_UNREGISTER]    = { { "",    "the device is unregistered", "unregister", "echo" }, VALUE_NONE },
	[MOMENT_UNREGISTERED]  = { { "",    "the unregister has returned", "unregistered", "echo" }, VALUE_NONE },
	[MOMENT_CHANGE]        = { { "I",   "the bring-up begins to change the device", "change", "echo" }, VALUE_NONE },
	[MOMENT_CHANGED]       = { { "I",   "the change is made", "changed", "echo" }, VALUE_RESULT },
};
/* clang-format on */
_Static_assert(sizeof(rows) / sizeof(rows[0]) == MOMENTS, "rows: one per moment");

const struct moment_text *moment_text(enum moment_kind kind)
{
	return &rows[kind].text;
}

void moment_print_value(const struct moment_told *moment, FILE *out)
{
	int64_t value = moment->value;
	const char *name =
		value < 0 && value >= -INT32_MAX ? strerrorname_np((int)-value) : NULL;

	switch (rows[moment->event].value) {
	case VALUE_NONE: break;
	case VALUE_FLAGS:
		fprintf(out, " (flags 0x%" PRIx64 "%s)", (uint64_t)value,
			value & 1 ? ", up" : "");
		break;
	case VALUE_RESULT:
		if (value < 0)
			fprintf(out, ": fails, %s", name ? name : "unknown error");
		break;
	case VALUE_OVER: fprintf(out, " (%+" PRId64 ")", value); break;
	case VALUE_TABLE: fprintf(out, " (table %" PRId64 ")", value); break;
	case VALUE_STATUS:
		if (value)
			fprintf(out, " (wait status 0x%" PRIx64 ")", (uint64_t)value);
		break;
	}
}
