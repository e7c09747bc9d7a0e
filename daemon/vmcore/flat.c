// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmcore/parts.h"

/*
 * A dump that was written through a pipe: its pieces, each with where it belongs. It is what
 * makedumpfile -F writes, and QEMU. Numbers have the byte order of networks.
 */
#define FLAT_HEAD "makedumpfile"

enum { HEAD_SIZE = 4096, PIECE = 1 << 16 };

#define FLAT_MAX (1ULL << 46) /* 64 TiB */

struct flat_piece {
	uint64_t at, size; /* all bits set: the end */
};

bool flat_is(int fd)
{
	char head[sizeof(FLAT_HEAD)];

	return pread(fd, head, sizeof(head), 0) == sizeof(head) &&
	       !memcmp(head, FLAT_HEAD, sizeof(head));
}

static int copy_piece(int from, off_t *at, int to, const struct flat_piece *piece)
{
	static char bytes[PIECE];
	uint64_t done = 0;

	while (done < piece->size) {
		size_t part = piece->size - done < PIECE ? piece->size - done : PIECE;
		ssize_t n = pread(from, bytes, part, *at);

		if (n <= 0)
			return n ? -errno : -ENODATA;
		if (pwrite(to, bytes, (size_t)n, (off_t)(piece->at + done)) != n)
			return errno ? -errno : -ENOSPC;
		done += (uint64_t)n;
		*at += n;
	}
	return 0;
}

static int copy_all(int from, int to)
{
	off_t at = HEAD_SIZE;
	int err = 0;

	while (!err) {
		struct flat_piece piece;

		if (pread(from, &piece, sizeof(piece), at) != sizeof(piece))
			return -ENODATA;
		if (piece.at == UINT64_MAX)
			return 0;
		piece = (struct flat_piece){ be64toh(piece.at), be64toh(piece.size) };
		if (piece.at > FLAT_MAX || piece.size > FLAT_MAX)
			return -EINVAL;
		at += (off_t)sizeof(piece);
		err = copy_piece(from, &at, to, &piece);
	}
	return err;
}

int flat_rearrange(int fd, const char **folder)
{
	const char *wanted = getenv("TMPDIR");
	int to, err;

	*folder = wanted && *wanted ? wanted : "/var/tmp";
	to = open(*folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	errno = 0;
	err = copy_all(fd, to);
	if (!err)
		return to;
	close(to);
	return err;
}
