// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "parse/campaign_pinned.h"
#include "report/coverage_table.h"
#include "report/html.h"
#include "report/picture.h"
#include "report/picture_of_line.h"
#include "report/report.h"
#include "results/finding_words.h"
#include "results/ledger_line.h"

struct html {
	const struct past *past;
	const struct summary *summary;
	FILE *out;
	struct why *why;
};

static const char style[] =
	":root{color-scheme:light dark;--ground:#fff;--ink:#1c1e21;--soft:#5d646c;"
	"--line:#d7dbe0;--shade:#f2f4f6;--blue:#1f5fbf;--good:#1c7a3c;--bad:#b3261e;"
	"--none:#9aa2ab}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--ground:#16181b;--ink:#e6e8ea;"
	"--soft:#a0a7af;--line:#3a3f45;--shade:#1f2226;--blue:#7fb0ff;--good:#6fd08c;"
	"--bad:#ff8a80;--none:#6d757e}}\n"
	"body{margin:0 auto;max-width:62rem;padding:1.5rem 1rem 4rem;background:var(--ground);"
	"color:var(--ink);font:15px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.5rem;margin:0} h2{font-size:1.15rem;margin:2.4rem 0 .5rem;"
	"border-bottom:1px solid var(--line);padding-bottom:.2rem} h3{font-size:1rem;"
	"margin:1.8rem 0 .4rem}\n"
	"p{margin:.5rem 0;overflow-wrap:anywhere} .soft{color:var(--soft)}"
	" a{color:var(--blue)}\n"
	":focus-visible{outline:2px solid var(--blue);outline-offset:2px;border-radius:3px}\n"
	".badge{display:inline-block;padding:.05rem .7rem;border-radius:1rem;font-weight:600;"
	"color:var(--ground);background:var(--none);font-size:.8em} "
	".badge.clean{background:var(--good)}"
	" .badge.fault{background:var(--bad)}\n"
	".kicker{color:var(--soft);margin:0} .lead{font-size:1.05rem}\n"
	"nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;"
	"margin:1rem 0 0}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:.5rem "
	"0}"
	" dt{color:var(--soft)} dd{margin:0;overflow-wrap:anywhere}\n"
	".scroll{overflow-x:auto;margin:.6rem 0 1.2rem} "
	"table{border-collapse:collapse;width:100%;"
	"font-variant-numeric:tabular-nums}\n"
	"th,td{text-align:left;vertical-align:top;padding:.28rem .7rem .28rem "
	"0;border-bottom:1px solid "
	"var(--line);"
	"white-space:nowrap} th{color:var(--soft);font-weight:600;font-size:.87rem}"
	" td.n,th.n{text-align:right} td.bad{color:var(--bad);font-weight:600}"
	" td.wide{white-space:normal}\n"
	"pre{background:var(--shade);padding:.7rem .9rem;border-radius:8px;overflow-x:auto;"
	"font-size:.8rem;line-height:1.4} pre.wrap{white-space:pre-wrap} summary{cursor:pointer;color:var(--blue);"
	"padding:.2rem 0}\n"
	".bar{width:11rem;height:1rem;vertical-align:middle} .bar .room{fill:var(--shade);"
	"stroke:var(--line)} .bar .range{fill:var(--blue);opacity:.35} .bar .seen{stroke:"
	"var(--blue);stroke-width:2} .bar.hit .range{fill:var(--bad)} .bar.hit .seen{"
	"stroke:var(--bad)}\n"
	".bar .clean{fill:var(--good)} .bar .fault{fill:var(--bad)} .bar .none{fill:"
	"var(--none)}\n"
	".picture{margin:.8rem 0;overflow-x:auto} .picture svg{width:100%;min-width:44rem}\n"
	"figure{margin:0}\n"
	"footer{margin-top:3rem;color:var(--soft);font-size:.87rem}\n"
	"@media print{body{max-width:none;padding:0;font-size:11px} nav{display:none}"
	" figure,table,tr{break-inside:avoid} h2,h3{break-after:avoid}"
	" .picture,.scroll,pre{overflow:visible} .picture svg{min-width:0} pre{"
	"white-space:pre-wrap} details::details-content{content-visibility:visible;"
	"height:auto}}\n";

/* --- bars --- */

static const char *verdict_kind(enum verdict verdict)
{
	return verdict_fault(verdict) ? "fault" : verdict == VERDICT_CLEAN ? "clean" : "none";
}

/* A bar from 0 to 100%: the interval, and in it the observed rate. */
static void print_interval(FILE *out, uint32_t hits, uint32_t trials, uint64_t low_ppm,
			   uint64_t high_ppm)
{
	double low = (double)low_ppm / 1e4, high = (double)high_ppm / 1e4;

	fprintf(out,
		"<svg class=\"bar%s\" viewBox=\"0 0 104 10\" preserveAspectRatio=\"none\" "
		"role=\"img\"><title>%u of %u; at 95%% between %s and %s</title>"
		"<rect class=\"room\" x=\"2\" y=\".5\" width=\"100\" height=\"9\"/>"
		"<rect class=\"range\" x=\"%.2f\" y=\"1\" width=\"%.2f\" height=\"8\"/>",
		hits ? " hit" : "", hits, trials, finding_percent(low_ppm, false).at,
		finding_percent(high_ppm, true).at, 2 + low, high - low > .6 ? high - low : .6);
	if (trials)
		fprintf(out, "<path class=\"seen\" d=\"M%.2f .5v9\"/>",
			2 + 100.0 * hits / trials);
	fputs("</svg>", out);
}

static void print_verdict_bar(FILE *out, const struct tally_arm *arm)
{
	double x = 2;

	fputs("<svg class=\"bar\" viewBox=\"0 0 104 10\" preserveAspectRatio=\"none\" "
	      "role=\"img\"><title>",
	      out);
	for (int v = 0; v < VERDICTS; v++)
		if (arm->verdicts.by[v])
			fprintf(out, "%u %s ", arm->verdicts.by[v], verdict_names[v]);
	fputs("</title><rect class=\"room\" x=\"2\" y=\".5\" width=\"100\" height=\"9\"/>",
	      out);
	for (int v = 0; v < VERDICTS; v++) {
		double width = arm->trials ? 100.0 * arm->verdicts.by[v] / arm->trials : 0;

		if (width > 0)
			fprintf(out,
				"<rect class=\"%s\" x=\"%.2f\" y=\"1\" width=\"%.2f\" "
				"height=\"8\"/>",
				verdict_kind((enum verdict)v), x, width);
		x += width;
	}
	fputs("</svg>", out);
}

/* --- the head --- */

static const char *word(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && *text ? text : "?";
}

static void print_head(struct html *h)
{
	FILE *out = h->out;

	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, "
	      "initial-scale=1\">\n<title>",
	      out);
	markup_format(out, "%s%s: %s", past_unfinished(h->past) ? "Unfinished: " : "",
		      past_name(h->past), campaign_verdict_names[h->summary->verdict]);
	if (h->summary->verdict == CAMPAIGN_CLEAN)
		fprintf(out, " (below %s)",
			finding_percent(h->summary->fault_rate_bound_ppm, true).at);
	fprintf(out, " - dadrace</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n",
		style);
	fputs("<p class=\"kicker\">dadrace: report of a run</p>\n<h1>", out);
	markup_text(out, past_name(h->past));
	if (past_unfinished(h->past))
		fputs(" <span class=\"badge\">unfinished</span>", out);
	fprintf(out, " <span class=\"badge %s\">%s</span></h1>\n<p class=\"lead\">",
		h->summary->verdict == CAMPAIGN_FAULT ? "fault" :
		h->summary->verdict == CAMPAIGN_CLEAN ? "clean" :
							"none",
		campaign_verdict_names[h->summary->verdict]);
	markup_text(out, h->summary->reason);
	fputs("</p>\n", out);
	if (h->summary->decided) {
		fputs("<p>Stopped early, because the question was decided: ", out);
		markup_text(out, h->summary->decided);
		fputs(". Intervals and p-values assume a fixed number of trials.</p>\n", out);
	}
	fputs("<nav aria-label=\"Parts\"><ul>", out);
	for (uint32_t i = 0; i < h->summary->nr_findings; i++) {
		fprintf(out, "<li><a href=\"#finding-%u\">Finding %u: ", i + 1, i + 1);
		markup_text(out, h->summary->findings[i].trial_signature);
		fputs("</a></li>", out);
	}
	fputs("<li><a href=\"#arms\">Arms</a></li><li><a href=\"#trials\">Other trials</a></li>"
	      "<li><a href=\"#run\">What was run</a></li></ul></nav>\n</header>\n<main>\n",
	      out);
}

/* --- what was run --- */

static void print_fact(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<dt>%s</dt><dd>", name);
	markup_text(out, text);
	fputs("</dd>\n", out);
}

static void print_run(struct html *h)
{
	const json_t *machine = past_machine(h->past);
	time_t started = (time_t)(past_started_ms(h->past) / 1000);
	const char *planted = json_string_value(json_object_get(machine, "planted"));
	char *campaign = campaign_text(past_campaign(h->past));
	struct tm utc;
	char text[128];

	fputs("<section aria-labelledby=\"run\">\n<h2 id=\"run\">What was run</h2>\n<dl>\n",
	      h->out);
	snprintf(text, sizeof(text), "%u trials, %u of them valid", h->summary->trials,
		 h->summary->valid);
	print_fact(h->out, "Trials", text);
	print_fact(h->out, "Ended by",
		   h->summary->ended_by ?: "nothing: the run was killed, or is not over");
	print_fact(h->out, "Kernel", past_release(h->past));
	print_fact(h->out, "Build", word(machine, "version"));
	if (past_kernel(h->past))
		print_fact(h->out, "Booted from", past_kernel(h->past));
	if (planted && *planted)
		print_fact(h->out, "Planted bug", planted);
	snprintf(text, sizeof(text), "%" PRIu64 " CPUs, preemption %s",
		 fields_count(machine, "cpus_online"), word(machine, "preempt"));
	print_fact(h->out, "Machine", text);
	if (gmtime_r(&started, &utc) && strftime(text, sizeof(text), "%F %T UTC", &utc))
		print_fact(h->out, "Started", text);
	print_fact(h->out, "Run", h->summary->id ?: "?");
	for (uint32_t i = 0; past_folder_at(h->past, i); i++)
		print_fact(h->out, "Results", past_folder_at(h->past, i));
	fputs("</dl>\n<details><summary>The campaign, where it differs from the defaults"
	      "</summary><pre>",
	      h->out);
	markup_text(h->out, campaign);
	fputs("</pre></details>\n</section>\n", h->out);
	free(campaign);
}

/* --- arms --- */

static void print_arm(FILE *out, const struct tally_arm *arm)
{
	uint32_t nothing = arm->trials - arm->valid;

	fprintf(out,
		"<tr><th scope=\"row\">%s</th><td class=\"n\">%u</td><td class=\"n\">%u</td>"
		"<td class=\"n\">%u</td><td>",
		arm_names[arm->arm], arm->trials, arm->opened, arm->inside);
	print_verdict_bar(out, arm);
	fprintf(out,
		"</td><td class=\"n\">%u</td><td class=\"n%s\">%u</td><td "
		"class=\"n\">%u</td><td>",
		arm->verdicts.by[VERDICT_CLEAN], arm->faults ? " bad" : "", arm->faults,
		nothing);
	if (arm->valid) {
		print_interval(out, arm->faults, arm->valid, arm->fault_rate_low_ppm,
			       arm->fault_rate_high_ppm);
		fprintf(out, " %s .. %s", finding_percent(arm->fault_rate_low_ppm, false).at,
			finding_percent(arm->fault_rate_high_ppm, true).at);
	} else {
		fputs("<span class=\"soft\">nothing valid</span>", out);
	}
	fputs("</td></tr>\n", out);
}

static void print_pair(FILE *out, uint64_t p50_us, uint64_t p99_us)
{
	if (p99_us)
		fprintf(out, "<td class=\"n\">%s / %s</td>", race_time((double)p50_us * 1e3).at,
			race_time((double)p99_us * 1e3).at);
	else
		fputs("<td class=\"n soft\">-</td>", out);
}

static void print_times(const struct html *h)
{
	fputs("<div class=\"scroll\"><table aria-label=\"Times per arm\"><thead><tr>"
	      "<th scope=\"col\">p50 / p99</th><th class=\"n\" scope=\"col\">Hold asked</th>"
	      "<th class=\"n\" scope=\"col\">Held</th><th class=\"n\" scope=\"col\">First "
	      "echo</th>"
	      "<th class=\"n\" scope=\"col\">Second flag set</th>"
	      "<th class=\"n\" scope=\"col\">Settle</th></tr></thead><tbody>\n",
	      h->out);
	for (uint32_t i = 0; i < h->summary->nr_arms; i++) {
		const struct tally_arm *arm = &h->summary->arms[i];

		fprintf(h->out, "<tr><th scope=\"row\">%s</th>", arm_names[arm->arm]);
		print_pair(h->out, arm->hold_asked_p50_us, arm->hold_asked_p99_us);
		print_pair(h->out, arm->held_p50_us, arm->held_p99_us);
		print_pair(h->out, arm->first_echo_p50_us, arm->first_echo_p99_us);
		print_pair(h->out, arm->second_flags_p50_us, arm->second_flags_p99_us);
		print_pair(h->out, arm->settle_p50_us, arm->settle_p99_us);
		fputs("</tr>\n", h->out);
	}
	fputs("</tbody></table></div>\n", h->out);
}

/* The holds of the order, summed up. */
static void print_steps(const struct html *h)
{
	if (!h->summary->nr_steps)
		return;
	fputs("<h3>Order</h3>\n<div class=\"scroll\"><table><thead><tr><th "
	      "scope=\"col\">Thread</th>"
	      "<th scope=\"col\">Held at</th><th scope=\"col\">Function</th>"
	      "<th class=\"n\" scope=\"col\">Trials</th><th class=\"n\" "
	      "scope=\"col\">Reached</th>"
	      "<th class=\"n\" scope=\"col\">Kept</th><th class=\"n\" scope=\"col\">p50 / "
	      "p99</th>"
	      "</tr></thead><tbody>\n",
	      h->out);
	for (uint32_t i = 0; i < h->summary->nr_steps; i++) {
		const struct tally_step *step = &h->summary->steps[i];
		const char *thread = order_thread_names[step->thread];

		fprintf(h->out, "<tr><th scope=\"row\">%s</th><td>", thread ? thread : "?");
		markup_format(h->out, "%s%s", step->at_return ? "return of " : "",
			      step->place ? step->place : "?");
		fputs("</td><td>", h->out);
		markup_text(h->out, step->function);
		fprintf(h->out,
			"</td><td class=\"n\">%u</td><td class=\"n\">%u</td>"
			"<td class=\"n\">%u</td>",
			step->trials, step->reached, step->kept);
		print_pair(h->out, step->held_p50_ns / 1000, step->held_p99_ns / 1000);
		fputs("</tr>\n", h->out);
	}
	fputs("</tbody></table></div>\n", h->out);
}

static void print_reasons(const struct html *h)
{
	if (!h->summary->nr_reasons)
		return;
	fputs("<h3>Trials that prove nothing</h3>\n<div class=\"scroll\"><table><thead><tr>"
	      "<th scope=\"col\">Verdict</th><th class=\"n\" scope=\"col\">Trials</th>"
	      "<th scope=\"col\">Why</th></tr></thead><tbody>\n",
	      h->out);
	for (uint32_t i = 0; i < h->summary->nr_reasons; i++) {
		const struct tally_reason *reason = &h->summary->reasons[i];

		fprintf(h->out, "<tr><td>%s</td><td class=\"n\">%u</td><td class=\"wide\">",
			verdict_names[reason->verdict], reason->count);
		markup_text(h->out, reason->reason);
		fputs("</td></tr>\n", h->out);
	}
	fputs("</tbody></table></div>\n", h->out);
}

static void print_arms(struct html *h)
{
	/* clang-format off */
	fputs("<section aria-labelledby=\"arms\">\n<h2 id=\"arms\">Arms</h2>\n"
	      "<p class=\"soft\">The control arm injects nothing, hold only holds the window open, echo only sends, race does both. "
	      "A rate is the share of faulty trials among the valid ones, with its exact (Clopper-Pearson) 95% interval; "
	      "the lower end also allows for missed trials. The mark is the observed rate.</p>\n", h->out);
	/* clang-format on */
	fputs("<div class=\"scroll\"><table "
	      "aria-label=\"Trials per arm\"><thead><tr><th scope=\"col\">Arm</th>"
	      "<th class=\"n\" scope=\"col\">Trials</th><th class=\"n\" "
	      "scope=\"col\">Opened</th>"
	      "<th class=\"n\" scope=\"col\">Inside</th><th scope=\"col\">Verdicts</th>"
	      "<th class=\"n\" scope=\"col\">Clean</th><th class=\"n\" "
	      "scope=\"col\">Faults</th>"
	      "<th class=\"n\" scope=\"col\">Not valid</th>"
	      "<th scope=\"col\">Fault rate, 0 to 100%</th></tr></thead><tbody>\n",
	      h->out);
	for (uint32_t i = 0; i < h->summary->nr_arms; i++)
		print_arm(h->out, &h->summary->arms[i]);
	fputs("</tbody></table></div>\n", h->out);
	print_times(h);
	print_steps(h);
	print_reasons(h);
	fputs("</section>\n", h->out);
}

/* --- findings and trials --- */

/* `ledger`: its own, or a repeat's, which is drawn instead; NULL: none was kept. */
static int print_picture(struct html *h, const struct past_trial *trial,
			 const struct past_ledger *ledger)
{
	json_auto_t *line = past_line(h->past, trial, h->why);
	json_auto_t *told = ledger ? past_ledger_line(h->past, ledger, h->why) : NULL;
	char id[64];

	if (!line || (ledger && !told))
		return -EIO;
	snprintf(id, sizeof(id), "trial-%u", trial->number);
	if (ledger && ledger->attempt)
		snprintf(id, sizeof(id), "trial-%u-repeat-%u", trial->number, ledger->attempt);
	fprintf(h->out,
		"<figure id=\"%s\"><div class=\"picture\" tabindex=\"0\" role=\"group\" "
		"aria-label=\"%s as a race\">\n",
		id, id);
	if (race_draw(line, told, h->out))
		return why_set(h->why, EINVAL,
			       "trial %u: its line in the results is not understood",
			       trial->number);
	fputs("</div></figure>\n", h->out);
	return 0;
}

static void print_shares(FILE *out, const struct tally_finding *finding)
{
	fputs("<div class=\"scroll\"><table aria-label=\"How often\"><thead><tr>"
	      "<th scope=\"col\">Arm</th><th class=\"n\" scope=\"col\">Judged</th>"
	      "<th class=\"n\" scope=\"col\">Faulty</th><th scope=\"col\">Rate, 0 to 100%</th>"
	      "<th class=\"n\" scope=\"col\">p-value</th></tr></thead><tbody>\n",
	      out);
	for (uint32_t i = 0; i < finding->nr_shares; i++) {
		const struct tally_share *share = &finding->shares[i];

		fprintf(out,
			"<tr><th scope=\"row\">%s</th><td class=\"n\">%u</td>"
			"<td class=\"n%s\">%u</td><td>",
			arm_names[share->arm], share->judged, share->count ? " bad" : "",
			share->count);
		print_interval(out, share->count, share->judged, share->rate_low_ppm,
			       share->rate_high_ppm);
		fprintf(out, " %s .. %s</td>", finding_percent(share->rate_low_ppm, false).at,
			finding_percent(share->rate_high_ppm, true).at);
		/* else it is the arm the others are compared with */
		if (!isnan(share->p_value))
			fprintf(out, "<td class=\"n\">%.2g</td></tr>\n", share->p_value);
		else
			fputs("<td class=\"n soft\">-</td></tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

/* --- the ledger of a finding --- */

static void print_unmatched(FILE *out, const struct ledger_unmatched_told *unmatched)
{
	fprintf(out, "<tr><td class=\"n bad\">%+" PRId64 "</td><td>", unmatched->unmatched);
	markup_text(out, unmatched->kind);
	fputs("</td><td>", out);
	markup_text(out, unmatched->task ?: "-");
	fprintf(out, "</td><td>%s</td><td class=\"wide\"><code>",
		unmatched->exact ? "exact" : "inferred");
	markup_text(out, unmatched->stack);
	fputs("</code></td><td>", out);
	for (uint32_t i = 0; i < unmatched->nr_holds; i++) {
		fputs(i ? "<br>" : "", out);
		markup_text(out, finding_hold(&unmatched->holds[i]).at);
	}
	fputs("</td></tr>\n", out);
}

static void print_holders(FILE *out, const struct tally_finding *finding)
{
	const struct tally_ledger *ledger = &finding->ledger;

	fputs("<div class=\"scroll\"><table aria-label=\"Who holds\"><thead><tr>"
	      "<th class=\"n\" scope=\"col\">References</th><th scope=\"col\">Held by</th>"
	      "<th scope=\"col\">Task</th><th scope=\"col\">This is</th>"
	      "<th scope=\"col\">Call path</th><th scope=\"col\">When</th></tr></thead>"
	      "<tbody>\n",
	      out);
	for (uint32_t i = 0; i < ledger->nr_unmatched; i++)
		print_unmatched(out, &ledger->unmatched[i]);
	fputs("</tbody></table></div>\n", out);
	fputs("<details><summary>The likeliest path, folded for flame graphs</summary><pre>",
	      out);
	markup_text(out, finding->stack);
	fputs("</pre></details>\n", out);
}

static void print_post_mortem(FILE *out, const struct tally_ledger *ledger)
{
	if (!ledger->post_mortem)
		return;
	fputs("<h3>Who holds the device afterwards</h3>\n<pre class=\"wrap\">", out);
	markup_text(out, ledger->post_mortem);
	fputs("</pre>\n", out);
}

static int print_ledger(struct html *h, const struct tally_finding *finding)
{
	const struct tally_ledger *told = &finding->ledger;
	const struct past_trial *trial = past_trial(h->past, told->trial);
	const struct past_ledger *ledger = past_ledger(h->past, told->trial, told->attempt);

	if (!told->reason)
		return 0;
	fputs("<h3>Who holds</h3>\n<p>", h->out);
	markup_text(h->out, finding_holds(finding).at);
	fputs("</p>\n", h->out);
	if (finding->path_signature)
		print_holders(h->out, finding);
	print_post_mortem(h->out, told);
	if (!finding->path_signature)
		return 0;
	return told->attempt && trial && ledger ? print_picture(h, trial, ledger) : 0;
}

/* The plain-text report, folded. */
static int print_mail(struct html *h, uint32_t number)
{
	char *text = report_finding_text(h->past, number, h->why);

	if (!text)
		return -EIO;
	fputs("<details><summary>As plain text, with events, counts, stack and how to reproduce it</summary><pre>",
	      h->out);
	markup_text(h->out, text);
	fputs("</pre></details>\n", h->out);
	free(text);
	return 0;
}

static int print_finding(struct html *h, uint32_t number)
{
	const struct tally_finding *finding = &h->summary->findings[number - 1];
	const struct past_trial *trial = report_trial(h->past, finding);
	struct finding_text headline = finding_headline(finding);
	int err;

	fprintf(h->out,
		"<section aria-labelledby=\"finding-%u\">\n<h2 id=\"finding-%u\">Finding %u</h2>\n",
		number, number, number);
	fputs("<p class=\"lead\">", h->out);
	markup_text(h->out, finding_point(finding).at);
	fputs("</p>\n<p>", h->out);
	markup_text(h->out, report_name(h->past, past_trial(h->past, finding->trials[0])).at);
	fputs(": ", h->out);
	markup_text(h->out, finding->reason);
	fputs(*headline.at ? ". " : "", h->out);
	markup_text(h->out, headline.at);
	fputs(".</p>\n", h->out);
	err = print_picture(h, trial, past_ledger(h->past, trial->number, 0));
	if (err)
		return err;
	print_shares(h->out, finding);
	fputs("<p>", h->out);
	markup_text(h->out, finding_cause(finding).at);
	fputs(".</p>\n", h->out);
	err = print_ledger(h, finding) ?: print_mail(h, number);
	fputs("<p class=\"soft\">Signature ", h->out);
	markup_text(h->out, finding->signature);
	fprintf(h->out, ", in %u trial%s</p>\n", finding->count,
		finding->count == 1 ? "" : "s");
	fputs("</section>\n", h->out);
	return err;
}

/* Other trials worth a look: the first of each verdict. */
static const struct {
	enum verdict verdict;
	const char *title;
} others[] = {
	{ VERDICT_CLEAN, "First clean trial" },
	{ VERDICT_MISSED, "First missed trial" },
	{ VERDICT_INVALID, "First invalid trial" },
};

/* Preferably of the arm that injects most. */
static const struct past_trial *first_of(const struct past *past, enum verdict verdict)
{
	const struct past_trial *trials, *best = NULL;
	uint32_t nr;

	trials = past_trials(past, &nr);
	for (uint32_t i = 0; i < nr; i++)
		if (trials[i].verdict == verdict && (!best || trials[i].arm > best->arm))
			best = &trials[i];
	return best;
}

static int print_reason(struct html *h, const struct past_trial *trial)
{
	json_auto_t *line = past_line(h->past, trial, h->why);

	if (!line)
		return -EIO;
	fputs("<p>", h->out);
	markup_text(h->out, json_string_value(json_object_get(line, "reason")));
	fputs(".</p>\n", h->out);
	return 0;
}

static int print_others(struct html *h)
{
	uint32_t nr = 0;
	int err = 0;

	fputs("<section aria-labelledby=\"trials\">\n<h2 id=\"trials\">Other trials</h2>\n",
	      h->out);
	for (size_t i = 0; !err && i < sizeof(others) / sizeof(others[0]); i++) {
		const struct past_trial *trial = first_of(h->past, others[i].verdict);

		if (!trial)
			continue;
		fprintf(h->out, "<h3>%s: %u, arm %s</h3>\n", others[i].title, trial->number,
			arm_names[trial->arm]);
		err = print_reason(h, trial) ?:
			      print_picture(h, trial, past_ledger(h->past, trial->number, 0));
		nr++;
	}
	if (!nr)
		fputs("<p class=\"soft\">None: every trial is faulty.</p>\n", h->out);
	fputs("</section>\n", h->out);
	return err;
}

int report_html(const struct past *past, FILE *out, struct why *why)
{
	struct html h = { past, past_summary(past), out, why };
	int err = 0;

	print_head(&h);
	for (uint32_t i = 1; !err && i <= h.summary->nr_findings; i++)
		err = print_finding(&h, i);
	print_arms(&h);
	coverage_html(past, out);
	if (!err)
		err = print_others(&h);
	print_run(&h);
	fputs("</main>\n<footer>Written by dadrace " DADRACE_VERSION
	      ". dadrace(1) explains the terms.</footer>\n</body>\n</html>\n",
	      out);
	if (!err && (fflush(out) || ferror(out)))
		err = why_set(why, EIO, "the report cannot be written");
	return err;
}
