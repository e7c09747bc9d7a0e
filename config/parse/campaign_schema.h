/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CAMPAIGN_SCHEMA_H
#define DADRACE_CAMPAIGN_SCHEMA_H

#include <stdio.h>

/*
 * A JSON Schema of campaign files, for editors: config/schema/campaign.schema.json. It accepts
 * what a row of the key table allows; which keys go together only the loader knows. Draft-07,
 * because each version of yaml-language-server understands that.
 *
 * Where it cannot be as exact as the loader: YAML readers turn 0x10 and 4.0 into the numbers 16
 * and 4 before a schema sees them, and have resolved anchors and tags.
 *
 * 0, -EIO or -ENOMEM.
 */
int campaign_schema(FILE *out);

#endif
