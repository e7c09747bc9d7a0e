// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trial/klog_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nr);

static void check(const struct klog_line *line)
{
	if (line->kind >= KLOG_KINDS)
		abort();
	if (!memchr(line->device, '\0', sizeof(line->device)))
		abort();
	if (!memchr(line->text, '\0', sizeof(line->text)))
		abort();
	if ((line->kind == KLOG_WAITING) != (line->device[0] != '\0'))
		abort();
	if (strpbrk(line->device, "/ \t\n\v\f\r"))
		abort();
	for (const char *c = line->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			abort();
}

static void check_report(const struct klog_report *report, void *arg)
{
	static const char *const functions[] = { "dst_init", NULL };
	static const char *const texts[] = { "net/" };
	const struct klog_lane lane = { .device = "dut1", .functions = functions };

	(void)arg;
	if (report->used >= sizeof(report->text) || report->text[report->used])
		abort();
	if (report->lines < 1 || report->lines > KLOG_REPORT_LINES)
		abort();
	if (report->head.kind == KLOG_OTHER || !report->head.says)
		abort();
	if (klog_report_tie(report, &lane) >= KLOG_TIES)
		abort();
	klog_report_has(report, texts, 1);
}

/* The same as lines of a console, one after the other. */
static void check_reports(char *text)
{
	static struct klog_reports reports;
	struct klog_line line;
	char *rest = text, *one;

	memset(&reports, 0, sizeof(reports));
	reports.done = check_report;
	while ((one = strsep(&rest, "\n"))) {
		klog_line_classify(one, &line);
		klog_reports_add(&reports, &line, line.stamp_us);
	}
	klog_reports_close(&reports, UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nr)
{
	struct klog_line line;
	/* Of the exact size, so that the sanitizer sees every byte read too many. */
	char *text = malloc(nr + 1);

	if (!text)
		return 0;
	if (nr)
		memcpy(text, data, nr);
	text[nr] = '\0';
	if (klog_line_parse(text, &line))
		check(&line);
	klog_line_classify(text, &line);
	check(&line);
	check_reports(text);
	free(text);
	return 0;
}
