/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPORT_FORMATS_H
#define DADRACE_EXPORT_FORMATS_H

#include "export/export.h"

/* What the table of export.c names. */
int export_junit(const struct past *past, FILE *out, struct why *why);
int export_junit_with_host(const struct past *past, FILE *out, struct why *why);
int export_kcidb(const struct past *past, FILE *out, struct why *why);
int export_kcidb_with_host(const struct past *past, FILE *out, struct why *why);
int export_trace(const struct past *past, FILE *out, struct why *why);
int export_pcapng(const struct past *past, FILE *out, struct why *why);
int export_tap(const struct past *past, FILE *out, struct why *why);
int export_lava(const struct past *past, FILE *out, struct why *why);
int export_tmt(const struct past *past, FILE *out, struct why *why);
int export_markdown(const struct past *past, FILE *out, struct why *why);

#endif
