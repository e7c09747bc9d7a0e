/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MACHINE_H
#define DADRACE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fields.h"
#include "base/why.h"

/*
 * The machine that a campaign runs on: which kernel it is, whether another run is using it, and
 * whether a stuck unregister has made it unfit until the next boot.
 *
 *   MACHINE_FOLDER/lock    locked by the run that uses the machine; root's alone
 *   MACHINE_FOLDER/dirty   boot id, time and sentence; of another boot, it means nothing
 */
#define MACHINE_FOLDER "/run/dadrace"

/* The texts are never NULL and live as long as the process: there is one machine. */
struct machine {
	const char *release;	  /* uname -r */
	const char *version;	  /* uname -v */
	const char *architecture; /* uname -m */
	const char *host;	  /* uname -n */
	const char *btf_id;	  /* FNV-1a of /sys/kernel/btf/vmlinux: the build; "" unknown */
	uint32_t hz;		  /* 0: unknown */
	const char *preempt;	  /* none, voluntary, full, lazy, rt; "" unknown */
	const char *command_line;
	uint32_t cpus_online;
	uint32_t cpus_possible;
	const char *boot_id;
	const char *lockdown; /* none, integrity, confidentiality; "" not built in */
	const char *planted;  /* the bug that was planted in the kernel (plant.h); "" none */
};
extern const struct fields machine_fields;

/* What cannot be found out is left empty. Not to be called by two threads at once. */
void machine_read(struct machine *machine);

/*
 * One run at a time: an flock on MACHINE_FOLDER/lock, which goes with the process. The
 * descriptor, or -EBUSY with the pid of the holder in the sentence.
 *
 * The descriptor closes on exec; a child that is forked and lives on without one has to close
 * it, or the machine stays locked for as long as the child lives.
 */
int machine_lock(struct why *why);

/*
 * Who holds the flock of a file that is open in `fd`, in words: "pid 123", "a process of another
 * pid namespace"; "" when it is not locked.
 */
struct lock_holder {
	char text[48];
};
struct lock_holder machine_lock_holder(int fd);

/* Whether a run holds the lock now, without touching it; the sentence names the holder. */
bool machine_busy(struct why *why);

/*
 * A leak that not even the unregister resolves poisons the machine: namespaces may never be
 * deleted again. The mark names the boot, so that a reboot clears it; the first mark of a boot
 * stays.
 */
int machine_mark_dirty(const char *sentence, struct why *why);

/* Whether this boot is marked; the sentence tells since when and why. */
bool machine_dirty(struct why *why);

/*
 * Takes the mark away ("clean" does, when nothing is stuck any more). 1 when there was one, of
 * this or another boot; 0 when there was none.
 */
int machine_unmark_dirty(struct why *why);

/*
 * The namespaces that `--keep` named, by path; not `there` when it was removed meanwhile,
 * whoever has the name by now. Those of a run in progress are among them: ask machine_busy()
 * first, or hold the lock.
 */
#define MACHINE_NETNS_FOLDER "/run/netns"
void machine_kept_netns(void (*seen)(const char *path, bool there, void *arg), void *arg);

/* Before a namespace, by its inode, gets the name `path`; and when it has lost it. */
int machine_keep_netns(const char *path, uint32_t inum, struct why *why);
void machine_forget_netns(const char *path);

#endif
