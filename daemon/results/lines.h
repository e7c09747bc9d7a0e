/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RESULTS_LINES_H
#define DADRACE_RESULTS_LINES_H

#include "base/fields.h"
#include "results/results.h"
#include "trial/evidence.h"
#include "trial/verdict.h"

/*
 * The lines of results.ndjson: what of the evidence is told, in types that a field can have,
 * and the tables that declare it. A name in a table is a contract with dashboards.
 */
enum unregister {
	UNREGISTER_NOT_TRIED,
	UNREGISTER_RETURNED,
	UNREGISTER_STUCK,
	UNREGISTERS,
};

struct klog_told {
	enum klog_kind kind;
	enum klog_tie tie;
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

/* Why an explorer chose the trial, and what it has learned from it. */
struct explore_told {
	enum explore_mode mode;
	uint32_t generation;
	uint32_t parent;
	enum explore_mutation mutation;
	uint32_t new_features;
	uint64_t *features;
	uint32_t nr_features;
	uint64_t thread_i_ns;
	uint64_t thread_ii_ns;
};

/* Where a line's lists are. */
struct told {
	struct spec_words words;
	uint64_t features[BEHAVIOUR_FEATURES_MAX];
	struct moment_told moments[EVIDENCE_MOMENTS_MAX];
	struct step_told steps[ORDER_HOLDS_MAX];
	char refused_by[160];
	struct end_words device, peer;
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
	struct explore_told explore;
	uint32_t lane;
	const char *device;
	const char *device_mac;
	const char *device_address;
	const char *peer_mac;
	const char *peer_address;
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
	bool changed;
	const char *change_errno;
	uint64_t load_turns;
	uint64_t load_cpu_ns;
	uint64_t opens_ns;
	uint32_t slow;
	bool realtime;
	uint64_t first_flags_ns;
	uint64_t second_flags_ns;
	uint32_t echoes_sent;
	uint32_t echoes_refused;
	const char *refused_errno;
	uint32_t echoes_delivered;
	uint32_t echoes_accepted;
	uint32_t echoes_inside;
	const char *refused_by;
	uint64_t first_echo_ns;
	uint32_t dad_probes;
	uint32_t dad_answers_sent;
	uint32_t dad_answers_delivered;
	uint32_t dad_answers_accepted;
	uint32_t dad_answers_inside;
	enum dad_end dad_end;
	bool dad_fooled;
	enum closed_by closed_by;
	enum bringup_end bringup_end;
	int64_t bringup_status;
	const char *bringup_said;
	const char *put_right;
	uint32_t descendants;
	struct evidence_counts baseline;
	struct evidence_counts after;
	bool settled;
	uint64_t settle_ns;
	uint64_t suspected_ns;
	uint64_t late_ns;
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
extern const struct fields shard_fields;
extern const struct fields campaign_line_fields;
extern const struct fields trial_fields;
extern const struct fields moment_fields;

/*
 * The line of a trial. It points into evidence and judgement, and into `told`, which is filled
 * in.
 */
struct trial_line trial_line(const struct evidence *evidence, const struct judgement *judgement,
			     uint64_t started_unix_ms, struct told *told);

/*
 * The reverse, as far as verdicts and sums need it: numbers, steps and the judgement; no
 * timeline, no kernel log. For trials that ran elsewhere.
 */
void trial_line_back(const struct trial_line *line, struct evidence *evidence,
		     struct judgement *judgement);

/* The timeline of a trial into `told`, of EVIDENCE_MOMENTS_MAX places; how many it has. */
uint32_t tell_moments(const struct evidence *evidence, struct moment_told *told);

/* The shard of a first line; one that was written before there were shards has the plan. */
struct shard line_shard(const json_t *line);

#endif
