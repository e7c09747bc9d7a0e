/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RACE_H
#define DADRACE_RACE_H

#include <jansson.h>
#include <stdio.h>

/*
 * Draws the trial of a line of the results (race_picture.h). -EINVAL: the line is no trial that can be
 * understood; -ENOMEM. Nothing has been written then.
 */
int race_draw(const json_t *line, FILE *out);

#endif
