// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "parse/campaign.h"
#include "service/parts.h"
#include "spec/order.h"
#include "trial/settle.h"

#define NS_PER_S 1000000000ULL

enum {
	SAVE_S = 10,	      /* how often the metrics of a running campaign are saved */
	KILLED_S = 30,	      /* for the kernel to end a killed process that is not stuck */
	FIRST_LINE_S = 180,   /* to load the programs and set up the lanes */
	GUEST_FIRST_S = 1500, /* to fetch a kernel and boot a guest */
	MARGIN_S = 30,
};

/* The campaign's own deadlines for a trial, doubled, plus the time until the first trial. */
static uint64_t stall_after(const struct campaign *campaign)
{
	uint64_t hold_us = campaign->window.hold_range.max_us;
	uint64_t ms;

	if (campaign->kernel)
		return (GUEST_FIRST_S + 2ULL * campaign->vm.deadline_ms / 1000) * NS_PER_S;
	for (uint32_t i = 0; i < campaign->window.nr_hold_us; i++)
		if (campaign->window.hold_us[i] > hold_us)
			hold_us = campaign->window.hold_us[i];
	ms = hold_us / 1000 + settle_longest_ms(campaign) +
	     2ULL * (campaign->bringup.deadline_ms +
		     campaign->nr_order * (uint64_t)ORDER_MOST_MS);
	return (FIRST_LINE_S + MARGIN_S) * NS_PER_S + 2 * ms * 1000000;
}

static void take_plan(struct run *run)
{
	struct store_path path =
		store_path(run->kept->service->store, run->kept->ticket.id, "campaign.yaml");
	struct campaign *campaign;

	run->stall_ns = (FIRST_LINE_S + MARGIN_S) * NS_PER_S;
	if (campaign_load(path.text, NULL, 0, &campaign, NULL))
		return;
	run->stall_ns = stall_after(campaign);
	run->planned_trials = campaign->stop.trials;
	run->planned_s = campaign->stop.seconds;
	campaign_free(campaign);
}

/* --- its lines --- */

/* False: there are more, for another slice of the loop. */
static bool count_lines(struct run *run)
{
	struct kept *kept = run->kept;
	uint64_t before = kept->counted;
	bool is_all = true;

	if (!run->tail) {
		struct store_path path =
			store_path(kept->service->store, kept->ticket.id, RESULTS_FILE);

		run->tail = tail_open(path.text, kept->counted);
	}
	if (run->tail) {
		is_all = keep_count_lines(kept, run->tail);
		tail_forget(run->tail);
	}
	if (kept->counted == before)
		return is_all;
	run->progress_ns = loop_now();
	changes_campaign(kept);
	if (run->progress_ns - run->saved_ns > SAVE_S * NS_PER_S) {
		keep_save_metrics(kept);
		run->saved_ns = run->progress_ns;
	}
	return is_all;
}

static void grown(void *arg)
{
	struct service *service = arg;

	if (service->run.kept && !count_lines(&service->run))
		loop_timer_set(service->run.count, 0);
}

/* --- its end --- */

static void cleaned(const struct job_end *end, void *arg)
{
	struct service *service = arg;
	char line[256];

	service->clean = NULL;
	if (end->by_signal || end->code)
		log_say(LOG_LEVEL_ERROR, service->cleaned, "clean", "dadrace clean: %s",
			job_last_line(end->said, line, sizeof(line)));
	changes_schedule(service);
}

/* Undoes what a killed run may have changed on real devices. */
static void clean(struct service *service)
{
	const char *argv[] = { service->ask->program, "clean", NULL };
	struct why why;

	if (service->clean)
		return;
	snprintf(service->cleaned, sizeof(service->cleaned), "%s",
		 service->run.kept->ticket.id);
	if (job_start(service->loop, argv, cleaned, service, &service->clean, &why))
		log_say(LOG_LEVEL_ERROR, service->cleaned, "clean", "%s", why.text);
}

static void close_run(struct run *run)
{
	tail_close(run->tail);
	folder_watch_close(run->watch);
	loop_forget(run->count);
	*run = (struct run){ 0 };
}

/* Of a run whose campaign goes on: it was interrupted, or it failed and is tried again. */
static enum log_level level_of(const struct ticket_outcome *outcome)
{
	return outcome->by_signal || outcome->code == EXIT_INTERNAL ||
			       outcome->code == EXIT_RESIDUE || outcome->code == EXIT_BUSY ||
			       !outcome->interrupted ?
		       LOG_LEVEL_WARNING :
		       LOG_LEVEL_NOTICE;
}

static void conclude(struct service *service, const struct ticket_outcome *outcome)
{
	struct kept *kept = service->run.kept;
	bool pause = service->run.pause;

	close_run(&service->run);
	ticket_after_run(&kept->ticket, outcome);
	if (kept->ticket.state == TICKET_QUEUED && pause)
		kept->ticket.state = TICKET_PAUSED;
	if (kept->ticket.state == TICKET_ENDED) {
		keep_ended(kept);
		keep_prune(service);
	} else {
		keep_put_metrics(kept);
		log_say(level_of(outcome), kept->ticket.id, "interrupted",
			"%s after %u trials: %s", ticket_state_names[kept->ticket.state],
			kept->trials, kept->ticket.reason ? kept->ticket.reason : "");
		keep_update(kept);
	}
	changes_schedule(service);
}

static void ended(const struct job_end *end, void *arg)
{
	struct service *service = arg;
	struct kept *kept = service->run.kept;
	bool killed = service->run.killed_ns != 0;
	/* SIGINT came before the program had installed its handler. */
	bool early = end->by_signal && end->code == SIGINT && service->run.interrupted_ns;
	json_auto_t *summary = NULL;
	struct ticket_outcome outcome = { .by_signal = end->by_signal && !early,
					  .interrupted = service->run.interrupted_ns != 0 };
	char words[512];
	bool final;

	while (!count_lines(&service->run))
		continue;
	summary = keep_summary(kept, &final);
	job_last_line(end->said, words, sizeof(words));
	if (end->by_signal)
		snprintf(words, sizeof(words), "dadrace run was killed by signal %d (%s)%s",
			 end->code, strsignal(end->code),
			 killed ? ", because it made no progress or did not stop in time" : "");
	outcome.ended = final;
	outcome.code = early ? EXIT_INCONCLUSIVE : end->by_signal ? EXIT_INTERNAL : end->code;
	if (final)
		outcome.code = (int)fields_count(summary, "exit_code");
	/* A run that failed has left the summary of an earlier one, or none. */
	if (final ||
	    (!end->by_signal && (end->code == EXIT_FAULT || end->code == EXIT_INCONCLUSIVE)))
		ticket_outcome_of(summary, &outcome);
	if (!outcome.verdict)
		outcome.reason = words;
	outcome.trials = kept->trials;
	outcome.now_unix_ms = unix_ms();
	if (end->by_signal)
		clean(service);
	conclude(service, &outcome);
}

/*
 * SIGKILL had no effect: one of its tasks waits in the kernel, and no other run can use this
 * machine.
 */
static void give_up(struct service *service)
{
	struct run *run = &service->run;
	struct ticket_outcome outcome = {
		.code = EXIT_CANNOT,
		.reason =
			"its process is stuck in the kernel and cannot be killed; reboot this machine",
		.trials = run->kept->trials,
		.now_unix_ms = unix_ms(),
	};

	log_say(LOG_LEVEL_ERROR, run->kept->ticket.id, "stuck", "%s", outcome.reason);
	job_free(run->job);
	conclude(service, &outcome);
}

/* --- its life --- */

int run_begin(struct service *service, struct kept *kept, struct why *why)
{
	struct store_path file = store_path(service->store, kept->ticket.id, "campaign.yaml");
	struct store_path folder = store_path(service->store, kept->ticket.id, NULL);
	const char *argv[] = { service->ask->program, "run",	  file.text, "--out",
			       folder.text,	      "--resume", "--quiet", NULL };
	struct run *run = &service->run;
	int r;

	ticket_begin(&kept->ticket, service->boot_id, unix_ms());
	/* Saved before the start, so that a run is counted even if it crashes the machine. */
	r = store_update(service->store, &kept->ticket, why);
	if (r)
		return r;
	*run = (struct run){
		.kept = kept,
		.begun_ns = loop_now(),
		.begun_trials = kept->trials,
		.progress_ns = loop_now(),
		.saved_ns = loop_now(),
	};
	take_plan(run);
	run->watch = folder_watch_open(service->loop, folder.text, FOLDER_GREW, grown, service);
	run->count = loop_timer(service->loop, grown, service);
	r = run->count ? 0 : why_memory(why);
	if (!r)
		r = job_start(service->loop, argv, ended, service, &run->job, why);
	if (r) {
		close_run(run);
		return r;
	}
	log_say(LOG_LEVEL_NOTICE, kept->ticket.id, "started",
		"started, run %u, after %u trials", kept->ticket.runs, kept->trials);
	keep_changed(kept);
	return 0;
}

void run_interrupt(struct service *service)
{
	struct run *run = &service->run;

	if (!run->kept || run->interrupted_ns)
		return;
	run->interrupted_ns = loop_now();
	job_signal(run->job, SIGINT);
}

static void kill_run(struct run *run, const char *because)
{
	log_say(LOG_LEVEL_WARNING, run->kept->ticket.id, "killed", "killed: %s", because);
	run->killed_ns = loop_now();
	job_signal(run->job, SIGKILL);
}

void run_tick(struct service *service)
{
	struct run *run = &service->run;
	uint64_t now = loop_now();

	if (!run->kept)
		return;
	if (run->killed_ns) {
		if (now - run->killed_ns > KILLED_S * NS_PER_S)
			give_up(service);
	} else if (run->interrupted_ns) {
		if (now - run->interrupted_ns > service->config->stop_s * NS_PER_S)
			kill_run(run, "still running stop_s seconds after it was interrupted");
	} else if (now - run->progress_ns > run->stall_ns) {
		kill_run(run, "no trial has finished within the deadlines of the campaign");
	}
}

bool run_is_alive(const struct service *service)
{
	const struct run *run = &service->run;
	uint64_t now = loop_now();

	return !run->kept || run->killed_ns || run->interrupted_ns ||
	       now - run->progress_ns <= run->stall_ns + MARGIN_S * NS_PER_S;
}
