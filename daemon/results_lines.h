/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RESULTS_LINES_H
#define DADRACE_RESULTS_LINES_H

#include "evidence.h"
#include "fields.h"
#include "results.h"
#include "verdict.h"

/*
 * The lines of results.ndjson: what of the evidence is told, in types that a field can have, and
 * the tables that declare it. A name in a table is a contract with dashboards.
 */
enum unregister {
	UNREGISTER_NOT_TRIED,
	UNREGISTER_RETURNED,
	UNREGISTER_STUCK,
	UNREGISTERS,
};

struct klog_told {
	enum klog_kind kind;
	const char *text;
	const char *device;
	int64_t usage_count;
	uint32_t lines;
	uint32_t shared;
};

struct moment_told {
	int64_t at_ns;
	enum moment_kind event;
	uint32_t sequence;
	int64_t value;
};

struct step_told { /* NOLINT(clang-analyzer-optin.performance.Padding) */
	enum order_thread thread;
	const char *place;
	bool at_return;
	const char *function;
	enum tier tier;
	enum order_until until;
	enum order_thread other;
	uint64_t asked_us;
	enum step_outcome outcome;
	uint64_t held_ns;
	uint32_t cpu;
	uint64_t passes;
	uint64_t missed;
};

/* Where a line's lists are. */
struct told {
	struct moment_told moments[EVIDENCE_MOMENTS_MAX];
	struct step_told steps[ORDER_HOLDS_MAX];
};

/* In the order of its table. */
struct trial_line { /* NOLINT(clang-analyzer-optin.performance.Padding) */
	enum verdict verdict;
	const char *object;
	int64_t delta;
	bool pinned;
	const char *reason;
	const char *signature;
	struct trial_spec spec;
	uint32_t lane;
	const char *device;
	enum tier tier;
	uint64_t started_unix_ms;
	uint64_t elapsed_ns;
	bool opened;
	bool closed;
	uint64_t window_ns;
	uint64_t held_ns;
	bool tentative_inside;
	uint32_t steps_held;
	bool order_kept;
	struct step_told *steps;
	uint32_t nr_steps;
	uint32_t flag_sets;
	const char *flags_errno;
	uint64_t first_flags_ns;
	uint64_t second_flags_ns;
	uint32_t echoes_sent;
	uint32_t echoes_refused;
	const char *refused_errno;
	uint32_t echoes_delivered;
	uint32_t echoes_inside;
	uint64_t first_echo_ns;
	uint32_t dad_probes;
	uint32_t dad_answers_sent;
	uint32_t dad_answers_delivered;
	uint32_t dad_answers_inside;
	enum dad_end dad_end;
	bool dad_fooled;
	enum bringup_end bringup_end;
	int64_t bringup_status;
	const char *bringup_said;
	uint32_t descendants;
	struct evidence_counts baseline;
	struct evidence_counts after;
	bool settled;
	uint64_t settle_ns;
	uint32_t looks;
	bool device_gone;
	bool lane_lost;
	enum unregister unregister;
	uint64_t unregister_ns;
	enum hang hang;
	uint32_t hang_pid;
	const char *hang_wchan;
	const char *hang_stack;
	uint64_t lost_records;
	uint64_t missed_probes;
	uint32_t lost_events;
	struct klog_told klog;
	struct moment_told *timeline;
	uint32_t nr_timeline;
};

extern const struct fields hook_fields;
extern const struct fields campaign_line_fields;
extern const struct fields trial_fields;
extern const struct fields moment_fields;

/*
 * The line of a trial. It points into evidence and judgement, and into `told`, which is filled in.
 */
struct trial_line trial_line(const struct evidence *evidence, const struct judgement *judgement,
			     uint64_t started_unix_ms, struct told *told);

/*
 * Back again, as far as verdicts and sums need it: numbers, steps and the judgement's words; no timeline,
 * no kernel log. For trials that ran elsewhere.
 */
void trial_line_back(const struct trial_line *line, struct evidence *evidence,
		     struct judgement *judgement);

#endif
