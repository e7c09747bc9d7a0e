/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ABILITIES_H
#define DADRACE_ABILITIES_H

#include <stdbool.h>

/* What dadrace can do on the architecture that it was built for and not on every other. */
struct abilities {
	const char *architecture; /* of uname(2) */
	bool finds_calls;	  /* in a function's machine code (explore/callees.h) */
	bool reads_memory;	  /* the kernel's mapping of memory is known (memory/bases.c) */
	bool sees_writes; /* a watchpoint fires after the write: the new value can be read */
};

const struct abilities *abilities(void);

#endif
