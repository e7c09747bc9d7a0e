/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WATCH_VIEW_H
#define DADRACE_WATCH_VIEW_H

#include <stdio.h>

#include "base/fields.h"
#include "ledger/match.h"
#include "ledger/reftracker.h"
#include "watchpoint/watchpoint.h"

/*
 * How `dadrace watch` shows ledgers: as a table for people, as folded stacks for flame graphs,
 * as JSON lines for programs. It only reads.
 */
enum { WATCH_RECENT = 8 };

struct watch_recent {
	struct ledger_entry entry;
	char comm[16];
};

/* One watched counter. */
struct watch_object {
	char name[WATCHPOINT_OBJECT_NAME];
	struct ledger *ledger;
	enum watchpoint_counter counter;
	enum ledger_hole hole;
	struct watch_recent recent[WATCH_RECENT]; /* a ring; the newest is before `next` */
	uint32_t next;
	uint64_t nr_recent;
};

struct watch {
	const char *interface;
	uint32_t ifindex;
	uint64_t netns_inum;
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	uint64_t elapsed_ns;
	uint64_t left_ns;     /* as elapsed_ns, when it left its namespace; 0: it is there */
	const char *ended_by; /* "time", "signal", "unregister"; NULL: not yet */
	char *already;	      /* who held it before, a line each; NULL: not known */
	struct watch_object *objects;
	uint32_t nr_objects;
};

void watch_note(struct watch_object *object, const struct ledger_entry *entry);

/* Who held it when the watch began. */
void watch_already(const struct watch *watch, FILE *out);

/* The page that a terminal shows while it watches: `lines` of `columns`; 0: all. */
void watch_page(const struct watch *watch, int columns, int lines, FILE *out);

/* The tables at the end, and who is suspected. */
void watch_tables(const struct watch *watch, FILE *out);

/* What the kernel's own tracker knows of a device, it does not say which. */
void watch_tracker(const struct reftracker *tracker, FILE *out);

/*
 * "net_device;holds;[syscall];__sys_bind;packet_bind;packet_do_bind 2": what flamegraph.pl and
 * inferno take. Holds and puts are two towers.
 */
void watch_stacks(const struct watch *watch, FILE *out);

/* The lines, as in `dadrace schema`. */
extern const struct fields watch_entry_fields;
extern const struct fields watch_record_fields;
extern const struct fields watch_fields;

/* -EIO or -ENOMEM */
int watch_entry_line(const struct watch_object *object, const struct ledger_entry *entry,
		     FILE *out);
int watch_summary_line(const struct watch *watch, FILE *out);

/* A record as the kernel's half gave it: what a ledger is made of, and can be made of again. */
int watch_record_line(const struct watch_object *object, const struct watchpoint_mark *record,
		      const struct symbols *symbols, FILE *out);

#endif
