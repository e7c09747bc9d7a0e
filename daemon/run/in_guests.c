// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse/campaign.h"
#include "guest/initramfs.h"
#include "run/in_guests.h"
#include "trial/klog_line.h"
#include "explore/transfer.h"
#include "io/loop.h"
#include "record/record.h"
#include "results/lines.h"
#include "run/scouts.h"
#include "run/repeats.h"
#include "guest/vm.h"

enum {
	LINE_MAX_BYTES = 1 << 20,
	CONSOLE_TAIL = 1 << 16,
	FAILED_BOOTS_MAX = 3,
	SCOUTS_PATIENCE = 3,
	LEDGER_MS =
		120000, /* for a guest to repeat a finding with the ledger before it is ended */
};

struct guests {
	const struct guests_ask *ask;
	const struct campaign *campaign; /* the asked one, until a guest has resolved it */
	struct campaign resolved;
	struct run_places places;  /* of the resolved one */
	struct explorer *explorer; /* plans and learns as those in the guests do */
	uint64_t features[BEHAVIOUR_FEATURES_MAX];
	struct why *why;
	struct loop *loop;
	struct tally *tally;
	struct loop_watch *results_watch, *silence, *tick, *limit, *ledger;
	struct vm *vm;
	int initramfs;
	char console[4096];
	off_t console_from; /* where this guest's part begins */
	bool kvm;
	bool begun;   /* the first line is written */
	bool greeted; /* this guest has said its first word */
	bool exit_told;
	bool silent; /* it was ended because it said nothing */
	int exit_code;
	uint32_t booted;
	uint32_t next;		     /* trial that a fresh guest would begin with */
	uint32_t missing[LANES_MAX]; /* trials below it that are in other lanes' hands */
	uint32_t nr_missing;
	uint32_t failed_boots;	  /* in a row */
	bool replaced;		  /* the guest was wedged by a fault, and ended by us */
	struct suspects suspects; /* findings whose ledger a guest was given time for */
	bool awaited;		  /* the last one's has not come yet */
	struct ledger_told ledger_told;
	uint32_t findings;
	uint64_t started_ns;
	uint64_t earlier_ns; /* spent in the trials of the run that this one goes on with */
	const char *ended_by;
	int error;
	char *line;
	size_t used;
	struct evidence evidence;
};

static void end(struct guests *guests, const char *by)
{
	if (!guests->ended_by)
		guests->ended_by = by;
	loop_stop(guests->loop);
}

/* Ends the guest, or the campaign when it is over, unless a ledger is being waited for. */
static void leave(struct guests *guests)
{
	if ((guests->ended_by || guests->replaced) && !guests->awaited)
		loop_stop(guests->loop);
}

static void end_politely(struct guests *guests, const char *by)
{
	if (!guests->ended_by)
		guests->ended_by = by;
	leave(guests);
}

static void give_up(struct guests *guests, int err)
{
	if (!guests->error)
		guests->error = err;
	end(guests, "error");
}

/* --- what a trial adds --- */

/* Lines come in the order in which lanes end their trials. */
static void tick_off(struct guests *guests, uint32_t trial)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < guests->nr_missing; i++)
		if (guests->missing[i] != trial)
			guests->missing[kept++] = guests->missing[i];
	guests->nr_missing = kept;
	for (; guests->next < trial && guests->nr_missing < LANES_MAX; guests->next++)
		guests->missing[guests->nr_missing++] = guests->next;
	if (trial >= guests->next)
		guests->next = trial + 1;
}

/* The guest repeats the first leak of a signature by itself, and the lines of that are worth waiting for. */
static void await_ledger(struct guests *guests, const struct judgement *judgement)
{
	if (guests->campaign->ledger != LEDGER_SUSPECTS || guests->awaited || !guests->vm ||
	    guests->ended_by ||
	    !suspects_add(&guests->suspects, &guests->evidence.spec, judgement))
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

static void add_trial(struct guests *guests, const struct judgement *judgement)
{
	const struct campaign *campaign = guests->campaign;
	struct evidence *e = &guests->evidence;
	const struct tally_finding *finding;
	const char *ends;

	tick_off(guests, e->spec.trial);
	if (guests->explorer && explorer_learn(guests->explorer, e->spec.trial, &e->behaviour))
		give_up(guests, why_set(guests->why, EPROTO,
					"guests: trial %u does not follow from those before it",
					e->spec.trial));
	if (tally_add(guests->tally, e, judgement, &finding) > 0) {
		guests->findings++;
		progress_finding(guests->ask->progress, e, judgement);
	}
	progress_update(guests->ask->progress, guests->tally, loop_now());
	await_ledger(guests, judgement);
	if (campaign->stop.findings && guests->findings >= campaign->stop.findings)
		end_politely(guests, "findings");
	ends = tally_ends(guests->tally);
	if (ends)
		end_politely(guests, ends);
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
			progress_step(guests->ask->progress, &hook);
	}
}

/* The guest knows its machine, but not the whole campaign: not its own kernel, for example. */
static int begin_results(struct guests *guests, json_t *json, const char *id)
{
	char *text = NULL, *line = NULL;
	int err = -ENOMEM;

	if (!json_object_set_new(json, "campaign",
				 fields_to_json(&campaign_fields, guests->campaign)))
		text = json_dumps(json, JSON_COMPACT);
	if (text && asprintf(&line, "%s\n", text) > 0)
		err = results_begin_line(guests->ask->results, line, id, guests->why);
	else
		why_set(guests->why, ENOMEM, "guests: out of memory");
	free(line);
	free(text);
	return err;
}

/* The first guest has proposed the places that an explorer tries: those that its kernel can hook. */
static int resolve(struct guests *guests, const char *line)
{
	int err = run_places_kept(line, &guests->places);

	guests->resolved = *guests->campaign;
	guests->resolved.explore.places = guests->places.words;
	guests->resolved.explore.nr_places = guests->places.nr_words;
	guests->campaign = &guests->resolved;
	return err ? err : explorer_new(guests->campaign, &guests->explorer);
}

static void begin(struct guests *guests, const char *line, json_t *json)
{
	const char *id = json_string_value(json_object_get(json, "id"));
	const char *release =
		json_string_value(json_object_get(json_object_get(json, "machine"), "release"));
	char sentence[256];
	int err;

	snprintf(sentence, sizeof(sentence), "guest %u: Linux %s, by %s", guests->booted,
		 release ? release : "?", guests->kvm ? "KVM" : "TCG");
	progress_say(guests->ask->progress, sentence);
	if (!guests->begun)
		say_steps(guests, json_object_get(json, "hooks"));
	/* What it complained of while it booted is no trial's doing. */
	guests->greeted = true;
	guests->console_from = console_size(guests);
	if (guests->begun)
		return;
	err = guests->explorer ? 0 : resolve(guests, line);
	if (err)
		why_set(guests->why, -err, "guests: out of memory");
	else
		err = begin_results(guests, json, id ? id : "");
	if (err)
		give_up(guests, err);
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
	bool wedged;
	int err = fields_from_json(&trial_fields, json, &trial);

	if (err) {
		give_up(guests,
			why_set(guests->why, EPROTO,
				"guests: a trial's line from the guest is not understood"));
		return;
	}
	if (results_has(guests->ask->results, trial.spec.trial)) {
		tick_off(guests, trial.spec.trial);
		return;
	}
	trial_line_back(&trial, &guests->evidence, &judgement);
	err = results_trial_line(guests->ask->results, line, trial.spec.trial, guests->why);
	if (err) {
		give_up(guests, err);
		return;
	}
	wedged = judgement.pinned || guests->evidence.hang != HANG_NONE;
	add_trial(guests, &judgement);
	if (wedged && guests->campaign->vm.fresh_after_fault) {
		guests->replaced = true;
		leave(guests);
	}
}

static void take_ledger(struct guests *guests, const char *line, json_t *json)
{
	struct ledger_line ledger = ledger_line_empty(&guests->ledger_told);
	int err = fields_from_json(&ledger_fields, json, &ledger);

	if (err)
		err = why_set(guests->why, EPROTO,
			      "guests: a ledger's line from the guest is not understood");
	if (!err)
		err = results_trial_line(guests->ask->results, line, ledger.trial, guests->why);
	if (!err && tally_add_ledger(guests->tally, &ledger))
		err = why_set(guests->why, ENOMEM, "guests: out of memory");
	if (err)
		give_up(guests, err);
	else
		progress_ledger(guests->ask->progress, &ledger);
	if (!err && ledger.final && ledger.attempt)
		ledger_came(guests);
}

static void take_line(struct guests *guests, const char *line)
{
	json_t *json = fields_parse(line);
	const char *type = json_string_value(json_object_get(json, "type"));

	if (type && !strcmp(type, "campaign")) {
		begin(guests, line, json);
	} else if (type && !strcmp(type, "trial")) {
		take_trial(guests, line, json);
	} else if (type && !strcmp(type, "ledger")) {
		take_ledger(guests, line, json);
	} else if (type && !strcmp(type, "exit")) {
		guests->exit_told = true;
		guests->exit_code = (int)json_integer_value(json_object_get(json, "code"));
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
		       loop_now() + guests->campaign->vm.deadline_ms * 1000000ULL);
	guests->used += (size_t)n;
	guests->line[guests->used] = '\0';
	while ((newline = strchr(guests->line, '\n'))) {
		char after = newline[1];

		newline[1] = '\0';
		take_line(guests, guests->line);
		newline[1] = after;
		guests->used -= (size_t)(newline + 1 - guests->line);
		memmove(guests->line, newline + 1, guests->used + 1);
	}
	if (guests->used == LINE_MAX_BYTES - 1)
		give_up(guests, why_set(guests->why, EPROTO, "guests: a line without end"));
}

/* --- a guest that died --- */

/* The worst that its console says, and the last sentence of our own program on it. */
static void read_console(const struct guests *guests, struct klog_line *worst, char *sentence,
			 size_t size)
{
	char *text = calloc(1, CONSOLE_TAIL + 1), *line, *save = NULL;
	int fd = open(guests->console, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	*worst = (struct klog_line){ 0 };
	sentence[0] = '\0';
	if (text && fd >= 0) {
		off_t length = lseek(fd, 0, SEEK_END), from = guests->console_from;

		if (length - from > CONSOLE_TAIL)
			from = length - CONSOLE_TAIL;
		n = pread(fd, text, CONSOLE_TAIL, from);
	}
	for (line = n > 0 ? strtok_r(text, "\r\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\r\n", &save)) {
		const char *ours = strstr(line, "dadrace: ");
		struct klog_line one;

		klog_line_classify(line, &one);
		if (worst->kind == KLOG_OTHER && one.kind != KLOG_OTHER &&
		    one.kind != KLOG_WAITING)
			*worst = one;
		if (!ours)
			ours = strstr(line, "guest: ");
		if (ours)
			snprintf(sentence, size, "%s", ours);
	}
	if (fd >= 0)
		close(fd);
	free(text);
}

/* A trial whose line will not come; `console`: the guest died in it, and its console is the evidence. */
static void conclude_lost(struct guests *guests, uint32_t trial, bool console)
{
	struct evidence *e = &guests->evidence;
	struct judgement judgement;
	char sentence[256];
	int err;

	if (results_has(guests->ask->results, trial)) {
		tick_off(guests, trial);
		return;
	}
	memset(e, 0, sizeof(*e));
	if (explorer_next(guests->explorer, trial, &e->spec)) {
		give_up(guests, why_set(guests->why, ENOMEM, "guests: out of memory"));
		return;
	}
	e->started_ns = e->ended_ns = loop_now();
	e->lane_lost = true;
	if (console) {
		read_console(guests, &e->klog, sentence, sizeof(sentence));
		e->klog_lines = e->klog.kind != KLOG_OTHER;
		e->klog_shared = guests->campaign->lanes;
		if (guests->silent && e->klog.kind == KLOG_OTHER)
			e->hang = HANG_GUEST;
	}
	verdict_judge(e, guests->campaign->watch.objects, guests->campaign->watch.nr_objects,
		      &judgement);
	if (guests->campaign->explore.mode)
		behaviour_of(e, &(struct order){ 0 }, &judgement, &e->behaviour);
	err = results_trial(guests->ask->results, e, &judgement, guests->why);
	if (err)
		give_up(guests, err);
	else
		add_trial(guests, &judgement);
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
	return guests->campaign->stop.trials && guests->next > guests->campaign->stop.trials;
}

/*
 * The oldest trial in hand is the one that a death is put down to; without any it is the next of the
 * plan, and after the plan's last one a death counts only when the console says that it is the kernel's.
 */
static void conclude_all(struct guests *guests, bool died)
{
	if (died && !guests->nr_missing &&
	    (!plan_is_done(guests) || console_blames_kernel(guests)))
		conclude_lost(guests, guests->next, true);
	while (guests->nr_missing && !guests->error) {
		conclude_lost(guests, guests->missing[0], died);
		died = false;
	}
}

static void give_up_booting(struct guests *guests)
{
	struct klog_line worst;
	char sentence[256];

	read_console(guests, &worst, sentence, sizeof(sentence));
	why_set(guests->why, 0, "guest: %s; its console is in %s",
		sentence[0]		 ? sentence :
		worst.kind != KLOG_OTHER ? worst.text :
		guests->silent		 ? "it said nothing by its deadline" :
					   "it ended before its first word",
		guests->console);
	guests->exit_code = guests->exit_told ? guests->exit_code : EXIT_INTERNAL;
	give_up(guests, -EIO);
}

static void guest_over(struct guests *guests)
{
	bool refused = guests->exit_told && guests->exit_code >= EXIT_CANNOT;

	if (guests->greeted && !refused)
		guests->failed_boots = 0;
	if (guests->ended_by) {
		return;
	} else if (guests->replaced || (guests->exit_told && !refused) ||
		   (guests->awaited && !guests->exit_told)) {
		/*
		 * A guest ends before the plan does when its lanes are stuck. One that dies in a repeat loses
		 * no trial by it.
		 */
		conclude_all(guests, false);
		if (plan_is_done(guests))
			end(guests, "trials");
	} else if (guests->greeted && !guests->exit_told) {
		conclude_all(guests, true);
		if (plan_is_done(guests))
			end(guests, "trials");
	} else if (guests->exit_told || ++guests->failed_boots == FAILED_BOOTS_MAX) {
		give_up_booting(guests);
	}
}

/* --- a guest's life --- */

static void fell_silent(void *arg)
{
	struct guests *guests = arg;

	guests->silent = true;
	loop_stop(guests->loop);
}

/* A guest that scouts for places loads its programs twice and runs trials before its first word. */
static uint64_t patience_ms(const struct guests *guests)
{
	const struct campaign *campaign = guests->campaign;
	bool scouts = campaign->explore.mode && !campaign->explore.nr_places &&
		      campaign->explore.scouts;

	return campaign->vm.deadline_ms * (scouts ? SCOUTS_PATIENCE : 1ULL);
}

static bool knows(const struct guests *guests)
{
	return guests->campaign->explore.mode && guests->explorer;
}

/* Once; where an explorer has learned something, once for each guest. */
static int make_image(struct guests *guests)
{
	char path[64], *learned = NULL;
	int err = 0;

	if (guests->booted > 1 && !knows(guests))
		return 0;
	if (knows(guests))
		learned = learned_write(guests->explorer);
	if (knows(guests) && !learned)
		return why_set(guests->why, ENOMEM, "guests: out of memory");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", guests->initramfs);
	err = guest_image_make(path, guests->campaign, guests->ask->image, guests->ask->plant,
			       learned, guests->why);
	free(learned);
	return err;
}

/* Signatures that no further guest repeats. */
static void list_ledgered(const struct guests *guests, char *list, size_t size)
{
	size_t used = 0;

	list[0] = '\0';
	for (uint32_t i = 0; i < guests->suspects.nr && used < size; i++)
		used += (size_t)snprintf(list + used, size - used, "%s%s",
					 i ? "," : " --ledgered ",
					 guests->suspects.list[i].signature);
}

static int boot(struct guests *guests)
{
	char initramfs[64], arguments[512], ledgered[SUSPECTS_MAX * 100];
	struct vm_ask ask = {
		.vmlinuz = guests->ask->image->vmlinuz,
		.initramfs = initramfs,
		.console = guests->console,
		.arguments = arguments,
		.cpus = guests->campaign->vm.cpus,
		.memory_mb = guests->campaign->vm.memory_mb,
		.kvm = guests->kvm,
	};
	int err;

	guests->console_from = console_size(guests);
	guests->greeted = guests->exit_told = guests->silent = guests->replaced = false;
	guests->exit_code = 0;
	guests->used = 0;
	guests->booted++;
	snprintf(initramfs, sizeof(initramfs), "/proc/self/fd/%d", guests->initramfs);
	guests->awaited = false;
	list_ledgered(guests, ledgered, sizeof(ledgered));
	err = make_image(guests);
	if (err)
		return err;
	snprintf(arguments, sizeof(arguments),
		 "guest run /campaign.yaml --json --quiet --out /tmp/results --first %u%s%s",
		 guests->next, knows(guests) ? " --learned /learned.ndjson" : "", ledgered);
	err = vm_start(&ask, &guests->vm, guests->why);
	if (err)
		return err;
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
	return 0;
}

static void interrupted(void *arg)
{
	end(arg, "signal");
}

static void tick(void *arg)
{
	struct guests *guests = arg;

	progress_update(guests->ask->progress, guests->tally, loop_now());
	loop_timer_set(guests->tick, loop_now() + 200000000);
}

static void time_is_up(void *arg)
{
	end(arg, "seconds");
}

/* A trial of an earlier run, which this one goes on with. */
static int add_kept(const struct evidence *evidence, const struct judgement *judgement,
		    void *arg)
{
	struct guests *guests = arg;
	const struct tally_finding *finding;
	int found = tally_add(guests->tally, evidence, judgement, &finding);

	guests->findings += found > 0;
	guests->earlier_ns += evidence->ended_ns - evidence->started_ns;
	return found < 0 ? found :
			   explorer_recall(guests->explorer, evidence->spec.trial,
					   &evidence->behaviour);
}

static int add_kept_ledger(const struct ledger_line *line, void *arg)
{
	struct guests *guests = arg;

	if (line->final && line->signature)
		suspects_known(&guests->suspects, line->signature, strlen(line->signature));
	return tally_add_ledger(guests->tally, line);
}

static int replay_kept(struct guests *guests)
{
	const struct results_kept kept = { add_kept, add_kept_ledger, guests };
	const struct campaign *campaign = guests->campaign;
	struct results *results = guests->ask->results;
	const char *line = results_kept_line(results);
	int err = line ? resolve(guests, line) : 0;

	if (err)
		return why_set(guests->why, -err,
			       "guests: the campaign that is kept in %s is "
			       "not understood",
			       results_folder(results));
	err = results_replay(results, &guests->evidence, &kept, guests->why);

	/* Lanes work side by side. */
	guests->started_ns = loop_now() - guests->earlier_ns / campaign->lanes;
	while (results_has(results, guests->next))
		guests->next++;
	if (!err && guests->explorer && explorer_skip_to(guests->explorer, guests->next - 1))
		err = why_set(guests->why, ENOMEM, "guests: out of memory");
	if (campaign->stop.trials && guests->next > campaign->stop.trials)
		guests->ended_by = "trials";
	return err;
}

static int set_up(struct guests *guests)
{
	const struct campaign *campaign = guests->campaign;
	int err = loop_new(&guests->loop, guests->why);

	if (err)
		return err;
	guests->line = malloc(LINE_MAX_BYTES);
	guests->initramfs = memfd_create("initramfs", 0); /* QEMU inherits it */
	if (!guests->line || guests->initramfs < 0 || tally_new(campaign, &guests->tally))
		return why_set(guests->why, ENOMEM, "guests: out of memory");
	guests->silence = loop_timer(guests->loop, fell_silent, guests);
	guests->tick = loop_timer(guests->loop, tick, guests);
	guests->limit = loop_timer(guests->loop, time_is_up, guests);
	guests->ledger = loop_timer(guests->loop, ledger_overtime, guests);
	if (!guests->silence || !guests->tick || !guests->limit || !guests->ledger ||
	    !loop_signal(guests->loop, SIGINT, interrupted, guests) ||
	    !loop_signal(guests->loop, SIGTERM, interrupted, guests))
		return why_set(guests->why, ENOMEM, "guests: out of memory");
	snprintf(guests->console, sizeof(guests->console), "%s/guest-console.log",
		 results_folder(guests->ask->results));
	guests->kvm = vm_kvm_works(guests->ask->image->vmlinuz);
	err = replay_kept(guests);
	if (err)
		return err;
	tick(guests);
	if (campaign->stop.seconds)
		loop_timer_set(guests->limit,
			       guests->started_ns + campaign->stop.seconds * 1000000000ULL);
	return 0;
}

static enum exits sum_up(struct guests *guests)
{
	struct results *results = guests->ask->results;
	struct summary summary = { 0 };
	int err = 0;

	tally_summary(guests->tally, &summary);
	summary.id = results_id(results);
	summary.ended_by = guests->ended_by;
	if (guests->explorer)
		explorer_sums(guests->explorer, &summary.explore);
	else
		summary.explore.least_chance = NAN;
	summary.elapsed_ms = (loop_now() - guests->started_ns) / 1000000;
	if (guests->error)
		summary.exit_code = guests->exit_code >= EXIT_CANNOT ?
					    (uint32_t)guests->exit_code :
					    EXIT_INTERNAL;
	for (uint32_t i = 0; !err && i < summary.nr_findings; i++)
		err = results_finding(results, &summary.findings[i], guests->why);
	if (results_summary(results, &summary, guests->why) || err)
		return EXIT_INTERNAL;
	if (!guests->error)
		progress_end(guests->ask->progress, &summary, results);
	return summary.exit_code;
}

enum exits guests_run(const struct guests_ask *ask, struct why *why)
{
	struct guests *guests = calloc(1, sizeof(*guests));
	enum exits code = EXIT_INTERNAL;
	int err;

	if (!guests) {
		why_set(why, ENOMEM, "guests: out of memory");
		return EXIT_INTERNAL;
	}
	*guests = (struct guests){
		.ask = ask, .campaign = ask->campaign, .why = why, .initramfs = -1, .next = 1
	};
	err = set_up(guests);
	while (!err && !guests->ended_by) {
		if (guests->booted == guests->campaign->vm.guests)
			guests->ended_by = "guests";
		else
			err = boot(guests);
	}
	if (!err)
		code = sum_up(guests);
	loop_free(guests->loop);
	explorer_free(guests->explorer);
	tally_free(guests->tally);
	if (guests->initramfs >= 0)
		close(guests->initramfs);
	free(guests->line);
	free(guests);
	return code;
}
