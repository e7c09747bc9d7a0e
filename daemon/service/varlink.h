/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_VARLINK_H
#define DADRACE_VARLINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fields.h"

/*
 * The protocol of the control socket: Varlink (https://varlink.org). Pure.
 *
 *   call:   {"method": "io.dadrace.Control.Show", "parameters": {"id": "..."}} NUL
 *   reply:  {"parameters": {...}} NUL              and with "continues": true more will follow
 *   error:  {"error": "io.dadrace.Control.NotFound", "parameters": {...}} NUL
 *
 * "more" asks for several replies, "oneway" for none.
 */
#define VARLINK_SERVICE	  "org.varlink.service"
#define VARLINK_INTERFACE "io.dadrace.Control"

enum {
	VARLINK_MESSAGE_MAX = 256 * 1024, /* bytes of a call */
	VARLINK_METHOD_MAX = 128,
	CAMPAIGN_TEXT_MAX = 128 * 1024, /* bytes; escaped, it fits into a call */
};

struct varlink_call {
	json_t *json; /* owns what follows */
	const char *method;
	const json_t *parameters; /* an object; NULL: none were given */
	bool more;
	bool oneway;
};

/*
 * Parses a call, without its NUL. -EINVAL: invalid. The caller frees it with
 * varlink_call_drop().
 */
int varlink_call_read(const char *text, size_t length, struct varlink_call *call);
void varlink_call_drop(struct varlink_call *call);

/*
 * Read a parameter of a call. If it is absent or null, *value is left alone. False: wrong type,
 * or out of range; *wrong is then its name.
 */
bool varlink_text(const struct varlink_call *call, const char *name, const char **value,
		  const char **wrong);
bool varlink_number(const struct varlink_call *call, const char *name, int64_t least,
		    int64_t most, int64_t *value, const char **wrong);

/* An array of at most `most` texts; `values` and *nr are the caller's. */
bool varlink_texts(const struct varlink_call *call, const char *name, const char **values,
		   size_t most, size_t *nr, const char **wrong);

bool varlink_flag(const struct varlink_call *call, const char *name, bool *value,
		  const char **wrong);

/* Messages to send, malloc'd; *length includes the NUL at the end. NULL: out of memory. */
char *varlink_reply(json_t *parameters, bool continues,
		    size_t *length); /* takes the reference */
char *varlink_error(const char *error, json_t *parameters, size_t *length);
char *varlink_call_text(const char *method, json_t *parameters, bool more, size_t *length);

/* The interfaces in Varlink's own language, for GetInterfaceDescription. */
extern const char *const varlink_description;
extern const char *const varlink_service_description;

#endif
