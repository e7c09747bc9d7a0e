/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_DOCTOR_GUEST_H
#define DADRACE_DOCTOR_GUEST_H

#include <stdbool.h>

#include "guest/kernel_image.h"

/*
 * The doctor of a kernel that is not the running one: first the options that it was built
 * without, which also explain why one does not come up, then what a guest with it finds. An
 * exit code.
 */
int doctor_in_guest(const struct kernel_ask *kernel, bool json);

#endif
