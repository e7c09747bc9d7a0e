// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "input.h"
#include "who/answer.h"
#include "who/capture.h"

/* Any bytes as a capture: refused in a sentence, or the looks can be made. */

static void tell(const struct look *look)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct answer answer;

	for (uint32_t i = 0; out && i < look->nr_cases; i++)
		if (!answer_make(look, i, &answer)) {
			answer_print(&answer, true, out);
			answer_clear(&answer);
		}
	if (out && !fclose(out))
		input_check_shown(text);
	free(text);
}

static void look_at(const struct image *image, const struct capture *capture)
{
	const struct look_ask ask = capture_ask(capture);
	struct why why = { "" };
	struct look look;

	if (look_make(image, &ask, &look, &why)) {
		if (!*why.text)
			abort();
		return;
	}
	tell(&look);
	look_clear(&look);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture *capture;
	struct why why = { "" };
	const struct image *image;

	if (capture_read(input_file(data, size, "fuzz.capture"), &capture, &why)) {
		if (!*why.text)
			abort();
		return 0;
	}
	for (uint32_t i = 0; (image = capture_look(capture, i)); i++)
		look_at(image, capture);
	capture_free(capture);
	return 0;
}
