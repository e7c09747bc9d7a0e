// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/who_look.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/exits.h"

enum { SECONDS_BETWEEN_LOOKS = 2, SECONDS_UNTIL_TOLD = 5 };

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
	struct look first = *look;
	int err = look_make(image, ask, look, why);

	if (!err)
		look_confirm(&first, look);
	look_clear(&first);
	return err;
}

static void wait_for_another(void)
{
	struct timespec left = { .tv_sec = SECONDS_BETWEEN_LOOKS };

	while (nanosleep(&left, &left))
		;
}

static const struct image *next_of(struct recorder *recorder, const struct image *image)
{
	return recorder ? recorder_next(recorder, image) : image;
}

int who_look(const struct image *image, const struct look_ask *ask, struct recorder *recorder,
	     struct look *look, struct why *why)
{
	int err = look_make(next_of(recorder, image), ask, look, why);
	bool again = !err && look_needs_another(look);

	for (int i = 1; again && i < LOOKS_MAX; i++) {
		wait_for_another();
		err = look_again(next_of(recorder, image), ask, look, why);
		again = !err && look_has_moved(look);
	}
	return err;
}

int who_look_once(const struct image *image, const struct look_ask *ask,
		  struct recorder *recorder, struct look *look, struct why *why)
{
	return look_make(next_of(recorder, image), ask, look, why);
}

int who_look_recorded(const struct capture *capture, const struct look_ask *ask,
		      struct look *look, struct why *why)
{
	const struct image *image = capture_look(capture, 0);
	int err = look_make(image, ask, look, why);

	for (uint32_t i = 1; !err && (image = capture_look(capture, i)); i++)
		err = look_again(image, ask, look, why);
	return err;
}
