// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/memory.h"
#include "guest/command.h"
#include "guest/initramfs.h"
#include "guest/vm.h"
#include "io/loop.h"
#include "parse/campaign.h"

enum { BOOTS_MAX = 3 };

#define PATIENCE_NS 600000000000ULL /* of one boot; TCG on a busy machine */

/* Memory that QEMU inherits, under a name that it can open. */
static int make_memory(const char *name, char *path, size_t size)
{
	int fd = memfd_create(name, 0);

	snprintf(path, size, "/proc/self/fd/%d", fd);
	return fd;
}

/* The line with which a guest ends (command/guest.c). */
static bool is_exit(const char *line, int *code)
{
	json_t *json = fields_parse(line);
	const char *type = json_string_value(json_object_get(json, "type"));
	int64_t told;
	bool is = type && !strcmp(type, "exit") &&
		  fields_integer(json_object_get(json, "code"), 0, UINT8_MAX, &told);

	if (is)
		*code = (int)told;
	json_decref(json);
	return is;
}

/*
 * What the guest says until QEMU has ended, which it does when the guest powers off; or its
 * deadline.
 */
static void listen(const struct vm *vm, FILE *into)
{
	struct pollfd wait = { .fd = vm_results(vm), .events = POLLIN };
	uint64_t deadline_ns = loop_now() + PATIENCE_NS;
	char part[4096];
	ssize_t n = 1;

	while (n > 0 && loop_now() < deadline_ns &&
	       poll(&wait, 1, (int)((deadline_ns - loop_now()) / 1000000)) > 0) {
		n = read(wait.fd, part, sizeof(part));
		if (n > 0)
			fwrite(part, 1, (size_t)n, into);
	}
}

/*
 * Passes on what was said before the exit line. False when there is none: the guest did not end
 * well.
 */
static bool pass_on(const char *said, size_t size, FILE *out, int *code)
{
	const char *last = size > 1 ? memrchr(said, '\n', size - 1) : NULL;

	last = last ? last + 1 : said;
	if (!size || !is_exit(last, code))
		return false;
	fwrite(said, 1, (size_t)(last - said), out);
	fflush(out);
	return true;
}

/* One boot. -EAGAIN when the guest ended before its first word, as some boots by TCG do. */
static int boot(const struct vm_ask *ask, FILE *out, int *code, struct why *why)
{
	char *said = NULL;
	size_t size = 0;
	FILE *into = open_memstream(&said, &size);
	struct vm *vm = NULL;
	int err = into ? vm_start(ask, &vm, why) : why_memory(why);

	if (!err)
		listen(vm, into);
	vm_end(vm);
	if (memstream_close(into, &said) && !err)
		err = why_memory(why);
	if (!err && !pass_on(said, size, out, code))
		err = size ? -EIO : -EAGAIN;
	free(said);
	return err;
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

static enum exits run_in(struct vm_ask *ask, const struct kernel_image *image, int console,
			 FILE *out, struct why *why)
{
	int code = EXIT_INTERNAL, err = -EAGAIN;
	char words[300];

	ask->kvm = vm_kvm_works(image->architecture, image->vmlinuz);
	for (int i = 0; err == -EAGAIN && i < BOOTS_MAX; i++)
		err = boot(ask, out, &code, why);
	if (err == -EIO || err == -EAGAIN) {
		last_words(console, words, sizeof(words));
		why_set(why, 0,
			"the guest ended before its command did; the end of its console: %s",
			words);
	}
	return err ? EXIT_INTERNAL : (enum exits)code;
}

enum exits guest_command(const struct kernel_image *image, const char *arguments, FILE *out,
			 struct why *why)
{
	char initramfs_path[64], console_path[64], words[256];
	int initramfs = make_memory("initramfs", initramfs_path, sizeof(initramfs_path));
	int console = make_memory("console", console_path, sizeof(console_path));
	struct campaign *campaign = NULL; /* for its defaults */
	enum exits code = EXIT_INTERNAL;

	snprintf(words, sizeof(words), "guest %s", arguments);
	if (initramfs < 0 || console < 0)
		why_set(why, errno, "the guest's initramfs cannot be created: %s",
			strerror(errno));
	else if (!campaign_load(NULL, NULL, 0, &campaign, why) &&
		 !guest_initramfs_make(initramfs_path, NULL, image, NULL, NULL, why))
		code = run_in(&(struct vm_ask){ .architecture = image->architecture,
						.vmlinuz = image->vmlinuz,
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
