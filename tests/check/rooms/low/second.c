// SPDX-License-Identifier: GPL-2.0-or-later
#include "low/low.h"
#ifdef UPWARD_INCLUDE
#include "high/high.h"
#endif

int high(void);

int second(void)
{
#if defined(UPWARD_CALL)
	return high();
#elif defined(CIRCULAR_CALL)
	return first();
#else
	return 0;
#endif
}
