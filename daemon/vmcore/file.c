// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "vmcore/parts.h"

enum { SAID_MAX = 160 };

struct file {
	const char *path;
	int fd;
	kdump_ctx_t *dump;
	char *notes;
	uint64_t nr_bad, first_bad; /* pages that should be there, and a physical address */
	char said[SAID_MAX];	    /* of the first one */
};

/* --- what it is --- */

/* What people do to files of gigabytes before they send them. */
static const struct {
	const char *magic, *name, *undone_by;
} packed[] = {
	{ "\x1f\x8b", "gzip", "gunzip" },
	{ "\xfd"
	  "7zXZ",
	  "xz", "unxz" },
	{ "\x28\xb5\x2f\xfd", "zstd", "unzstd" },
	{ "BZh", "bzip2", "bunzip2" },
};

static int refuse_packed(const struct file *file, struct why *why)
{
	char head[8] = "";

	if (pread(file->fd, head, sizeof(head), 0) < 0)
		return why_exit(why, EXIT_CONFIG, errno, "%s: cannot be read: %s", file->path,
				strerror(errno));
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (!memcmp(head, packed[i].magic, strlen(packed[i].magic)))
			return why_exit(why, EXIT_CONFIG, EINVAL,
					"%s: compressed by %s as a whole; unpack it first: %s",
					file->path, packed[i].name, packed[i].undone_by);
	return 0;
}

/* O_NONBLOCK: a FIFO is refused, and not waited for. */
static int open_fd(struct file *file, struct why *why)
{
	struct stat st;

	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0 || fstat(file->fd, &st))
		return why_exit(why, EXIT_CONFIG, errno, "%s: cannot be read: %s", file->path,
				strerror(errno));
	if (!S_ISREG(st.st_mode))
		return why_exit(why, EXIT_CONFIG, EINVAL, "%s: not a regular file", file->path);
	if (!st.st_size)
		return why_exit(why, EXIT_CONFIG, EINVAL,
				"%s: the file is empty; make it again, or copy it again",
				file->path);
	return refuse_packed(file, why);
}

/* --- the library --- */

/* The library's words, of which some are the file's. */
static void note_words(kdump_ctx_t *dump, char words[SAID_MAX])
{
	const char *said = kdump_get_err(dump);

	snprintf(words, SAID_MAX, "%s", said ? said : "no reason is known");
	for (char *c = words; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static int is_no_dump(const struct file *file, kdump_ctx_t *dump, kdump_status status,
		      struct why *why)
{
	char said[SAID_MAX];

	note_words(dump, said);
	if (status == KDUMP_ERR_NOTIMPL)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"%s: neither a capture of dadrace who nor a vmcore; name a file that --capture wrote, or a kernel's dump of kdump or QEMU (ELF, or compressed by makedumpfile)",
			file->path);
	return why_exit(why, EXIT_CONFIG, EINVAL,
			"%s: the vmcore is damaged: %s; make it again, or copy it again",
			file->path, said);
}

/*
 * In the header of a compressed dump QEMU fills no name but that of the machine, and then the
 * library takes none. 12 bytes and four names of 65 are before it.
 */
static const char *machine_in_header(const struct file *file)
{
	enum { MACHINE_AT = 12 + 4 * 65 };
	char head[MACHINE_AT + sizeof(KDUMP_ARCH_X86_64)];

	if (pread(file->fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head + MACHINE_AT, KDUMP_ARCH_X86_64, sizeof(KDUMP_ARCH_X86_64)) != 0 ||
	    kdump_set_string_attr(file->dump, KDUMP_ATTR_ARCH_NAME, KDUMP_ARCH_X86_64))
		return "an unknown machine";
	return KDUMP_ARCH_X86_64;
}

static int check_architecture(const struct file *file, struct why *why)
{
	const char *name = "";
	kdump_num_t page = 0;

	if (kdump_get_string_attr(file->dump, KDUMP_ATTR_ARCH_NAME, &name))
		name = machine_in_header(file);
	if (strcmp(name, KDUMP_ARCH_X86_64) != 0)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"%s: the dump is of a kernel for %s, whose layout of memory is not known; only x86_64 is",
			file->path, name);
	if (kdump_get_number_attr(file->dump, KDUMP_ATTR_PAGE_SIZE, &page) ||
	    page != IMAGE_PAGE)
		return why_exit(why, EXIT_CONFIG, EINVAL,
				"%s: the vmcore is damaged: its pages have %" PRIuFAST64
				" bytes, and those of x86_64 have %d",
				file->path, (uint64_t)page, IMAGE_PAGE);
	return 0;
}

static int put_in_order(struct file *file, struct why *why)
{
	const char *folder;
	int fd = flat_rearrange(file->fd, &folder);

	if (fd == -ENODATA || fd == -EINVAL)
		return why_exit(
			why, EXIT_CONFIG, -fd,
			"%s: the vmcore is damaged: it ends too early, or its pieces lie nowhere; make it again, or copy it again",
			file->path);
	if (fd < 0)
		return why_exit(
			why, EXIT_CONFIG, -fd,
			"%s: flattened by makedumpfile -F or QEMU, and cannot be put in order in %s: %s; name a folder with more room in TMPDIR, or put it in order: makedumpfile -R NEW <OLD",
			file->path, folder, strerror(-fd));
	close(file->fd);
	file->fd = fd;
	return 0;
}

/*
 * The library takes what lies behind the end of an ELF file for pages that were left out. Other
 * files are not looked at.
 */
static int check_length(const struct file *file, struct why *why)
{
	Elf64_Ehdr head = { 0 };
	Elf64_Phdr part;
	struct stat st;

	if (fstat(file->fd, &st) || pread(file->fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB)
		return 0;
	for (uint32_t i = 0; i < head.e_phnum; i++) {
		off_t at = (off_t)(head.e_phoff + i * sizeof(part));

		if (pread(file->fd, &part, sizeof(part), at) == sizeof(part) &&
		    part.p_filesz <= (uint64_t)st.st_size &&
		    part.p_offset <= (uint64_t)st.st_size - part.p_filesz)
			continue;
		return why_exit(
			why, EXIT_CONFIG, EIO,
			"%s: the vmcore is truncated: it has %jd bytes, and says that it has more; copy it again",
			file->path, (intmax_t)st.st_size);
	}
	return 0;
}

/* What could not be opened is never freed: libkdumpfile 0.5.1 frees parts of it twice. */
static void keep_unopened(kdump_ctx_t *dump)
{
	static struct unopened {
		kdump_ctx_t *dump;
		struct unopened *next;
	} * list;
	struct unopened *one = malloc(sizeof(*one));

	if (!one)
		return;
	*one = (struct unopened){ dump, list };
	list = one;
}

/* Pages are read, not mapped: with mmap, a truncated file would end the process by SIGBUS. */
static int open_dump(struct file *file, struct why *why)
{
	kdump_ctx_t *dump = kdump_new();
	kdump_status status;

	if (!dump)
		return why_memory(why);
	kdump_set_number_attr(dump, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	status = kdump_open_fd(dump, file->fd);
	if (status) {
		keep_unopened(dump);
		return is_no_dump(file, dump, status, why);
	}
	file->dump = dump;
	kdump_set_string_attr(file->dump, KDUMP_ATTR_OSTYPE,
			      "linux"); /* whose notes they are */
	if (check_architecture(file, why))
		return -EINVAL;
	if (kdump_vmcoreinfo_raw(file->dump, &file->notes))
		file->notes = NULL;
	return 0;
}

int file_open(const char *path, struct file **out, struct why *why)
{
	struct file *file = calloc(1, sizeof(*file));
	int err;

	if (!file)
		return why_memory(why);
	file->path = path;
	file->fd = -1;
	err = open_fd(file, why);
	if (!err && flat_is(file->fd))
		err = put_in_order(file, why);
	if (!err)
		err = check_length(file, why);
	if (!err)
		err = open_dump(file, why);
	if (err) {
		file_close(file);
		return err;
	}
	*out = file;
	return 0;
}

void file_close(struct file *file)
{
	if (!file)
		return;
	free(file->notes);
	if (file->dump)
		kdump_free(file->dump);
	close_fd(&file->fd);
	free(file);
}

const char *file_notes(const struct file *file)
{
	return file->notes;
}

/* --- pages --- */

/* A page that was left out (of a process, free, ...) is not missed. */
int file_read(struct file *file, uint64_t address, void *to, size_t size)
{
	size_t read = size;
	kdump_status status = kdump_read(file->dump, KDUMP_MACHPHYSADDR, address, to, &read);

	if (!status && read == size)
		return 0;
	if (status != KDUMP_ERR_NODATA && !file->nr_bad++) {
		file->first_bad = address + read;
		note_words(file->dump, file->said);
	}
	return -EFAULT;
}

int file_check(const struct file *file, struct why *why)
{
	if (!file->nr_bad)
		return 0;
	return why_exit(
		why, EXIT_CONFIG, EIO,
		"%s: the vmcore is truncated or damaged: the page at physical address 0x%" PRIx64
		" is missing (%s), so nothing can be said about who points where; copy it again",
		file->path, file->first_bad, file->said);
}
