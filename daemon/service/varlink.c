// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "control_interface.h"
#include "service/varlink.h"
#include "service_interface.h"

const char *const varlink_description = (const char *)control_interface;
const char *const varlink_service_description = (const char *)service_interface;

int varlink_call_read(const char *text, size_t length, struct varlink_call *call)
{
	json_t *json = fields_parse_bytes(text, length);
	json_t *parameters = json_object_get(json, "parameters");
	const char *method = json_string_value(json_object_get(json, "method"));

	if (!method || strlen(method) > VARLINK_METHOD_MAX ||
	    (parameters && !json_is_object(parameters) && !json_is_null(parameters))) {
		json_decref(json);
		return -EINVAL;
	}
	*call = (struct varlink_call){
		.json = json,
		.method = method,
		.parameters = json_is_object(parameters) ? parameters : NULL,
		.more = json_is_true(json_object_get(json, "more")),
		.oneway = json_is_true(json_object_get(json, "oneway")),
	};
	return 0;
}

void varlink_call_drop(struct varlink_call *call)
{
	json_decref(call->json);
	*call = (struct varlink_call){ 0 };
}

static bool is_text(const json_t *json)
{
	return json_is_string(json) &&
	       strlen(json_string_value(json)) == json_string_length(json);
}

bool varlink_text(const struct varlink_call *call, const char *name, const char **value,
		  const char **wrong)
{
	const json_t *json = json_object_get(call->parameters, name);

	if (!json || json_is_null(json))
		return true;
	if (!is_text(json)) {
		*wrong = name;
		return false;
	}
	*value = json_string_value(json);
	return true;
}

bool varlink_texts(const struct varlink_call *call, const char *name, const char **values,
		   size_t most, size_t *nr, const char **wrong)
{
	const json_t *json = json_object_get(call->parameters, name);

	if (!json || json_is_null(json))
		return true;
	*wrong = name;
	if (!json_is_array(json) || json_array_size(json) > most)
		return false;
	for (size_t i = 0; i < json_array_size(json); i++) {
		const json_t *text = json_array_get(json, i);

		if (!is_text(text))
			return false;
		values[i] = json_string_value(text);
	}
	*nr = json_array_size(json);
	return true;
}

bool varlink_number(const struct varlink_call *call, const char *name, int64_t least,
		    int64_t most, int64_t *value, const char **wrong)
{
	const json_t *json = json_object_get(call->parameters, name);

	if (!json || json_is_null(json) || fields_integer(json, least, most, value))
		return true;
	*wrong = name;
	return false;
}

bool varlink_flag(const struct varlink_call *call, const char *name, bool *value,
		  const char **wrong)
{
	const json_t *json = json_object_get(call->parameters, name);

	if (!json || json_is_null(json))
		return true;
	if (!json_is_boolean(json)) {
		*wrong = name;
		return false;
	}
	*value = json_is_true(json);
	return true;
}

static char *to_text(json_t *message, size_t *length)
{
	size_t size = message ? json_dumpb(message, NULL, 0, JSON_COMPACT) : 0;
	char *text = size ? malloc(size + 1) : NULL;

	if (text) {
		json_dumpb(message, text, size, JSON_COMPACT);
		text[size] = '\0';
		*length = size + 1;
	} else {
		memory_note_short();
	}
	json_decref(message);
	return text;
}

char *varlink_reply(json_t *parameters, bool continues, size_t *length)
{
	json_t *message = json_pack("{so}", "parameters", parameters);

	if (continues && message)
		json_object_set_new(message, "continues", json_true());
	return to_text(message, length);
}

char *varlink_error(const char *error, json_t *parameters, size_t *length)
{
	return to_text(json_pack("{ssso}", "error", error, "parameters", parameters), length);
}

char *varlink_call_text(const char *method, json_t *parameters, bool more, size_t *length)
{
	json_t *message = json_pack("{ssso}", "method", method, "parameters", parameters);

	if (more && message)
		json_object_set_new(message, "more", json_true());
	return to_text(message, length);
}
