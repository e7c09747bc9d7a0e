// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/driver.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>

#include "loader/probes.h"
#include "machine/kallsyms.h"
#include "testbed/testbed.h"

static int find_dut(const struct campaign *campaign, char name[IF_NAMESIZE], struct why *why)
{
	if (campaign->device.kind == DEVICE_NIC && !testbed_find_nic(0, name))
		return why_exit(
			why, EXIT_CONFIG, ENODEV,
			"device.kind nic: this machine has no network card %s of a guest, or no driver for it; add --kernel IMAGE",
			nic_model_names[campaign->device.model]);
	if (campaign->device.kind == DEVICE_EXISTING)
		snprintf(name, IF_NAMESIZE, "%s", campaign->device.dut);
	return 0;
}

/* A function of the kernel begins there; anything else has no name for a hook. */
static void name(const struct symbols *symbols, uint64_t address, char *function, size_t size)
{
	uint64_t offset = 0;
	const struct symbol *symbol = address ? symbols_find(symbols, address, &offset) : NULL;

	snprintf(function, size, "%s", symbol && !offset ? symbol->name : "");
}

static void name_all(const struct driver_calls *calls, struct driver *driver)
{
	struct symbols *symbols = NULL;
	struct why hidden;

	if (kallsyms_load(&symbols, &hidden))
		return;
	name(symbols, calls->open, driver->functions[DRIVER_OPEN], SITE_FUNCTION_NAME);
	name(symbols, calls->stop, driver->functions[DRIVER_STOP], SITE_FUNCTION_NAME);
	name(symbols, calls->poll, driver->functions[DRIVER_POLL], SITE_FUNCTION_NAME);
	symbols_free(symbols);
}

int run_driver_find(const struct campaign *campaign, struct driver *driver, struct why *why)
{
	char dut[IF_NAMESIZE] = "";
	struct driver_calls calls = { 0 };
	struct why unknown;
	int err;

	*driver = (struct driver){ 0 };
	if (!device_is_real(campaign->device.kind))
		return 0;
	err = find_dut(campaign, dut, why);
	if (!err && !probes_driver(if_nametoindex(dut), &calls, &unknown))
		name_all(&calls, driver);
	return err;
}
