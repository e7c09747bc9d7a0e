// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "trial/hang.h"
#include "trial/verdict_parts.h"

/*
 * Words of the signature that do not change from trial to trial: no numbers, no addresses. A
 * word of hexadecimal digits with a decimal one among them is an address; other words lose
 * their digits.
 */
static void stem(const char *text, char *out, size_t size)
{
	size_t n = 0;

	while (*text && n + 1 < size) {
		size_t length = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
					     "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		size_t digits = strspn(text, "0123456789abcdefABCDEF");
		bool has_decimal = strcspn(text, "0123456789") < length;
		bool is_address = (length > 2 && text[0] == '0' && text[1] == 'x') ||
				  (digits == length && has_decimal);

		if (is_address) {
			text += length;
		} else if (length) {
			for (; length && n + 1 < size; length--, text++)
				if (*text < '0' || *text > '9')
					out[n++] = *text;
		} else {
			if (*text == ' ' && (!n || out[n - 1] != '_'))
				out[n++] = '_';
			else if (*text != ' ' && *text != '#')
				out[n++] = *text;
			text++;
		}
	}
	out[n] = '\0';
}

static bool kernel_complained(const struct evidence *e, struct judgement *j)
{
	char words[64]; /* fits into a signature after the verdict */

	/* A single "waiting for" is benign unless something hangs: the kernel retries. */
	if (e->klog.kind == KLOG_OTHER || e->klog.kind == KLOG_WAITING ||
	    e->klog_tie <= KLOG_TIE_NONE)
		return false;
	stem(e->klog.text, words, sizeof(words));
	verdict_say(j, VERDICT_KERNEL_BUG, "the kernel logged: %.200s", e->klog.text);
	if (e->klog_shared > 1 && !klog_tie_is_own(e->klog_tie))
		text_add(j->reason, sizeof(j->reason),
			 "; %u trials were in progress, and another one may have caused it",
			 e->klog_shared);
	verdict_sign(j, words);
	return true;
}

static const char *const hang_words[HANGS] = {
	[HANG_FLAGS] = "a flag set of",
	[HANG_SEND] = "thread II's send to",
	[HANG_DOWN] = "setting down of",
};

/* What rests on records is nothing where records were lost. */
static bool rests_on_lost(const struct evidence *e)
{
	return e->hang == HANG_FLAGS && e->lost_records;
}

static bool hung(const struct evidence *e, struct judgement *j)
{
	if (e->hang == HANG_NONE || e->hang == HANG_UNREGISTER || rests_on_lost(e) ||
	    hang_proof(e->hang, e->hang_stack) != HANG_INSIDE)
		return false;
	verdict_say(j, VERDICT_HANG, "%s %s did not return (task %u, waiting in %s)",
		    hang_words[e->hang], e->device, e->hang_pid,
		    e->hang_wchan[0] ? e->hang_wchan : "?");
	verdict_sign(j, hang_names[e->hang]);
	return true;
}

static bool unregister_hangs(const struct evidence *e)
{
	return e->unregister_tried && !e->unregister_returned &&
	       hang_proof(HANG_UNREGISTER, e->hang_stack) == HANG_INSIDE;
}

/*
 * Too few is worse than too many: the next put frees what is in use. Otherwise the device is
 * named first: it is what unregistering waits for.
 */
static bool is_worse(const struct evidence *e, enum object object, enum object than)
{
	bool is_below = evidence_over(e, object) < 0, than_below = evidence_over(e, than) < 0;

	return is_below != than_below ? is_below : object < than;
}

/*
 * Too many are wrong. Too few may be a late reference of the trial before that the baseline has
 * counted; in earnest they make the unregister hang, as a count that is below never comes to
 * rest.
 */
static bool is_wrong(const struct evidence *e, enum object object)
{
	return evidence_counted(e, object) && !verdict_came_back_late(e, object) &&
	       (evidence_over(e, object) > 0 ||
		(evidence_over(e, object) < 0 && unregister_hangs(e)));
}

/*
 * ": usage count 2 = 1 initial + 1 leaked", of what the kernel logged while the unregister
 * waited. Before Linux 5.17 there is no initial reference.
 */
static void say_usage(const struct evidence *e, int64_t delta, char *text, size_t size)
{
	int64_t rest = e->klog.usage_count - delta;

	text[0] = '\0';
	if (e->klog.kind != KLOG_WAITING || rest < 0)
		return;
	snprintf(text, size, ": usage count %" PRId32 " = %s%" PRId64 " leaked",
		 e->klog.usage_count, rest ? "1 initial + " : "", delta);
	if (rest > 1)
		snprintf(text + strlen(text), size - strlen(text), " + %" PRId64 " others",
			 rest - 1);
}

/* The unregister is credited with what it released, and with nothing else. */
static const char *unregister_words(const struct evidence *e, enum object object)
{
	if (!e->unregister_tried)
		return "the device is not ours to unregister";
	if (unregister_hangs(e))
		return "the unregister hangs";
	if (!e->unregister_returned)
		return "the unregister did not return, but nothing shows that it hangs";
	if (e->unregister_failed)
		return "the unregister failed";
	return object == OBJECT_DST ? "the device itself could be unregistered" :
				      "the unregister released it";
}

static void add_back_before(const struct evidence *e, enum object object, struct judgement *j)
{
	int64_t back = verdict_back_before(e, object);

	if (back)
		text_add(j->reason, sizeof(j->reason), "; %" PRId64 " more came back before",
			 back);
}

/*
 * An address that the bring-up, or a packet that was being processed, has left on the device
 * that is down. It holds references as long as it is there, which is not for ever.
 */
static bool add_addresses(const struct evidence *e, struct judgement *j)
{
	if (j->pinned || !e->after.found || e->after.addresses <= e->baseline.addresses)
		return false;
	text_add(j->reason, sizeof(j->reason),
		 "; the device is down, but the number of its addresses has grown by %" PRIu32
		 ", and addresses hold references",
		 e->after.addresses - e->baseline.addresses);
	return true;
}

static bool leaked(const struct verdict_question *q, struct judgement *j)
{
	const struct evidence *e = q->e;
	enum object worst = OBJECTS;
	char usage[96] = "";

	/* What still moves is no leak, unless the unregister hangs. */
	if (e->settled || e->down_error || (e->restless && !unregister_hangs(e)))
		return false;
	for (uint32_t i = 0; i < q->nr_objects; i++)
		if (is_wrong(e, q->objects[i]) &&
		    (worst == OBJECTS || is_worse(e, q->objects[i], worst)))
			worst = q->objects[i];
	if (worst == OBJECTS)
		return false;
	snprintf(j->object, sizeof(j->object), "%s", object_names[worst]);
	j->delta = evidence_over(e, worst);
	j->pinned = unregister_hangs(e);
	if (j->pinned && worst == OBJECT_NET_DEVICE)
		say_usage(e, j->delta, usage, sizeof(usage));
	if (j->delta < 0) {
		verdict_say(j, VERDICT_KERNEL_BUG,
			    "%s of %s is %" PRId64
			    " %s below its baseline: something was put twice",
			    j->object, e->device, -j->delta, verdict_things(worst, -j->delta));
	} else {
		verdict_say(j, VERDICT_LEAK,
			    "%+" PRId64 " %s %s on %s %" PRIu64 " ms after %s; %s%s", j->delta,
			    j->object, verdict_things(worst, j->delta), e->device,
			    e->settle_ns / 1000000,
			    e->deleted ? "its deletion in the window" : "teardown",
			    unregister_words(e, worst), usage);
		add_back_before(e, worst, j);
	}
	verdict_sign(j, j->object);
	if (add_addresses(e, j))
		text_add(j->signature, sizeof(j->signature), "/address-left");
	return true;
}

static bool unregister_hung(const struct evidence *e, struct judgement *j)
{
	if (e->hang != HANG_UNREGISTER || !unregister_hangs(e))
		return false;
	j->pinned = true;
	verdict_say(j, VERDICT_HANG,
		    "the unregister of %s did not return (task %u, waiting in %s)", e->device,
		    e->hang_pid, e->hang_wchan[0] ? e->hang_wchan : "?");
	verdict_sign(j, hang_names[e->hang]);
	return true;
}

bool verdict_faulty(const struct verdict_question *question, struct judgement *judgement)
{
	return kernel_complained(question->e, judgement) || hung(question->e, judgement) ||
	       leaked(question, judgement) || verdict_late_leaked(question, judgement) ||
	       unregister_hung(question->e, judgement);
}
