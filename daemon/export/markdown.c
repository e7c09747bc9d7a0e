// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/shown.h"
#include "export/formats.h"
#include "report/report.h"
#include "results/finding_words.h"

/*
 * What means something where it stands (CommonMark 2.4 and 6, and GitHub's autolinks, emoji and
 * issue numbers); the rest stays as it is, for those who read the source. A text begins a
 * paragraph or an item.
 */
static bool has_meaning(const char *text, const char *at)
{
	bool after_word = at > text && isalnum((unsigned char)at[-1]);
	bool before_word = isalnum((unsigned char)at[1]);
	bool before_space = !at[1] || isspace((unsigned char)at[1]);
	bool ends_number = (ptrdiff_t)strspn(text, "0123456789") == at - text;

	switch (*at) {
	case '_': return !after_word || !before_word;
	case ':': return !before_space;
	case '.': return isalpha((unsigned char)at[1]) || (ends_number && before_space);
	case ')': return ends_number && before_space;
	case '-':
	case '+': return at == text;
	default: return strchr("\\`*[]<>&|~#!$", *at);
	}
}

/* A backslash before punctuation takes its meaning; "@" would call people. */
static int print_text(FILE *out, const char *foreign)
{
	char *text = shown_text(foreign, "");

	for (const char *at = text; at && *at; at++) {
		if (*at == '@')
			fputs("&#64;", out);
		else
			fprintf(out, "%s%c", has_meaning(text, at) ? "\\" : "", *at);
	}
	free(text);
	return text ? 0 : -ENOMEM;
}

static int print_head(const struct past *past, FILE *out)
{
	int err;

	fprintf(out, "### dadrace: %s\n\n",
		campaign_verdict_names[past_summary(past)->verdict]);
	err = print_text(out, past_name(past));
	fputs(" on Linux ", out);
	err = err ?: print_text(out, past_release(past));
	fputs(": ", out);
	err = err ?: print_text(out, past_summary(past)->reason);
	fputs("\n\n", out);
	return err;
}

static void print_arms(const struct summary *summary, FILE *out)
{
	fputs("| arm | trials | valid | faults |\n| --- | --: | --: | --: |\n", out);
	for (uint32_t i = 0; i < summary->nr_arms; i++)
		fprintf(out, "| %s | %u | %u | %u |\n", arm_names[summary->arms[i].arm],
			summary->arms[i].trials, summary->arms[i].valid,
			summary->arms[i].faults);
}

/*
 * Folded. An HTML block that begins with <pre> ends at its own end only (CommonMark 4.6), so
 * nothing in between has a meaning in Markdown.
 */
static void print_report(const struct past *past, uint32_t number, char *report, FILE *out)
{
	bool is_only = past_summary(past)->nr_findings == 1;
	char *at;

	fputs("\n<details><summary>Report", out);
	if (!is_only)
		fprintf(out, " of finding %u", number);
	fputs("</summary>\n\n<pre>\n", out);
	for (; (at = strchr(report, '@')); report = at + 1) {
		*at = '\0';
		markup_text(out, report);
		fputs("&#64;", out);
	}
	markup_text(out, report);
	fputs("</pre>\n\n</details>\n", out);
}

/* As many as there is room for in a comment of GitHub. */
static int print_reports(const struct past *past, FILE *out, struct why *why)
{
	enum { ROOM = 40000 };
	size_t used = 0;

	for (uint32_t i = 1; i <= past_summary(past)->nr_findings; i++) {
		char *report = report_finding_text(past, i, why);

		if (!report)
			return -EIO;
		used += strlen(report);
		if (used <= ROOM)
			print_report(past, i, report, out);
		free(report);
	}
	return 0;
}

int export_markdown(const struct past *past, FILE *out, struct why *why)
{
	const struct summary *summary = past_summary(past);
	int err = print_head(past, out);

	for (uint32_t i = 0; !err && i < summary->nr_findings; i++) {
		fprintf(out, "%u. ", i + 1);
		err = print_text(out, finding_point(&summary->findings[i]).at);
		fputc('\n', out);
	}
	fputs(summary->nr_findings ? "\n" : "", out);
	print_arms(summary, out);
	return err ? why_memory(why) : print_reports(past, out, why);
}
