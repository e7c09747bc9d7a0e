// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "change/shown.h"

enum { LEAST_MTU = 1280 };

static int mtu_set(const struct change_about *about, int mtu)
{
	struct ifreq request = { .ifr_mtu = mtu };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", about->dut);
	return shown_error(ioctl(about->socket, SIOCSIFMTU, &request));
}

static int mtu_of(const struct change_about *about)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", about->dut);
	return ioctl(about->socket, SIOCGIFMTU, &request) ? 0 : request.ifr_mtu;
}

static int mtu_lower(struct change_about *about)
{
	about->kept = mtu_of(about);
	return mtu_set(about, LEAST_MTU);
}

static bool mtu_is_least(const struct change_about *about)
{
	return mtu_of(about) == LEAST_MTU;
}

static int mtu_restore(const struct change_about *about)
{
	return mtu_set(about, about->kept);
}

const struct change change_mtu = {
	.make = mtu_lower,
	.in_force = mtu_is_least,
	.put_back = mtu_restore,
	/* clang-format off */
	.written =
		"struct ifreq request = { .ifr_name = \"dut\", .ifr_mtu = 1280 };\n"
		"\n"
		"must(\"SIOCSIFMTU\", ioctl(control, SIOCSIFMTU, &request));\n"
		"request.ifr_mtu = 1500;\n"
		"must(\"SIOCSIFMTU\", ioctl(control, SIOCSIFMTU, &request));\n",
	/* clang-format on */
};
