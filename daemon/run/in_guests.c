// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/transfer.h"
#include "guest/initramfs.h"
#include "guest/vm.h"
#include "io/loop.h"
#include "parse/campaign.h"
#include "record/record.h"
#include "results/ledger_line.h"
#include "results/lines.h"
#include "run/in_guests.h"
#include "trial/klog_report.h"
#include "trial/shard.h"

enum {
	LINE_MAX_BYTES = 1 << 20,
	CONSOLE_TAIL = 1 << 16,
	FAILED_BOOTS_MAX = 3,
	SCOUTS_PATIENCE = 3,
	LEDGER_MS =
		180000, /* for a guest to repeat a finding with the ledger before it is ended */
};

struct guests {
	const struct guests_ask *ask;
	struct conclusion *sums;
	uint64_t features[BEHAVIOUR_FEATURES_MAX];
	struct loop *loop;
	struct loop_watch *results_watch, *silence, *tick, *limit, *ledger;
	struct vm *vm;
	int initramfs;
	char console[4096];
	off_t console_from; /* where this guest's part begins */
	bool kvm;
	bool begun;   /* the first line is written */
	bool greeted; /* this guest has said its first word */
	bool exit_told;
	bool blind;  /* it has ended because its positive controls failed */
	bool silent; /* it was ended because it said nothing */
	enum exits exit_code;
	struct why refused; /* what its summary says when it could not run the campaign */
	uint32_t booted;
	struct deal deal;
	uint32_t next;		     /* trial that a fresh guest would begin with */
	uint32_t missing[LANES_MAX]; /* trials below it that are in other lanes' hands */
	uint32_t nr_missing;
	uint32_t failed_boots; /* in a row, without a trial */
	bool replaced;	       /* the guest was wedged by a fault, and ended by us */
	bool awaited;	       /* the ledger of the last suspect has not come yet */
	struct ledger_told ledger_told;
	char *line;
	size_t used;
	struct evidence evidence;
};

static void end(struct guests *guests, const char *by)
{
	conclude_stop(guests->sums, by);
	loop_stop(guests->loop);
}

/* Ends the guest, or the campaign when it is over, unless a ledger is being waited for. */
static void leave(struct guests *guests)
{
	if ((guests->sums->ended_by || guests->replaced) && !guests->awaited)
		loop_stop(guests->loop);
}

static void give_up(struct guests *guests, const struct why *why)
{
	conclude_fail(guests->sums, why);
	loop_stop(guests->loop);
}

static void not_understood(struct guests *guests, const char *what)
{
	struct why why;

	why_set(&why, EPROTO, "guest %u: has sent %s that cannot be read", guests->booted,
		what);
	give_up(guests, &why);
}

/* --- what a trial adds --- */

static void take_next(struct guests *guests)
{
	guests->next = shard_next(&guests->deal, guests->next);
}

/* Lines come in the order in which lanes end their trials. */
static void tick_off(struct guests *guests, uint32_t trial)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < guests->nr_missing; i++)
		if (guests->missing[i] != trial)
			guests->missing[kept++] = guests->missing[i];
	guests->nr_missing = kept;
	for (; guests->next < trial && guests->nr_missing < LANES_MAX; take_next(guests))
		guests->missing[guests->nr_missing++] = guests->next;
	if (trial >= guests->next)
		guests->next = shard_next(&guests->deal, trial);
}

/*
 * The guest repeats the first leak of a signature by itself, and the lines of that are worth
 * waiting for.
 */
static void await_ledger(struct guests *guests, const struct judgement *judgement)
{
	if (guests->sums->campaign->ledger != LEDGER_SUSPECTS || guests->awaited ||
	    !guests->vm || guests->sums->ended_by ||
	    !suspects_add(&guests->sums->suspects, &guests->evidence, judgement))
		return;
	guests->awaited = true;
	loop_timer_set(guests->ledger, loop_now() + LEDGER_MS * 1000000ULL);
}

static void ledger_came(struct guests *guests)
{
	guests->awaited = false;
	loop_timer_stop(guests->ledger);
	leave(guests);
}

static void ledger_overtime(void *arg)
{
	ledger_came(arg);
}

/* `line`: as the guest has sent it; NULL: it is written here. */
static void add_trial(struct guests *guests, const struct judgement *judgement,
		      const char *line)
{
	tick_off(guests, guests->evidence.spec.trial);
	if (conclude_trial(guests->sums, &guests->evidence, judgement, line)) {
		await_ledger(guests, judgement);
		conclude_ended(guests->sums);
		leave(guests);
	} else {
		loop_stop(guests->loop);
	}
}

/* --- lines --- */

static off_t console_size(const struct guests *guests)
{
	struct stat st;

	return stat(guests->console, &st) ? 0 : st.st_size;
}

/* How the guest hooked the steps of the order. */
static void say_steps(struct guests *guests, json_t *hooks)
{
	json_t *json;
	size_t i;

	json_array_foreach(hooks, i, json)
	{
		struct results_hook hook;

		if (!fields_from_json(&hook_fields, json, &hook) && hook.note)
			progress_step(guests->sums->progress, &hook);
	}
}

/*
 * The first guest has proposed the places that an explorer tries: those that its kernel can
 * hook.
 */
static bool begin_results(struct guests *guests, const char *line, json_t *json)
{
	struct conclusion *sums = guests->sums;

	if (!sums->explorer && run_places_kept(line, &sums->places)) {
		not_understood(guests, "the campaign's line");
		return false;
	}
	return (sums->explorer || conclude_plan(sums)) && conclude_begin_line(sums, json);
}

static void begin(struct guests *guests, const char *line, json_t *json)
{
	const char *release =
		json_string_value(json_object_get(json_object_get(json, "machine"), "release"));
	char sentence[256];

	snprintf(sentence, sizeof(sentence), "guest %u: Linux %s, by %s", guests->booted,
		 release ? release : "?", guests->kvm ? "KVM" : "TCG");
	progress_say(guests->sums->progress, sentence);
	if (!guests->begun)
		say_steps(guests, json_object_get(json, "hooks"));
	/* What it complained of while it booted is no trial's doing. */
	guests->greeted = true;
	guests->console_from = console_size(guests);
	if (!guests->begun && !begin_results(guests, line, json))
		loop_stop(guests->loop);
	guests->begun = true;
}

static void take_trial(struct guests *guests, const char *line, json_t *json)
{
	struct judgement judgement;
	struct step_told steps[ORDER_HOLDS_MAX] = { 0 };
	struct trial_line trial = { .steps = steps,
				    .nr_steps = ORDER_HOLDS_MAX,
				    .explore = { .features = guests->features,
						 .nr_features = BEHAVIOUR_FEATURES_MAX } };

	if (fields_from_json(&trial_fields, json, &trial)) {
		not_understood(guests, "a trial's line");
		return;
	}
	if (results_has(guests->sums->results, trial.spec.trial)) {
		tick_off(guests, trial.spec.trial);
		return;
	}
	guests->failed_boots = 0;
	trial_line_back(&trial, &guests->evidence, &judgement);
	add_trial(guests, &judgement, line);
	if ((judgement.pinned || guests->evidence.hang) &&
	    guests->sums->campaign->vm.fresh_after_fault) {
		guests->replaced = true;
		leave(guests);
	}
}

static void take_ledger(struct guests *guests, const char *line, json_t *json)
{
	struct ledger_line ledger = ledger_line_empty(&guests->ledger_told);

	if (fields_from_json(&ledger_fields, json, &ledger))
		not_understood(guests, "a ledger's line");
	else if (!conclude_ledger(guests->sums, &ledger, line))
		loop_stop(guests->loop);
	else if (ledger.final && ledger.attempt)
		ledger_came(guests);
}

static void take_control(struct guests *guests, const char *line, json_t *json)
{
	struct judgement judgement;
	struct trial_line trial = { .explore = { .features = guests->features,
						 .nr_features = BEHAVIOUR_FEATURES_MAX } };

	if (fields_from_json(&trial_fields, json, &trial)) {
		not_understood(guests, "a control's line");
		return;
	}
	trial_line_back(&trial, &guests->evidence, &judgement);
	if (!conclude_control(guests->sums, &guests->evidence, &judgement, line) ||
	    guests->sums->failed)
		loop_stop(guests->loop);
}

/* Of a guest that has run trials it tells nothing new. */
static void take_summary(struct guests *guests, const json_t *json)
{
	const char *reason = json_string_value(json_object_get(json, "reason"));
	const char *by = json_string_value(json_object_get(json, "ended_by"));

	guests->blind = by && !strcmp(by, "control");
	why_set(&guests->refused, 0, "%s", reason ? reason : "");
}

/* Above our own codes are those of a process that a signal has ended. */
static void take_exit(struct guests *guests, const json_t *told)
{
	int64_t code = EXIT_INTERNAL;

	fields_integer(json_object_get(told, "code"), EXIT_CLEAN, EXIT_CONFIG, &code);
	guests->exit_told = true;
	guests->exit_code = (enum exits)code;
}

static void take_line(struct guests *guests, const char *line)
{
	json_t *json = fields_parse(line);
	const char *type = json_string_value(json_object_get(json, "type"));

	if (type && !strcmp(type, "campaign")) {
		begin(guests, line, json);
	} else if (type && !strcmp(type, "trial")) {
		take_trial(guests, line, json);
	} else if (type && !strcmp(type, "control")) {
		take_control(guests, line, json);
	} else if (type && !strcmp(type, "ledger")) {
		take_ledger(guests, line, json);
	} else if (type && !strcmp(type, "summary")) {
		take_summary(guests, json);
	} else if (type && !strcmp(type, "exit")) {
		take_exit(guests, json);
	}
	json_decref(json);
}

static void results_ready(void *arg)
{
	struct guests *guests = arg;
	ssize_t n = recv(vm_results(guests->vm), guests->line + guests->used,
			 LINE_MAX_BYTES - guests->used - 1, MSG_DONTWAIT);
	char *newline;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) { /* QEMU has ended */
		loop_stop(guests->loop);
		return;
	}
	loop_timer_set(guests->silence,
		       loop_now() + guests->sums->campaign->vm.deadline_ms * 1000000ULL);
	guests->used += (size_t)n;
	guests->line[guests->used] = '\0';
	while (!guests->sums->failed && (newline = strchr(guests->line, '\n'))) {
		char after = newline[1];

		newline[1] = '\0';
		take_line(guests, guests->line);
		newline[1] = after;
		guests->used -= (size_t)(newline + 1 - guests->line);
		memmove(guests->line, newline + 1, guests->used + 1);
	}
	if (guests->used == LINE_MAX_BYTES - 1)
		not_understood(guests, "a line without end");
}

/* --- a guest that died --- */

static const char *after(const char *line, const char *words)
{
	const char *at = strstr(line, words);

	return at ? at + strlen(words) : NULL;
}

struct console {
	const struct campaign *campaign;
	struct klog_line worst; /* head of the first report that is evidence */
	struct klog_reports reports;
};

/* A guest has no load but ours: whatever its kernel reports is of the trial that it died in. */
static void console_report(const struct klog_report *report, void *arg)
{
	static const struct klog_lane guest = { .in_guest = true };
	struct console *console = arg;
	const struct campaign *campaign = console->campaign;

	if (console->worst.kind == KLOG_OTHER && report->head.kind != KLOG_WAITING &&
	    klog_report_tie(report, &guest) > KLOG_TIE_NONE &&
	    !klog_report_has(report, campaign->watch.ignore_log, campaign->watch.nr_ignore_log))
		console->worst = report->head;
}

static void judge_console(const struct guests *guests, char *text, struct klog_line *worst,
			  char *sentence, size_t size)
{
	struct console *console = calloc(1, sizeof(*console));
	char *line, *save = NULL;

	if (!console)
		return;
	console->campaign = guests->sums->campaign;
	console->reports.done = console_report;
	console->reports.arg = console;
	for (line = strtok_r(text, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		const char *ours = after(line, "dadrace: ");
		struct klog_line one;

		klog_line_classify(line, &one);
		klog_reports_add(&console->reports, &one, 0);
		if (!ours)
			ours = strstr(line, "guest: ");
		if (ours)
			snprintf(sentence, size, "%s", ours);
	}
	klog_reports_close(&console->reports, UINT64_MAX);
	*worst = console->worst;
	free(console);
}

/* The worst that its console says, and the last sentence of our own program on it. */
static void read_console(const struct guests *guests, struct klog_line *worst, char *sentence,
			 size_t size)
{
	char *text = calloc(1, CONSOLE_TAIL + 1);
	int fd = open(guests->console, O_RDONLY | O_CLOEXEC);

	*worst = (struct klog_line){ 0 };
	sentence[0] = '\0';
	if (text && fd >= 0) {
		off_t length = lseek(fd, 0, SEEK_END), from = guests->console_from;

		if (length - from > CONSOLE_TAIL)
			from = length - CONSOLE_TAIL;
		if (pread(fd, text, CONSOLE_TAIL, from) > 0)
			judge_console(guests, text, worst, sentence, size);
	}
	if (fd >= 0)
		close(fd);
	free(text);
}

/*
 * A trial whose line will not come; `console`: the guest died in it, and its console is the
 * evidence.
 */
static void conclude_lost(struct guests *guests, uint32_t trial, bool console)
{
	const struct campaign *campaign = guests->sums->campaign;
	struct evidence *e = &guests->evidence;
	struct judgement judgement;
	char sentence[256];
	struct why why;

	if (results_has(guests->sums->results, trial)) {
		tick_off(guests, trial);
		return;
	}
	memset(e, 0, sizeof(*e));
	if (explorer_next(guests->sums->explorer, trial, &e->spec)) {
		why_memory(&why);
		give_up(guests, &why);
		return;
	}
	e->started_ns = e->ended_ns = loop_now();
	e->lane_lost = true;
	if (console) {
		read_console(guests, &e->klog, sentence, sizeof(sentence));
		e->klog_tie = KLOG_TIE_GUEST;
		e->klog_lines = e->klog.kind != KLOG_OTHER;
		e->klog_shared = campaign->lanes;
		if (guests->silent && e->klog.kind == KLOG_OTHER)
			e->hang = HANG_GUEST;
	}
	verdict_judge(e, campaign, &judgement);
	if (campaign->explore.mode)
		behaviour_of(e, &(struct order){ 0 }, &judgement, &e->behaviour);
	add_trial(guests, &judgement, NULL);
}

static bool console_blames_kernel(const struct guests *guests)
{
	struct klog_line worst;
	char sentence[256];

	read_console(guests, &worst, sentence, sizeof(sentence));
	return worst.kind != KLOG_OTHER;
}

static bool plan_is_done(const struct guests *guests)
{
	return guests->sums->campaign->stop.trials &&
	       guests->next > guests->sums->campaign->stop.trials;
}

/*
 * The oldest trial in hand is the one that a death is put down to; without any it is the next
 * of the plan, and after the plan's last one a death counts only when the console says that it
 * is the kernel's.
 */
static void conclude_all(struct guests *guests, bool died)
{
	if (died && !guests->nr_missing &&
	    (!plan_is_done(guests) || console_blames_kernel(guests)))
		conclude_lost(guests, guests->next, true);
	while (guests->nr_missing && !guests->sums->failed) {
		conclude_lost(guests, guests->missing[0], died);
		died = false;
	}
}

/*
 * What the guest itself says, as the host would: by its summary, or by its console when it came
 * to none.
 */
static void refuse(struct guests *guests)
{
	struct klog_line worst;
	char sentence[256];

	if (!guests->refused.text[0]) {
		read_console(guests, &worst, sentence, sizeof(sentence));
		why_set(&guests->refused, 0, "%s",
			sentence[0] ? sentence :
				      "the guest refused the campaign and printed nothing");
	}
	guests->refused.code = guests->exit_code;
	if (guests->blind) {
		guests->refused.code = EXIT_INCONCLUSIVE;
		conclude_stop(guests->sums, "control");
	}
	give_up(guests, &guests->refused);
}

static void give_up_booting(struct guests *guests)
{
	struct klog_line worst;
	char sentence[256];
	struct why why;

	read_console(guests, &worst, sentence, sizeof(sentence));
	why_set(&why, 0, "guest %u: %s; its console is in %s", guests->booted,
		sentence[0]		 ? sentence :
		worst.kind != KLOG_OTHER ? worst.text :
		guests->silent		 ? "no output within vm.deadline_ms" :
					   "QEMU has ended before the first output",
		guests->console);
	give_up(guests, &why);
}

/*
 * The kernel patches its code by way of a breakpoint, and an emulated processor may still run
 * into one that has been taken away: that is a fault of neither the kernel nor a trial.
 */
static bool emulation_failed(const struct guests *guests)
{
	struct klog_line worst;
	char sentence[256];

	if (guests->kvm)
		return false;
	read_console(guests, &worst, sentence, sizeof(sentence));
	return worst.traits & KLOG_EMULATED;
}

static void say_lost(const struct guests *guests)
{
	struct klog_line worst;
	char ours[256], sentence[400];

	read_console(guests, &worst, ours, sizeof(ours));
	snprintf(sentence, sizeof(sentence), "guest %u: %s (%s); %s", guests->booted,
		 worst.traits & KLOG_EMULATED && !guests->kvm ?
			 "lost to an artefact of emulation, which is no fault of its kernel" :
			 "ended while it booted",
		 worst.kind != KLOG_OTHER ? worst.text :
		 guests->silent		  ? "no output within vm.deadline_ms" :
					    "without a report of its kernel",
		 guests->greeted ? "its trials in progress are run again" :
				   "another one is booted");
	progress_say(guests->sums->progress, sentence);
}

/* Nothing can be learned from it: the next guest runs the trials that it had in hand. */
static void lose(struct guests *guests)
{
	if (++guests->failed_boots == FAILED_BOOTS_MAX) {
		give_up_booting(guests);
		return;
	}
	for (uint32_t i = 0; i < guests->nr_missing; i++)
		if (guests->missing[i] < guests->next)
			guests->next = guests->missing[i];
	guests->nr_missing = 0;
	if (plan_is_done(guests))
		end(guests, "trials");
	else
		say_lost(guests);
}

static void guest_over(struct guests *guests)
{
	bool refused =
		guests->exit_told && (run_has_failed(guests->exit_code) || guests->blind);

	if (guests->sums->ended_by) {
		return;
	} else if (refused && !guests->replaced) {
		refuse(guests);
	} else if (guests->replaced || guests->exit_told || guests->awaited) {
		/*
		 * A guest ends before the plan does when its lanes are stuck. One that dies in
		 * a repeat loses no trial by it.
		 */
		guests->failed_boots = 0;
		conclude_all(guests, false);
		if (plan_is_done(guests))
			end(guests, "trials");
	} else if (!guests->greeted || emulation_failed(guests)) {
		lose(guests);
	} else {
		guests->failed_boots = 0;
		conclude_all(guests, true);
		if (plan_is_done(guests))
			end(guests, "trials");
	}
}

/* --- a guest's life --- */

static void fell_silent(void *arg)
{
	struct guests *guests = arg;

	guests->silent = true;
	loop_stop(guests->loop);
}

/*
 * A guest that scouts for places loads its programs twice, and tells each of its scouts'
 * trials by an empty line.
 */
static uint64_t patience_ms(const struct guests *guests)
{
	const struct campaign *campaign = guests->sums->campaign;
	bool scouts = campaign->explore.mode && !campaign->explore.nr_places &&
		      campaign->explore.scouts;

	return campaign->vm.deadline_ms * (scouts ? SCOUTS_PATIENCE : 1ULL);
}

static bool knows(const struct guests *guests)
{
	return guests->sums->campaign->explore.mode && guests->sums->explorer;
}

/* Once; where an explorer has learned something, once for each guest. */
static int make_image(struct guests *guests, struct why *why)
{
	char path[64], *learned = NULL;
	int err = 0;

	if (guests->booted > 1 && !knows(guests))
		return 0;
	if (knows(guests))
		learned = learned_write(guests->sums->explorer);
	if (knows(guests) && !learned)
		return why_memory(why);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", guests->initramfs);
	err = guest_initramfs_make(path, guests->sums->campaign, guests->ask->image,
				   guests->ask->plant, learned, why);
	free(learned);
	return err;
}

/* Signatures that no further guest repeats. */
static void list_ledgered(const struct guests *guests, char *list, size_t size)
{
	size_t used = 0;

	list[0] = '\0';
	for (uint32_t i = 0; i < guests->sums->suspects.nr && used < size; i++)
		used += (size_t)snprintf(list + used, size - used, "%s%s",
					 i ? "," : " --ledgered ",
					 guests->sums->suspects.list[i].signature);
}

static void say_boot(const struct guests *guests)
{
	char sentence[80];

	snprintf(sentence, sizeof(sentence), "guest %u: booting%s", guests->booted,
		 guests->kvm ? "" : "; without KVM this takes about 10 to 30 s");
	progress_say(guests->sums->progress, sentence);
}

static void boot(struct guests *guests)
{
	const struct campaign *campaign = guests->sums->campaign;
	char initramfs[64], arguments[1024], ledgered[SUSPECTS_MAX * 100];
	struct vm_ask ask = {
		.architecture = guests->ask->image->architecture,
		.vmlinuz = guests->ask->image->vmlinuz,
		.initramfs = initramfs,
		.console = guests->console,
		.arguments = arguments,
		.append = campaign->vm.append,
		.cpus = campaign->vm.cpus,
		.memory_mb = campaign->vm.memory_mb,
		.kvm = guests->kvm,
		.nic = campaign->device.kind == DEVICE_NIC ?
			       nics[campaign->device.model].device :
			       NULL,
		.nic_lanes = campaign->lanes,
	};
	struct why why;

	guests->console_from = console_size(guests);
	guests->greeted = guests->exit_told = guests->silent = guests->replaced = false;
	guests->blind = false;
	guests->exit_code = EXIT_CLEAN;
	guests->refused = (struct why){ 0 };
	guests->used = 0;
	guests->booted++;
	snprintf(initramfs, sizeof(initramfs), "/proc/self/fd/%d", guests->initramfs);
	guests->awaited = false;
	list_ledgered(guests, ledgered, sizeof(ledgered));
	if (make_image(guests, &why)) {
		give_up(guests, &why);
		return;
	}
	say_boot(guests);
	snprintf(
		arguments, sizeof(arguments),
		"guest run /campaign.yaml --json --quiet --out /tmp/results --%s %u/%u --first %u%s%s",
		guests->deal.block ? "shard" : "dealt", guests->deal.shard.index,
		guests->deal.shard.of, guests->next,
		knows(guests) ? " --learned /learned.ndjson" : "", ledgered);
	if (vm_start(&ask, &guests->vm, &why)) {
		give_up(guests, &why);
		return;
	}
	guests->results_watch =
		loop_fd(guests->loop, vm_results(guests->vm), results_ready, guests);
	loop_timer_set(guests->silence, loop_now() + patience_ms(guests) * 1000000ULL);
	loop_run(guests->loop);
	loop_timer_stop(guests->silence);
	loop_timer_stop(guests->ledger);
	loop_forget(guests->results_watch);
	vm_end(guests->vm);
	guests->vm = NULL;
	guest_over(guests);
}

static void interrupted(void *arg)
{
	end(arg, "signal");
}

static void tick(void *arg)
{
	struct guests *guests = arg;

	if (guests->greeted || !guests->booted) /* while one boots there is nothing to see */
		progress_update(guests->sums->progress, guests->sums->tally, loop_now());
	loop_timer_set(guests->tick, loop_now() + 200000000);
}

static void time_is_up(void *arg)
{
	end(arg, "seconds");
}

/* Where the run before has ended. False: it has failed. */
static bool skip_kept(struct guests *guests)
{
	struct conclusion *sums = guests->sums;
	const struct campaign *campaign = sums->campaign;
	struct why why;

	while (results_has(sums->results, guests->next))
		take_next(guests);
	if (sums->explorer && explorer_skip_to(sums->explorer, guests->next - 1)) {
		why_memory(&why);
		conclude_fail(sums, &why);
		return false;
	}
	if (campaign->stop.trials && guests->next > campaign->stop.trials)
		conclude_stop(sums, "trials");
	return true;
}

static int make_loop(struct guests *guests, struct why *why)
{
	int err = loop_new(&guests->loop, why);

	if (err)
		return err;
	guests->line = malloc(LINE_MAX_BYTES);
	guests->initramfs = memfd_create("initramfs", 0); /* QEMU inherits it */
	guests->silence = loop_timer(guests->loop, fell_silent, guests);
	guests->tick = loop_timer(guests->loop, tick, guests);
	guests->limit = loop_timer(guests->loop, time_is_up, guests);
	guests->ledger = loop_timer(guests->loop, ledger_overtime, guests);
	if (!guests->line || guests->initramfs < 0 || !guests->silence || !guests->tick ||
	    !guests->limit || !guests->ledger ||
	    !loop_signal(guests->loop, SIGINT, interrupted, guests) ||
	    !loop_signal(guests->loop, SIGTERM, interrupted, guests))
		return why_memory(why);
	return 0;
}

/* False: it has failed. */
static bool set_up(struct guests *guests)
{
	struct conclusion *sums = guests->sums;
	uint32_t seconds = sums->campaign->stop.seconds;
	struct why why;

	if (make_loop(guests, &why)) {
		conclude_fail(sums, &why);
		return false;
	}
	snprintf(guests->console, sizeof(guests->console), "%s/guest-console.log",
		 results_folder(sums->results));
	guests->kvm =
		vm_kvm_works(guests->ask->image->architecture, guests->ask->image->vmlinuz);
	if (!skip_kept(guests))
		return false;
	conclude_start(sums);
	tick(guests);
	if (seconds)
		loop_timer_set(guests->limit, sums->started_ns + seconds * 1000000000ULL);
	return true;
}

void guests_run(const struct guests_ask *ask)
{
	struct conclusion *sums = ask->conclusion;
	struct guests *guests = calloc(1, sizeof(*guests));
	struct why why;

	if (!guests) {
		why_memory(&why);
		conclude_fail(sums, &why);
		return;
	}
	*guests = (struct guests){
		.ask = ask, .sums = sums, .initramfs = -1, .deal = shard_deal(sums->campaign)
	};
	take_next(guests);
	if (set_up(guests))
		while (!sums->ended_by) {
			if (guests->booted == sums->campaign->vm.guests)
				conclude_stop(sums, "guests");
			else
				boot(guests);
		}
	loop_free(guests->loop);
	if (guests->initramfs >= 0)
		close(guests->initramfs);
	free(guests->line);
	free(guests);
}
