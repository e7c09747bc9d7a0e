/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SYSTEMD_H
#define DADRACE_SYSTEMD_H

#include <stdint.h>

/*
 * What the service tells systemd, and its log; the protocols are written by hand
 * (sd_notify(3), https://systemd.io/JOURNAL_NATIVE_PROTOCOL). Without systemd nothing is told, and the
 * log goes to standard error.
 */

/* Takes NOTIFY_SOCKET and the watchdog's period out of the environment. Once, at the start. */
void systemd_open(void);

/* One or several lines VARIABLE=value. 0, or -errno: there is nobody, or it was not taken. */
__attribute__((format(printf, 1, 2))) int systemd_send(const char *format, ...);

/* How often the watchdog wants to hear of us, at least; 0: there is none. */
uint64_t systemd_watchdog_ns(void);

/* Like those of syslog(3). */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
};

/*
 * A sentence, about a campaign (NULL: none) and what happened to it ("accepted", "begun", "ended"; NULL):
 * the journal gets them as DADRACE_CAMPAIGN and DADRACE_EVENT. Written to the journal when standard
 * error is connected to it (JOURNAL_STREAM), else to standard error.
 */
__attribute__((format(printf, 4, 5))) void log_say(enum log_level level, const char *campaign,
						   const char *event, const char *format, ...);

#endif
