// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "machine/machine.h"
#include "service/config_check.h"
#include "service/parts.h"

#define NS_PER_MS 1000000ULL

enum {
	PRUNE_S = 3600,
	SPOOL_S = 10,	       /* a shortage may have ended meanwhile */
	LOOK_AGAIN_MS = 60000, /* because the wall clock may be set in between */
};

/* --- what systemd sees --- */

static void tell_status(struct service *service)
{
	const struct run *run = &service->run;
	const struct metrics_gauges gauges = keep_gauges(service);
	char status[256];

	if (run->kept)
		snprintf(status, sizeof(status), "Running %.120s: %u trials; %u queued",
			 run->kept->ticket.id, run->kept->trials, gauges.queued);
	else
		snprintf(status, sizeof(status), "Idle; %u queued, %u paused", gauges.queued,
			 gauges.paused);
	if (!strcmp(status, service->status))
		return;
	memcpy(service->status, status, sizeof(status));
	systemd_send("STATUS=%s", status);
}

static void feed_watchdog(void *arg)
{
	struct service *service = arg;

	if (run_is_alive(service))
		systemd_send("WATCHDOG=1");
	loop_timer_set(service->watchdog, loop_now() + systemd_watchdog_ns() / 2);
}

/* --- the schedule --- */

static void wake_at(struct service *service, uint64_t due_unix_ms)
{
	uint64_t now = unix_ms(), wait_ms = due_unix_ms > now ? due_unix_ms - now : 0;

	if (wait_ms > LOOK_AGAIN_MS)
		wait_ms = LOOK_AGAIN_MS;
	loop_timer_set(service->due, loop_now() + wait_ms * NS_PER_MS);
}

/* The run cannot start now: the disk is full, or no process can be created. */
static void put_off(struct kept *kept, const struct why *why)
{
	log_say(LOG_LEVEL_ERROR, kept->ticket.id, NULL, "%s", why->text);
	kept->ticket.state = TICKET_QUEUED;
	kept->ticket.retry_unix_ms = unix_ms() + TICKET_RETRY_MS;
	ticket_text(&kept->ticket.reason, why->text);
	keep_update(kept);
}

static void run_next(struct service *service)
{
	struct ticket_choice choice = { .wake_unix_ms = UINT64_MAX };
	struct why why;

	for (uint32_t i = 0; i < service->nr_kept; i++)
		ticket_consider(&service->kept[i]->ticket, unix_ms(), &choice);
	if (choice.next) {
		struct kept *kept = keep_find(service, choice.next->id);

		if (run_begin(service, kept, &why)) {
			put_off(kept, &why);
			wake_at(service, kept->ticket.retry_unix_ms);
		}
	} else if (choice.wake_unix_ms != UINT64_MAX) {
		wake_at(service, choice.wake_unix_ms);
	}
	tell_status(service);
}

static void look_at_schedule(struct service *service)
{
	if (service->stopping) {
		if (!service->run.kept)
			loop_stop(service->loop);
		return;
	}
	if (service->spool_waits && keep_has_room(service))
		spool_take(service);
	if (!service->run.kept && !service->clean)
		run_next(service);
}

static void prune(void *arg)
{
	keep_prune(arg);
}

static void due(void *arg)
{
	look_at_schedule(arg);
}

static void tick(void *arg)
{
	struct service *service = arg;

	run_tick(service);
	notify_tick(service);
	tell_status(service);
	if (++service->ticks % PRUNE_S == 0)
		keep_prune(service);
	if (service->spool_waits && service->ticks % SPOOL_S == 0)
		look_at_schedule(service);
	loop_timer_set(service->tick, loop_now() + 1000 * NS_PER_MS);
}

/* --- signals --- */

static void stop(void *arg)
{
	struct service *service = arg;

	if (service->stopping)
		return;
	service->stopping = true;
	systemd_send("STOPPING=1\nSTATUS=Stopping after the trials in progress");
	log_say(LOG_LEVEL_NOTICE, NULL, "stopping", "stopping%s",
		service->run.kept ? " after the trials in progress" : "");
	if (service->run.kept)
		run_interrupt(service);
	else
		loop_stop(service->loop);
}

static void children_changed(void *arg)
{
	(void)arg;
	job_reap();
}

/* --- the configuration, read again --- */

/* Each takes its keys of service->config, or stays as it was with those of `before`. */
static int (*const takes[])(struct service *service, const struct service_config *before,
			    struct why *why) = { spool_reload, web_reload, control_reload };
enum { TAKES = sizeof(takes) / sizeof(takes[0]) };

static int apply(struct service *service, struct service_config *config, struct why *why)
{
	struct service_config *before = service->config;
	int taken = 0, r = 0;
	struct why again;

	service->config = config;
	while (taken < TAKES && !(r = takes[taken](service, before, why)))
		taken++;
	if (!r) {
		service_config_free(before);
		return 0;
	}
	service->config = before;
	while (taken--)
		if (takes[taken](service, config, &again))
			log_say(LOG_LEVEL_ERROR, NULL, "reloaded", "%s", again.text);
	service_config_free(config);
	return r;
}

static int read_again(struct service *service, struct why *why)
{
	struct service_config *config;
	int r = service_config_load(service->ask->config_file, service->ask->config_required,
				    &config, why);

	if (r)
		return r;
	r = service_config_check(config, why);
	if (!r)
		return apply(service, config, why);
	service_config_free(config);
	return r;
}

static int reload(struct service *service, const char **restart, struct why *why)
{
	int r;

	systemd_send("RELOADING=1\nMONOTONIC_USEC=%" PRIu64, loop_now() / 1000);
	r = read_again(service, why);
	*restart = strcmp(store_folder(service->store), service->config->state_folder) != 0 ?
			   "state_folder" :
			   NULL;
	if (r)
		log_say(LOG_LEVEL_ERROR, NULL, "reloaded",
			"the previous configuration stays in effect: %s", why->text);
	else if (*restart)
		log_say(LOG_LEVEL_WARNING, NULL, "reloaded",
			"configuration reloaded; restart dadraced to apply %s", *restart);
	else
		log_say(LOG_LEVEL_NOTICE, NULL, "reloaded", "configuration reloaded");
	systemd_send("READY=1");
	service->status[0] = '\0';
	if (!r) {
		keep_prune(service);
		spool_take(service);
		look_at_schedule(service);
	}
	tell_status(service);
	return r;
}

static void reload_by_signal(void *arg)
{
	const char *restart;
	struct why why;

	reload(arg, &restart, &why);
}

static const struct listeners listeners = {
	.campaign = { control_changed, web_changed },
	.schedule = look_at_schedule,
	.reload = reload,
};

/* --- the whole --- */

static int set_up(struct service *service, struct why *why)
{
	struct machine machine;
	int r = service_config_load(service->ask->config_file, service->ask->config_required,
				    &service->config, why);

	if (!r)
		r = service_config_check(service->config, why);
	if (r) {
		why->code = why_code_or(why, EXIT_CONFIG);
		return r;
	}
	machine_read(&machine);
	snprintf(service->boot_id, sizeof(service->boot_id), "%s", machine.boot_id);
	snprintf(service->host, sizeof(service->host), "%s", machine.host);
	signal(SIGPIPE, SIG_IGN);
	r = loop_new(&service->loop, why);
	if (!r)
		service->prune = loop_timer(service->loop, prune, service);
	if (!r && !service->prune)
		r = why_memory(why);
	if (!r)
		r = keep_open(service, why);
	if (!r)
		r = control_open(service, why);
	if (!r)
		r = web_open(service, why);
	if (!r)
		r = spool_open(service, why);
	if (r)
		return r;
	service->due = loop_timer(service->loop, due, service);
	service->tick = loop_timer(service->loop, tick, service);
	service->watchdog = loop_timer(service->loop, feed_watchdog, service);
	if (!service->due || !service->tick || !service->watchdog ||
	    !loop_signal(service->loop, SIGTERM, stop, service) ||
	    !loop_signal(service->loop, SIGINT, stop, service) ||
	    !loop_signal(service->loop, SIGHUP, reload_by_signal, service) ||
	    !loop_signal(service->loop, SIGCHLD, children_changed, service))
		return why_exit(why, EXIT_INTERNAL, ENOMEM,
				"out of memory: no timer or signal can be watched");
	return 0;
}

static void tear_down(struct service *service)
{
	job_free(service->run.job);
	job_free(service->clean);
	notify_stop(service);
	tail_close(service->run.tail);
	if (service->loop) {
		folder_watch_close(service->run.watch);
		spool_close(service);
		web_close(service);
		control_close(service);
		job_free(service->reporting.job);
	}
	keep_close(service);
	loop_free(service->loop);
	service_config_free(service->config);
}

enum exits service_run(const struct service_ask *ask, struct why *why)
{
	struct service *service = calloc(1, sizeof(*service));
	int r;

	umask(0027); /* of what it and its campaigns write, whatever the caller's is */
	if (!service) {
		why_memory(why);
		return EXIT_INTERNAL;
	}
	service->ask = ask;
	service->listeners = &listeners;
	r = set_up(service, why);
	if (!r) {
		keep_prune(service);
		spool_take(service);
		systemd_send("READY=1");
		if (systemd_watchdog_ns())
			feed_watchdog(service);
		tick(service);
		look_at_schedule(service);
		loop_run(service->loop);
		log_say(LOG_LEVEL_NOTICE, NULL, "stopped", "stopped");
	}
	tear_down(service);
	free(service);
	return r ? why_code(why) : EXIT_CLEAN;
}
