/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMAND_CTL_SHOW_H
#define DADRACE_COMMAND_CTL_SHOW_H

#include <stdint.h>
#include <stdio.h>

#include "base/fields.h"

/*
 * A campaign of the service, as `ticket_fields` has it, for people: how it stands, then by
 * whom, when and how long. Times are local.
 */
void ctl_show_campaign(const json_t *campaign, uint64_t now_unix_ms, FILE *out);

/* Whether results are complete comes before why the campaign is in its state. */
void ctl_show_reason(const json_t *campaign, FILE *out);

#endif
