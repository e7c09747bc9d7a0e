// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/guest_modules.h"
#include "spec/device.h"

/* For the port to the host; and "overlay" for a command's private folders. */
static const char *const port_modules[] = { "virtio_pci", "virtio_console", NULL };
static const char *const jail_modules[] = { "overlay", NULL };

/* What the image does not have may well be built in. */
static int add_all(struct modules *modules, const struct kernel_image *image,
		   const char *const *names, struct why *why)
{
	bool found;
	int err = 0;

	for (; !err && image->modules && *names; names++)
		err = modules_add(modules, image->modules, *names, &found, why);
	return err;
}

/* A module may be named by its file, whatever it calls itself. */
static bool is_own(const struct campaign *campaign, const char *driver)
{
	for (uint32_t i = 0; i < campaign->vm.nr_modules; i++) {
		const char *words = campaign->vm.modules[i];
		const char *at = words + strcspn(words, " ");

		while (at > words && at[-1] != '/')
			at--;
		if (module_is_file_of(at, driver))
			return true;
	}
	return false;
}

/*
 * The driver of the guest's network cards. Of a kernel without a folder of modules it is not
 * known what is built in.
 */
static int add_driver(struct modules *modules, const struct campaign *campaign,
		      const struct kernel_image *image, struct why *why)
{
	const char *driver = campaign->device.driver ? campaign->device.driver :
						       nics[campaign->device.model].module;
	bool found = !image->modules || is_own(campaign, driver);
	int err = 0;

	if (!found)
		err = modules_add(modules, image->modules, driver, &found, why);
	if (err || found || modules_builtin(image->modules, driver))
		return err;
	return why_exit(
		why, EXIT_CANNOT, ENOENT,
		"device.model %s: the kernel %s has no driver for it (%s.ko); %s",
		nic_model_names[campaign->device.model], image->release, driver,
		strstr(image->release, "-cloud-") ?
			"Debian's kernels for clouds leave most drivers out, and linux-image-amd64 has them: use it as --kernel, or choose virtio-net" :
			"choose another model, or give its module in vm.modules");
}

/* "FILE" or "FILE PARAMETERS". */
static int add_own(struct modules *modules, const char *words, const struct kernel_image *image,
		   struct why *why)
{
	size_t length = strcspn(words, " ");
	char *file = strndup(words, length);
	int err;

	if (!file)
		return why_memory(why);
	err = modules_add_own(modules, image->modules, file, image->release,
			      words + length + (words[length] == ' '), why);
	if (err)
		why->code = EXIT_CONFIG;
	free(file);
	return err;
}

static int add_plant(struct modules *modules, const struct campaign *campaign,
		     const struct kernel_image *image, const char *plant, struct why *why)
{
	char *parameters;
	int err;

	if (asprintf(&parameters, "bug=%s", campaign->vm.plant) < 0)
		return why_memory(why);
	err = modules_add_own(modules, image->modules, plant, image->release, parameters, why);
	free(parameters);
	return err;
}

/* Whether the campaign has such devices, or a change makes one. */
static bool makes_kind(const struct campaign *campaign, enum device_kind kind)
{
	bool makes = campaign->device.kind == kind;

	for (uint32_t i = 0; i < campaign->bringup.nr_change; i++)
		makes |= device_of_change(campaign->bringup.change[i]) == kind;
	return makes;
}

/* The campaign's own come before the driver, which may be one of them. */
int guest_modules_choose(const struct campaign *campaign, const struct kernel_image *image,
			 const char *plant, struct modules *modules, struct why *why)
{
	int err = add_all(modules, image, port_modules, why);

	for (int kind = 0; !err && kind < DEVICE_KINDS; kind++)
		if (!campaign || makes_kind(campaign, kind))
			err = add_all(modules, image, device_kinds[kind].modules, why);
	if (!campaign)
		return err;
	if (!err && campaign->bringup.kind == BRINGUP_COMMAND)
		err = add_all(modules, image, jail_modules, why);
	for (uint32_t i = 0; !err && i < campaign->vm.nr_modules; i++)
		err = add_own(modules, campaign->vm.modules[i], image, why);
	if (!err && campaign->device.kind == DEVICE_NIC)
		err = add_driver(modules, campaign, image, why);
	return err || !plant ? err : add_plant(modules, campaign, image, plant, why);
}
