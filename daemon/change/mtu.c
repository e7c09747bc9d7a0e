// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "change/settings.h"
#include "change/shown.h"

enum { LEAST_MTU = 1280 }; /* of IPv6: with less, the device has no IPv6 (addrconf_notify()) */

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

/* What devices have at most: veth, jumbo frames of cards, Ethernet. */
static const int largest[] = { 65535, 9216, 9000, 1500 };

/* The number of the row; 0: the largest that the device takes. */
static int mtu_change(struct change_about *about)
{
	int err = -EINVAL;

	about->kept = mtu_of(about);
	if (about->change->number && about->change->number < LEAST_MTU)
		settings_keep(about->dut);
	if (about->change->number)
		return mtu_set(about, about->change->number);
	for (size_t i = 0; i < sizeof(largest) / sizeof(largest[0]) && err == -EINVAL; i++)
		err = mtu_set(about, largest[i]);
	return err;
}

static bool mtu_is_changed(const struct change_about *about)
{
	int mtu = mtu_of(about);

	return about->change->number ? mtu == about->change->number :
				       about->kept && mtu > about->kept;
}

static int mtu_restore(const struct change_about *about)
{
	int err = mtu_set(about, about->kept);

	if (!err && about->change->number && about->change->number < LEAST_MTU)
		err = settings_put_back(about->dut);
	return err;
}

/* clang-format off */
#define MTU(row, mtu, in_words)                                                          \
	const struct change change_##row = {                                             \
		.make = mtu_change,                                                      \
		.in_force = mtu_is_changed,                                              \
		.put_back = mtu_restore,                                                 \
		.number = mtu,                                                           \
		.written =                                                               \
			"struct ifreq request = { .ifr_name = \"dut\", .ifr_mtu = " in_words " };\n" \
			"\n"                                                             \
			"must(\"SIOCSIFMTU\", ioctl(control, SIOCSIFMTU, &request));\n" \
			"request.ifr_mtu = 1500;\n"                                      \
			"must(\"SIOCSIFMTU\", ioctl(control, SIOCSIFMTU, &request));\n", \
	};
/* clang-format on */

MTU(mtu, LEAST_MTU, "1280")
MTU(mtu_68, 68, "68")
MTU(mtu_1279, LEAST_MTU - 1, "1279")
MTU(mtu_largest, 0, "65535")
