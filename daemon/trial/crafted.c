// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "trial/crafted.h"
#include "trial/plan.h"

/* A link-local address not in use: drawn from a part of the space that EUI-64 never makes. */
static struct in6_addr draw_link_local(uint64_t *state)
{
	struct in6_addr address = { .s6_addr = { 0xfe, 0x80 } };
	uint64_t draw = plan_draw(state);

	memcpy(&address.s6_addr[8], &draw, sizeof(draw));
	address.s6_addr[11] = 0xda;
	address.s6_addr[12] = 0xd0;
	return address;
}

static struct in6_addr target_address(const struct ends *ends, enum target target,
				      uint64_t *state)
{
	static const struct in6_addr all_nodes = { .s6_addr = { 0xff, 0x02, [15] = 1 } };

	switch (target) {
	case TARGET_ALL_NODES: return all_nodes;
	case TARGET_SOLICITED_NODE: return frame_solicited_node(&ends->device.address);
	case TARGET_TENTATIVE: return ends->device.address;
	case TARGET_PEER:
		return end_has_mac(&ends->peer) ? ends->peer.address : draw_link_local(state);
	case TARGET_NOBODY:
	case TARGETS: break;
	}
	return draw_link_local(state);
}

void crafting_begin(struct crafting *crafting, const struct trial_spec *spec,
		    const struct ends *ends, uint32_t lane)
{
	*crafting = (struct crafting){
		.spec = spec,
		.ends = ends,
		.state = spec->seed,
		.echo = {
			.message = spec->message,
			.device = ends->device.address,
			.source = ends->device.address,
			.hop_limit = (uint8_t)spec->hop_limit,
			.lane = lane,
			.trial = spec->trial,
			.payload_bytes = spec->payload_bytes,
		},
	};
	crafting->echo.target = target_address(ends, spec->target, &crafting->state);
}

/* The target's MAC is the group's, or the device's own. */
static void address_frame(struct crafting *crafting)
{
	struct frame_echo *echo = &crafting->echo;
	const struct ends *ends = crafting->ends;

	memcpy(echo->source_mac, ends->peer.mac, ETH_ALEN);
	if (IN6_IS_ADDR_MULTICAST(&echo->target))
		frame_multicast_mac(&echo->target, echo->target_mac);
	else
		memcpy(echo->target_mac, ends->device.mac, ETH_ALEN);
	echo->source = crafting->spec->source == SOURCE_PEER ?
			       ends->peer.address :
			       draw_link_local(&crafting->state);
}

void crafting_next(struct crafting *crafting)
{
	crafting->echo.sequence++;
	if (crafting->spec->direction == DIRECTION_INBOUND)
		address_frame(crafting);
}

size_t crafting_ahead(const struct crafting *crafting, uint8_t *buf)
{
	if (crafting->spec->direction != DIRECTION_INBOUND)
		return 0;
	return frame_ahead(&crafting->echo, buf);
}

size_t crafting_bytes(const struct crafting *crafting, uint8_t *buf)
{
	switch (crafting->spec->direction) {
	case DIRECTION_INBOUND: return frame_ethernet(&crafting->echo, buf);
	case DIRECTION_OUTBOUND: return frame_upper_layer(&crafting->echo, buf);
	case DIRECTION_OUTBOUND_RAW: return frame_ipv6(&crafting->echo, buf);
	case DIRECTIONS: break;
	}
	return 0;
}
