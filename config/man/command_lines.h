/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MAN_COMMAND_LINES_H
#define DADRACE_MAN_COMMAND_LINES_H

#include <stdbool.h>

#include "base/exits.h"
#include "command/command.h"
#include "page.h"

/* Of a command of dadrace, or of "dadraced"; false when `name` is neither. */
bool put_usage_of(const struct page *page, const char *name);
bool put_options_of(const struct page *page, const char *name);
bool put_verbs_of(const struct page *page, const char *name);
bool put_exits_of(const struct page *page, const char *name);

void put_commands(const struct page *page);
void put_exits(const struct page *page, const struct exit_row *rows);

/* Whether a command has a page of its own. */
bool has_page(const struct command *command);

#endif
