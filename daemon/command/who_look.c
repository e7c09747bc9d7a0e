// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/who_look.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/exits.h"

enum { SECONDS_BETWEEN_LOOKS = 2, LOOKS_MAX = 4, SECONDS_UNTIL_TOLD = 5 };

/* --- time --- */

static struct {
	uint32_t limit, passed, step; /* until the next alarm */
} seconds;

static void set_alarm(void)
{
	uint32_t left = seconds.limit - seconds.passed;

	seconds.step = seconds.limit && left < SECONDS_UNTIL_TOLD ? left : SECONDS_UNTIL_TOLD;
	alarm(seconds.step);
}

static void say(const char *sentence)
{
	if (write(STDERR_FILENO, sentence, strlen(sentence)) < 0)
		return; /* nobody listens */
}

/* Nothing is attached or changed, so that the process may end anywhere. */
static void on_alarm(int number)
{
	char line[120];

	(void)number;
	seconds.passed += seconds.step;
	if (seconds.limit && seconds.passed >= seconds.limit) {
		say("dadrace: no answer in the time that --max-seconds allows\n");
		_exit(EXIT_INCONCLUSIVE);
	}
	snprintf(line, sizeof(line), "dadrace: reading kernel memory for %u s now\n",
		 seconds.passed);
	say(line);
	set_alarm();
}

void who_look_watch(uint32_t max_seconds)
{
	seconds.limit = max_seconds;
	seconds.passed = 0;
	signal(SIGALRM, on_alarm);
	set_alarm();
}

void who_look_done(void)
{
	alarm(0);
	signal(SIGALRM, SIG_DFL);
}

/* --- looks --- */

static int look_again(const struct image *image, const struct look_ask *ask, struct look *look,
		      struct why *why)
{
	struct timespec left = { .tv_sec = SECONDS_BETWEEN_LOOKS };
	struct look first = *look;
	int err;

	while (nanosleep(&left, &left))
		;
	err = look_make(image, ask, look, why);
	if (!err)
		look_confirm(&first, look);
	look_clear(&first);
	return err;
}

int who_look(const struct image *image, const struct look_ask *ask, struct look *look,
	     struct why *why)
{
	int err = look_make(image, ask, look, why);

	if (!err && look_needs_another(look))
		err = look_again(image, ask, look, why);
	for (int i = 2; !err && i < LOOKS_MAX && look_has_moved(look); i++)
		err = look_again(image, ask, look, why);
	return err;
}
