/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_WORDS_H
#define DADRACE_WHO_WORDS_H

/* What a kernel structure is to people: "packet socket"; NULL: it has no other name. */
const char *words_for(const char *structure);

#endif
