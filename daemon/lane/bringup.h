/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_BRINGUP_H
#define DADRACE_BRINGUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/why.h"
#include "spec/campaign.h"
#include "testbed/testbed.h"
#include "trial/last_words.h"

/*
 * The bring-up: the process that issues the flag sets, thread I of the race.
 *
 * It is started when the trial is prepared and waits at a pipe until everything is armed; then
 * it becomes the campaign's command, unmodified, or does what ifconfig's do_dad() does, with a
 * change of the device after the first flag set if one is wanted (change.h). It is a program of
 * its own (program.h), or a copy of the lane where the change wants that. It and all that it
 * forks live in the lane's pid namespace: the lane's process, number 1 there, inherits its
 * orphans and ends them with the trial.
 */
struct bringup_change {
	uint64_t begun_ns; /* 0: it was not begun */
	uint64_t ended_ns; /* 0: it has not ended */
	int error;	   /* 0 or -errno */
	bool stays;	   /* something of it that is put back when the flags are restored */
};

/* What of a trial the built-in bring-up does. */
struct bringup_does {
	enum change_kind change;
	uint32_t waits_ms; /* for bringup_change() before the change; 0: it makes it at once */
	volatile uint32_t *changed; /* becomes `trial` after it; both share the memory */
	uint32_t trial;
	int program; /* program_open() */
};

struct bringup {
	pid_t pid;				/* 0: none */
	volatile struct bringup_change *change; /* what became of it; memory that both share */
	int go;	    /* write end of the pipe; -1: nothing waits at it any more */
	bool waits; /* it will, for bringup_change() */
	int said;   /* read end of its standard error */
	char words[LAST_WORDS];
};

/*
 * Looks the command up as execvp will, and what brings devices up in a text for a shell:
 * -ENOENT or -EACCES with the sentence, which names the package.
 */
int bringup_check(const struct campaign *campaign, struct why *why);

/* Starts it, waiting. {dut} and {peer} in the command become the devices' names. */
int bringup_start(const struct campaign *campaign, const struct testbed *testbed,
		  const struct bringup_does *does, struct bringup *bringup, struct why *why);

/* Lets it go. */
void bringup_go(struct bringup *bringup);

/* The change that it waits for is due. */
void bringup_change(struct bringup *bringup);

/*
 * Puts back what stays of the change of a process that has ended before it could. 0 or -errno.
 */
int bringup_undo(struct bringup *bringup, const struct testbed *testbed,
		 enum change_kind change);

/*
 * Reads what it has said on standard error so far into `words`; never blocks. False: it cannot
 * say more.
 */
bool bringup_hear(struct bringup *bringup);

/* Closes what is open; the process itself is reaped by its owner. */
void bringup_forget(struct bringup *bringup);

#endif
