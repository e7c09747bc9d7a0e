// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "parse/service_config.h"

/* Any bytes as dadraced.yaml: refused with one line, or a configuration that is whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct service_config *config = NULL;
	struct why why = { "" };

	if (service_config_load(input_file(data, size, "dadraced.yaml"), true, &config, &why)) {
		if (config || !*why.text || strchr(why.text, '\n'))
			abort();
		input_check_shown(why.text);
		return 0;
	}
	if (!config->state_folder || !config->spool_folder || !config->socket ||
	    !config->queue_max || config->queue_max > 10000 || !config->stop_s)
		abort();
	service_config_free(config);
	return 0;
}
