// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/machine.h"

static const struct property {
	const char *name, *field;
	bool names_host;
} properties[] = {
	/* clang-format off */
	{ "kernel",       "release",      false },
	{ "architecture", "architecture", false },
	{ "cpus",         "cpus_online",  false },
	{ "host",         "host",         true },
	{ "command_line", "command_line", true },
	/* clang-format on */
};

json_t *export_machine(const struct past *past, bool with_host)
{
	json_t *machine = json_object();

	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		json_t *value = json_object_get(past_machine(past), properties[i].field);

		if (!value || (properties[i].names_host && !with_host))
			continue;
		if (json_object_set(machine, properties[i].name, value)) {
			json_decref(machine);
			return NULL;
		}
	}
	return machine;
}
