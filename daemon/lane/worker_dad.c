// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "lane/worker_parts.h"

/* What is sent at `due_ns`; `probe` is what it answers, NULL when it answers none. */
static void add_answer(struct worker *worker, const struct echoes_dad_probe *probe,
		       uint64_t due_ns)
{
	const struct trial_spec *spec = &worker->message.evidence.spec;
	struct worker_answer *answer = &worker->answers[worker->nr_answers];
	struct frame_dad dad = { .target = testbed_dut(worker->testbed)->link_local };

	if (worker->nr_answers == ANSWERS_MAX) {
		worker->message.evidence.lost_records++;
		return;
	}
	if (probe)
		dad = probe->dad;
	memcpy(dad.source_mac, testbed_peer(worker->testbed)->mac, ETH_ALEN);
	/* Another node's nonce is another one (RFC 7527 4.2), if the device uses any. */
	for (int i = 0; i < FRAME_NONCE; i++)
		dad.nonce[i] = (uint8_t)~dad.nonce[i];
	switch (spec->dad_answer) {
	case DAD_ANSWER_NS: answer->length = frame_dad_ns(&dad, answer->bytes); break;
	case DAD_ANSWER_NA: answer->length = frame_dad_na(&dad, answer->bytes); break;
	case DAD_ANSWER_LOOPBACK:
		if (!probe)
			return;
		answer->length = probe->length;
		memcpy(answer->bytes, probe->bytes, probe->length);
		break;
	case DAD_ANSWER_NONE:
	case DAD_ANSWERS: return;
	}
	answer->due_ns = due_ns;
	worker->nr_answers++;
}

void worker_dad_due(void *arg)
{
	struct worker *worker = arg;

	while (worker->next_answer < worker->nr_answers) {
		const struct worker_answer *answer = &worker->answers[worker->next_answer];

		if (answer->due_ns > loop_now()) {
			loop_timer_set(worker->answer, answer->due_ns);
			return;
		}
		sender_answer(worker->sender, answer->bytes, answer->length);
		worker->next_answer++;
	}
}

static void read_dad_probes(struct worker *worker)
{
	const struct trial_spec *spec = &worker->message.evidence.spec;
	struct echoes_dad_probe probe;

	while (echoes_dad_next(worker->echoes, &probe)) {
		if (!worker->answering)
			continue;
		worker_note(worker, MOMENT_DAD_PROBE, probe.at_ns, 0, ++worker->dad_probes);
		if (spec->dad_at == DAD_AT_PROBE &&
		    (!spec->dad_times || worker->dad_probes <= spec->dad_times))
			add_answer(worker, &probe, probe.at_ns + spec->dad_offset_us * 1000);
	}
}

void worker_dad_seen(void *arg)
{
	struct worker *worker = arg;

	read_dad_probes(worker);
	worker_dad_due(worker);
}

void worker_dad_opened(struct worker *worker)
{
	const struct trial_spec *spec = &worker->message.evidence.spec;

	if (spec->dad_at == DAD_AT_OPEN && !worker->nr_answers)
		add_answer(worker, NULL, worker->fire_ns + spec->dad_offset_us * 1000);
	worker_dad_due(worker);
}

void worker_dad_begin(struct worker *worker)
{
	read_dad_probes(worker); /* of the trial before */
	worker->dad_probes = worker->nr_answers = worker->next_answer = 0;
	worker->answering = true;
}

void worker_dad_end(struct worker *worker)
{
	read_dad_probes(worker); /* in time to be noted, too late to be answered */
	loop_timer_stop(worker->answer);
	worker->next_answer = worker->nr_answers;
	worker->answering = false;
}
