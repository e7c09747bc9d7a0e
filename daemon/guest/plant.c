// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own_path.h"
#include "guest/modules.h"
#include "guest/plant.h"
#include "io/child.h"
#include "machine/machine.h"

enum { PATH = 4096 };

/* Beside this program where it was built, or where both were installed. */
static int find_build_script(char path[PATH], struct why *why)
{
	static const char *const places[] = { "plants/build", PLANTS_INSTALLED "/build" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!own_path(places[i], path, PATH) && !access(path, X_OK))
			return 0;
	return why_set(
		why, ENOENT,
		"%s: not found; reinstall dadrace, or name a built module in vm.plant_module",
		path);
}

/* SUITE/RELEASE of a package that has a suite, or RELEASE. */
static void name_kernel(const char *kernel, const struct kernel_image *image, char name[PATH])
{
	const char *slash = access(kernel, R_OK) ? strchr(kernel, '/') : NULL;

	snprintf(name, PATH, "%.*s%s", slash ? (int)(slash - kernel) + 1 : 0, kernel,
		 image->release);
}

static int build(const char *kernel, const struct kernel_image *image, char **module,
		 struct why *why)
{
	char self[PATH] = "", script[PATH] = "", name[PATH];
	const char *const argv[] = { script, name, NULL };
	char *path = NULL;
	int err = find_build_script(script, why);

	if (err)
		return err;
	if (own_path(NULL, self, PATH) || setenv("DADRACE", self, 1))
		return why_set(why, ENOMEM, "out of memory");
	name_kernel(kernel, image, name);
	err = child_output(argv, NULL, &path, why);
	if (err)
		return err;
	path[strcspn(path, "\n")] = '\0';
	*module = path;
	return 0;
}

/* "saddr-fail: sentence" against a name. */
static bool is_bug(const char *info, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(info, name, n) && info[n] == ':';
}

static int check_name(const char *path, const char *name, struct why *why)
{
	char names[512] = "";
	struct module module;
	bool found = false;
	size_t used = 0;
	int err = module_read(path, &module, why);

	if (err)
		return err;
	for (const char *info = NULL; (info = module_info(&module, "bug", info));) {
		int n = snprintf(names + used, sizeof(names) - used, "%s%.*s", used ? ", " : "",
				 (int)strcspn(info, ":"), info);

		used = used + (size_t)n < sizeof(names) ? used + (size_t)n : sizeof(names) - 1;
		found |= is_bug(info, name);
	}
	free(module.data);
	if (found)
		return 0;
	return why_set(why, EINVAL, "vm.plant %s: %s has no such bug; it has %s", name, path,
		       used ? names : "none");
}

int plant_make(const struct campaign *campaign, const struct kernel_image *image, char **module,
	       struct why *why)
{
	char *path = NULL;
	int err = 0;

	if (!campaign->vm.plant) {
		*module = NULL;
		return 0;
	}
	if (!campaign->vm.plant_module)
		err = build(campaign->kernel, image, &path, why);
	else if (!(path = strdup(campaign->vm.plant_module)))
		err = why_set(why, ENOMEM, "out of memory");
	if (!err)
		err = check_name(path, campaign->vm.plant, why);
	if (err) {
		free(path);
		return err;
	}
	*module = path;
	return 0;
}

int plant_check(const struct campaign *campaign, struct why *why)
{
	struct machine machine;

	machine_read(&machine);
	if (!strcmp(machine.planted, campaign->vm.plant ? campaign->vm.plant : ""))
		return 0;
	if (machine.planted[0])
		return why_set(
			why, ENOTSUP,
			"the bug %s is planted in the running kernel, and the campaign does not ask for it in vm.plant; reboot",
			machine.planted);
	return why_set(why, ENOTSUP,
		       "vm.plant %s: a bug is planted in a guest only; add --kernel IMAGE",
		       campaign->vm.plant);
}
