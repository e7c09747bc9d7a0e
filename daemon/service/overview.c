// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "results/finding_words.h"
#include "service/named.h"
#include "service/overview.h"

/* --- words --- */

static const char *verdict_of(const struct ticket *ticket)
{
	return ticket->verdict ? ticket->verdict : "no verdict";
}

/* The class in the style sheet, and the rank of a row: faults first. */
static const char *const kinds[] = { "fault", "none", "clean" };

static int kind_of(const struct ticket *ticket)
{
	return ticket_is_fault(ticket) ? 0 : ticket_is_clean(ticket) ? 2 : 1;
}

static const char *kernel_of(const struct ticket *ticket)
{
	return ticket->kernel ? ticket->kernel : "unknown kernel";
}

static void print_span(FILE *out, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (s < 120)
		fprintf(out, "%" PRIu64 " s", s);
	else if (s < 7200)
		fprintf(out, "%" PRIu64 " min", s / 60);
	else if (s < 172800)
		fprintf(out, "%" PRIu64 " h", s / 3600);
	else
		fprintf(out, "%" PRIu64 " days", s / 86400);
}

static void print_when(FILE *out, uint64_t unix_ms)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	char text[32] = "";
	struct tm utc;

	if (gmtime_r(&seconds, &utc))
		strftime(text, sizeof(text), "%F %H:%M UTC", &utc);
	fputs(text, out);
}

static void print_ago(FILE *out, uint64_t unix_ms, uint64_t now_unix_ms)
{
	fputs("<time title=\"", out);
	print_when(out, unix_ms);
	fputs("\">", out);
	print_span(out, now_unix_ms > unix_ms ? now_unix_ms - unix_ms : 0);
	fputs(" ago</time>", out);
}

/* How fresh the answer is: a campaign that no longer runs would be all right for ever. */
static void print_ages(const struct overview *o, const struct named *names, uint32_t nr,
		       FILE *out)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t ended = named_last(&names[i])->ended_unix_ms;

		first = ended < first ? ended : first;
		last = ended > last ? ended : last;
	}
	if (!nr)
		return;
	fputs(" <span class=\"soft\">", out);
	if (nr == 1) {
		fputs("It ended ", out);
	} else {
		fputs("Of the last runs the newest ended ", out);
		print_ago(out, last, o->now_unix_ms);
		fputs(", the oldest ", out);
	}
	print_ago(out, first, o->now_unix_ms);
	fputs(".</span>", out);
}

static void print_bound(FILE *out, const struct ticket *ticket)
{
	if (ticket->bound_ppm)
		fprintf(out, "below %s", finding_percent(ticket->bound_ppm, true).at);
}

/* Ids have no character that a path or a query would have to escape. */
static void print_link(FILE *out, const struct ticket *ticket)
{
	fputs("<a data-id=\"", out);
	markup_text(out, ticket->id);
	fputs("\" href=\"/api/v1/campaigns/", out);
	markup_text(out, ticket->id);
	fputs("/report\"", out);
}

/* --- by name --- */

/* Faults first, then what shows nothing; of these the latest first. */
static int by_need(const void *a, const void *b)
{
	const struct ticket *one = named_last(a), *other = named_last(b);

	if (kind_of(one) != kind_of(other))
		return kind_of(one) - kind_of(other);
	return (one->ended_unix_ms < other->ended_unix_ms) -
	       (one->ended_unix_ms > other->ended_unix_ms);
}

/* --- the answer --- */

static uint32_t count(const struct named *names, uint32_t nr, int kind)
{
	uint32_t matching = 0;

	for (uint32_t i = 0; i < nr; i++)
		matching += kind_of(named_last(&names[i])) == kind;
	return matching;
}

static void print_answer(const struct overview *o, const struct named *names, uint32_t nr,
			 FILE *out)
{
	uint32_t faults = count(names, nr, 0), clean = count(names, nr, 2);

	fprintf(out, "<p id=\"answer\" class=\"%s\">",
		!nr ? "none" :
		      kinds[faults	? 0 :
			    clean == nr ? 2 :
					  1]);
	if (!nr)
		fputs("No campaign has ended yet.", out);
	else if (faults)
		fprintf(out, "Fault in %u of %u campaign%s:", faults, nr, nr == 1 ? "" : "s");
	else if (clean == nr)
		fprintf(out, "All right: the last run of %s is clean.",
			nr == 1 ? "the campaign" : "every campaign");
	else
		fprintf(out,
			"No fault found, but the last run of %u of %u campaign%s was not clean: see its reason below.",
			nr - clean, nr, nr == 1 ? "" : "s");
	for (uint32_t i = 0; i < faults; i++) {
		markup_format(out, " %s on %s", named_last(&names[i])->name,
			      kernel_of(named_last(&names[i])));
		fputs(i + 1 < faults ? ";" : ".", out);
	}
	print_ages(o, names, nr, out);
	fputs("</p>\n", out);
}

/* --- what runs --- */

/* By the limit that is reached first; UINT64_MAX: there is none, or no trial to go by. */
static uint64_t left_ms(const struct overview_pace *pace)
{
	uint64_t by_trials = UINT64_MAX, by_time = UINT64_MAX;

	if (pace->planned_trials && pace->ran_trials && pace->trials <= pace->planned_trials)
		by_trials =
			(pace->planned_trials - pace->trials) * pace->ran_ms / pace->ran_trials;
	if (pace->planned_s)
		by_time = pace->planned_s * 1000ULL > pace->ran_ms ?
				  pace->planned_s * 1000ULL - pace->ran_ms :
				  0;
	return by_trials < by_time ? by_trials : by_time;
}

static void print_running(const struct overview *o, FILE *out)
{
	const struct overview_pace *pace = o->running;

	fputs("<p id=\"running\">", out);
	if (!pace) {
		fputs("Nothing is running.</p>\n", out);
		return;
	}
	fputs("Running: ", out);
	print_link(out, pace->ticket);
	fputc('>', out);
	markup_text(out, pace->ticket->name);
	fprintf(out, "</a>, %u", pace->trials);
	if (pace->planned_trials)
		fprintf(out, " of %u", pace->planned_trials);
	fputs(" trials", out);
	if (pace->ran_trials && pace->ran_ms)
		fprintf(out, ", %.1f/s", 1000.0 * pace->ran_trials / (double)pace->ran_ms);
	if (left_ms(pace) != UINT64_MAX) {
		fputs(", ", out);
		print_span(out, left_ms(pace));
		fputs(" left", out);
	}
	if (pace->planned_trials)
		fprintf(out,
			" <progress aria-label=\"Trials\" max=\"%u\" value=\"%u\"></progress>",
			pace->planned_trials, pace->trials);
	fputs("</p>\n", out);
}

/* --- a row for each name --- */

static void print_mark(const struct ticket *ticket, const struct ticket *before, bool is_last,
		       FILE *out)
{
	bool other_kernel = before && strcmp(kernel_of(before), kernel_of(ticket)) != 0;

	print_link(out, ticket);
	fprintf(out, " class=\"mark %s%s\"%s title=\"", kinds[kind_of(ticket)],
		other_kernel ? " other-kernel" : "", is_last ? "" : " tabindex=\"-1\"");
	print_when(out, ticket->ended_unix_ms);
	markup_format(out, ", %s: %s", kernel_of(ticket), verdict_of(ticket));
	if (ticket->reason)
		markup_format(out, ". %s", ticket->reason);
	fprintf(out, "\"><span class=\"hidden\">%s</span></a>", kinds[kind_of(ticket)]);
}

/* Which kernel broke. */
static void print_broken(const struct named *named, FILE *out)
{
	const struct ticket *last = named_last(named);

	if (!ticket_is_fault(last)) {
		markup_text(out, last->reason);
		return;
	}
	markup_text(out, last->finding ? last->finding : last->reason);
	fputs("<br><span class=\"soft\">", out);
	markup_format(out, "Faulty since %s", kernel_of(named->broke));
	if (named->was_clean)
		markup_format(out, ", clean on %s", kernel_of(named->was_clean));
	fputs(", ", out);
	print_when(out, named->broke->ended_unix_ms);
	fputs(".</span>", out);
}

static void print_named(const struct overview *o, const struct named *named, FILE *out)
{
	const struct ticket *last = named_last(named);

	fputs("<tr><th scope=\"row\">", out);
	print_link(out, last);
	fputc('>', out);
	markup_text(out, last->name);
	fputs("</a></th><td class=\"strip\">", out);
	for (uint32_t i = 0; i < named->nr; i++)
		print_mark(named->ended[i], i ? named->ended[i - 1] : NULL, i + 1 == named->nr,
			   out);
	fprintf(out, "</td><td data-label=\"Last\" class=\"kernel\"><span class=\"%s\">",
		kinds[kind_of(last)]);
	markup_text(out, verdict_of(last));
	fputs("</span> on ", out);
	markup_text(out, kernel_of(last));
	fputs("</td><td data-label=\"Fault rate\">", out);
	print_bound(out, last);
	fputs("</td><td data-label=\"Ended\" class=\"wide\">", out);
	print_ago(out, last->ended_unix_ms, o->now_unix_ms);
	fputs(", took ", out);
	print_span(out, last->ended_unix_ms > last->started_unix_ms ?
				last->ended_unix_ms - last->started_unix_ms :
				0);
	fputs("</td><td class=\"wide\">", out);
	print_broken(named, out);
	fputs("</td></tr>\n", out);
}

static void print_names(const struct overview *o, const struct named *names, uint32_t nr,
			FILE *out)
{
	if (!nr)
		return;
	fputs("<table class=\"cards\" aria-label=\"Campaigns by name\"><thead><tr>"
	      "<th scope=\"col\">Campaign</th><th scope=\"col\">Last verdicts</th>"
	      "<th scope=\"col\">Last</th><th scope=\"col\">Fault rate</th>"
	      "<th scope=\"col\">Ended</th><th scope=\"col\">What it shows</th>"
	      "</tr></thead><tbody>\n",
	      out);
	for (uint32_t i = 0; i < nr; i++)
		print_named(o, &names[i], out);
	fputs("</tbody></table>\n", out);
}

/* --- all runs --- */

static bool is_asked_for(const struct overview *o, const struct ticket *ticket)
{
	return strstr(ticket->id, o->filter) ||
	       (ticket->kernel && strstr(ticket->kernel, o->filter)) ||
	       (ticket->verdict && strstr(ticket->verdict, o->filter)) ||
	       strstr(ticket_state_names[ticket->state], o->filter);
}

static void print_run(const struct ticket *ticket, uint32_t trials, FILE *out)
{
	fputs("<tr><th scope=\"row\">", out);
	print_link(out, ticket);
	fputc('>', out);
	markup_text(out, ticket->id);
	fprintf(out,
		"</a></th><td data-label=\"State\">%s</td><td data-label=\"Trials\" "
		"class=\"number\">%u</td><td data-label=\"Verdict\"><span class=\"%s\">",
		ticket_state_names[ticket->state], trials, kinds[kind_of(ticket)]);
	markup_text(out, ticket->verdict);
	fputs("</span></td><td data-label=\"Kernel\" class=\"kernel\">", out);
	markup_text(out, ticket->kernel);
	fputs("</td><td class=\"wide\">", out);
	if (ticket->unfinished) /* whether results are complete comes before anything else */
		markup_format(out, "Unfinished, %s%s", ticket->unfinished,
			      ticket->reason ? ": " : "");
	markup_text(out, ticket->reason);
	fputs("</td></tr>\n", out);
}

static void print_page_link(const struct overview *o, uint32_t page, const char *words,
			    FILE *out)
{
	fprintf(out, "<a data-page=\"%u\" href=\"/?page=%u&amp;filter=", page, page);
	for (const char *at = o->filter; *at; at++)
		fprintf(out, "%%%02x", (unsigned char)*at);
	fprintf(out, "#runs\">%s</a> ", words);
}

static void print_pages(const struct overview *o, uint32_t nr, FILE *out)
{
	uint32_t pages = (nr + OVERVIEW_PAGE - 1) / OVERVIEW_PAGE;

	fprintf(out, "<p class=\"pages\">%u run%s", nr, nr == 1 ? "" : "s");
	if (pages > 1)
		fprintf(out, ", page %u of %u: ", o->page + 1, pages);
	if (o->page)
		print_page_link(o, o->page - 1, "later", out);
	if (o->page + 1 < pages)
		print_page_link(o, o->page + 1, "earlier", out);
	fputs("</p>\n", out);
}

static void print_runs(const struct overview *o, FILE *out)
{
	uint32_t first = o->page * OVERVIEW_PAGE, nr = 0;

	fputs("<table class=\"cards\" aria-labelledby=\"runs-title\"><thead><tr>"
	      "<th scope=\"col\">Run</th><th scope=\"col\">State</th>"
	      "<th scope=\"col\" class=\"number\">Trials</th><th scope=\"col\">Verdict</th>"
	      "<th scope=\"col\">Kernel</th><th scope=\"col\">Reason</th>"
	      "</tr></thead><tbody>\n",
	      out);
	for (uint32_t i = o->nr; i--;) {
		const struct ticket *ticket = o->tickets[i];

		if (!is_asked_for(o, ticket))
			continue;
		if (nr >= first && nr < first + OVERVIEW_PAGE)
			print_run(ticket,
				  o->running && o->running->ticket == ticket ?
					  o->running->trials :
					  ticket->trials,
				  out);
		nr++;
	}
	fputs("</tbody></table>\n", out);
	print_pages(o, nr, out);
}

bool overview_print(const struct overview *o, FILE *out)
{
	uint32_t nr;
	struct named *names = named_of(o->tickets, o->nr, &nr);

	if (!names)
		return false;
	qsort(names, nr, sizeof(*names), by_need);
	fputs("<h1>dadrace", out);
	markup_format(out, "%s%s", *o->host ? " on " : "", o->host);
	fputs("</h1>\n<section id=\"now\" aria-label=\"Now\">\n", out);
	print_answer(o, names, nr, out);
	print_running(o, out);
	print_names(o, names, nr, out);
	fputs("</section>\n<section id=\"all\" aria-labelledby=\"runs-title\">\n"
	      "<h2 id=\"runs-title\">Runs</h2>\n<form action=\"/\" method=\"get\" role=\"search\">"
	      "<label>Part of id, kernel, state or verdict "
	      "<input type=\"search\" name=\"filter\" id=\"filter\" value=\"",
	      out);
	markup_text(out, o->filter);
	fputs("\"></label> <button>Filter</button></form>\n<div id=\"runs\">\n", out);
	print_runs(o, out);
	fputs("</div>\n</section>\n", out);
	free(names);
	return true;
}
