/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EVIDENCE_H
#define DADRACE_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/ends.h"
#include "spec/order.h"
#include "spec/spec.h"
#include "trial/acceptance.h"
#include "trial/behaviour.h"
#include "trial/klog_report.h"
#include "trial/last_words.h"
#include "trial/moment.h"

/*
 * The evidence of one trial: facts only, no judgement (that is verdict.h). Collected in the
 * lane's process, sent to the campaign in one message, completed there with the kernel's log.
 * Times are CLOCK_MONOTONIC nanoseconds; a duration of 0 means that it was not measured.
 */

struct moment {
	uint64_t at_ns;
	int64_t value;
	enum moment_kind kind;
	uint32_t sequence; /* of the echo, or of the DAD probe or answer, from 1; 0: of none */
	uint32_t cpu;	   /* of the kernel's moments */
};

enum { EVIDENCE_MOMENTS_MAX = 4096 };

/* How the bring-up's first process ended. */
enum bringup_end {
	BRINGUP_NOT_STARTED,
	BRINGUP_EXITED,
	BRINGUP_KILLED,	  /* by a signal that was not ours */
	BRINGUP_OVERTIME, /* by us, at the deadline */
	BRINGUP_STOPPED,  /* by us, after its window: it stays alive */
	BRINGUP_ENDS,
};
extern const char *const bringup_end_names[];

/* What closed the window. */
enum closed_by {
	CLOSED_BY_NOTHING,
	CLOSED_BY_FLAGS,    /* the bring-up's next flag set */
	CLOSED_BY_DAD,	    /* the end of DAD */
	CLOSED_BY_EXIT,	    /* the end of the bring-up's first process */
	CLOSED_BY_TEARDOWN, /* our own setting down of the device */
	CLOSED_BY_DELETION, /* of the device, by thread I */
	CLOSED_BYS,
};
extern const char *const closed_by_names[];

/* What became of the device's DAD. */
enum dad_end {
	DAD_UNFINISHED, /* nothing was heard of it: the device went down before, or had none */
	DAD_COMPLETED,
	DAD_FAILED, /* of one address at least */
	DAD_ENDS,
};
extern const char *const dad_end_names[];

/* What did not return by its deadline. */
enum hang {
	HANG_NONE,
	HANG_FLAGS,	 /* a flag set of the bring-up */
	HANG_SEND,	 /* a system call of thread II */
	HANG_DOWN,	 /* our own setting down of the device */
	HANG_UNREGISTER, /* the confirming unregister */
	HANG_GUEST,	 /* a guest fell silent */
	HANGS,
};
extern const char *const hang_names[];

/* How a hold of the order ended. */
enum step_outcome {
	STEP_NOT_REACHED,
	STEP_KEPT,     /* by its event, or after its time */
	STEP_DEADLINE, /* its event did not come */
	STEP_CUT,      /* the trial ended first */
	STEP_OUTCOMES,
};
extern const char *const step_outcome_names[];

/* A hold of the order: what was asked and what was done. */
struct step_audit {
	enum order_thread thread;
	bool at_return;
	char place[ORDER_PLACE]; /* as the order names it */
	char function[96];	 /* that was hooked */
	enum tier tier;
	enum order_until until;
	enum order_thread other; /* whom it waited for */
	uint32_t skips;		 /* passes that were let go before */
	uint64_t asked_us;	 /* of ORDER_UNTIL_TIME */
	enum step_outcome outcome;
	uint64_t held_ns; /* from its being reached to its end */
	uint32_t cpu;
	uint64_t passes; /* calls of any task that have passed there since it was hooked */
	uint64_t missed; /* runs of its program that the kernel skipped in this trial */
};

struct evidence_counts {
	bool found;
	int64_t net_device; /* without those that linkwatch and neighbour entries account for */
	int64_t inet6_dev;  /* without those of `tombs` */
	int64_t dst;
	uint32_t addresses;
	uint32_t neighbours;
	uint32_t groups; /* multicast memberships */
	uint32_t tombs;	 /* groups that were left, of which MLD keeps a record */
};

struct evidence { /* NOLINT(clang-analyzer-optin.performance.Padding) */
	struct trial_spec spec;
	uint32_t
		/*
		 * bit n: the thread of place n of plan_hooks() came by after the window had
		 * opened
		 */
		passed;
	uint32_t lane;
	char device[16];
	struct ends ends; /* of the lane's link */
	enum tier tier;	  /* how the window was hooked; AUTO: not at all */

	uint64_t started_ns;
	uint64_t ended_ns;
	uint32_t flag_sets;   /* that returned, successful or not */
	int32_t flags_error;  /* errno of the first that failed; 0: none */
	bool changed;	      /* spec.change was made */
	int32_t change_error; /* errno of it; 0: none */
	/* by spec.change: begun, and not refused; that is the trial's unregister */
	bool deleted;
	uint64_t load_turns; /* of spec.load */
	uint64_t load_cpu_ns;
	bool opened;
	bool closed;
	enum window_opens opens;   /* as it was used: not AUTO */
	bool opens_came;	   /* the moment of `opens` has come */
	uint64_t opens_ns;	   /* from opened to it */
	uint32_t slow;		   /* the lane, in percent (deadlines.h); 0: not known */
	bool realtime;		   /* the lane was, while it held and sent */
	enum window_closes closes; /* as the campaign asks for it */
	enum closed_by closed_by;
	uint64_t opened_ns;	  /* stamp */
	uint64_t closed_ns;	  /* stamp */
	uint64_t first_flags_ns;  /* duration of the flag set that opened the window */
	uint64_t second_flags_ns; /* duration of the one that closed it */
	uint64_t held_ns;	  /* from the stop being taken to the SIGCONT */

	uint32_t echoes_sent;	 /* system calls made */
	uint32_t echoes_refused; /* of them, answered with an error: evidence, not a failure */
	int32_t refused_errno;	 /* of the first */
	uint32_t echoes_delivered; /* seen by the kernel, matched one by one */
	uint32_t echoes_accepted;  /* of them, by IPv6 (acceptance.h) */
	uint32_t echoes_inside;	   /* of these, inside the window */
	uint64_t first_echo_ns;	   /* from opened to the first one delivered */
	uint32_t dad_probes;	   /* the device's, seen by the peer */
	uint32_t dad_answers_sent;
	uint32_t dad_answers_delivered; /* seen on the device's receive path */
	uint32_t dad_answers_accepted;	/* of them, by IPv6 */
	uint32_t dad_answers_inside;	/* of these, inside the window */
	struct acceptance acceptance;
	enum dad_end dad_end;
	uint32_t steps_held;   /* holds of the order that were reached */
	bool order_kept;       /* all of them, and each ended as it should */
	bool tentative_inside; /* an echo or DAD answer was, while an address was tentative */
	bool dad_fooled;       /* DAD failed although only the device's own probe came back */
	struct step_audit steps[ORDER_HOLDS_MAX]; /* spec.steps of them */

	enum bringup_end bringup_end;
	int32_t bringup_status; /* exit code, or the signal's number */
	int32_t bringup_wanted; /* exit code, or BRINGUP_STATUS_ANY, that the campaign allows */
	char bringup_said[LAST_WORDS]; /* its last lines on standard error */
	char put_right[256];	       /* settings that the trial before had left changed */
	uint32_t descendants; /* processes of the bring-up that were ended with the trial */

	struct evidence_counts baseline; /* but see evidence_left() */
	/* packet sockets on an existing device that programs of the machine have opened */
	uint32_t strangers;
	bool baseline_moved; /* since the trial before, which had settled */
	struct evidence_counts after;
	bool settled;
	uint64_t settle_ns;    /* from teardown to settled, or to the last look */
	uint64_t suspected_ns; /* from teardown to the suspicion of a leak; 0: there was none */
	struct evidence_counts suspected; /* the counts then */
	/*
	 * From teardown to what was suspected being back by itself: settled, or not settled and
	 * while the unregister did nothing but wait. 0: it did not come back so.
	 */
	uint64_t late_ns;
	bool restless;	    /* the counts still moved at the last look */
	uint32_t looks;	    /* last looks, after watch.deadline_ms */
	bool device_gone;   /* the device vanished in mid-trial, or was deleted by it */
	int32_t down_error; /* errno of the teardown's own setting down; 0: none */
	bool lane_lost;	    /* the lane's process died or is stuck: little else is known */
	bool undead;	    /* a process of the bring-up could not be ended: it is stuck */

	bool unregister_tried;
	bool unregister_returned;
	bool unregister_failed; /* it returned with an error */
	uint64_t unregister_ns;

	enum hang hang;
	uint32_t hang_pid;
	char hang_wchan[64];
	char hang_stack[2048];

	uint64_t lost_records;	/* our ring was full, or the timeline was */
	uint64_t missed_probes; /* runs of needed programs that the kernel skipped */
	uint32_t lost_events;	/* netlink notifications */

	struct klog_line klog; /* head of the worst report of the kernel during the trial */
	enum klog_tie
		klog_tie;     /* what ties it to the lane; KLOG_TIE_NONE: it warned meanwhile */
	uint32_t klog_lines;  /* how many such reports */
	uint32_t klog_shared; /* trials that were in flight then: it may be another's */

	struct behaviour behaviour; /* what an explorer takes from all this; else empty */

	uint32_t nr_moments;
	struct moment moments[EVIDENCE_MOMENTS_MAX]; /* in order of their stamps */
};

/*
 * Sorts the moments by their stamps and fills in what follows from them: opened to held_ns,
 * echoes and DAD answers delivered, accepted and inside, the unregister's time. Pure: a test
 * gives a list of moments.
 */
void evidence_derive(struct evidence *evidence);

/*
 * Puts in what is left of a device whose deletion hangs; `net_device` without the reference of
 * a remaining inet6_dev. The baseline becomes what a deletion waits for: no inet6_dev, and a
 * net_device with one reference, or with none before 5.13 (netdev_wait_allrefs(),
 * net/core/dev.c). None is assumed only where it must be, so that a delta is a lower bound.
 */
void evidence_left(struct evidence *evidence, const struct evidence_counts *left);

/* A count minus its baseline, and without what strangers hold. */
int64_t evidence_over(const struct evidence *evidence, enum object object);

/* Whether that means anything: a device's counters end with the device. */
bool evidence_counted(const struct evidence *evidence, enum object object);

/* A bit for each object that is counted and over its baseline. */
uint32_t evidence_objects_over(const struct evidence *evidence);

#endif
