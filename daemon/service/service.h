/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SERVICE_H
#define DADRACE_SERVICE_H

#include "base/exits.h"
#include "base/why.h"
#include "parse/service_config.h"

/*
 * The service: campaigns are accepted, queued, run one at a time, watched and kept.
 *
 *   control socket ──┐              ┌──> `dadrace run --resume`, a process of its own
 *   spool folder ────┼──> queue ────┤         │ writes results.ndjson
 *   repetition ──────┘   (ticket.h) │         v
 *                                   └──  lines ──> metrics, followers, events
 *
 * One thread, one loop. Whatever can block in the kernel is done by the process of the
 * campaign: a wedged device blocks that process and never the service. A campaign is on disk
 * (store.h) before its submission is acknowledged.
 */
struct service_ask {
	const char *config_file;
	bool config_required;
	const char *program; /* dadrace, which runs the campaigns */
};

/*
 * Runs until SIGTERM or SIGINT. EXIT_CLEAN, or EXIT_CONFIG, EXIT_BUSY or EXIT_INTERNAL with a
 * sentence.
 */
enum exits service_run(const struct service_ask *ask, struct why *why);

#endif
