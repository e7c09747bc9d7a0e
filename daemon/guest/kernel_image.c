// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/hash.h"
#include "guest/apt.h"
#include "guest/cache.h"
#include "guest/guest_root.h"
#include "guest/kernel_header.h"
#include "guest/kernel_image.h"
#include "io/archives.h"
#include "machine/machine.h"

enum { PATH = CACHE_PATH, DEBS_MAX = 12 };

/* --- a bare kernel --- */

/*
 * Where packages, distributions and the kernel's own tree (arch/x86/boot/bzImage) have the
 * options of a kernel. NULL when they are nowhere.
 */
static char *find_config(const char *vmlinuz, const char *modules, const char *release)
{
	const char *slash = strrchr(vmlinuz, '/');
	int folder = slash ? (int)(slash + 1 - vmlinuz) : 0;
	char paths[4][PATH + 128];

	snprintf(paths[0], sizeof(paths[0]), "%.*sconfig-%s", folder, vmlinuz, release);
	snprintf(paths[1], sizeof(paths[1]), "%s/config", modules ? modules : "");
	snprintf(paths[2], sizeof(paths[2]), "%.*s../../../.config", folder, vmlinuz);
	snprintf(paths[3], sizeof(paths[3]), "/boot/config-%s", release);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!access(paths[i], R_OK))
			return strdup(paths[i]);
	return NULL;
}

/* Those of an installed kernel. The service's unit shows the first place as the second. */
static const char *find_modules(const char *release, char path[PATH])
{
	static const char *const places[] = { "/lib/modules", "/run/dadraced/modules" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, PATH, "%s/%s", places[i], release);
		if (!access(path, R_OK))
			return path;
	}
	return NULL;
}

/* This program, and what it runs, run on its own architecture only. */
static int check_programs(const char *vmlinuz, const struct architecture *architecture,
			  const char *root, struct why *why)
{
	int err = root ? root_check(root, why) : 0;

	if (err)
		return err;
	if (root ? root_has(root, ROOT_DADRACE) : architecture == architecture_own())
		return 0;
	if (root)
		return why_set(why, ENOENT,
			       "vm.root: %s has no dadrace (%s); install the one for %s there",
			       root, &ROOT_DADRACE[1], architecture->name);
	return why_set(
		why, EINVAL,
		"%s: an %s kernel, and this is dadrace for %s; name a folder with dadrace for %s, what the campaign runs, and their libraries in vm.root (dadrace-kernels(7))",
		vmlinuz, architecture->debian, architecture_own()->debian,
		architecture->debian);
}

static int make_image(const char *vmlinuz, const struct kernel_ask *ask, const char *modules,
		      struct kernel_image **out, struct why *why)
{
	struct kernel_image *image = calloc(1, sizeof(*image));
	struct kernel_header header;
	char installed[PATH];
	int err = image ? kernel_header_read(vmlinuz, &header, why) : why_memory(why);

	if (!err)
		err = check_programs(vmlinuz, header.architecture, ask->root, why);
	if (err) {
		kernel_image_free(image);
		return err;
	}
	image->architecture = header.architecture;
	memcpy(image->release, header.release, sizeof(image->release));
	if (!modules)
		modules = find_modules(image->release, installed);
	image->vmlinuz = strdup(vmlinuz);
	image->modules = modules ? strdup(modules) : NULL;
	image->config = find_config(vmlinuz, modules, image->release);
	image->root = ask->root ? strdup(ask->root) : NULL;
	if (!image->vmlinuz || (modules && !image->modules) || (ask->root && !image->root)) {
		kernel_image_free(image);
		return why_memory(why);
	}
	*out = image;
	return 0;
}

void kernel_image_free(struct kernel_image *image)
{
	if (!image)
		return;
	free(image->vmlinuz);
	free(image->modules);
	free(image->config);
	free(image->root);
	free(image);
}

/* --- packages --- */

/*
 * What is fetched together: a package, those of its dependencies that belong to it, files of
 * theirs.
 */
struct kit {
	bool (*belongs)(const char *package);
	bool (*wanted)(const char *path);
	bool first_may_be_empty; /* a package that only depends on others */
	bool by_suite;		 /* some packages have the same name in every suite */
};

/* The kernel itself, its options and its modules; the rest stays in the package. */
static bool is_kernel_file(const char *path)
{
	const char *modules = strstr(path, "lib/modules/");

	return !strncmp(path, "boot/vmlinuz-", 13) || !strncmp(path, "boot/config-", 12) ||
	       (modules && (strstr(modules, ".ko") || strstr(modules, "/vmlinuz") ||
			    strstr(modules, "/modules.builtin") ||
			    !strcmp(strrchr(modules, '/'), "/config")));
}

/*
 * Where packages keep things: /boot and /lib, or since the split of 2026 all in
 * /usr/lib/modules.
 */
static int image_in(const char *folder, const struct kernel_ask *ask, struct kernel_image **out,
		    struct why *why)
{
	char boot[PATH + 32], lib[PATH + 32], vmlinuz[PATH], modules[PATH];
	bool have_modules;

	snprintf(lib, sizeof(lib), "%s/lib/modules", folder);
	have_modules = cache_find(lib, "", modules);
	if (!have_modules) {
		snprintf(lib, sizeof(lib), "%s/usr/lib/modules", folder);
		have_modules = cache_find(lib, "", modules);
	}
	snprintf(boot, sizeof(boot), "%s/boot", folder);
	if (!cache_find(boot, "vmlinuz-", vmlinuz) &&
	    (!have_modules || !cache_find(modules, "vmlinuz", vmlinuz)))
		return why_set(why, EINVAL,
			       "%s: the package has no kernel image (boot/vmlinuz-*)", folder);
	return make_image(vmlinuz, ask,
			  ask->modules ? ask->modules :
			  have_modules ? modules :
					 NULL,
			  out, why);
}

static bool is_header_file(const char *path)
{
	return strncmp(path, "usr/share/", 10) != 0;
}

/* Two kernels may have one name, one size and one time: the bytes tell them apart. */
static int digest(char *const *files, size_t nr, uint64_t *hash, struct why *why)
{
	static unsigned char block[1 << 16];

	*hash = hash_bytes(HASH_START, "config", 6); /* trees without it are older */
	for (size_t i = 0; i < nr; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : 1;

		while (n > 0 && (n = read(fd, block, sizeof(block))) > 0)
			*hash = hash_bytes(*hash, block, (size_t)n);
		if (n < 0)
			why_set(why, errno, "%s: %s", files[i], strerror(errno));
		if (fd >= 0)
			close(fd);
		if (n < 0)
			return -EIO;
	}
	return 0;
}

/* Unpacked once: into a folder that gets its name when it is complete. */
static int unpack(const struct kit *kit, char *const *files, size_t nr, char folder[PATH],
		  struct why *why)
{
	char images[PATH], making[PATH + 32], made[2 * PATH];
	const char *name = strrchr(files[0], '/');
	uint64_t hash;
	int err = digest(files, nr, &hash, why);

	if (!err)
		err = cache_folder("images", images, why);
	if (err)
		return err;
	if (snprintf(made, sizeof(made), "%s/%s-%016llx", images, name ? name + 1 : files[0],
		     (unsigned long long)hash) >= PATH)
		return why_set(why, ENAMETOOLONG, "%s: the path is too long", files[0]);
	if (access(made, R_OK)) {
		snprintf(making, sizeof(making), "%s/.making-%d", images, getpid());
		err = cache_make(making, why);
		for (size_t i = 0; !err && i < nr; i++)
			err = archive_unpack_package(files[i], making, kit->wanted, why);
		if (!err && rename(making, made) && errno != EEXIST && errno != ENOTEMPTY)
			err = why_set(why, errno, "%s: %s", made, strerror(errno));
	}
	snprintf(folder, PATH, "%.*s", PATH - 1, made);
	return err;
}

/* --- by apt --- */

/* A kernel's package and those it is split into: image, binary, modules. */
static bool is_kernel_package(const char *name)
{
	const char *end = strrchr(name, '.');

	/* A file that is not there is no package of a suite that its folder would name. */
	if (end && (!strcmp(end, ".deb") || !strcmp(end, ".rpm")))
		return false;
	return !strncmp(name, "linux-image-", 12) || !strncmp(name, "linux-binary-", 13) ||
	       !strncmp(name, "linux-modules-", 14);
}

/*
 * A kernel's headers and build tools, and the libraries of the suite that these tools were
 * linked with: the machine's own may be older.
 */
static bool is_headers_package(const char *name)
{
	static const char *const libraries[] = { "libc6", "libelf1", "libelf1t64", "libzstd1",
						 "zlib1g" };

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (!strcmp(name, libraries[i]))
			return true;
	return !strncmp(name, "linux-headers-", 14) || !strncmp(name, "linux-kbuild-", 13);
}

static const struct kit kernel_kit = {
	.belongs = is_kernel_package,
	.wanted = is_kernel_file,
	.first_may_be_empty = true,
};

static const struct kit headers_kit = {
	.belongs = is_headers_package,
	.wanted = is_header_file,
	.by_suite = true,
};

/* A package and, as far as they belong to it, all that it depends on. */
struct needed {
	const struct kit *kit;
	char *names[DEBS_MAX];
	size_t nr;
};

static void need(void *arg, const char *package)
{
	struct needed *needed = arg;
	bool listed = needed->nr == DEBS_MAX;

	for (size_t i = 0; i < needed->nr; i++)
		listed |= !strcmp(needed->names[i], package);
	if (!listed && (!needed->nr || needed->kit->belongs(package)) &&
	    (needed->names[needed->nr] = strdup(package)))
		needed->nr++;
}

/* Waits for the lock of an open folder; who has it for longer than a second is named. */
static int wait_for_lock(int fd, const char *folder)
{
	enum { LOOKS = 20, LOOK_MS = 50 };
	struct lock_holder holder;

	for (int i = 0; i < LOOKS; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK)
			return -1;
		poll(NULL, 0, LOOK_MS);
	}
	holder = machine_lock_holder(fd);
	if (holder.text[0])
		fprintf(stderr,
			"dadrace: %s: another run (%s) fetches a kernel into it; waiting until it has ended\n",
			folder, holder.text);
	return flock(fd, LOCK_EX);
}

/*
 * One at a time: a second apt would read lists that the first has half written. Gives a
 * descriptor to close.
 */
static int lock_folder(const char *folder, struct why *why)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || wait_for_lock(fd, folder)) {
		int err = why_set(why, errno, "%s: %s", folder, strerror(errno));

		if (fd >= 0)
			close(fd);
		return err;
	}
	return fd;
}

/* Fetches and unpacks, as far as that was not done before; gives the folder. */
static int fetch(const struct kit *kit, const char *suite, bool refresh, const char *package,
		 char folder[PATH], struct why *note, struct why *why)
{
	struct needed needed = { .kit = kit };
	char *debs[DEBS_MAX] = { NULL };
	char below[80], packages[PATH], cache[PATH];
	size_t nr_debs = 0;
	struct apt apt;
	int err = cache_folder("", cache, why), lock = -1;

	if (!err && (lock = lock_folder(cache, why)) < 0)
		err = lock;
	snprintf(below, sizeof(below), "packages%s%.60s", kit->by_suite && suite[0] ? "/" : "",
		 kit->by_suite ? suite : "");
	if (!err)
		err = cache_folder(below, packages, why);
	if (!err)
		err = apt_open(suite, architecture_of_package(package)->debian, refresh, &apt,
			       note, why);
	need(&needed, package);
	for (size_t i = 0; !err && i < needed.nr; i++)
		err = apt_depends(&apt, needed.names[i], need, &needed, why);
	for (size_t i = kit->first_may_be_empty && needed.nr > 1; !err && i < needed.nr; i++)
		err = apt_download(&apt, needed.names[i], packages, &debs[nr_debs++], why);
	if (!err && debs[0])
		err = unpack(kit, debs, nr_debs, folder, why);
	for (size_t i = 0; i < DEBS_MAX; i++) {
		free(needed.names[i]);
		free(debs[i]);
	}
	if (lock >= 0)
		close(lock);
	return err;
}

/* --- the door --- */

static bool is_package_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) &&
		    !strchr("+-.", *c))
			return false;
	return name[0] != '\0';
}

/* Fedora has the kernel in kernel-core, and its modules in packages of the same version. */
static size_t rpms_beside(const char *core, char **rpms)
{
	static const char *const parts[] = { "-modules-core-", "-modules-", "-modules-extra-" };
	const char *base = strrchr(core, '/'), *part = strstr(base ? base : core, "-core-");
	size_t nr = 0;

	for (size_t i = 0; part && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (asprintf(&rpms[nr], "%.*s%s%s", (int)(part - core), core, parts[i],
			     part + strlen("-core-")) < 0)
			break;
		if (access(rpms[nr], R_OK))
			free(rpms[nr]);
		else
			nr++;
	}
	return nr;
}

static int unpack_file(const char *path, char folder[PATH], struct why *why)
{
	char *files[DEBS_MAX] = { (char *)path };
	size_t nr =
		1 +
		(archive_package_kind(path) == PACKAGE_RPM ? rpms_beside(path, files + 1) : 0);
	int err = unpack(&kernel_kit, files, nr, folder, why);

	for (size_t i = 1; i < nr; i++)
		free(files[i]);
	return err;
}

/*
 * SUITE/REST, or REST alone, where REST is a kernel's package or a release. False for all that
 * only looks like it: a path with a slash is no suite.
 */
static bool split_suite(const char *name, char suite[64], const char **rest)
{
	const char *slash = strchr(name, '/');

	suite[0] = '\0';
	*rest = slash ? slash + 1 : name;
	if (slash && (!islower((unsigned char)name[0]) || slash - name >= 64))
		return false;
	memcpy(suite, name, slash ? (size_t)(slash - name) : 0);
	suite[slash ? slash - name : 0] = '\0';
	return is_package_name(*rest) && (!slash || is_package_name(suite)) &&
	       (is_kernel_package(*rest) || isdigit((unsigned char)(*rest)[0]));
}

int kernel_image_open(const struct kernel_ask *ask, struct kernel_image **out, struct why *note,
		      struct why *why)
{
	bool there = !access(ask->name, R_OK);
	char suite[64], folder[PATH];
	const char *package;
	int err;

	note->text[0] = '\0';
	if (there && archive_package_kind(ask->name) == PACKAGE_NONE)
		return make_image(ask->name, ask, ask->modules, out, why);
	if (there)
		err = unpack_file(ask->name, folder, why);
	else if (split_suite(ask->name, suite, &package) && is_kernel_package(package))
		err = fetch(&kernel_kit, suite, ask->refresh, package, folder, note, why);
	else
		err = why_set(
			why, ENOENT,
			"%s: no such file, and not a kernel's package; give a vmlinuz, a .deb or .rpm, PACKAGE or SUITE/PACKAGE, such as trixie/linux-image-cloud-amd64",
			ask->name);
	return err ? err : image_in(folder, ask, out, why);
}

/* A release begins with a digit, and no package of a kernel does. */
static int read_name(const char *name, char suite[64], char release[80], struct why *note,
		     struct why *why)
{
	const struct kernel_ask ask = { .name = name };
	struct kernel_image *image = NULL;
	const char *rest;
	int err = 0;

	note->text[0] = '\0';
	if (split_suite(name, suite, &rest) && isdigit((unsigned char)rest[0]) &&
	    access(name, R_OK)) {
		snprintf(release, 80, "%s", rest);
		return 0;
	}
	if (!access(name, R_OK))
		suite[0] = '\0';
	err = kernel_image_open(&ask, &image, note, why);
	if (!err)
		snprintf(release, 80, "%s", image->release);
	kernel_image_free(image);
	return err;
}

/* A kernel's packages have its version in their names: what is there need not be asked for. */
static bool have_headers(const char *package, char folder[PATH])
{
	char images[PATH], prefix[160];
	struct why ignored;

	snprintf(prefix, sizeof(prefix), "%s_", package);
	return !cache_folder("images", images, &ignored) && cache_find(images, prefix, folder);
}

int kernel_image_headers(const char *name, char **out, struct why *note, struct why *why)
{
	char suite[64], release[80], package[128], folder[PATH];
	int err = read_name(name, suite, release, note, why);

	if (err)
		return err;
	snprintf(package, sizeof(package), "linux-headers-%s", release);
	if (!have_headers(package, folder))
		err = fetch(&headers_kit, suite, false, package, folder, note, why);
	if (err)
		return err;
	*out = strdup(folder);
	return *out ? 0 : why_memory(why);
}
