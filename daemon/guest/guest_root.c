// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/guest_root.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "io/child.h"

/* --- paths --- */

/* Whether others than root and the caller may. */
static bool may_change(const struct stat *st)
{
	return (st->st_uid && st->st_uid != geteuid()) || (st->st_mode & (S_IWGRP | S_IWOTH));
}

static int open_folder(const char *root)
{
	int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (folder < 0)
		return -errno;
	if (!fstat(folder, &st) && !may_change(&st))
		return folder;
	close(folder);
	return -EPERM;
}

int root_check(const char *root, struct why *why)
{
	struct stat st;
	AUTO_FD int folder = open_folder(root);

	if (folder == -EPERM && !stat(root, &st))
		return why_exit(
			why, EXIT_CONFIG, EPERM,
			"vm.root: %s: owned by user %u, mode %04o: other users could change what the guest runs; chown it to root or to yourself, and chmod go-w",
			root, st.st_uid, st.st_mode & 07777);
	return folder < 0 ? why_exit(why, EXIT_CONFIG, -folder, "vm.root: %s: %s", root,
				     strerror(-folder)) :
			    0;
}

static int open_in(const char *root, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	AUTO_FD int folder = -1;
	int fd;

	if (!root) {
		fd = open(path, (int)how.flags);
		return fd < 0 ? -errno : fd;
	}
	folder = open_folder(root);
	if (folder < 0)
		return folder;
	fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* O_NONBLOCK: what is a FIFO by now must not make us wait. */
int root_open(const char *root, const char *path)
{
	int fd = open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY), err = -ENOENT;
	struct stat st;

	if (fd < 0)
		return fd;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		err = root && may_change(&st) ? -EPERM : 0;
	if (!err)
		return fd;
	close(fd);
	return err;
}

const char *root_error(int err)
{
	return err == -EPERM ?
		       "other users could change it; chown it to root or to yourself, and chmod go-w" :
		       strerror(-err);
}

/* The bits of its mode; 0: it is no regular file, or not there. */
static mode_t mode_of(const char *root, const char *path)
{
	AUTO_FD int fd = open_in(root, path, O_PATH);
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) ? st.st_mode : 0;
}

bool root_has(const char *root, const char *path)
{
	return mode_of(root, path);
}

/* The guest runs a root's programs as root, and each of this machine's is run by the caller. */
bool root_has_program(const char *root, const char *path)
{
	return root ? mode_of(root, path) & (S_IXUSR | S_IXGRP | S_IXOTH) :
		      root_has(root, path) && !access(path, X_OK);
}

int root_find(const char *root, const char *program, char path[PATH_MAX])
{
	if (!root)
		return child_find(program, path, PATH_MAX);
	if (strchr(program, '/')) {
		snprintf(path, PATH_MAX, "%s", program);
		return root_has_program(root, path) ? 0 : -ENOENT;
	}
	for (const char *folder = CHILD_PATH; *folder;) {
		size_t length = strcspn(folder, ":");

		snprintf(path, PATH_MAX, "%.*s/%s", (int)length, folder, program);
		if (root_has_program(root, path))
			return 0;
		folder += length + (folder[length] == ':');
	}
	return -ENOENT;
}

/* --- ELF --- */

struct elf {
	const uint8_t *data;
	size_t size;
	const Elf64_Phdr *segments;
	uint16_t nr_segments;
	const Elf64_Dyn *dynamic;
	size_t nr_dynamic;
};

/* NULL: it would lie outside the file. */
static const void *piece(const struct elf *elf, uint64_t at, uint64_t size)
{
	return at <= elf->size && size <= elf->size - at ? elf->data + at : NULL;
}

/* NULL: it does not end inside the file. */
static const char *string(const struct elf *elf, uint64_t at)
{
	const char *text = piece(elf, at, 1);

	return text && memchr(text, '\0', elf->size - at) ? text : NULL;
}

/* Where in the file the memory of an address is kept. */
static uint64_t offset_of(const struct elf *elf, uint64_t address)
{
	for (uint16_t i = 0; i < elf->nr_segments; i++) {
		const Elf64_Phdr *s = &elf->segments[i];

		if (s->p_type == PT_LOAD && address >= s->p_vaddr &&
		    address - s->p_vaddr < s->p_filesz)
			return s->p_offset + (address - s->p_vaddr);
	}
	return UINT64_MAX;
}

static const Elf64_Phdr *segment(const struct elf *elf, uint32_t type)
{
	for (uint16_t i = 0; i < elf->nr_segments; i++)
		if (elf->segments[i].p_type == type)
			return &elf->segments[i];
	return NULL;
}

/* The header, when it is an ELF file of 64 bits. */
static const Elf64_Ehdr *begin(struct elf *elf)
{
	const Elf64_Ehdr *header = piece(elf, 0, sizeof(*header));
	const Elf64_Phdr *dynamic;

	if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
	    header->e_ident[EI_CLASS] != ELFCLASS64)
		return NULL;
	if (header->e_phoff % 8 == 0)
		elf->segments =
			piece(elf, header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr));
	elf->nr_segments = elf->segments ? header->e_phnum : 0;
	dynamic = segment(elf, PT_DYNAMIC);
	if (dynamic && dynamic->p_offset % 8 == 0 &&
	    (elf->dynamic = piece(elf, dynamic->p_offset, dynamic->p_filesz)))
		elf->nr_dynamic = dynamic->p_filesz / sizeof(Elf64_Dyn);
	return header;
}

/* The next name of a library, from the entry `*i` on; NULL: there is none. */
static const char *next_needed(const struct elf *elf, size_t *i)
{
	uint64_t strings = UINT64_MAX;

	for (size_t j = 0; j < elf->nr_dynamic; j++)
		if (elf->dynamic[j].d_tag == DT_STRTAB)
			strings = offset_of(elf, elf->dynamic[j].d_un.d_ptr);
	for (; strings != UINT64_MAX && *i < elf->nr_dynamic; ++*i)
		if (elf->dynamic[*i].d_tag == DT_NEEDED)
			return string(elf, strings + elf->dynamic[(*i)++].d_un.d_val);
	return NULL;
}

/* --- libraries --- */

/* Where a loader looks by itself; a path of the program's own (DT_RUNPATH) is not read. */
static bool find_library(const char *root, const struct architecture *architecture,
			 const char *name, char path[PATH_MAX])
{
	static const char *const folders[] = {
		"/lib/%s-linux-gnu", "/usr/lib/%s-linux-gnu", "/lib64", "/usr/lib64", "/lib",
		"/usr/lib"
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *mark = strstr(folders[i], "%s");
		int n = mark ? (int)(mark - folders[i]) : (int)strlen(folders[i]);

		snprintf(path, PATH_MAX, "%.*s%s%s/%s", n, folders[i],
			 mark ? architecture->name : "", mark ? mark + 2 : "", name);
		if (root_has(root, path))
			return true;
	}
	return false;
}

static int name_libraries(const char *root, const struct architecture *architecture,
			  const char *program, struct elf *elf,
			  int (*each)(void *arg, const char *library), void *arg,
			  struct why *why)
{
	const Elf64_Ehdr *header = begin(elf);
	const Elf64_Phdr *interpreter = header ? segment(elf, PT_INTERP) : NULL;
	const char *loader = interpreter ? string(elf, interpreter->p_offset) : NULL, *name;
	char path[PATH_MAX];
	size_t i = 0;
	int err = 0;

	if (!header)
		return 0;
	if (header->e_machine != architecture->elf_machine)
		return why_exit(why, EXIT_CONFIG, EINVAL,
				"%s%s: not a program for %s, which the kernel is for", root,
				program, architecture->name);
	if (loader)
		err = each(arg, loader);
	while (!err && (name = next_needed(elf, &i)))
		err = find_library(root, architecture, name, path) ?
			      each(arg, path) :
			      why_exit(
				      why, EXIT_CONFIG, EINVAL,
				      "%s%s: needs the library %s, which is not in %s; install its package there",
				      root, program, name, root);
	return err;
}

int root_libraries(const char *root, const struct architecture *architecture, const char *path,
		   int (*each)(void *arg, const char *library), void *arg, struct why *why)
{
	AUTO_FD int fd = root_open(root, path);
	struct stat st = { 0 };
	struct elf elf;
	void *data;
	int err;

	if (fd < 0)
		return why_exit(why, EXIT_CONFIG, -fd, "%s%s: %s", root, path, root_error(fd));
	if (fstat(fd, &st) || st.st_size <= 0)
		return 0;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return why_set(why, errno, "%s%s: %s", root, path, strerror(errno));
	elf = (struct elf){ .data = data, .size = (size_t)st.st_size };
	err = name_libraries(root, architecture, path, &elf, each, arg, why);
	munmap(data, (size_t)st.st_size);
	return err;
}
