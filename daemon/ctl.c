// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl.h"
#include "varlink.h"

enum { TEXT_MAX = 1 << 20, REPLY_MAX = 64 << 20 };

struct ctl {
	FILE *in;
	int fd;
	bool continues; /* further replies come */
	char *line;
	size_t room;
};

struct ctl *ctl_open(const char *socket_path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (!ctl || strlen(socket_path) >= sizeof(name.sun_path)) {
		fprintf(stderr, "dadrace: %s: the path is too long\n", socket_path);
		free(ctl);
		return NULL;
	}
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", socket_path);
	ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ctl->fd >= 0 && !connect(ctl->fd, (struct sockaddr *)&name, sizeof(name)))
		ctl->in = fdopen(ctl->fd, "r");
	if (ctl->in)
		return ctl;
	fprintf(stderr, "dadrace: cannot connect to %s: %s; does dadraced run?\n", socket_path,
		strerror(errno));
	ctl_close(ctl);
	return NULL;
}

void ctl_close(struct ctl *ctl)
{
	if (!ctl)
		return;
	if (ctl->in)
		fclose(ctl->in);
	else if (ctl->fd >= 0)
		close(ctl->fd);
	free(ctl->line);
	free(ctl);
}

/* clang-format off */
/* What the service's errors mean to a shell, and to people: the parameter that says more. */
static const struct {
	const char *error;
	enum exits code;
	const char *sentence; /* %s is the parameter */
	const char *parameter;
} errors[] = {
	{ VARLINK_INTERFACE ".CampaignInvalid", EXIT_CONFIG, "%s", "reason" },
	{ VARLINK_INTERFACE ".NotFound", EXIT_USAGE, "there is no campaign %s; `dadrace ctl list` tells", "id" },
	{ VARLINK_INTERFACE ".WrongState", EXIT_USAGE, "that cannot be done: %s", "reason" },
	{ VARLINK_INTERFACE ".QueueFull", EXIT_BUSY, "the queue is full; cancel some, or try later", NULL },
	{ VARLINK_INTERFACE ".Busy", EXIT_BUSY, "%s", "reason" },
	{ VARLINK_INTERFACE ".Failed", EXIT_INTERNAL, "%s", "reason" },
	{ VARLINK_SERVICE ".PermissionDenied", EXIT_CANNOT,
	  "permission denied: root, and the group that the service is configured with, may do that", NULL },
	{ VARLINK_SERVICE ".InvalidParameter", EXIT_USAGE, "the value of %s is refused", "parameter" },
	{ VARLINK_SERVICE ".MethodNotFound", EXIT_INTERNAL, "the service has no method %s: is it older?", "method" },
};
/* clang-format on */

static void complain(const char *error, const json_t *parameters, enum exits *code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const char *parameter = errors[i].parameter ?
						json_string_value(json_object_get(
							parameters, errors[i].parameter)) :
						NULL;
		const char *at = strstr(errors[i].sentence, "%s");

		if (strcmp(errors[i].error, error) != 0)
			continue;
		*code = errors[i].code;
		if (at)
			fprintf(stderr, "dadrace: %.*s%s%s\n", (int)(at - errors[i].sentence),
				errors[i].sentence, parameter ? parameter : "?", at + 2);
		else
			fprintf(stderr, "dadrace: %s\n", errors[i].sentence);
		return;
	}
	*code = EXIT_INTERNAL;
	fprintf(stderr, "dadrace: the service answers %s\n", error);
}

/* The next message into ctl->line; its length, or what getdelim() says. */
static ssize_t read_message(struct ctl *ctl)
{
	return getdelim(&ctl->line, &ctl->room, '\0', ctl->in);
}

static json_t *understand(struct ctl *ctl, ssize_t n, enum exits *code)
{
	json_t *message = n > 0 && n < REPLY_MAX ? fields_parse(ctl->line) : NULL;
	const char *error = json_string_value(json_object_get(message, "error"));
	json_t *parameters = json_object_get(message, "parameters");

	ctl->continues = json_is_true(json_object_get(message, "continues"));
	if (!message) {
		fputs("dadrace: the service has closed the connection; its log may say why\n",
		      stderr);
		*code = EXIT_INTERNAL;
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

static void call(struct ctl *ctl, const char *method, json_t *parameters, bool more)
{
	char name[VARLINK_METHOD_MAX];
	size_t length = 0, sent = 0;
	char *text;

	snprintf(name, sizeof(name), VARLINK_INTERFACE ".%s", method);
	text = varlink_call_text(name, parameters, more, &length);
	while (sent < length) {
		ssize_t n = send(ctl->fd, text + sent, length - sent, MSG_NOSIGNAL);

		if (n <= 0)
			break; /* the answer, or its lack, tells more */
		sent += (size_t)n;
	}
	free(text);
}

json_t *ctl_call(struct ctl *ctl, const char *method, json_t *parameters, enum exits *code)
{
	call(ctl, method, parameters, false);
	return understand(ctl, read_message(ctl), code);
}

static char *read_text(const char *file)
{
	FILE *in = strcmp(file, "-") ? fopen(file, "re") : stdin;
	char *text = in ? malloc(TEXT_MAX + 1) : NULL;
	size_t n = text ? fread(text, 1, TEXT_MAX, in) : 0;

	if (!in || !text || ferror(in)) {
		fprintf(stderr, "dadrace: %s: cannot be read: %s\n", file, strerror(errno));
		free(text);
		text = NULL;
	} else {
		text[n] = '\0';
	}
	if (in && in != stdin)
		fclose(in);
	return text;
}

char *ctl_submit(struct ctl *ctl, const char *file, json_t *parameters, enum exits *code)
{
	char *text = read_text(file), *id = NULL;
	json_t *campaign = text ? json_string(text) : NULL;
	json_t *reply;

	if (text && !campaign)
		fprintf(stderr, "dadrace: %s: a campaign file is UTF-8\n", file);
	free(text);
	*code = EXIT_CONFIG;
	if (json_object_set_new(parameters, "campaign", campaign)) {
		json_decref(parameters);
		return NULL;
	}
	reply = ctl_call(ctl, "Submit", parameters, code);
	if (reply) {
		const char *said = json_string_value(json_object_get(reply, "id"));

		id = strdup(said ? said : "");
		*code = EXIT_CLEAN;
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

static enum exits how_it_ended(const json_t *campaign, bool json)
{
	const json_t *code = json_object_get(campaign, "exit_code");
	const char *verdict = text_of(campaign, "verdict");

	if (!json)
		printf("Verdict: %s - %s\n", *verdict ? verdict : "none",
		       text_of(campaign, "reason"));
	return json_is_integer(code) ? (enum exits)json_integer_value(code) : EXIT_INTERNAL;
}

/*
 * The line of a reply to Follow as it came, without the frame that dadraced puts around it (batch.c); NULL: the
 * reply is another, or of another service, and has to be understood.
 */
static const char *line_of(const char *message, size_t size, size_t *length)
{
	static const char head[] = "{\"parameters\":{\"line\":{",
			  tail[] = "},\"continues\":true}";
	const char *end = message + size - (sizeof(tail) - 1);

	if (size < sizeof(head) + sizeof(tail) ||
	    strncmp(message, head, sizeof(head) - 1) != 0 || strcmp(end, tail) != 0)
		return NULL;
	while (end > message && *end != ',')
		end--;
	if (strncmp(end, ",\"next\":", 8) != 0)
		return NULL;
	message += sizeof(head) - 2;
	*length = (size_t)(end - message);
	return message;
}

/* False: it was the last one. */
static bool follow_one(struct ctl *ctl, bool json, enum exits *code)
{
	ssize_t n = read_message(ctl);
	size_t length = 0;
	const char *text =
		json && n > 0 ? line_of(ctl->line, strlen(ctl->line), &length) : NULL;
	json_t *reply, *line;

	if (text) {
		fwrite(text, 1, length, stdout);
		putchar('\n');
		return true;
	}
	reply = understand(ctl, n, code);
	line = json_object_get(reply, "line");
	if (json_is_null(line)) {
		*code = how_it_ended(json_object_get(reply, "campaign"), json);
	} else if (line && json) {
		json_dumpf(line, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (line) {
		print_line(line);
	}
	json_decref(reply);
	return reply && ctl->continues;
}

enum exits ctl_follow(struct ctl *ctl, const char *id, bool json)
{
	enum exits code = EXIT_INTERNAL;
	bool goes_on;

	call(ctl, "Follow", json_pack("{ss sb}", "id", id, "brief", !json), true);
	do {
		goes_on = follow_one(ctl, json, &code);
		fflush(stdout);
	} while (goes_on);
	return code;
}
