/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SYSTEMD_H
#define DADRACE_SYSTEMD_H

#include <stdint.h>

/*
 * Notifications to systemd, and the log. Both protocols are implemented here (sd_notify(3),
 * https://systemd.io/JOURNAL_NATIVE_PROTOCOL). Without systemd no notification is sent, and the
 * log goes to standard error.
 */

/*
 * Reads NOTIFY_SOCKET and the watchdog's period, and removes them from the environment. Call it
 * once.
 */
void systemd_open(void);

/* Sends lines VARIABLE=value. 0 or -errno; -ENOTCONN without systemd. */
__attribute__((format(printf, 1, 2))) int systemd_send(const char *format, ...);

/* The period of the watchdog; 0: none. */
uint64_t systemd_watchdog_ns(void);

/* As in syslog(3). */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
};

/*
 * Logs a sentence, which begins with the campaign that it is about. `campaign` (or NULL) and
 * `event` ("accepted", "started", "ended"; or NULL) are also the fields DADRACE_CAMPAIGN and
 * DADRACE_EVENT of the journal. It is written to the
 * journal when standard error is connected to it (JOURNAL_STREAM), else to standard error.
 */
__attribute__((format(printf, 4, 5))) void log_say(enum log_level level, const char *campaign,
						   const char *event, const char *format, ...);

#endif
