// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/shown.h"
#include "base/why.h"
#include "parse/text.h"
#include "service/client.h"
#include "service/varlink.h"

enum {
	REPLY_MAX = 64 << 20,
	BUFFER_BYTES = 65536,
	RETURN_S = 60, /* to wait for a service that went away while a campaign was followed */
	RETRY_MS = 100,
};

struct ctl {
	struct sockaddr_un name;
	int fd;
	bool continues; /* further replies follow */
	uint32_t deadline_s;
	int err;      /* of the last call or reply; EAGAIN: not within the deadline */
	char *buffer; /* received, from `at` on not read yet */
	size_t at, used, room;
};

/* Both ends of waiting; connect() waits as long as sending does. */
static int set_deadline(struct ctl *ctl, uint32_t seconds)
{
	const struct timeval deadline = { .tv_sec = seconds };

	return setsockopt(ctl->fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline)) ||
	       setsockopt(ctl->fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
}

static bool is_connected(struct ctl *ctl)
{
	bool is_open;

	if (ctl->fd >= 0)
		close(ctl->fd);
	ctl->at = ctl->used = 0;
	ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	is_open = ctl->fd >= 0 && !set_deadline(ctl, ctl->deadline_s) &&
		  !connect(ctl->fd, (struct sockaddr *)&ctl->name, sizeof(ctl->name));
	ctl->err = is_open ? 0 : errno;
	return is_open;
}

/* Of no service, or one that does not allow this; or of this machine. */
static enum exits complain_connect(const char *socket_path, int err)
{
	const char *shortage = why_short_of(err);

	if (err == EAGAIN) { /* unix(7): as long as its queue of connections is full */
		fprintf(stderr,
			"dadrace: %s: dadraced accepts no connection; its journal may say why: journalctl -u dadraced\n",
			socket_path);
		return EXIT_INTERNAL;
	}
	fprintf(stderr, "dadrace: %s: cannot connect: %s%s\n", socket_path,
		shortage ? shortage : strerror(err), shortage ? "" : "; is dadraced running?");
	return shortage ? EXIT_INTERNAL : EXIT_CANNOT;
}

static enum exits complain_memory(void)
{
	fputs("dadrace: out of memory\n", stderr);
	return EXIT_INTERNAL;
}

struct ctl *ctl_open(const char *socket_path, uint32_t deadline_s, enum exits *code)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (!ctl) {
		*code = complain_memory();
		return NULL;
	}
	ctl->fd = -1;
	ctl->deadline_s = deadline_s;
	ctl->name.sun_family = AF_UNIX;
	if (strlen(socket_path) >= sizeof(ctl->name.sun_path)) {
		*code = EXIT_USAGE;
		fprintf(stderr, "dadrace: %s: the path is too long\n", socket_path);
	} else {
		strcpy(ctl->name.sun_path, socket_path);
		if (is_connected(ctl))
			return ctl;
		*code = complain_connect(socket_path, ctl->err);
	}
	ctl_close(ctl);
	return NULL;
}

void ctl_close(struct ctl *ctl)
{
	if (!ctl)
		return;
	if (ctl->fd >= 0)
		close(ctl->fd);
	free(ctl->buffer);
	free(ctl);
}

/* clang-format off */
/* Each error of the service: exit code, sentence, and the parameter in it. */
static const struct {
	const char *error;
	enum exits code;
	const char *sentence; /* with the error's parameters in braces */
} errors[] = {
	{ VARLINK_INTERFACE ".CampaignInvalid", EXIT_CONFIG, "{reason}" },
	{ VARLINK_INTERFACE ".ConfigInvalid", EXIT_CONFIG, "{reason}; the previous configuration stays in effect" },
	{ VARLINK_INTERFACE ".NotFound", EXIT_USAGE, "no campaign {id}; `dadrace ctl list` lists the campaigns" },
	{ VARLINK_INTERFACE ".WrongState", EXIT_USAGE, "{id}: not possible: {reason}" },
	{ VARLINK_INTERFACE ".QueueFull", EXIT_BUSY, "the queue is full; cancel a campaign, or submit again later" },
	{ VARLINK_INTERFACE ".Busy", EXIT_BUSY, "{reason}" },
	{ VARLINK_INTERFACE ".Failed", EXIT_INTERNAL, "{reason}" },
	{ VARLINK_SERVICE ".PermissionDenied", EXIT_CANNOT,
	  "permission denied: only root and the groups in dadraced.yaml (group, readers) have access" },
	{ VARLINK_SERVICE ".InvalidParameter", EXIT_USAGE, "{parameter}: invalid value" },
	{ VARLINK_SERVICE ".InterfaceNotFound", EXIT_INTERNAL, "the socket is not that of dadraced: interface {interface} is missing" },
	{ VARLINK_SERVICE ".MethodNotFound", EXIT_INTERNAL, "dadraced has no method {method}; restart it if dadrace was upgraded" },
};
/* clang-format on */

static void print_parameter(const json_t *parameters, const char *name, size_t length)
{
	char *key = strndup(name, length);
	const char *text = key ? json_string_value(json_object_get(parameters, key)) : NULL;
	char *shown = text ? shown_text(text, "") : NULL;

	fputs(shown ? shown : "?", stderr);
	free(shown);
	free(key);
}

static void print_sentence(const char *sentence, const json_t *parameters)
{
	fputs("dadrace: ", stderr);
	while (*sentence) {
		size_t plain = strcspn(sentence, "{"), name;

		fwrite(sentence, 1, plain, stderr);
		sentence += plain;
		if (!*sentence)
			break;
		name = strcspn(++sentence, "}");
		print_parameter(parameters, sentence, name);
		sentence += name + 1;
	}
	fputc('\n', stderr);
}

static void complain(const char *error, const json_t *parameters, enum exits *code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(errors[i].error, error) != 0)
			continue;
		*code = errors[i].code;
		print_sentence(errors[i].sentence, parameters);
		return;
	}
	*code = EXIT_INTERNAL;
	fprintf(stderr, "dadrace: dadraced reports the error %s\n", error);
}

static bool has_room(struct ctl *ctl)
{
	size_t room = ctl->room ? 2 * ctl->room : BUFFER_BYTES;
	char *grown;

	if (ctl->at) {
		memmove(ctl->buffer, ctl->buffer + ctl->at, ctl->used - ctl->at);
		ctl->used -= ctl->at;
		ctl->at = 0;
	}
	if (ctl->used < ctl->room)
		return true;
	if (room > REPLY_MAX)
		return false;
	grown = realloc(ctl->buffer, room);
	if (!grown) {
		memory_note_short();
		return false;
	}
	ctl->buffer = grown;
	ctl->room = room;
	return true;
}

/*
 * The next message, valid until the next call; NULL: the connection has ended. Flushes stdout
 * before it waits.
 */
static const char *read_message(struct ctl *ctl, size_t *length)
{
	size_t looked = ctl->at;
	const char *text, *end = NULL;

	for (;;) {
		ssize_t n;

		if (looked < ctl->used)
			end = memchr(ctl->buffer + looked, '\0', ctl->used - looked);
		if (end)
			break;
		looked = ctl->used - ctl->at;
		fflush(stdout);
		if (!has_room(ctl))
			return NULL;
		do
			n = recv(ctl->fd, ctl->buffer + ctl->used, ctl->room - ctl->used, 0);
		while (n < 0 && errno == EINTR);
		ctl->err = n < 0 ? errno : 0;
		if (n <= 0)
			return NULL;
		ctl->used += (size_t)n;
	}
	text = ctl->buffer + ctl->at;
	*length = (size_t)(end - text);
	ctl->at += *length + 1;
	return text;
}

/* No reply came. */
static enum exits complain_silence(const struct ctl *ctl)
{
	if (memory_was_short())
		return complain_memory();
	if (ctl->err == EAGAIN)
		fprintf(stderr,
			"dadrace: dadraced did not answer within %u s; its journal may say why: journalctl -u dadraced\n",
			ctl->deadline_s);
	else if (ctl->err && ctl->err != ECONNRESET && ctl->err != EPIPE)
		fprintf(stderr, "dadrace: the connection to dadraced failed: %s\n",
			strerror(ctl->err));
	else
		fputs("dadrace: dadraced closed the connection; its journal may say why: journalctl -u dadraced\n",
		      stderr);
	return EXIT_INTERNAL;
}

/* `text` NULL: no reply came. */
static json_t *understand(struct ctl *ctl, const char *text, enum exits *code)
{
	json_t *message = text ? fields_parse(text) : NULL;
	const char *error = json_string_value(json_object_get(message, "error"));
	json_t *parameters = json_object_get(message, "parameters");

	ctl->continues = json_is_true(json_object_get(message, "continues"));
	if (!message) {
		*code = complain_silence(ctl);
		return NULL;
	}
	if (error)
		complain(error, parameters, code);
	else if (parameters)
		json_incref(parameters);
	else
		parameters = json_object();
	json_decref(message);
	return error ? NULL : parameters;
}

/* False: it could not be sent. Nothing is sent that lacks a part because memory was short. */
static bool call(struct ctl *ctl, const char *method, json_t *parameters, bool more)
{
	char name[VARLINK_METHOD_MAX];
	size_t length = 0, sent = 0;
	char *text;

	snprintf(name, sizeof(name), VARLINK_INTERFACE ".%s", method);
	text = varlink_call_text(name, parameters, more, &length);
	while (sent < length && !memory_was_short()) {
		ssize_t n = send(ctl->fd, text + sent, length - sent, MSG_NOSIGNAL);

		ctl->err = n < 0 ? errno : 0;
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	free(text);
	return length && sent == length;
}

json_t *ctl_call(struct ctl *ctl, const char *method, json_t *parameters, enum exits *code)
{
	size_t length;
	bool is_called = call(ctl, method, parameters, false);

	return understand(ctl, is_called ? read_message(ctl, &length) : NULL, code);
}

/* What a campaign file says, a new reference; NULL: why not. */
static json_t *read_campaign(const char *file, struct why *why)
{
	size_t length = 0;
	char *text = NULL;
	json_t *campaign = NULL;

	if (text_read(file, &text, &length, why))
		return NULL;
	if (length > CAMPAIGN_TEXT_MAX)
		why_set(why, E2BIG, "%s: longer than the %d bytes allowed for a campaign file",
			file, CAMPAIGN_TEXT_MAX);
	else if (memchr(text, '\0', length))
		why_set(why, EINVAL, "%s: contains zero bytes; a campaign file is UTF-8 text",
			file);
	else if (!(campaign = json_stringn(text, length)) && !memory_was_short())
		why_set(why, EINVAL, "%s: not UTF-8; a campaign file is UTF-8 text", file);
	else if (!campaign)
		why_memory(why);
	free(text);
	return campaign;
}

json_t *ctl_sets(const struct option_texts *sets)
{
	json_t *parameters = json_object(), *texts = json_array();

	for (uint32_t i = 0; i < sets->nr; i++) {
		json_t *text = json_string(sets->at[i]);

		/* What is not UTF-8 is refused by the service. */
		json_array_append_new(texts, text ? text : json_null());
	}
	json_object_set_new(parameters, "set", texts);
	return parameters;
}

char *ctl_submit(struct ctl *ctl, const char *file, json_t *parameters, enum exits *code)
{
	const char *name = strcmp(file, "-") != 0 ? file : "standard input";
	struct why why = {};
	json_t *campaign = read_campaign(file, &why), *reply;
	char *id = NULL;

	if (!campaign) {
		fprintf(stderr, "dadrace: %s\n", why.text);
		*code = why_code_or(&why, EXIT_CONFIG);
		json_decref(parameters);
		return NULL;
	}
	json_object_set_new(parameters, "campaign", campaign);
	/* Not UTF-8: without it. */
	json_object_set_new(parameters, "file", json_string(name));
	reply = ctl_call(ctl, "Submit", parameters, code);
	if (reply) {
		const char *said = json_string_value(json_object_get(reply, "id"));

		id = strdup(said ? said : "");
		*code = id ? EXIT_CLEAN : complain_memory();
	}
	json_decref(reply);
	return id;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void print_line(const json_t *line)
{
	const char *type = text_of(line, "type");

	if (!strcmp(type, "campaign"))
		printf("Campaign %s runs on Linux %s\n",
		       text_of(json_object_get(line, "campaign"), "name"),
		       text_of(json_object_get(line, "machine"), "release"));
	else if (!strcmp(type, "trial"))
		printf("trial %lld %s: %s - %s\n",
		       json_integer_value(
			       json_object_get(json_object_get(line, "spec"), "trial")),
		       text_of(json_object_get(line, "spec"), "arm"), text_of(line, "verdict"),
		       text_of(line, "reason"));
	else if (!strcmp(type, "finding"))
		printf("Finding: %s in %lld trials: %s\n", text_of(line, "signature"),
		       json_integer_value(json_object_get(line, "count")),
		       text_of(line, "reason"));
}

static enum exits how_it_ended(const json_t *campaign, enum ctl_prints prints)
{
	const json_t *code = json_object_get(campaign, "exit_code");
	const char *verdict = text_of(campaign, "verdict");
	const char *unfinished = text_of(campaign, "unfinished");

	if (prints == CTL_END_JSON) {
		json_dumpf(campaign, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (prints != CTL_LINES) {
		printf("%s%s%sVerdict: %s - %s\n", *unfinished ? "Unfinished, " : "",
		       unfinished, *unfinished ? "\n" : "", *verdict ? verdict : "none",
		       text_of(campaign, "reason"));
	}
	return json_is_integer(code) ? (enum exits)json_integer_value(code) : EXIT_INTERNAL;
}

/*
 * The line in a reply to Follow, without the frame that dadraced puts around it
 * (follow_batch.c); NULL: another reply, which has to be parsed.
 */
static const char *line_of(const char *message, size_t size, size_t *length, uint64_t *next)
{
	static const char head[] = "{\"parameters\":{\"line\":{",
			  tail[] = "},\"continues\":true}", place[] = ",\"next\":";
	const char *end = message + size - (sizeof(tail) - 1);

	if (size < sizeof(head) + sizeof(tail) ||
	    strncmp(message, head, sizeof(head) - 1) != 0 || strcmp(end, tail) != 0)
		return NULL;
	while (end > message && *end != ',')
		end--;
	if (strncmp(end, place, sizeof(place) - 1) != 0)
		return NULL;
	*next = strtoull(end + sizeof(place) - 1, NULL, 10);
	message += sizeof(head) - 2;
	*length = (size_t)(end - message);
	return message;
}

enum followed {
	GOES_ON,
	ENDED,
	GONE, /* the service, or the connection */
};

/* The next reply; `next` is the place after its line. */
static enum followed follow_one(struct ctl *ctl, enum ctl_prints prints, uint64_t *next,
				enum exits *code)
{
	size_t size = 0, length = 0;
	const char *message = read_message(ctl, &size);
	const char *text =
		prints == CTL_LINES && message ? line_of(message, size, &length, next) : NULL;
	json_t *reply, *line;

	if (!message)
		return GONE;
	if (text) {
		fwrite(text, 1, length, stdout);
		putchar('\n');
		return GOES_ON;
	}
	reply = understand(ctl, message, code);
	line = json_object_get(reply, "line");
	if (json_is_object(line))
		*next = (uint64_t)json_integer_value(json_object_get(reply, "next"));
	if (json_is_null(line)) {
		*code = how_it_ended(json_object_get(reply, "campaign"), prints);
	} else if (line && prints == CTL_LINES) {
		json_dumpf(line, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (line && prints == CTL_TRIALS) {
		print_line(line);
	}
	json_decref(reply);
	return reply && ctl->continues ? GOES_ON : ENDED;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

enum exits ctl_follow(struct ctl *ctl, const char *id, enum ctl_prints prints)
{
	enum exits code = EXIT_INTERNAL;
	enum followed followed = GONE;
	uint64_t next = 0;
	int tries = 0; /* since the last line */

	while (followed != ENDED && tries < RETURN_S * 1000 / RETRY_MS && !memory_was_short()) {
		if (tries == 1)
			fputs("dadrace: dadraced closed the connection; following continues when it is back\n",
			      stderr);
		if (tries)
			pause_ms(RETRY_MS);
		if (tries++ && !is_connected(ctl))
			continue;
		if (!call(ctl, "Follow",
			  json_pack("{ss sb sI}", "id", id, "brief", prints != CTL_LINES,
				    "after", (json_int_t)next),
			  true))
			continue;
		set_deadline(ctl, 0); /* the next trial may end much later */
		while ((followed = follow_one(ctl, prints, &next, &code)) == GOES_ON)
			tries = 1;
	}
	if (followed == GONE)
		understand(ctl, NULL, &code);
	return code;
}
