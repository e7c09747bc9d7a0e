// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "service/varlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Any bytes as a message on the control socket: refused, or a call whose method and parameters
 * can be asked for, and which can be said again and is then taken again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = "", *wrong = NULL;
	struct varlink_call call, again;
	int64_t number = 5;
	size_t length = 0;
	char *said;

	if (varlink_call_read((const char *)data, size, &call))
		return 0;
	if (!varlink_text(&call, "id", &text, &wrong) != (wrong != NULL) || !text)
		abort();
	if (varlink_number(&call, "after", 0, 9, &number, &wrong) && (number < 0 || number > 9))
		abort();
	said = varlink_call_text(call.method, json_deep_copy(call.parameters), call.more,
				 &length);
	if (call.parameters && (!said || varlink_call_read(said, length - 1, &again)))
		abort();
	if (call.parameters) {
		if (strcmp(again.method, call.method) != 0 ||
		    !json_equal(again.parameters, call.parameters))
			abort();
		varlink_call_drop(&again);
	}
	free(said);
	varlink_call_drop(&call);
	return 0;
}
