// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "campaign.h"
#include "fields.h"
#include "guest_command.h"
#include "guest_image.h"
#include "loop.h"
#include "vm.h"

#define PATIENCE_NS 600000000000ULL /* from the start to the last word; TCG on a busy machine */

/* Memory that QEMU inherits, under a name that it can open. */
static int make_memory(const char *name, char *path, size_t size)
{
	int fd = memfd_create(name, 0);

	snprintf(path, size, "/proc/self/fd/%d", fd);
	return fd;
}

/* The line with which a guest ends (command_guest.c). */
static bool is_exit(const char *line, int *code)
{
	json_t *json = fields_parse(line);
	const char *type = json_string_value(json_object_get(json, "type"));
	bool is = type && !strcmp(type, "exit");

	if (is)
		*code = (int)json_integer_value(json_object_get(json, "code"));
	json_decref(json);
	return is;
}

/* Passes on what the guest says until its exit line. False when it ended or fell silent before. */
static bool pass_on(const struct vm *vm, FILE *out, int *code)
{
	int fd = dup(vm_results(vm));
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;
	uint64_t deadline_ns = loop_now() + PATIENCE_NS;
	struct pollfd wait = { .fd = vm_results(vm), .events = POLLIN };
	char *line = NULL;
	bool over = false;
	size_t room = 0;

	/* The guest's last words come in one piece with those before: lines are read until none is left. */
	while (in && !over && loop_now() < deadline_ns &&
	       poll(&wait, 1, (int)((deadline_ns - loop_now()) / 1000000)) > 0)
		while (!over && getline(&line, &room, in) > 0) {
			over = is_exit(line, code);
			if (!over)
				fputs(line, out);
		}
	free(line);
	if (in)
		fclose(in);
	fflush(out);
	return over;
}

static void last_words(int console, char *words, size_t size)
{
	off_t length = lseek(console, 0, SEEK_END);
	off_t from = length > (off_t)size - 1 ? length - (off_t)size + 1 : 0;
	ssize_t n = pread(console, words, size - 1, from);

	words[n > 0 ? n : 0] = '\0';
	for (char *c = words; *c; c++)
		if (*c == '\r' || *c == '\n')
			*c = ' ';
}

static enum exits run_in(struct vm_ask *ask, const struct image *image, int console, FILE *out,
			 struct why *why)
{
	int code = EXIT_INTERNAL;
	struct vm *vm = NULL;
	char words[300];

	ask->kvm = vm_kvm_works(image->vmlinuz);
	if (vm_start(ask, &vm, why))
		return EXIT_INTERNAL;
	if (!pass_on(vm, out, &code)) {
		last_words(console, words, sizeof(words));
		why_set(why, 0, "guest: it did not end its command; the end of its console: %s",
			words);
		code = EXIT_INTERNAL;
	}
	vm_end(vm);
	return (enum exits)code;
}

enum exits guest_command(const struct image *image, const char *arguments, FILE *out,
			 struct why *why)
{
	char initramfs_path[64], console_path[64], words[256];
	int initramfs = make_memory("initramfs", initramfs_path, sizeof(initramfs_path));
	int console = make_memory("console", console_path, sizeof(console_path));
	struct campaign *campaign = NULL; /* for its defaults */
	enum exits code = EXIT_INTERNAL;

	snprintf(words, sizeof(words), "guest %s", arguments);
	if (initramfs < 0 || console < 0)
		why_set(why, errno, "guest: no memory for its initramfs: %s", strerror(errno));
	else if (!campaign_load(NULL, NULL, 0, &campaign, why) &&
		 !guest_image_make(initramfs_path, NULL, image, why))
		code = run_in(&(struct vm_ask){ .vmlinuz = image->vmlinuz,
						.initramfs = initramfs_path,
						.console = console_path,
						.arguments = words,
						.cpus = campaign->vm.cpus,
						.memory_mb = campaign->vm.memory_mb },
			      image, console, out, why);
	campaign_free(campaign);
	if (initramfs >= 0)
		close(initramfs);
	if (console >= 0)
		close(console);
	return code;
}
