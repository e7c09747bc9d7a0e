// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "loader/parts.h"
#include "loader/ring.h"

struct ring_reader {
	struct ring_buffer *buffer;
	void (*seen)(const struct record *record, void *arg);
	void *arg;
};

static int hand_over(void *ctx, void *data, size_t size)
{
	struct ring_reader *ring = ctx;

	if (size >= sizeof(struct record))
		ring->seen(data, ring->arg);
	return 0;
}

int ring_open(const struct probes *probes, uint32_t slot,
	      void (*seen)(const struct record *record, void *arg), void *arg,
	      struct ring_reader **out, struct why *why)
{
	struct ring_reader *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return why_memory(why);
	ring->seen = seen;
	ring->arg = arg;
	ring->buffer = ring_buffer__new(probes->rings[slot], hand_over, ring, NULL);
	if (!ring->buffer) {
		int err = errno;

		free(ring);
		return probes_refused(err, "a ring buffer", why);
	}
	*out = ring;
	return 0;
}

void ring_close(struct ring_reader *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	free(ring);
}

int ring_fd(const struct ring_reader *ring)
{
	return ring_buffer__epoll_fd(ring->buffer);
}

void ring_read(struct ring_reader *ring)
{
	ring_buffer__consume(ring->buffer);
}
