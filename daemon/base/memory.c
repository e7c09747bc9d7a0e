// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

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

int memstream_close(FILE *stream, char **text)
{
	bool is_whole = stream && !ferror(stream);

	if (stream && fclose(stream))
		is_whole = false;
	if (is_whole && *text)
		return 0;
	free(*text);
	*text = NULL;
	memory_note_short();
	return -ENOMEM;
}
