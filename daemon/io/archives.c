// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/archives.h"

enum { BLOCK = 1 << 16 };

static int complain(struct archive *a, const char *path, struct why *why)
{
	int err = archive_errno(a);

	return why_set(why, err > 0 ? err : EIO, "%s: %s", path, archive_error_string(a));
}

/* --- reading --- */

/* The data member of a deb is a compressed tar inside an ar: read as a stream of its own. */
struct member {
	struct archive *outer;
	char block[BLOCK];
};

static la_ssize_t member_read(struct archive *inner, void *arg, const void **block)
{
	struct member *member = arg;

	(void)inner;
	*block = member->block;
	return archive_read_data(member->outer, member->block, sizeof(member->block));
}

/* A path in the package as one below the folder; false: it is too long. */
static bool place_below(const char *folder, const char *path, char full[PATH_MAX])
{
	return snprintf(full, PATH_MAX, "%s/%s", folder, path) < PATH_MAX;
}

static int unpack_files(struct archive *tar, struct archive *disk, const char *folder,
			bool (*wanted)(const char *path), const char *deb, struct why *why)
{
	struct archive_entry *entry;
	int code;

	while ((code = archive_read_next_header(tar, &entry)) == ARCHIVE_OK) {
		const char *path = archive_entry_pathname(entry);
		const char *same = archive_entry_hardlink(entry);
		char full[PATH_MAX], other[PATH_MAX];

		path += path && !strncmp(path, "./", 2) ? 2 : 0;
		if (!path || archive_entry_filetype(entry) == AE_IFDIR || !wanted(path))
			continue;
		if (!place_below(folder, path, full) ||
		    (same && !place_below(folder, same, other)))
			return why_set(why, ENAMETOOLONG, "%s: a path in it is too long", deb);
		archive_entry_set_pathname(entry, full);
		if (same) /* or it would be a file of this machine */
			archive_entry_set_hardlink(entry, other);
		if (archive_read_extract2(tar, entry, disk) < ARCHIVE_WARN)
			return complain(disk, deb, why);
	}
	return code == ARCHIVE_EOF ? 0 : complain(tar, deb, why);
}

/* The data of a deb: the rest of `ar` is read through `member`. */
static int open_data(struct archive *ar, struct member *member, struct archive *tar,
		     const char *deb, struct why *why)
{
	struct archive_entry *entry;
	int code;

	while ((code = archive_read_next_header(ar, &entry)) == ARCHIVE_OK)
		if (!strncmp(archive_entry_pathname(entry), "data.tar", 8))
			break;
	if (code != ARCHIVE_OK)
		return why_set(why, EINVAL, "%s: not a Debian package: it has no data.tar",
			       deb);
	member->outer = ar;
	archive_read_support_format_tar(tar);
	return archive_read_open(tar, member, NULL, member_read, NULL) ?
		       complain(tar, deb, why) :
		       0;
}

enum package_kind archive_package_kind(const char *path)
{
	char begin[8] = "";
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(begin, 1, sizeof(begin), file) : 0;

	if (file)
		fclose(file);
	if (n == sizeof(begin) && !memcmp(begin, "!<arch>\n", 8))
		return PACKAGE_DEB;
	return n == sizeof(begin) && !memcmp(begin, "\xed\xab\xee\xdb", 4) ? PACKAGE_RPM :
									     PACKAGE_NONE;
}

int archive_unpack_package(const char *package, const char *folder,
			   bool (*wanted)(const char *path), struct why *why)
{
	struct archive *outer = archive_read_new(), *files = archive_read_new();
	struct archive *disk = archive_write_disk_new();
	struct member *member = calloc(1, sizeof(*member));
	int err = 0;

	if (!outer || !files || !disk || !member) {
		err = why_memory(why);
		goto out;
	}
	archive_write_disk_set_options(disk, ARCHIVE_EXTRACT_SECURE_NODOTDOT |
						     ARCHIVE_EXTRACT_SECURE_SYMLINKS);
	archive_read_support_filter_all(files);
	if (archive_package_kind(package) == PACKAGE_RPM) {
		archive_read_support_format_cpio(files);
		if (archive_read_open_filename(files, package, BLOCK))
			err = complain(files, package, why);
	} else {
		archive_read_support_format_ar(outer);
		if (archive_read_open_filename(outer, package, BLOCK))
			err = complain(outer, package, why);
		else
			err = open_data(outer, member, files, package, why);
	}
	if (!err)
		err = unpack_files(files, disk, folder, wanted, package, why);
out:
	if (files)
		archive_read_free(files);
	if (outer)
		archive_read_free(outer);
	if (disk)
		archive_write_free(disk);
	free(member);
	return err;
}

static int read_all(struct archive *a, const char *path, void **data, size_t *size,
		    struct why *why)
{
	char *buffer = NULL;
	size_t used = 0, room = 0;
	la_ssize_t n;

	do {
		if (used == room) {
			char *more = realloc(buffer, room = room ? 2 * room : BLOCK);

			if (!more) {
				free(buffer);
				return why_exit(why, EXIT_INTERNAL, ENOMEM, "%s: out of memory",
						path);
			}
			buffer = more;
		}
		n = archive_read_data(a, buffer + used, room - used);
		used += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	if (n < 0) {
		free(buffer);
		return complain(a, path, why);
	}
	*data = buffer;
	*size = used;
	return 0;
}

int archive_read_file(const char *path, void **data, size_t *size, struct why *why)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int err;

	if (!a)
		return why_memory(why);
	archive_read_support_format_raw(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open_filename(a, path, BLOCK) || archive_read_next_header(a, &entry))
		err = complain(a, path, why);
	else
		err = read_all(a, path, data, size, why);
	archive_read_free(a);
	return err;
}

/* --- writing --- */

struct initramfs {
	struct archive *archive;
	char *path;
};

int initramfs_create(const char *path, struct initramfs **out, struct why *why)
{
	struct initramfs *initramfs = calloc(1, sizeof(*initramfs));
	int err;

	if (!initramfs)
		return why_memory(why);
	initramfs->path = strdup(path);
	initramfs->archive = archive_write_new();
	if (!initramfs->path || !initramfs->archive) {
		initramfs_close(initramfs, NULL);
		return why_memory(why);
	}
	archive_write_set_format_cpio_newc(initramfs->archive);
	if (archive_write_open_filename(initramfs->archive, path)) {
		err = complain(initramfs->archive, path, why);
		initramfs_close(initramfs, NULL);
		return err;
	}
	*out = initramfs;
	return 0;
}

static int put(struct initramfs *initramfs, const char *path, unsigned int type, mode_t mode,
	       const char *to, const void *data, size_t size, struct why *why)
{
	struct archive_entry *entry = archive_entry_new();
	int err = 0;

	if (!entry)
		return why_memory(why);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, mode);
	archive_entry_set_size(entry, (la_int64_t)size);
	if (to)
		archive_entry_set_symlink(entry, to);
	if (archive_write_header(initramfs->archive, entry) ||
	    (size && archive_write_data(initramfs->archive, data, size) != (la_ssize_t)size))
		err = complain(initramfs->archive, initramfs->path, why);
	archive_entry_free(entry);
	return err;
}

int initramfs_folder(struct initramfs *initramfs, const char *path, struct why *why)
{
	return put(initramfs, path, AE_IFDIR, 0755, NULL, NULL, 0, why);
}

int initramfs_link(struct initramfs *initramfs, const char *path, const char *to,
		   struct why *why)
{
	return put(initramfs, path, AE_IFLNK, 0777, to, NULL, 0, why);
}

int initramfs_data(struct initramfs *initramfs, const char *path, mode_t mode, const void *data,
		   size_t size, struct why *why)
{
	return put(initramfs, path, AE_IFREG, mode, NULL, data, size, why);
}

int initramfs_file(struct initramfs *initramfs, const char *path, int fd, const char *from,
		   mode_t mode, struct why *why)
{
	char *data = NULL;
	struct stat st = { 0 };
	int err = 0;

	if (fstat(fd, &st))
		err = why_set(why, errno, "%s: %s", from, strerror(errno));
	if (!err && !(data = malloc((size_t)st.st_size + 1)))
		err = why_memory(why);
	if (!err && pread(fd, data, (size_t)st.st_size, 0) != st.st_size)
		err = why_set(why, EIO, "%s: changed while it was read", from);
	if (!err)
		err = initramfs_data(initramfs, path, mode, data, (size_t)st.st_size, why);
	free(data);
	return err;
}

int initramfs_close(struct initramfs *initramfs, struct why *why)
{
	int err = 0;

	if (!initramfs)
		return 0;
	if (initramfs->archive) {
		if (archive_write_close(initramfs->archive))
			err = complain(initramfs->archive, initramfs->path, why);
		archive_write_free(initramfs->archive);
	}
	free(initramfs->path);
	free(initramfs);
	return err;
}
