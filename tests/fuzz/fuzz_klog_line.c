// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trial/klog_line.h"

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
	free(text);
	return 0;
}
