// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guest/kernel_image.h"
#include "io/archives.h"
#include "io/child.h"

enum { PATH = 1024 };

/* --- folders --- */

static int make_folders(char *path, struct why *why)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	if (mkdir(path, 0755) && errno != EEXIST)
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int cache_folder(const char *below, char path[PATH], struct why *why)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		snprintf(path, PATH, "/var/cache/dadrace/%s", below);
	else if (cache && cache[0])
		snprintf(path, PATH, "%s/dadrace/%s", cache, below);
	else
		snprintf(path, PATH, "%s/.cache/dadrace/%s", home ? home : "/tmp", below);
	return make_folders(path, why);
}

/* --- a bare kernel --- */

/* The release out of a bzImage's header; false when the file is none. */
static bool read_release(const char *path, char release[80])
{
	unsigned char header[0x210];
	uint16_t at;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read(fd, header, sizeof(header)) == sizeof(header) &&
		    !memcmp(header + 0x202, "HdrS", 4);

	if (good) {
		memcpy(&at, header + 0x20e, sizeof(at));
		good = at && pread(fd, release, 79, at + 0x200) > 0;
		release[79] = '\0';
		release[strcspn(release, " ")] = '\0';
	}
	if (fd >= 0)
		close(fd);
	return good;
}

static int make_image(const char *vmlinuz, const char *modules, struct kernel_image **out,
		      struct why *why)
{
	struct kernel_image *image = calloc(1, sizeof(*image));
	char fallback[PATH];

	if (!image)
		return why_set(why, ENOMEM, "out of memory");
	if (!read_release(vmlinuz, image->release)) {
		kernel_image_free(image);
		return why_set(
			why, EINVAL,
			"%s: neither an x86 kernel image (vmlinuz or bzImage) nor a .deb",
			vmlinuz);
	}
	snprintf(fallback, sizeof(fallback), "/lib/modules/%s", image->release);
	if (!modules && !access(fallback, R_OK))
		modules = fallback;
	image->vmlinuz = strdup(vmlinuz);
	image->modules = modules ? strdup(modules) : NULL;
	if (!image->vmlinuz || (modules && !image->modules)) {
		kernel_image_free(image);
		return why_set(why, ENOMEM, "out of memory");
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

/* The kernel itself and its modules; documentation and headers stay in the package. */
static bool is_kernel_file(const char *path)
{
	const char *modules = strstr(path, "lib/modules/");

	return !strncmp(path, "boot/vmlinuz-", 13) ||
	       (modules && (strstr(modules, ".ko") || strstr(modules, "/vmlinuz")));
}

/* The only entry of a folder that begins with `prefix`, as a path; false when there is none. */
static bool find_in(const char *folder, const char *prefix, char path[PATH])
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix)))
			found = snprintf(path, PATH, "%s/%s", folder, entry->d_name) < PATH;
	if (dir)
		closedir(dir);
	return found;
}

/*
 * Where packages keep things: /boot and /lib, or since the split of 2026 all in
 * /usr/lib/modules.
 */
static int image_in(const char *folder, const char *modules_given, struct kernel_image **out,
		    struct why *why)
{
	char boot[PATH + 32], lib[PATH + 32], vmlinuz[PATH], modules[PATH];
	bool have_modules;

	snprintf(lib, sizeof(lib), "%s/lib/modules", folder);
	have_modules = find_in(lib, "", modules);
	if (!have_modules) {
		snprintf(lib, sizeof(lib), "%s/usr/lib/modules", folder);
		have_modules = find_in(lib, "", modules);
	}
	snprintf(boot, sizeof(boot), "%s/boot", folder);
	if (!find_in(boot, "vmlinuz-", vmlinuz) &&
	    (!have_modules || !find_in(modules, "vmlinuz", vmlinuz)))
		return why_set(why, EINVAL,
			       "%s: the package has no kernel image (boot/vmlinuz-*)", folder);
	return make_image(vmlinuz,
			  modules_given ? modules_given :
			  have_modules	? modules :
					  NULL,
			  out, why);
}

static bool is_header_file(const char *path)
{
	return strncmp(path, "usr/share/", 10) != 0;
}

/* Unpacked once: into a folder that gets its name when it is complete. */
static int unpack(const struct kit *kit, char *const *debs, size_t nr, char folder[PATH],
		  struct why *why)
{
	char images[PATH], making[PATH + 32], made[2 * PATH];
	const char *name = strrchr(debs[0], '/');
	struct stat st;
	int err;

	if (stat(debs[0], &st))
		return why_set(why, errno, "%s: %s", debs[0], strerror(errno));
	err = cache_folder("images", images, why);
	if (err)
		return err;
	if (snprintf(made, sizeof(made), "%s/%s-%llx-%llx", images, name ? name + 1 : debs[0],
		     (unsigned long long)st.st_size, (unsigned long long)st.st_mtime) >= PATH)
		return why_set(why, ENAMETOOLONG, "%s: the path is too long", debs[0]);
	if (access(made, R_OK)) {
		snprintf(making, sizeof(making), "%s/.making-%d", images, getpid());
		err = make_folders(making, why);
		for (size_t i = 0; !err && i < nr; i++)
			err = archive_unpack_deb(debs[i], making, kit->wanted, why);
		if (!err && rename(making, made) && errno != EEXIST && errno != ENOTEMPTY)
			err = why_set(why, errno, "%s: %s", made, strerror(errno));
	}
	snprintf(folder, PATH, "%.*s", PATH - 1, made);
	return err;
}

/* --- apt --- */

enum { DEBS_MAX = 12, OPTIONS = 6, OPTION = PATH + 64, WORDS = 40 };

/*
 * apt's options for a suite that the machine's sources do not name: state and lists of our own.
 */
struct apt {
	char options[OPTIONS][OPTION];
	int nr;
};

/* Debian's keys, as the package debian-archive-keyring installs them; "" leaves it to apt. */
static const char *keyring(void)
{
	static const char *const paths[] = {
		"[signed-by=/usr/share/keyrings/debian-archive-keyring.pgp]",
		"[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]",
	};

	for (int i = 0; i < 2; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%.*s", (int)strcspn(paths[i], "]") - 11,
			 paths[i] + 11);
		if (!access(path, R_OK))
			return paths[i];
	}
	return "";
}

/* Debian gives no security updates of their own to what is unstable or comes from backports. */
static bool has_security(const char *suite)
{
	static const char *const without[] = { "sid", "unstable", "experimental", "rc-buggy" };

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (!strcmp(suite, without[i]))
			return false;
	return !strstr(suite, "-backports");
}

/*
 * The machine's own mirrors, for another suite: the main one, and the one of security updates.
 */
static int write_sources(const char *suite, const char *path, struct why *why)
{
	const char *const argv[] = { "apt-get",	    "indextargets",	    "--format",
				     "$(REPO_URI)", "Created-By: Packages", "Component: main",
				     NULL };
	char *text = NULL, *mirror, *save = NULL, last[PATH] = "";
	FILE *file;
	int err = child_output(argv, NULL, &text, why);

	if (err)
		return err;
	file = fopen(path, "we");
	if (!file) {
		err = why_set(why, errno, "%s: %s", path, strerror(errno));
		free(text);
		return err;
	}
	for (mirror = strtok_r(text, "\n", &save); mirror;
	     mirror = strtok_r(NULL, "\n", &save)) {
		bool security = strstr(mirror, "security") != NULL;

		if (!strcmp(mirror, last) || (security && !has_security(suite)))
			continue;
		snprintf(last, sizeof(last), "%s", mirror);
		fprintf(file, "deb %s %s %s%s main\n", keyring(), mirror, suite,
			security ? "-security" : "");
	}
	free(text);
	return fclose(file) ? why_set(why, EIO, "%s: cannot be written", path) : 0;
}

static int run_apt(const struct apt *apt, const char *const *words, const char *folder,
		   char **output, struct why *why)
{
	const char *argv[WORDS];
	int n = 0;

	argv[n++] = words[0];
	for (int i = 0; i < apt->nr; i++) {
		argv[n++] = "-o";
		argv[n++] = apt->options[i];
	}
	for (int i = 1; words[i] && n + 1 < WORDS; i++)
		argv[n++] = words[i];
	argv[n] = NULL;
	return child_output(argv, folder, output, why);
}

/* Lists of packages are asked for once a day. */
static bool is_young(const char *path)
{
	struct stat st;

	return !stat(path, &st) && time(NULL) - st.st_mtime < 24 * 60 * 60;
}

static int prepare_apt(const char *suite, struct apt *apt, struct why *why)
{
	const char *const update[] = { "apt-get", "update", "-q", NULL };
	char below[80], folder[PATH], lists[PATH + 16], *output = NULL;
	int err;

	apt->nr = 0;
	if (!suite[0])
		return 0;
	snprintf(below, sizeof(below), "apt/%.60s", suite);
	err = cache_folder(below, folder, why);
	if (err)
		return err;
	snprintf(lists, sizeof(lists), "%s/lists/partial", folder);
	err = make_folders(lists, why);
	if (err)
		return err;
	snprintf(lists, sizeof(lists), "%s/sources.list", folder);
	snprintf(apt->options[apt->nr++], OPTION, "Dir::Etc::sourcelist=%s/sources.list",
		 folder);
	snprintf(apt->options[apt->nr++], OPTION, "Dir::Etc::sourceparts=/dev/null");
	snprintf(apt->options[apt->nr++], OPTION, "Dir::State::lists=%s/lists", folder);
	snprintf(apt->options[apt->nr++], OPTION, "Dir::Cache=%s", folder);
	/*
	 * Nothing is installed of that suite: what is installed here must not be the candidate.
	 */
	snprintf(apt->options[apt->nr++], OPTION, "Dir::State::status=/dev/null");
	if (is_young(lists))
		return 0;
	err = write_sources(suite, lists, why);
	if (!err)
		err = run_apt(apt, update, NULL, &output, why);
	if (err)
		unlink(lists);
	free(output);
	return err;
}

/* A kernel's package and those it is split into: image, binary, modules. */
static bool is_kernel_package(const char *name)
{
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

static bool is_listed(char *const *names, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* The package and, as far as they belong to it, all that it depends on. */
static int resolve(const struct apt *apt, const struct kit *kit, const char *package,
		   char **names, size_t *nr, struct why *why)
{
	names[0] = strdup(package);
	*nr = 1;
	for (size_t i = 0; i < *nr; i++) {
		const char *const depends[] = { "apt-cache", "depends", names[i], NULL };
		char *text = NULL, *line, *save = NULL;
		int err = run_apt(apt, depends, NULL, &text, why);

		if (err)
			return err;
		for (line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			char *name = strstr(line, "Depends: ");

			if (!name)
				continue;
			name += strlen("Depends: ");
			if (kit->belongs(name) && *nr < DEBS_MAX &&
			    !is_listed(names, *nr, name))
				names[(*nr)++] = strdup(name);
		}
		free(text);
	}
	return 0;
}

/*
 * Downloads one package into the folder and gives the path. What is there is used: a kernel's
 * packages have its version in their names.
 */
static int download(const struct apt *apt, const char *package, const char *folder, char **deb,
		    struct why *why)
{
	const char *const fetch[] = { "apt-get", "download", "-q", package, NULL };
	char path[PATH], prefix[PATH], *text = NULL;
	int err = 0;

	snprintf(prefix, sizeof(prefix), "%s_", package);
	if (!find_in(folder, prefix, path)) {
		err = run_apt(apt, fetch, folder, &text, why);
		free(text);
		if (!err && !find_in(folder, prefix, path))
			err = why_set(why, EHOSTUNREACH,
				      "%s: apt-get download left no package file", package);
	}
	if (!err && !(*deb = strdup(path)))
		err = why_set(why, ENOMEM, "out of memory");
	return err;
}

/*
 * One at a time: a second apt would read lists that the first has half written. Gives a
 * descriptor to close.
 */
static int lock_folder(const char *folder, struct why *why)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX)) {
		int err = why_set(why, errno, "%s: %s", folder, strerror(errno));

		if (fd >= 0)
			close(fd);
		return err;
	}
	return fd;
}

/* Fetches and unpacks, as far as that was not done before; gives the folder. */
static int fetch(const struct kit *kit, const char *suite, const char *package,
		 char folder[PATH], struct why *why)
{
	char *names[DEBS_MAX] = { NULL }, *debs[DEBS_MAX] = { NULL };
	char below[80], packages[PATH], cache[PATH];
	size_t nr = 0, nr_debs = 0;
	struct apt apt;
	int err = cache_folder("", cache, why), lock = -1;

	if (!err && (lock = lock_folder(cache, why)) < 0)
		err = lock;
	snprintf(below, sizeof(below), "packages%s%.60s", kit->by_suite && suite[0] ? "/" : "",
		 kit->by_suite ? suite : "");
	if (!err)
		err = cache_folder(below, packages, why);
	if (!err)
		err = prepare_apt(suite, &apt, why);
	if (!err)
		err = resolve(&apt, kit, package, names, &nr, why);
	for (size_t i = kit->first_may_be_empty && nr > 1; !err && i < nr; i++)
		err = download(&apt, names[i], packages, &debs[nr_debs++], why);
	if (!err && debs[0])
		err = unpack(kit, debs, nr_debs, folder, why);
	for (size_t i = 0; i < DEBS_MAX; i++) {
		free(names[i]);
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

static bool is_deb(const char *path)
{
	char magic[8] = "";
	FILE *file = fopen(path, "re");
	bool deb = file && fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
		   !memcmp(magic, "!<arch>\n", sizeof(magic));

	if (file)
		fclose(file);
	return deb;
}

/* SUITE/REST, or REST alone. False when they cannot be names of a suite and a package. */
static bool split_suite(const char *name, char suite[64], const char **rest)
{
	const char *slash = strchr(name, '/');

	suite[0] = '\0';
	*rest = name;
	if (slash && slash != name && slash - name < 64) {
		memcpy(suite, name, (size_t)(slash - name));
		suite[slash - name] = '\0';
		*rest = slash + 1;
	}
	return is_package_name(*rest) && (!slash || is_package_name(suite));
}

int kernel_image_open(const char *name, const char *modules, struct kernel_image **out,
		      struct why *why)
{
	char suite[64], folder[PATH], *deb = (char *)name;
	const char *package;
	int err;

	if (!access(name, R_OK) && !is_deb(name))
		return make_image(name, modules, out, why);
	if (!access(name, R_OK))
		err = unpack(&kernel_kit, &deb, 1, folder, why);
	else if (split_suite(name, suite, &package))
		err = fetch(&kernel_kit, suite, package, folder, why);
	else
		err = why_set(
			why, ENOENT,
			"%s: no such file, and not a package's name; give a vmlinuz, a .deb, PACKAGE or SUITE/PACKAGE",
			name);
	return err ? err : image_in(folder, modules, out, why);
}

/* A release begins with a digit, and no package of a kernel does. */
static int read_name(const char *name, char suite[64], char release[80], struct why *why)
{
	struct kernel_image *image = NULL;
	const char *rest;
	int err = 0;

	if (split_suite(name, suite, &rest) && isdigit((unsigned char)rest[0]) &&
	    access(name, R_OK)) {
		snprintf(release, 80, "%s", rest);
		return 0;
	}
	if (!access(name, R_OK))
		suite[0] = '\0';
	err = kernel_image_open(name, NULL, &image, why);
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
	return !cache_folder("images", images, &ignored) && find_in(images, prefix, folder);
}

int kernel_image_headers(const char *name, char **out, struct why *why)
{
	char suite[64], release[80], package[128], folder[PATH];
	struct why apt;
	int err = read_name(name, suite, release, why);

	if (err)
		return err;
	snprintf(package, sizeof(package), "linux-headers-%s", release);
	if (!have_headers(package, folder) && fetch(&headers_kit, suite, package, folder, &apt))
		return why_set(
			why, EHOSTUNREACH,
			"%s%s%s: apt has no such package (%.200s); add a source that has it",
			package, suite[0] ? " of " : "", suite, apt.text);
	*out = strdup(folder);
	return *out ? 0 : why_set(why, ENOMEM, "out of memory");
}
