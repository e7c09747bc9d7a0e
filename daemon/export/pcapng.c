// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "export/blocks.h"
#include "export/formats.h"
#include "record/record.h"
#include "report/events.h"
#include "report/report.h"
#include "results/lines.h"
#include "trial/crafted.h"

/*
 * The packets of thread II that have reached the kernel, made again from the specs of the
 * trials (trial/crafted.h), each with a comment: its trial, when it came, what was held then,
 * and what came of it.
 */
enum { COMMENT_MAX = 1024, NOT_WRITTEN = UINT32_MAX };

/* A link type needs an interface of its own. */
enum { INBOUND, OUTBOUND, INTERFACES };

static const struct {
	enum link_type type;
	const char *name, *description;
} interfaces[INTERFACES] = {
	[INBOUND] = { LINK_ETHERNET, "inbound", "from the peer to the device under test" },
	[OUTBOUND] = { LINK_IPV6, "outbound", "from the device under test" },
};

struct capture {
	FILE *out;
	uint32_t interface[INTERFACES]; /* its number, or NOT_WRITTEN */
	uint32_t nr_interfaces;
	struct told told;
};

/* What the moments up to now say. */
struct course {
	const struct trial_line *trial;
	const char *name; /* of the trial */
	const json_t *order;
	struct ends ends;
	int64_t opened_ns;
	bool opened, closed, window_held;
	bool step_held[ORDER_HOLDS_MAX];
};

static void follow(struct course *course, const struct moment_told *moment)
{
	bool is_step = moment->sequence && moment->sequence <= ORDER_HOLDS_MAX;

	switch (moment->event) {
	case MOMENT_OPENED:
		course->opened = true;
		course->opened_ns = moment->at_ns;
		break;
	case MOMENT_CLOSED: course->closed = true; break;
	case MOMENT_HELD:
	case MOMENT_RELEASED: course->window_held = moment->event == MOMENT_HELD; break;
	case MOMENT_STEP_HELD:
	case MOMENT_STEP_RELEASED:
		if (is_step)
			course->step_held[moment->sequence - 1] =
				moment->event == MOMENT_STEP_HELD;
		break;
	default: break;
	}
}

/* --- the comment --- */

static void add_when(char *comment, const struct course *course, int64_t at_ns)
{
	text_add(comment, COMMENT_MAX, "\nAt %.3f ms, ", (double)at_ns / 1e6);
	if (course->opened)
		text_add(comment, COMMENT_MAX,
			 "%.3f ms after the window opened: %s the window.",
			 (double)(at_ns - course->opened_ns) / 1e6,
			 course->closed ? "after" : "inside");
	else
		text_add(comment, COMMENT_MAX, "before the window.");
}

static void add_holds(char *comment, const struct course *course)
{
	if (course->window_held)
		text_add(comment, COMMENT_MAX, "\nHeld: I in the window.");
	for (uint32_t i = 0; i < ORDER_HOLDS_MAX; i++) {
		const char *hold =
			course->step_held[i] ? report_hold(course->order, i + 1) : NULL;

		if (hold)
			text_add(comment, COMMENT_MAX, "\nHeld: %s.", hold);
	}
}

/* The result of the send; 0: it went well, or is not known. */
static int64_t result_of(const struct trial_line *trial, uint32_t sequence)
{
	for (uint32_t i = 0; i < trial->nr_timeline; i++)
		if (trial->timeline[i].event == MOMENT_ECHO_ANSWERED &&
		    trial->timeline[i].sequence == sequence)
			return trial->timeline[i].value < 0 ? trial->timeline[i].value : 0;
	return 0;
}

static void add_outcome(char *comment, const struct trial_line *trial, uint32_t sequence)
{
	int64_t result = result_of(trial, sequence);
	const char *name = result > -INT32_MAX ? strerrorname_np((int)-result) : NULL;

	if (result)
		text_add(comment, COMMENT_MAX, "\nThe send failed (%s): no packet left.",
			 name ? name : "?");
	else
		text_add(comment, COMMENT_MAX,
			 "\nIPv6 accepted %u of the %u packets of this trial that came.",
			 trial->echoes_accepted, trial->echoes_delivered);
	if (trial->spec.direction == DIRECTION_OUTBOUND)
		text_add(
			comment, COMMENT_MAX,
			"\nThe kernel made the IPv6 header: source and flow label may differ from these.");
}

static void name_packet(char *comment, const struct course *course,
			const struct moment_told *moment)
{
	const struct trial_line *trial = course->trial;
	const struct trial_spec *spec = &trial->spec;

	*comment = '\0';
	text_add(comment, COMMENT_MAX, "%s, arm %s (%s): %s %u of %u, %s, to %s.", course->name,
		 arm_names[spec->arm], verdict_names[trial->verdict],
		 message_words(spec->message, 1), moment->sequence, spec->echoes,
		 direction_names[spec->direction], target_names[spec->target]);
}

static void say_ahead(char *comment, const struct course *course,
		      const struct moment_told *moment)
{
	name_packet(comment, course, moment);
	text_add(
		comment, COMMENT_MAX,
		"\nThe first fragment, sent just ahead of the last, whose time this is: when the first came was not recorded.");
}

static void say_packet(char *comment, const struct course *course,
		       const struct moment_told *moment)
{
	name_packet(comment, course, moment);
	add_when(comment, course, moment->at_ns);
	add_holds(comment, course);
	add_outcome(comment, course->trial, moment->sequence);
}

/* --- the packet --- */

static uint32_t interface_of(struct capture *capture, int kind)
{
	if (capture->interface[kind] == NOT_WRITTEN) {
		block_interface(interfaces[kind].type, interfaces[kind].name,
				interfaces[kind].description, capture->out);
		capture->interface[kind] = capture->nr_interfaces++;
	}
	return capture->interface[kind];
}

static void craft(const struct course *course, uint32_t sequence, struct crafting *crafting)
{
	crafting_begin(crafting, &course->trial->spec, &course->ends, course->trial->lane);
	for (uint32_t i = 0; i < sequence; i++)
		crafting_next(crafting);
}

/* From its IPv6 header up if it is outbound, also where the kernel made the header. */
static size_t bytes_of(const struct crafting *crafting, uint8_t *bytes)
{
	return crafting->spec->direction == DIRECTION_OUTBOUND ?
		       frame_ipv6(&crafting->echo, bytes) :
		       crafting_bytes(crafting, bytes);
}

static void write_packet(struct capture *capture, const struct course *course,
			 const struct moment_told *moment)
{
	bool inbound = course->trial->spec.direction == DIRECTION_INBOUND;
	char comment[COMMENT_MAX];
	uint8_t bytes[FRAME_MAX];
	struct crafting crafting;
	struct block_packet packet = {
		.interface = interface_of(capture, inbound ? INBOUND : OUTBOUND),
		.at_ns = course->trial->started_unix_ms * 1000000 + (uint64_t)moment->at_ns,
		.bytes = bytes,
		.comment = comment,
	};

	craft(course, moment->sequence, &crafting);
	packet.length = crafting_ahead(&crafting, bytes);
	if (packet.length) {
		say_ahead(comment, course, moment);
		block_packet(&packet, capture->out);
	}
	packet.length = bytes_of(&crafting, bytes);
	say_packet(comment, course, moment);
	block_packet(&packet, capture->out);
}

static bool is_packet(const struct moment_told *moment)
{
	return (moment->event == MOMENT_ECHO_IN || moment->event == MOMENT_ECHO_OUT) &&
	       moment->sequence;
}

static void write_packets(struct capture *capture, struct course *course)
{
	const struct trial_line *trial = course->trial;

	for (uint32_t i = 0; i < trial->nr_timeline; i++) {
		const struct moment_told *moment = &trial->timeline[i];

		follow(course, moment);
		if (is_packet(moment) && moment->sequence <= trial->spec.echoes)
			write_packet(capture, course, moment);
	}
}

/* --- the trial --- */

/* A line may have been edited. */
static bool can_be_crafted(const struct trial_spec *spec)
{
	return spec->echoes <= ECHO_SEQUENCE_MASK && spec->payload_bytes >= FRAME_MIN_PAYLOAD &&
	       spec->payload_bytes <= FRAME_MAX_PAYLOAD;
}

static int write_line(struct capture *capture, const struct past *past,
		      const struct past_trial *of, const json_t *line, struct why *why)
{
	struct trial_line trial = { .timeline = capture->told.moments,
				    .nr_timeline = EVIDENCE_MOMENTS_MAX };
	struct report_name name = report_name(past, of);
	struct course course = { .trial = &trial, .name = name.at };

	if (fields_from_json_known(&trial_fields, line, &trial))
		return why_set(why, EINVAL, "trial %u: its line is not understood", of->number);
	trial.spec.trial = of->own; /* it is in its packets */
	if (!trial.spec.echoes || !trial.echoes_delivered)
		return 0;
	if (!can_be_crafted(&trial.spec))
		return why_set(why, EINVAL,
			       "trial %u: its packets are not known to this version",
			       of->number);
	course.ends.device = end_read(trial.device_mac, trial.device_address);
	course.ends.peer = end_read(trial.peer_mac, trial.peer_address);
	if (!trial.device_address || !*trial.device_address)
		return why_set(
			why, EINVAL,
			"trial %u: these results do not keep the addresses of its lane, without which its packets cannot be made again; run the campaign with this version of dadrace",
			of->number);
	if (trial.spec.direction == DIRECTION_INBOUND && !end_has_mac(&course.ends.device))
		return why_set(
			why, EINVAL,
			"trial %u: %s has no MAC address, so its inbound packets are no Ethernet frames",
			of->number, trial.device);
	course.order = json_object_get(json_object_get(line, "spec"), "order");
	write_packets(capture, &course);
	return 0;
}

static int write_trials(struct capture *capture, const struct past *past, struct why *why)
{
	uint32_t nr;
	const struct past_trial *trials = past_trials(past, &nr);
	int err = 0;

	for (uint32_t i = 0; !err && i < nr; i++) {
		json_auto_t *line = past_line(past, &trials[i], why);

		err = line ? write_line(capture, past, &trials[i], line, why) : -EIO;
	}
	return err;
}

static void write_section(const struct past *past, FILE *out)
{
	const struct summary *summary = past_summary(past);
	char comment[512] = "", release[128] = "";

	text_add(comment, sizeof(comment), "%s: %s, %s", past_name(past),
		 campaign_verdict_names[summary->verdict], summary->reason);
	text_add(release, sizeof(release), "Linux %s", past_release(past));
	block_section(&(struct block_section){ .system = release,
					       .program = "dadrace " DADRACE_VERSION,
					       .comment = comment },
		      out);
}

int export_pcapng(const struct past *past, FILE *out, struct why *why)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int err;

	if (!capture)
		return why_memory(why);
	capture->out = out;
	for (int i = 0; i < INTERFACES; i++)
		capture->interface[i] = NOT_WRITTEN;
	write_section(past, out);
	err = write_trials(capture, past, why);
	free(capture);
	return err;
}
