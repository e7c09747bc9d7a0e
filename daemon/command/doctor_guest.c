// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/doctor_guest.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/exits.h"
#include "base/fields.h"
#include "base/memory.h"
#include "command/command.h"
#include "guest/command.h"
#include "guest/kernel_options.h"
#include "guest/vm.h"

/* Of a kernel that never comes up as well. -1: not known, which is said. */
static int find_options(const struct kernel_image *image,
			struct kernel_option missing[KERNEL_OPTIONS_MAX])
{
	struct why why;
	int nr = -1;

	if (image->config)
		nr = kernel_options_missing(image->config, missing, &why);
	else
		why_set(&why, ENOENT,
			"%s: the options that it was built with are not known: there is no config-%s beside it",
			image->vmlinuz, image->release);
	if (nr < 0)
		command_note(&why);
	return nr;
}

static void print_options(const struct kernel_image *image, const struct kernel_option *missing,
			  int nr)
{
	printf("Options that %s was built without\n", image->release);
	if (!nr)
		puts("  none that is needed");
	for (int i = 0; i < nr; i++)
		printf("  %s  needed for: %s\n", missing[i].name, missing[i].purpose);
	putchar('\n');
	fflush(stdout);
}

/* What the guest has found, and what only its host knows. */
static int print_json(const char *found, const struct kernel_option *missing, int nr)
{
	json_auto_t *object = fields_parse(found);
	json_t *options = nr < 0 ? json_null() : json_array();

	if (!object)
		fputs("dadrace: doctor: the guest's answer is not JSON\n", stderr);
	for (int i = 0; i < nr; i++)
		json_array_append_new(options, json_pack("{ssss}", "name", missing[i].name,
							 "purpose", missing[i].purpose));
	if (json_object_set_new(object, "missing_options", options) ||
	    json_dumpf(object, stdout, JSON_INDENT(2)))
		return EXIT_INTERNAL;
	putchar('\n');
	return EXIT_CLEAN;
}

static int ask_guest(const struct kernel_image *image, bool json, struct why *why)
{
	struct kernel_option missing[KERNEL_OPTIONS_MAX];
	int nr = find_options(image, missing), code;
	char *found = NULL;
	size_t size = 0;
	FILE *out;

	if (!json) {
		if (nr >= 0)
			print_options(image, missing, nr);
		return guest_command(image, "doctor", stdout, why);
	}
	out = open_memstream(&found, &size);
	if (!out)
		return EXIT_INTERNAL;
	code = guest_command(image, "doctor --json", out, why);
	if (memstream_close(out, &found)) {
		why_memory(why);
		return EXIT_INTERNAL;
	}
	if (!why->text[0] && print_json(found, missing, nr))
		code = EXIT_INTERNAL;
	free(found);
	return code;
}

static bool check_qemu(const struct architecture *architecture, struct why *why)
{
	if (vm_installed(architecture))
		return true;
	why_set(why, ENOENT, "%s is not installed; run `apt-get install %s`",
		architecture->qemu, architecture->qemu_package);
	return false;
}

int doctor_in_guest(const struct kernel_ask *kernel, bool json)
{
	struct kernel_image *image;
	struct why note, why = { "" };
	int code;

	if (!check_qemu(architecture_of_package(kernel->name), &why))
		return command_complain(&why, EXIT_CANNOT);
	if (kernel_image_open(kernel, &image, &note, &why))
		return command_complain(&why, EXIT_CONFIG);
	command_note(&note);
	code = check_qemu(image->architecture, &why) ? ask_guest(image, json, &why) :
						       EXIT_CANNOT;
	kernel_image_free(image);
	return why.text[0] ? command_complain(&why, code) : code;
}
