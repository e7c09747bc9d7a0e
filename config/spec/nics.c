// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "spec/nics.h"

const char *const nic_model_names[] = {
#define NIC(value, name, device, module) name,
#include "spec/nics.def"
#undef NIC
};

const struct nic nics[] = {
#define NIC(value, name, device, module) { device, module },
#include "spec/nics.def"
#undef NIC
};

/* Locally administered, and no address of a device of our own making. */
void nic_mac(uint32_t slot, enum nic_end end, uint8_t mac[ETH_ALEN])
{
	const uint8_t bytes[ETH_ALEN] = { 0x02, 0xda, 0xd1, 0, (uint8_t)slot, (uint8_t)end };

	memcpy(mac, bytes, ETH_ALEN);
}
