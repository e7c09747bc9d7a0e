// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/shown.h"
#include "base/why.h"
#include "parse/text.h"
#include "service/client_parts.h"
#include "service/varlink.h"

enum {
	REPLY_MAX = 64 << 20,
	BUFFER_BYTES = 65536,
};

int ctl_deadline(struct ctl *ctl, uint32_t seconds)
{
	const struct timeval deadline = { .tv_sec = seconds };

	return setsockopt(ctl->fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline)) ||
	       setsockopt(ctl->fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
}

bool ctl_connect(struct ctl *ctl)
{
	bool is_open;

	if (ctl->fd >= 0)
		close(ctl->fd);
	ctl->at = ctl->used = 0;
	ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	is_open = ctl->fd >= 0 && !ctl_deadline(ctl, ctl->deadline_s) &&
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
		if (ctl_connect(ctl))
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

const char *ctl_receive(struct ctl *ctl, size_t *length)
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

json_t *ctl_understand(struct ctl *ctl, const char *text, enum exits *code)
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

bool ctl_send(struct ctl *ctl, const char *method, json_t *parameters, bool more)
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
	bool is_called = ctl_send(ctl, method, parameters, false);

	return ctl_understand(ctl, is_called ? ctl_receive(ctl, &length) : NULL, code);
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
