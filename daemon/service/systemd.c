// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/shown.h"
#include "service/systemd.h"

#define JOURNAL "/run/systemd/journal/socket"

static struct {
	struct sockaddr_un to;
	socklen_t length; /* 0: no systemd */
	uint64_t watchdog_ns;
	int journal; /* descriptor, or -1 */
} told = { .journal = -1 };

static socklen_t address_of(const char *path, struct sockaddr_un *to)
{
	size_t length = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || length >= sizeof(to->sun_path))
		return 0;
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(to->sun_path, path, length);
	if (path[0] == '@') /* abstract */
		to->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '/'));
}

static uint64_t number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : 0;
}

/* Whether standard error is the journal's own stream, as systemd sets it up. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}

void systemd_open(void)
{
	struct sockaddr_un journal;
	socklen_t length = address_of(JOURNAL, &journal);
	const char *path = getenv("NOTIFY_SOCKET");
	uint64_t pid = number_of("WATCHDOG_PID");

	if (path)
		told.length = address_of(path, &told.to);
	if (!pid || pid == (uint64_t)getpid())
		told.watchdog_ns = number_of("WATCHDOG_USEC") * 1000;
	/* Child processes must not notify systemd in our name. */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (!stderr_is_journal())
		return;
	told.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (told.journal >= 0 && connect(told.journal, (struct sockaddr *)&journal, length)) {
		close(told.journal);
		told.journal = -1;
	}
}

uint64_t systemd_watchdog_ns(void)
{
	return told.watchdog_ns;
}

int systemd_send(const char *format, ...)
{
	char text[1024];
	va_list ap;
	int fd, n, r = 0;

	if (!told.length)
		return -ENOTCONN;
	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n >= (int)sizeof(text))
		n = sizeof(text) - 1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || sendto(fd, text, (size_t)n, MSG_NOSIGNAL, (struct sockaddr *)&told.to,
			     told.length) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

/* --- the log --- */

/* A field whose value may hold line ends: name, length as 64 bits little-endian, value. */
/* NOLINTBEGIN(bugprone-not-null-terminated-result): the length stands before the value */
static size_t put_field(char *to, const char *name, const char *value)
{
	size_t name_length = strlen(name), length = strlen(value);

	memcpy(to, name, name_length);
	to[name_length] = '\n';
	for (int i = 0; i < 8; i++)
		to[name_length + 1 + (size_t)i] = (char)((uint64_t)length >> 8 * i);
	memcpy(to + name_length + 9, value, length);
	to[name_length + 9 + length] = '\n';
	return name_length + length + 10;
}
/* NOLINTEND(bugprone-not-null-terminated-result) */

static int to_journal(enum log_level level, const char *campaign, const char *event,
		      const char *text)
{
	char message[4096], priority[2] = { (char)('0' + level), '\0' };
	size_t length = 0;

	if (told.journal < 0)
		return -ENOTCONN;
	length += put_field(message, "PRIORITY", priority);
	length += put_field(message + length, "SYSLOG_IDENTIFIER", "dadraced");
	if (campaign && strlen(campaign) < 256)
		length += put_field(message + length, "DADRACE_CAMPAIGN", campaign);
	if (event && strlen(event) < 64)
		length += put_field(message + length, "DADRACE_EVENT", event);
	length += put_field(message + length, "MESSAGE", text);
	return send(told.journal, message, length, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void log_say(enum log_level level, const char *campaign, const char *event, const char *format,
	     ...)
{
	char text[2048];
	size_t named = 0;
	va_list ap;

	if (campaign)
		named = (size_t)snprintf(text, sizeof(text), "%.255s: ", campaign);
	va_start(ap, format);
	vsnprintf(text + named, sizeof(text) - named, format, ap);
	va_end(ap);
	shown_in_place(text, sizeof(text));
	if (to_journal(level, campaign, event, text))
		fprintf(stderr, "dadraced: %s\n", text);
}
