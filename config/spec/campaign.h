/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WORDS_CAMPAIGN_H
#define DADRACE_WORDS_CAMPAIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/device.h"
#include "spec/nics.h"
#include "spec/shard.h"
#include "spec/spec.h"

/* Limits of deadlines, also where they become longer (deadlines.h). */
enum { DEADLINE_MOST_MS = 600000, VM_DEADLINE_MOST_MS = 3600000 };

/* Limits of `submit`. */
enum {
	SUBMIT_PRIORITY_MOST = 100,
	SUBMIT_EVERY_LEAST_S = 60,
};

/* Questions whose answer ends a campaign; tally.h says what an answer promises. */
enum question {
	QUESTION_RATE, /* is the fault's rate above stop.above_ppm, or below stop.below_ppm? */
	QUESTION_ARMS, /* does the arm that injects most fail more often than every other? */
	QUESTIONS,
};
extern const char *const question_names[];

/* When trials run with the ledger (ledger.h) armed. */
enum ledger_use {
	LEDGER_OFF,
	LEDGER_SUSPECTS, /* a trial that leaks is repeated with it (run/repeats.h) */
	LEDGER_ALWAYS,
	LEDGER_USES,
};
extern const char *const ledger_use_names[];

/*
 * A campaign file, read and resolved: what an operator asks for.
 *
 *   defaults ──> file (YAML) ──> --set overrides ──> checks ──> campaign
 *
 * Every key stands once, in campaign_fields (campaign_keys.c): name, type, default, range,
 * sentence. From that table come the libcyaml schema, `--help-config`, `--dump-config` and the
 * JSON in the results. libcyaml is included by campaign_cyaml.c only.
 */
struct campaign {
	struct shard shard; /* no key: all shards of a plan have the same campaign */
	uint32_t spec;	    /* 1: pinned to one trial (parse/campaign_pinned.h) */
	const char *name;
	uint64_t seed;
	struct {
		uint32_t trials;   /* 0: no limit */
		uint32_t seconds;  /* 0: no limit */
		uint32_t findings; /* 0: no limit */
		uint32_t valid;	   /* of the arm that injects most; 0: no limit */
		uint32_t hits; /* trials that show a fault, or that still could; 0: no limit */
		enum question *decided;
		uint32_t nr_decided;
		uint32_t above_ppm, below_ppm; /* of QUESTION_RATE */
	} stop;
	uint32_t clean_below_ppm; /* the rate that a clean campaign excludes, at 95% */
	uint32_t lanes;
	enum tier tier;
	const char *kernel;  /* NULL: the running one */
	const char *modules; /* NULL: those of the kernel's package */
	struct {
		uint32_t cpus;
		uint32_t memory_mb;
		uint32_t deadline_ms; /* of silence */
		uint32_t guests;
		bool fresh_after_fault;
		const char *plant;	  /* NULL: no bug */
		const char *plant_module; /* NULL: built for the kernel */
		const char *root; /* where the guest's programs come from; NULL: this machine */
		const char **modules; /* files, each with its parameters after a space */
		uint32_t nr_modules;
		const char *append; /* to the kernel's command line; NULL: nothing */
	} vm;
	struct {
		enum device_kind kind;
		const char *dut;	/* existing only */
		const char *peer;	/* existing only */
		enum nic_model model;	/* nic only */
		const char *driver;	/* nic only: its module; NULL: the model's */
		const char **addresses; /* that these may have */
		uint32_t nr_addresses;
	} device;
	struct {
		uint32_t dad_transmits;
		uint32_t router_solicitation_delay; /* seconds */
		uint32_t retrans_time_ms;
		uint32_t accept_dad;
		uint32_t addr_gen_mode;
		uint32_t keep_addr_on_down;
		uint32_t enhanced_dad;
	} sysctl;
	struct {
		enum bringup_kind kind;
		const char **command; /* argv; {dut} and {peer} stand for the devices' names */
		uint32_t nr_command;
		const char *status;	  /* the exit code that is allowed, or "any" */
		enum change_kind *change; /* one is drawn for each trial */
		uint32_t nr_change;
		bool daemon;	      /* it stays, and is ended after its window */
		uint32_t deadline_ms; /* from start to exit, the hold not counted */
	} bringup;
	enum load_kind *load; /* one is drawn for each trial */
	uint32_t nr_load;
	const char *trial_seed; /* "0x...": that of every trial; NULL: each draws its own */
	enum arm *arms;
	uint32_t nr_arms;
	struct {
		enum site site;
		enum window_opens opens;
		enum window_closes closes;
		enum method method;
		uint64_t *hold_us; /* one is drawn for each trial; NULL when a range is given */
		uint32_t nr_hold_us;
		struct {
			uint64_t min_us; /* at least 1 */
			uint64_t max_us; /* 0: no range */
		} hold_range;
	} window;
	const char **order; /* steps, as order.h reads them */
	uint32_t nr_order;
	struct {
		enum explore_mode mode;
		uint32_t holds;	     /* the most in one trial */
		const char **places; /* as order_read_place() reads them */
		uint32_t nr_places;
		const char **reach; /* as reach_read() reads them; none: not known */
		uint32_t nr_reach;
		enum order_until *ends;
		uint32_t nr_ends;
		struct {
			uint64_t min_us, max_us;
		} hold_range;	      /* of holds for a time */
		uint32_t deadline_ms; /* of holds that wait for an event */
		uint64_t offset_us;   /* the latest first echo; 0: echo.offset_us always */
		uint32_t generation;  /* trials that are planned at once */
		bool forget;	      /* what was learned, after a finding */
		uint32_t scouts; /* trials whose ledgers propose places, where none are given */
	} explore;
	struct {
		enum direction *directions;
		uint32_t nr_directions;
		enum target *targets;
		uint32_t nr_targets;
		enum source source;
		enum message_kind *message; /* one is drawn for each trial */
		uint32_t nr_message;
		uint32_t count;
		uint64_t offset_us;
		uint64_t spacing_us;
		uint32_t payload_bytes;
		uint32_t hop_limit;
	} echo;
	struct {
		enum dad_answer *answer; /* one is drawn for each trial */
		uint32_t nr_answer;
		enum dad_at at;
		uint64_t offset_us;
		uint32_t times; /* 0: each probe */
	} dad;
	struct {
		enum object *objects;
		uint32_t nr_objects;
		uint32_t deadline_ms; /* from teardown to the last looks */
		uint32_t grace_ms;    /* between the two further looks before a leak is said */
		uint32_t unregister_ms;	 /* how long the confirming unregister may take */
		bool late_is_leak;	 /* also what came back by itself until then */
		const char **ignore_log; /* texts of reports of the kernel that are left out */
		uint32_t nr_ignore_log;
	} watch;
	enum ledger_use ledger;
	struct {
		int64_t priority;
		const char *not_before; /* as time_read() reads it; NULL: at once */
		const char *every;	/* as span_read() reads it; NULL: once */
	} submit;			/* to the service; ignored by a run by hand */
};

/* A dummy has none, and an existing device need not have one. */
static inline bool campaign_has_peer(const struct campaign *campaign)
{
	return campaign->device.kind == DEVICE_EXISTING ?
		       campaign->device.peer != NULL :
		       !device_kinds[campaign->device.kind].has_no_peer;
}

/*
 * RFC 4862 5.4: DAD begins when the device runs. What is made here runs at once, which spares
 * its window the way of a notification.
 */
static inline enum window_opens campaign_opens(const struct campaign *campaign)
{
	if (campaign->window.opens)
		return campaign->window.opens;
	if (!device_is_real(campaign->device.kind))
		return OPENS_FLAGS;
	return campaign->sysctl.accept_dad && campaign->sysctl.dad_transmits ? OPENS_TENTATIVE :
									       OPENS_CARRIER;
}

#endif
