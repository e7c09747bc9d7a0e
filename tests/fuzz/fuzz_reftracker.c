// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "input.h"
#include "ledger/reftracker.h"

static void check(const struct reftracker *tracker)
{
	input_check_shown(tracker->object);
	for (uint32_t i = 0; i < tracker->nr_sites; i++)
		input_check_shown(tracker->sites[i].stack);
}

/* Any bytes as a reference tracker's file, and as the kernel's log with its reports. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reftracker tracker;
	FILE *file = input_stream(data, size);

	if (!file)
		return 0;
	if (!reftracker_read(file, &tracker))
		check(&tracker);
	rewind(file);
	if (!reftracker_read_log(file, "eth0", 4, &tracker))
		check(&tracker);
	fclose(file);
	return 0;
}
