// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "parse/campaign.h"
#include "service/parts.h"
#include "spec/times.h"

uint64_t unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void kept_free(struct kept *kept)
{
	sums_free(kept->sums);
	ticket_drop(&kept->ticket);
	free(kept);
}

struct kept *keep_find(const struct service *service, const char *id)
{
	for (uint32_t i = 0; i < service->nr_kept; i++)
		if (!strcmp(service->kept[i]->ticket.id, id))
			return service->kept[i];
	return NULL;
}

struct kept_part keep_part(const struct service *service, uint64_t after, uint32_t most)
{
	uint32_t from = 0, to = service->nr_kept;
	struct kept_part part;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (service->kept[middle]->number > after)
			to = middle;
		else
			from = middle + 1;
	}
	part.first = &service->kept[from];
	part.nr = service->nr_kept - from < most ? service->nr_kept - from : most;
	part.next = part.nr ? part.first[part.nr - 1]->number : after;
	part.more = from + part.nr < service->nr_kept;
	return part;
}

const struct ticket **keep_tickets(const struct service *service)
{
	const struct ticket **tickets =
		calloc(service->nr_kept + 1, sizeof(const struct ticket *));

	for (uint32_t i = 0; tickets && i < service->nr_kept; i++)
		tickets[i] = &service->kept[i]->ticket;
	return tickets;
}

/* Takes the ticket's texts. */
static struct kept *keep_add(struct service *service, const struct ticket *ticket)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (kept && service->nr_kept == service->room_kept) {
		uint32_t room = service->room_kept * 2 + 16;
		struct kept **more =
			realloc((void *)service->kept, room * sizeof(struct kept *));

		if (!more) {
			free(kept);
			return NULL;
		}
		service->kept = more;
		service->room_kept = room;
	}
	if (!kept)
		return NULL;
	kept->service = service;
	kept->ticket = *ticket;
	kept->number = ++service->last_number;
	kept->is_in = ticket->state;
	service->nr_in[kept->is_in]++;
	service->kept[service->nr_kept++] = kept;
	TAILQ_INSERT_TAIL(&service->changed, kept, by_change);
	return kept;
}

json_t *keep_to_json(const struct kept *kept)
{
	struct ticket now = kept->ticket;

	now.trials = kept->trials;
	return fields_to_json(&ticket_fields, &now);
}

void keep_changed(struct kept *kept)
{
	struct service *service = kept->service;

	service->nr_in[kept->is_in]--;
	kept->is_in = kept->ticket.state;
	service->nr_in[kept->is_in]++;
	changes_campaign(kept);
}

void keep_update(struct kept *kept)
{
	struct service *service = kept->service;
	struct why why;

	if (store_update(service->store, &kept->ticket, &why))
		log_say(LOG_LEVEL_ERROR, kept->ticket.id, NULL, "%s", why.text);
	keep_changed(kept);
}

/* --- submitting --- */

static void make_id(const char *name, char *id, size_t size)
{
	time_t seconds = time(NULL);
	uint32_t chance = 0;
	char stamp[32], plain[72];
	struct tm utc;
	size_t n = 0;

	for (; *name && n + 1 < sizeof(plain); name++)
		plain[n++] = isascii(*name) && (isalnum(*name) || strchr("._-", *name)) ?
				     *name :
				     '_';
	plain[n] = '\0';
	if (plain[0] == '.')
		plain[0] = '_';
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &utc));
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (uint32_t)getpid();
	snprintf(id, size, "%s-%s-%08x", plain, stamp, chance);
}

bool keep_has_room(const struct service *service)
{
	return service->nr_in[TICKET_QUEUED] + service->nr_in[TICKET_PAUSED] <
	       service->config->queue_max;
}

static int add_to_store(struct service *service, struct ticket *ticket, const char *text,
			struct kept **out, struct why *why)
{
	int r = store_add(service->store, ticket, text, why);
	struct kept *kept = r ? NULL : keep_add(service, ticket);

	if (!r && !kept)
		r = why_set(
			why, ENOMEM,
			"out of memory; campaign %s is queued at the next start of dadraced",
			ticket->id);
	if (r) {
		ticket_drop(ticket);
		return r;
	}
	if (out)
		*out = kept;
	changes_campaign(kept);
	return 0;
}

static void plan_ticket(const struct submission *said, const struct campaign *campaign,
			struct ticket *ticket)
{
	uint64_t not_before = 0;
	uint32_t every_s = 0;

	if (campaign->submit.not_before)
		time_read(campaign->submit.not_before, ticket->submitted_unix_ms / 1000,
			  &not_before);
	if (campaign->submit.every)
		span_read(campaign->submit.every, &every_s);
	if (said->not_before != INT64_MIN)
		not_before = (uint64_t)said->not_before;
	ticket->not_before_unix_ms = not_before * 1000;
	ticket->every_s = said->every_s != INT64_MIN ? (uint32_t)said->every_s : every_s;
	ticket->priority =
		said->priority != INT64_MIN ? said->priority : campaign->submit.priority;
}

/* The text of the campaign with what was set on top, malloc'd; -ENOMEM. */
static int dump(const struct campaign *campaign, char **text, struct why *why)
{
	size_t length;
	FILE *out = open_memstream(text, &length);
	int r = out ? campaign_dump(campaign, out) : -ENOMEM;

	if (memstream_close(out, text))
		r = -ENOMEM;
	return r ? why_set(why, -r, "out of memory") : 0;
}

int keep_submit(struct service *service, const struct submission *submission, struct kept **out,
		struct why *why)
{
	struct campaign *campaign;
	struct ticket ticket = {
		.number = 1,
		.submitted_unix_ms = unix_ms(),
		.exit_code = INT64_MIN,
	};
	const char *file = submission->file ? submission->file : "campaign";
	size_t length = strlen(submission->text);
	char id[160], *text = NULL;
	int r;

	if (length > CAMPAIGN_TEXT_MAX)
		return why_set(why, EINVAL,
			       "%s: longer than the %d bytes allowed for a campaign file", file,
			       CAMPAIGN_TEXT_MAX);
	if (!submission->text[strspn(submission->text, " \t\r\n")])
		return why_set(
			why, EINVAL,
			"%s: the file is empty; was it read before it was copied as a whole? Copy it under another name, then rename it",
			file);
	if (!keep_has_room(service))
		return why_set(why, EBUSY, "the queue is full (queue_max: %u)",
			       service->config->queue_max);
	r = campaign_load_text(file, submission->text, length, submission->sets,
			       submission->nr_sets, &campaign, why);
	if (r)
		return r;
	r = submission->nr_sets ? dump(campaign, &text, why) : 0;
	if (r) {
		free(text);
		campaign_free(campaign);
		return r;
	}
	plan_ticket(submission, campaign, &ticket);
	make_id(campaign->name, id, sizeof(id));
	ticket_text(&ticket.id, submission->id ? submission->id : id);
	ticket_text(&ticket.name, campaign->name);
	ticket_text(&ticket.submitted_by, submission->by);
	campaign_free(campaign);
	r = add_to_store(service, &ticket, text ? text : submission->text, out, why);
	free(text);
	if (!r)
		log_say(LOG_LEVEL_INFO, ticket.id, "accepted", "accepted from %s",
			submission->by);
	return r;
}

/* --- ending --- */

/* The next repetition. Its id follows from the last one's, so a crash cannot add it twice. */
static void repeat(struct kept *kept)
{
	struct service *service = kept->service;
	const struct ticket *last = &kept->ticket;
	struct ticket next = {
		.priority = last->priority,
		.every_s = last->every_s,
		.number = last->number + 1,
		.submitted_unix_ms = unix_ms(),
		.exit_code = INT64_MIN,
	};
	char *text = store_read(service->store, last->id, "campaign.yaml");
	size_t stem = last->number > 1 ? (size_t)(strrchr(last->id, '.') - last->id) :
					 strlen(last->id);
	char id[200];
	struct why why;
	int r;

	snprintf(id, sizeof(id), "%.*s.%u", (int)stem, last->id, next.number);
	next.not_before_unix_ms = ticket_next_due(last, next.submitted_unix_ms);
	ticket_text(&next.id, id);
	ticket_text(&next.name, last->name);
	ticket_text(&next.submitted_by, last->submitted_by);
	r = text ? add_to_store(service, &next, text, NULL, &why) :
		   why_set(&why, ENOENT, "its campaign.yaml is missing");
	if (r && r != -EEXIST)
		log_say(LOG_LEVEL_ERROR, last->id, NULL, "cannot be repeated: %s", why.text);
	free(text);
}

/* A fault that was found is a warning; a campaign that could not run is an error. */
static enum log_level level_of(int64_t exit_code)
{
	switch (exit_code) {
	case EXIT_CLEAN:
	case EXIT_INCONCLUSIVE: return LOG_LEVEL_NOTICE;
	case EXIT_FAULT: return LOG_LEVEL_WARNING;
	default: return LOG_LEVEL_ERROR;
	}
}

void keep_measure(struct kept *kept)
{
	struct service *service = kept->service;

	if (kept->ticket.state != TICKET_ENDED)
		return;
	service->kept_bytes -= kept->bytes;
	kept->bytes = store_size(service->store, kept->ticket.id);
	service->kept_bytes += kept->bytes;
}

void keep_ended(struct kept *kept)
{
	struct ticket *ticket = &kept->ticket;

	keep_count_verdict(kept);
	keep_put_metrics(kept);
	if (ticket->every_s && !ticket->cancelled)
		repeat(kept);
	keep_measure(kept);
	log_say(level_of(ticket->exit_code), ticket->id, "ended",
		"ended: %s, exit code %" PRId64 ": %s",
		ticket->verdict ? ticket->verdict : "no verdict", ticket->exit_code,
		ticket->reason ? ticket->reason : "");
	ticket->trials = kept->trials;
	notify_ended(kept);
	keep_update(kept);
}

/* --- removing --- */

/* Its metrics are saved first; after a crash the next start finishes the removal. */
static void remove_kept(struct service *service, uint32_t i, const char *because)
{
	struct kept *kept = service->kept[i];
	struct why why;

	keep_add_removed(kept);
	if (store_remove(service->store, kept->ticket.id, &why))
		log_say(LOG_LEVEL_ERROR, kept->ticket.id, NULL, "%s", why.text);
	else
		log_say(LOG_LEVEL_INFO, kept->ticket.id, "removed", "removed: %s", because);
	if (service->looked.kept == kept)
		keep_forget_places(service);
	TAILQ_REMOVE(&service->changed, kept, by_change);
	service->nr_in[kept->is_in]--;
	service->kept_bytes -= kept->bytes;
	kept_free(kept);
	service->nr_kept--;
	memmove(&service->kept[i], &service->kept[i + 1],
		(service->nr_kept - i) * sizeof(struct kept *));
}

/* Why the oldest ended campaign is removed; NULL: it stays. */
static const char *outlived(const struct service *service, const struct kept *oldest,
			    uint32_t nr, uint64_t bytes)
{
	const struct service_config *config = service->config;
	uint64_t age_ms = unix_ms() - oldest->ticket.ended_unix_ms;

	if (config->keep_days && unix_ms() > oldest->ticket.ended_unix_ms &&
	    age_ms > config->keep_days * 86400000ULL)
		return "older than keep_days";
	if (config->keep_campaigns && nr > config->keep_campaigns)
		return "more campaigns than keep_campaigns";
	if (config->keep_mb && bytes > config->keep_mb * 1000000ULL)
		return "results take more than keep_mb";
	return NULL;
}

/* Removes the oldest that may be removed; false: none. */
static bool prune_one(struct service *service)
{
	uint32_t nr = 0, oldest = 0;
	const char *because;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < service->nr_kept; i++) {
		struct kept *kept = service->kept[i];

		if (kept->ticket.state != TICKET_ENDED || kept->followers)
			continue;
		bytes += kept->bytes;
		if (!nr++ ||
		    kept->ticket.ended_unix_ms < service->kept[oldest]->ticket.ended_unix_ms)
			oldest = i;
	}
	because = nr ? outlived(service, service->kept[oldest], nr, bytes) : NULL;
	if (because)
		remove_kept(service, oldest, because);
	return because;
}

void keep_prune(struct service *service)
{
	uint64_t until = loop_now() + SLICE_NS;

	while (prune_one(service))
		if (loop_now() >= until) {
			loop_timer_set(service->prune, 0);
			return;
		}
}

/* --- starting --- */

static void found(const struct ticket *ticket, void *arg)
{
	struct ticket copy = *ticket;

	if (!keep_add(arg, ticket)) {
		log_say(LOG_LEVEL_ERROR, ticket->id, NULL, "out of memory");
		ticket_drop(&copy);
	}
}

/* A campaign that was running when the service died: its run has finished, or continues. */
static void recover(struct kept *kept)
{
	struct ticket *ticket = &kept->ticket;
	bool final;
	json_auto_t *summary = keep_summary(kept, &final);
	struct ticket_outcome outcome = {
		.ended = final,
		.code = (int)fields_count(summary, "exit_code"),
		.trials = kept->trials,
		.now_unix_ms = unix_ms(),
	};

	ticket_outcome_of(summary, &outcome);
	if (final || ticket->cancelled)
		ticket_after_run(ticket, &outcome);
	else
		ticket_recover(ticket, kept->service->boot_id, kept->trials,
			       outcome.now_unix_ms);
	if (ticket->state == TICKET_ENDED) {
		keep_ended(kept);
		return;
	}
	log_say(LOG_LEVEL_NOTICE, ticket->id, "recovered", "continues after %u trials",
		kept->trials);
	keep_update(kept);
}

/* The order in which they were submitted, in which later ones are added. */
static int by_time(const void *a, const void *b)
{
	const struct ticket *one = &(*(struct kept *const *)a)->ticket;
	const struct ticket *other = &(*(struct kept *const *)b)->ticket;

	if (one->submitted_unix_ms != other->submitted_unix_ms)
		return one->submitted_unix_ms < other->submitted_unix_ms ? -1 : 1;
	return strcmp(one->id, other->id);
}

int keep_open(struct service *service, struct why *why)
{
	struct why odd = { "" };
	uint32_t nr;
	int r = store_open(service->config->state_folder, &service->store, why);

	if (r)
		return r;
	TAILQ_INIT(&service->changed);
	keep_load_removed(service);
	if (store_each(service->store, found, service, &odd))
		log_say(LOG_LEVEL_ERROR, NULL, NULL, "%s", odd.text);
	nr = service->nr_kept; /* repetitions are added behind */
	if (nr)
		qsort(service->kept, nr, sizeof(struct kept *), by_time);
	for (uint32_t i = 0; i < nr; i++) {
		struct kept *kept = service->kept[i];

		kept->number = i + 1;
		keep_load_metrics(kept);
		store_sweep(service->store, kept->ticket.id);
		keep_measure(kept);
		if (kept->ticket.state == TICKET_RUNNING)
			recover(kept);
	}
	malloc_trim(0); /* what was read of each is between what is kept of them */
	return 0;
}

void keep_close(struct service *service)
{
	keep_forget_places(service);
	for (uint32_t i = 0; i < service->nr_kept; i++)
		kept_free(service->kept[i]);
	free(service->kept);
	store_close(service->store);
}
