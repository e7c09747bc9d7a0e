// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "lane/worker_parts.h"

/* What is sent at `due_ns`; `probe` is what it answers, NULL when it answers none. */
static void add_answer(struct crew *crew, const struct echoes_probe *probe, uint64_t due_ns)
{
	const struct trial_spec *spec = &crew->message.evidence.spec;
	struct crew_answer *answer = &crew->answers[crew->nr_answers];
	struct frame_dad dad = { .target = testbed_dut(crew->testbed)->link_local };

	if (crew->nr_answers == ANSWERS_MAX) {
		crew->message.evidence.lost_records++;
		return;
	}
	if (probe)
		dad = probe->dad;
	memcpy(dad.source_mac, testbed_peer(crew->testbed)->mac, ETH_ALEN);
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
	crew->nr_answers++;
}

void crew_dad_due(void *arg)
{
	struct crew *crew = arg;

	while (crew->next_answer < crew->nr_answers) {
		const struct crew_answer *answer = &crew->answers[crew->next_answer];
		uint64_t now = loop_now();
		int err;

		if (answer->due_ns > now) {
			loop_timer_set(crew->answer, answer->due_ns);
			return;
		}
		err = echoes_answer(crew->echoes, answer->bytes, answer->length);
		crew_note(crew, MOMENT_DAD_ANSWERED, now, err, ++crew->next_answer);
	}
	crew_sent(crew);
}

static void read_probes(struct crew *crew)
{
	const struct trial_spec *spec = &crew->message.evidence.spec;
	struct echoes_probe probe;

	while (echoes_probe(crew->echoes, &probe)) {
		if (!crew->answering)
			continue;
		crew_note(crew, MOMENT_DAD_PROBE, probe.at_ns, 0, ++crew->dad_probes);
		if (spec->dad_at == DAD_AT_PROBE &&
		    (!spec->dad_times || crew->dad_probes <= spec->dad_times))
			add_answer(crew, &probe, probe.at_ns + spec->dad_offset_us * 1000);
	}
}

void crew_dad_seen(void *arg)
{
	struct crew *crew = arg;

	read_probes(crew);
	crew_dad_due(crew);
}

void crew_dad_opened(struct crew *crew)
{
	const struct trial_spec *spec = &crew->message.evidence.spec;

	if (spec->dad_at == DAD_AT_OPEN && !crew->nr_answers)
		add_answer(crew, NULL, crew->fire_ns + spec->dad_offset_us * 1000);
	crew_dad_due(crew);
}

void crew_dad_begin(struct crew *crew)
{
	read_probes(crew); /* of the trial before */
	crew->dad_probes = crew->nr_answers = crew->next_answer = 0;
	crew->answering = true;
}

void crew_dad_end(struct crew *crew)
{
	read_probes(crew); /* they came in time to be told, if not to be answered */
	loop_timer_stop(crew->answer);
	crew->next_answer = crew->nr_answers;
	crew->answering = false;
}
