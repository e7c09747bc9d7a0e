// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/post_mortem.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/exits.h"
#include "base/text.h"

struct job *post_mortem_start(struct loop *loop, const char *device, pid_t lane,
			      void (*ended)(const struct job_end *end, void *arg), void *arg)
{
	char netns[64];
	const char *const argv[] = { "/proc/self/exe", "who", device, "--netns", netns, NULL };
	struct job *job = NULL;
	struct why why;

	snprintf(netns, sizeof(netns), "/proc/%d/ns/net", lane);
	return job_start(loop, argv, ended, arg, &job, &why) ? NULL : job;
}

/* The first line says what is asked, an empty one ends the sentences: who/answer.c. */
void post_mortem_words(const struct job_end *end, char words[POST_MORTEM])
{
	const char *line = strchr(end->said, '\n');

	words[0] = '\0';
	if (end->by_signal || end->code > EXIT_INCONCLUSIVE || !line)
		return;
	for (line++; *line && *line != '\n'; line += strcspn(line, "\n") + 1)
		text_add(words, POST_MORTEM, "%s%.*s", words[0] ? "\n" : "",
			 (int)strcspn(line, "\n"), line);
}
