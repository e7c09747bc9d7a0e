// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/memory.h"

static bool was_short;

void memory_note_short(void)
{
	was_short = true;
}

bool memory_was_short(void)
{
	return was_short;
}
