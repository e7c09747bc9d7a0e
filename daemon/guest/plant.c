// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/nearest.h"
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
	if (own_path(NULL, path, PATH))
		snprintf(path, PATH, "dadrace");
	return why_set(
		why, ENOENT,
		"%s: the sources of the planted bugs (%s or %s) are not beside it; install the package dadrace-plants, run `cmake --install`, or name a built module in vm.plant_module",
		path, places[0], places[1]);
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
		return why_memory(why);
	name_kernel(kernel, image, name);
	err = child_output(argv, NULL, &path, why);
	if (err)
		return err;
	path[strcspn(path, "\n")] = '\0';
	*module = path;
	return 0;
}

/* The names in `bug=NAME: sentence` of a module, a line each. */
static int names_in(const char *path, char **names, struct why *why)
{
	struct module module;
	char *text = NULL;
	size_t size;
	FILE *file;
	int err = module_read(path, &module, why);

	if (err)
		return err;
	file = open_memstream(&text, &size);
	for (const char *info = NULL; file && (info = module_info(&module, "bug", info));)
		fprintf(file, "%.*s\n", (int)strcspn(info, ":"), info);
	free(module.data);
	if (memstream_close(file, &text))
		return why_memory(why);
	*names = text;
	return 0;
}

/* The names that the module has which would be built. */
static int names_of_sources(char **names, struct why *why)
{
	char script[PATH] = "";
	const char *const argv[] = { script, "--bugs", NULL };
	int err = find_build_script(script, why);

	return err ? err : child_output(argv, NULL, names, why);
}

int plant_find(const struct campaign *campaign, struct why *why)
{
	const char *wanted = campaign->vm.plant, *module = campaign->vm.plant_module;
	char *names = NULL, *name, *save = NULL, known[512] = "";
	struct nearest nearest = { .typed = wanted };
	bool found = false;
	size_t used = 0;
	int err;

	if (!wanted)
		return 0;
	err = module ? names_in(module, &names, why) : names_of_sources(&names, why);
	if (err)
		return err;
	for (name = strtok_r(names, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
		int n = snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
				 name);

		used = used + (size_t)n < sizeof(known) ? used + (size_t)n : sizeof(known) - 1;
		found |= !strcmp(name, wanted);
		nearest_offer(&nearest, name);
	}
	if (!found)
		err = why_set(
			why, EINVAL, "vm.plant %s: %s%sthere is no such bug%s%s%s; allowed: %s",
			wanted, module ? module : "", module ? ": " : "",
			nearest.best ? "; did you mean " : "", nearest.best ? nearest.best : "",
			nearest.best ? "?" : "", used ? known : "none");
	free(names);
	return err;
}

int plant_make(const struct campaign *campaign, const struct kernel_image *image, char **module,
	       struct why *why)
{
	*module = NULL;
	if (!campaign->vm.plant)
		return 0;
	if (!campaign->vm.plant_module && image->architecture != architecture_own())
		return why_set(
			why, ENOTSUP,
			"vm.plant %s: modules are built here for %s only; build it for that kernel elsewhere, and name it in vm.plant_module",
			campaign->vm.plant, architecture_own()->debian);
	if (!campaign->vm.plant_module)
		return build(campaign->kernel, image, module, why);
	*module = strdup(campaign->vm.plant_module);
	return *module ? 0 : why_memory(why);
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
