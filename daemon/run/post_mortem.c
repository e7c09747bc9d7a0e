// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/post_mortem.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Behind "dut0 (index 3, network namespace 4026532198) is ...": who/answer.c. */
static const char *sentences_of(const char *said)
{
	const char *head = strstr(said, ", network namespace ");
	const char *end = head ? strchr(head, '\n') : NULL;

	return end ? end + 1 : "";
}

/* An empty line ends the sentences; what standard error had is among them. */
void post_mortem_words(const struct job_end *end, char words[POST_MORTEM])
{
	const char *line = sentences_of(end->said);

	words[0] = '\0';
	if (end->by_signal || end->code > EXIT_INCONCLUSIVE)
		return;
	for (; *line && *line != '\n'; line += strcspn(line, "\n") + 1)
		if (strncmp(line, "dadrace: ", strlen("dadrace: ")) != 0)
			text_add(words, POST_MORTEM, "%s%.*s", words[0] ? "\n" : "",
				 (int)strcspn(line, "\n"), line);
}

/* "2 references of dut0 belong to no object: ...": who/answer.c. 0: no line says so. */
static int64_t without_object(const char *words)
{
	for (const char *line = words; *line; line += strcspn(line, "\n"), line += *line != 0) {
		char *behind;
		int64_t nr = strtoll(line, &behind, 10);

		if (behind != line && !strncmp(behind, " reference", strlen(" reference")))
			return nr;
	}
	return 0;
}

void post_mortem_compare(char words[POST_MORTEM], int64_t taken)
{
	int64_t nr = without_object(words);

	if (taken >= 0 && nr > taken)
		text_add(words, POST_MORTEM,
			 "\nOf these references that belong to no object, at least %" PRId64
			 " %s taken before the trial.",
			 nr - taken, nr - taken == 1 ? "was" : "were");
}
