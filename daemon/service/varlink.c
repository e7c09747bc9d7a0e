// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service/varlink.h"

const char varlink_service_description[] =
	"# The Varlink Service Interface is provided by every varlink service. It describes "
	"the\n"
	"# service and the interfaces it implements.\n"
	"interface org.varlink.service\n"
	"\n"
	"method GetInfo() -> (\n"
	"  vendor: string,\n"
	"  product: string,\n"
	"  version: string,\n"
	"  url: string,\n"
	"  interfaces: []string\n"
	")\n"
	"\n"
	"method GetInterfaceDescription(interface: string) -> (description: string)\n"
	"\n"
	"error InterfaceNotFound (interface: string)\n"
	"error MethodNotFound (method: string)\n"
	"error MethodNotImplemented (method: string)\n"
	"error InvalidParameter (parameter: string)\n"
	"error PermissionDenied ()\n"
	"error ExpectedMore ()\n";

const char varlink_description[] =
	"# Campaigns of dadrace: submitted, queued, run, watched and kept.\n"
	"interface io.dadrace.Control\n"
	"\n"
	"type Campaign (\n"
	"  id: string,\n"
	"  name: string,\n"
	"  submitted_by: string,\n"
	"  state: (queued, paused, running, ended),\n"
	"  priority: int,\n"
	"  every_s: ?int,\n"
	"  number: int,\n"
	"  submitted_unix_ms: int,\n"
	"  not_before_unix_ms: ?int,\n"
	"  retry_unix_ms: ?int,\n"
	"  started_unix_ms: ?int,\n"
	"  ended_unix_ms: ?int,\n"
	"  runs: int,\n"
	"  failures: int,\n"
	"  boots: int,\n"
	"  boot_id: ?string,\n"
	"  trials: int,\n"
	"  cancelled: bool,\n"
	"  exit_code: ?int,\n"
	"  verdict: ?string,\n"
	"  reason: ?string\n"
	")\n"
	"\n"
	"# The text of a campaign file. priority: -100 to 100, the higher first; not_before: "
	"seconds\n"
	"# since 1970; every: seconds, at least 60. What is left out, the text's section "
	"`submit` says.\n"
	"method Submit(campaign: string, priority: ?int, not_before: ?int, every: ?int) -> "
	"(id: "
	"string)\n"
	"\n"
	"method List() -> (campaigns: []Campaign)\n"
	"\n"
	"# text: the campaign file as it was submitted; summary: as in summary.json.\n"
	"method Show(id: string) -> (campaign: Campaign, text: string, summary: ?object)\n"
	"\n"
	"# With \"more\": each line of the results as it is written, from the first one after "
	"`after` (0,\n"
	"# or `next` of an earlier reply); at the end, one reply without a line. `brief` "
	"leaves of a\n"
	"# trial only its verdict, with what it is of, its number and its arm.\n"
	"method Follow(id: string, after: ?int, brief: ?bool) -> (line: ?object, next: int, "
	"campaign: "
	"?Campaign)\n"
	"\n"
	"# A part of the lines that are there.\n"
	"method Results(id: string, after: ?int) -> (folder: string, lines: []object, next: "
	"int, "
	"more: bool)\n"
	"\n"
	"# Ends it after the trials in hand, and its repetition.\n"
	"method Cancel(id: string) -> ()\n"
	"\n"
	"# A running one is interrupted after the trials in hand, and goes on there when "
	"resumed.\n"
	"method Pause(id: string) -> ()\n"
	"method Resume(id: string) -> ()\n"
	"\n"
	"# What `dadrace doctor` says on this machine.\n"
	"method Doctor() -> (exit_code: int, text: string)\n"
	"\n"
	"method Version() -> (version: string)\n"
	"\n"
	"# The campaign file is refused, for this reason.\n"
	"error CampaignInvalid (reason: string)\n"
	"error NotFound (id: string)\n"
	"# It is in a state in which that cannot be done.\n"
	"error WrongState (id: string, state: string, reason: string)\n"
	"error QueueFull (limit: int)\n"
	"error Busy (reason: string)\n"
	"error Failed (reason: string)\n";

int varlink_call_read(const char *text, size_t length, struct varlink_call *call)
{
	json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
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

bool varlink_text(const struct varlink_call *call, const char *name, const char **value,
		  const char **wrong)
{
	const json_t *json = json_object_get(call->parameters, name);

	if (!json || json_is_null(json))
		return true;
	if (!json_is_string(json) ||
	    strlen(json_string_value(json)) != json_string_length(json)) {
		*wrong = name;
		return false;
	}
	*value = json_string_value(json);
	return true;
}

bool varlink_number(const struct varlink_call *call, const char *name, int64_t least,
		    int64_t most, int64_t *value, const char **wrong)
{
	const json_t *json = json_object_get(call->parameters, name);
	int64_t number = json_integer_value(json);

	if (!json || json_is_null(json))
		return true;
	if (!json_is_integer(json) || number < least || number > most) {
		*wrong = name;
		return false;
	}
	*value = number;
	return true;
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
