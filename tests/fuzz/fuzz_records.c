// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "ledger/ledger.h"

static struct symbols *symbols;

static void begin(void)
{
	static char text[] =
		"ffffffff81000100 T packet_do_bind\nffffffff81000200 T dst_alloc\n";
	FILE *file = fmemopen(text, sizeof(text) - 1, "r");

	if (!file || symbols_read(file, &symbols))
		abort();
	fclose(file);
}

static void told(const struct ledger_entry *entry, void *arg)
{
	(void)arg;
	if (!entry->path || (entry->comm && !memchr(entry->comm, '\0', 16)))
		abort();
}

/* Any bytes as records of the watchpoints' ring, for each kind of counter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum watchpoint_counter counter =
		size ? (enum watchpoint_counter)(data[0] % WATCHPOINT_COUNTERS) : 0;
	struct ledger *ledger;

	if (!symbols)
		begin();
	ledger = ledger_new(symbols, counter, told, NULL);
	if (!ledger)
		abort();
	for (size_t at = 1; at < size; at += sizeof(struct watchpoint_write)) {
		struct watchpoint_write write = { .nr_frames = 0 };
		size_t left = size - at;

		memcpy(&write, data + at, left < sizeof(write) ? left : sizeof(write));
		if (write.mark.type < WATCHPOINT_WRITE || write.mark.type > WATCHPOINT_DEATH)
			write.mark.type = WATCHPOINT_WRITE + write.mark.type % 4;
		write.comm[sizeof(write.comm) - 1] = '\0'; /* bpf_get_current_comm() ends it */
		ledger_add(ledger, &write.mark);
	}
	ledger_free(ledger);
	return 0;
}
