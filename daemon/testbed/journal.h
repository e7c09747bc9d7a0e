/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_JOURNAL_H
#define DADRACE_JOURNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/why.h"
#include "machine/machine.h"

/*
 * The undo journal: what must be put back on real devices. Each step is written and synced
 * before the change that it takes back; undo.h takes the steps back, newest first.
 *
 *   undo-PID-START.journal   in MACHINE_FOLDER; a step a line: kind, subject, value, with tabs
 *
 * The devices never leave their network namespace, so what is written here is all that can be
 * lost: no mount and no process has to survive. The owner is the process that changes the
 * devices, known by its pid and by when it started. It holds a lock on its journal. Lanes of
 * our own making need no journal: they vanish with their processes.
 */
enum journal_kind {
	JOURNAL_NETNS,	/* steps act in the network namespace whose inode number is `subject` */
	JOURNAL_DEVICE, /* the steps that follow are those of device `subject`, index `value` */
	JOURNAL_FLAGS,
	JOURNAL_ADDRESSES,
	JOURNAL_SYSCTL, /* its subject is a file */
	JOURNAL_QUEUE,
	JOURNAL_MTU,
	JOURNAL_MAC,
	JOURNAL_KINDS,
};

enum {
	JOURNAL_PATH = sizeof(MACHINE_FOLDER) + NAME_MAX + 1,
	JOURNAL_FIELD = 512, /* a subject or a value, unescaped */
};

struct journal_owner {
	int pid;
	unsigned long long start; /* clock ticks after boot: field 22 of /proc/PID/stat */
};

struct journal {
	int fd;
	char path[JOURNAL_PATH];
};

/* --- writing: by the owner --- */

/* Creates and locks the journal of the calling process. */
int journal_create(struct journal **out, struct why *why);

/*
 * Writes one step, ahead of the change that it takes back; synced to the file when it returns.
 */
int journal_push(struct journal *journal, enum journal_kind kind, const char *subject,
		 const char *value, struct why *why);

/* Closes and frees; the file stays. NULL is allowed. */
void journal_close(struct journal *journal);

/* --- reading: by the owner, or by another process after its death --- */

struct journal_step {
	enum journal_kind kind;
	char subject[JOURNAL_FIELD];
	char value[JOURNAL_FIELD];
};

/* Whose journal a file of MACHINE_FOLDER is, by its name; false when it is none. */
bool journal_owner_of(const char *name, struct journal_owner *owner);

/* The journals of dead owners, by path. */
void journal_orphans(void (*seen)(const char *path, void *arg), void *arg);

/* True also for an owner of which nothing can be read. */
bool journal_owner_lives(const struct journal_owner *owner);

/* Gives an owner that is ending some seconds to do so. */
void journal_owner_await(const struct journal_owner *owner);

/*
 * Opens and locks an owner's journal. -ENOENT: there is none, or no longer; -EBUSY: the owner
 * lives, or is being taken apart by the kernel, and some seconds were not enough.
 */
int journal_open(const struct journal_owner *owner, struct journal **out, struct why *why);

/*
 * All steps, oldest first; the caller frees them. -EBADMSG: one of them is not ours, or comes
 * before its device.
 */
int journal_read(const struct journal *journal, struct journal_step **out, size_t *nr,
		 struct why *why);

#endif
