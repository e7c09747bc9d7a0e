// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <time.h>

#include "base/shown.h"
#include "command/ctl_show.h"

static const char *text_of(const json_t *campaign, const char *member)
{
	return json_string_value(json_object_get(campaign, member));
}

/* 0: it has none. */
static uint64_t number_of(const json_t *campaign, const char *member)
{
	return fields_count(campaign, member);
}

struct words {
	char text[64];
};

/* The two largest units: "3 d 4 h", "5 min 10 s". */
static struct words span_of(uint64_t ms)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	uint64_t seconds = ms / 1000, more;
	struct words words = { "0 s" };
	int i = 0;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	more = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
	if (more)
		snprintf(words.text, sizeof(words.text), "%" PRIu64 " %s %" PRIu64 " %s",
			 seconds / units[i].seconds, units[i].unit, more, units[i + 1].unit);
	else
		snprintf(words.text, sizeof(words.text), "%" PRIu64 " %s",
			 seconds / units[i].seconds, units[i].unit);
	return words;
}

static struct words time_of(uint64_t unix_ms)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct words words = { "" };
	struct tm local;

	if (localtime_r(&seconds, &local))
		strftime(words.text, sizeof(words.text), "%F %T %Z", &local);
	return words;
}

static void print_row(const char *label, FILE *out)
{
	fprintf(out, "%-13s  ", label);
}

static void print_time(const char *label, uint64_t at, uint64_t now, FILE *out)
{
	if (!at)
		return;
	print_row(label, out);
	if (at > now)
		fprintf(out, "%s, in %s\n", time_of(at).text, span_of(at - now).text);
	else
		fprintf(out, "%s, %s ago\n", time_of(at).text, span_of(now - at).text);
}

/* Who submitted it: the service knows users by number. */
static void print_who(const char *by, FILE *out)
{
	const struct passwd *user = NULL;
	unsigned int uid;

	print_row("Submitted by", out);
	if (by && sscanf(by, "user %u", &uid) == 1)
		user = getpwuid(uid);
	if (user)
		fprintf(out, "%s, ", show(user->pw_name).text);
	fprintf(out, "%s\n", by ? by : "-");
}

static void print_duration(const json_t *campaign, uint64_t now, FILE *out)
{
	uint64_t started = number_of(campaign, "started_unix_ms");
	uint64_t ended = number_of(campaign, "ended_unix_ms"), until = ended ? ended : now;

	if (!started)
		return;
	print_row("Duration", out);
	fprintf(out, "%s%s\n", span_of(until > started ? until - started : 0).text,
		ended ? "" : " so far");
}

static void print_repetition(const json_t *campaign, FILE *out)
{
	uint64_t every_s = number_of(campaign, "every_s");

	if (!every_s)
		return;
	print_row("Repeated", out);
	fprintf(out, "every %s; this is number %" PRIu64 "\n", span_of(every_s * 1000).text,
		number_of(campaign, "number"));
}

static void print_number(const char *label, const json_t *campaign, const char *member,
			 FILE *out)
{
	const json_t *number = json_object_get(campaign, member);

	if (!json_is_integer(number))
		return;
	print_row(label, out);
	fprintf(out, "%lld\n", json_integer_value(number));
}

void ctl_show_reason(const json_t *campaign, FILE *out)
{
	const char *unfinished = text_of(campaign, "unfinished");
	const char *reason = text_of(campaign, "reason");

	if (unfinished)
		fprintf(out, "Unfinished, %s%s", unfinished, reason ? ": " : "");
	fprintf(out, "%s\n", reason ? reason : unfinished ? "" : "-");
}

void ctl_show_campaign(const json_t *campaign, uint64_t now, FILE *out)
{
	const char *id = text_of(campaign, "id"), *state = text_of(campaign, "state");
	const char *verdict = text_of(campaign, "verdict");
	bool queued = state && !strcmp(state, "queued");

	fprintf(out, "%s: %s%s%s\n", id ? id : "-", state ? state : "-", verdict ? ", " : "",
		verdict ? verdict : "");
	ctl_show_reason(campaign, out);
	fputc('\n', out);
	print_who(text_of(campaign, "submitted_by"), out);
	print_time("Submitted", number_of(campaign, "submitted_unix_ms"), now, out);
	print_time("Not before", number_of(campaign, "not_before_unix_ms"), now, out);
	if (queued)
		print_time("Next attempt", number_of(campaign, "retry_unix_ms"), now, out);
	print_time("Started", number_of(campaign, "started_unix_ms"), now, out);
	print_time("Ended", number_of(campaign, "ended_unix_ms"), now, out);
	print_duration(campaign, now, out);
	print_repetition(campaign, out);
	print_number("Priority", campaign, "priority", out);
	print_number("Starts", campaign, "runs", out);
	print_number("Trials", campaign, "trials", out);
	print_number("Exit code", campaign, "exit_code", out);
}
