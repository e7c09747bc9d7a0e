/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_NICS_H
#define DADRACE_NICS_H

#include <net/ethernet.h>
#include <stdint.h>

/*
 * Network cards that QEMU emulates, for device.kind: nic. A guest has two for each lane, on a
 * hub of their own; they are known by their MAC addresses, which both sides compute here.
 *
 * Pure data: a new model is a row in nics.def.
 */
enum nic_model {
#define NIC(value, name, device, module) NIC_##value,
#include "spec/nics.def"
#undef NIC
	NIC_MODELS,
};
extern const char *const nic_model_names[];

#define NIC_MODEL_DEFAULT NIC_E1000E /* of device.model */

struct nic {
	const char *device; /* QEMU's */
	const char *module; /* of its driver */
};
extern const struct nic nics[]; /* by model */

enum { NIC_LANES_MAX = 12 }; /* slots of the guest's PCI bus */

enum nic_end { NIC_DUT, NIC_PEER, NIC_ENDS };

void nic_mac(uint32_t slot, enum nic_end end, uint8_t mac[ETH_ALEN]);

#endif
