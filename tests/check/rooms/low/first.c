// SPDX-License-Identifier: GPL-2.0-or-later
#include "low/low.h"

int first(void)
{
	return second();
}
