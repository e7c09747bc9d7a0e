// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The echoes, as the kernel sees them: an inbound one, of whatever message, when it reaches the
 * device's receive path, by its flow label; an outbound one when its system call enters and
 * returns, by its tag.
 *
 * And what disturbs DAD, on the same receive path: it carries no mark, and is known by what it
 * is.
 */
#include "table/common.bpf.h"

#define ETH_P_IPV6		   0x86dd
#define ETH_P_8021Q		   0x8100
#define ETH_P_8021AD		   0x88a8
#define VLAN_ID_MASK		   0x0fff
#define IPPROTO_HOPOPTS		   0
#define IPPROTO_TCP		   6
#define IPPROTO_UDP		   17
#define IPPROTO_FRAGMENT	   44
#define IPPROTO_ICMPV6		   58
#define ICMPV6_ECHO_REQUEST	   128
#define ICMPV6_ECHO_REPLY	   129
#define ICMPV6_MLD_QUERY	   130
#define ICMPV6_ROUTER_SOLICITATION 133
#define ICMPV6_SOLICITATION	   135
#define ICMPV6_ADVERTISEMENT	   136
#define ICMPV6_REDIRECT		   137
#define HOP_LIMIT_AT		   7
#define SIZE_IPV6		   40
#define SIZE_ICMPV6		   8

struct echo_headers {
	__u8 ipv6[SIZE_IPV6];
	__u8 icmpv6[SIZE_ICMPV6];
	__u8 behind_alert[SIZE_ICMPV6];
} __attribute__((aligned(8)));

static __always_inline bool ours(const struct lane_state *lane, const struct echo_tag *tag)
{
	return tag->magic == __builtin_bswap32(ECHO_MAGIC) &&
	       tag->lane == __builtin_bswap32(lane->lane) &&
	       tag->trial == __builtin_bswap32(lane->trial);
}

/*
 * The echo's number; 0: it is none of the trial. Flow labels of a peer's replies are its own.
 */
static __always_inline __u32 sequence_of(const struct lane_state *lane,
					 const struct echo_headers *headers)
{
	__u32 label = (headers->ipv6[1] & 0xf) << 16 | headers->ipv6[2] << 8 | headers->ipv6[3];
	__u32 sequence = label & ECHO_SEQUENCE_MASK;

	if (headers->ipv6[6] == IPPROTO_ICMPV6 && headers->icmpv6[0] == ICMPV6_ECHO_REPLY)
		return 0;
	return label == echo_label(lane->lane, lane->trial, sequence) ? sequence : 0;
}

/* A solicitation from ::, or an advertisement to a group: RFC 4862 5.4.3, 5.4.4. */
static __always_inline bool disturbs_dad(const struct echo_headers *headers, __u32 type)
{
	const __u64 *source = (const void *)&headers->ipv6[8];

	if (type == ICMPV6_SOLICITATION)
		return !source[0] && !source[1];
	return type == ICMPV6_ADVERTISEMENT && headers->ipv6[24] == 0xff;
}

/* The type of its ICMPv6 message, or its class (enum packet_class); false: it has neither. */
static __always_inline bool class_of(const struct echo_headers *headers, __u32 *class)
{
	__u8 next = headers->ipv6[6];

	*class = headers->icmpv6[0];
	if (next == IPPROTO_HOPOPTS) {
		*class = headers->behind_alert[0];
		return headers->icmpv6[0] == IPPROTO_ICMPV6 && !headers->icmpv6[1];
	}
	if (next == IPPROTO_UDP)
		*class = PACKET_UDP;
	else if (next == IPPROTO_TCP)
		*class = PACKET_TCP;
	else if (next == IPPROTO_FRAGMENT)
		*class = PACKET_FRAGMENT;
	else
		return next == IPPROTO_ICMPV6;
	return true;
}

/*
 * What ndisc_rcv() and igmp6_event_query() (net/ipv6) throw away after icmpv6_rcv() has counted
 * it, and no counter tells.
 */
static __always_inline bool is_turned_away(const struct echo_headers *headers, __u32 type)
{
	__u8 hop_limit = headers->ipv6[HOP_LIMIT_AT];

	if (type >= ICMPV6_ROUTER_SOLICITATION && type <= ICMPV6_REDIRECT)
		return hop_limit != 255 || headers->icmpv6[1];
	return type == ICMPV6_MLD_QUERY &&
	       (hop_limit != 1 || headers->ipv6[6] != IPPROTO_HOPOPTS);
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ALL_WAYS_MAX);
	__type(key, struct way);
	__type(value, struct way_end);
} ways SEC(".maps");

struct vlan_header {
	__be16 tci;
	__be16 protocol; /* of what follows */
};

static __always_inline bool is_vlan(__be16 protocol)
{
	return protocol == __builtin_bswap16(ETH_P_8021Q) ||
	       protocol == __builtin_bswap16(ETH_P_8021AD);
}

/* Tag 0 is a priority only: the frame is the device's own (IEEE 802.1Q 6.9). */
static __always_inline void tag_add(struct way *way, __u16 tci)
{
	if (!way->tags[0])
		way->tags[0] = tci & VLAN_ID_MASK;
	else
		way->tags[1] = tci & VLAN_ID_MASK;
}

/* Whether the card or the stack has taken a tag off already: skb_vlan_tag_present(). */
static __always_inline bool tag_is_off(struct sk_buff *skb)
{
	struct sk_buff___before_6_2 *before = (void *)skb;

	if (bpf_core_field_exists(before->vlan_present))
		return BPF_CORE_READ_BITFIELD_PROBED(before, vlan_present);
	return BPF_CORE_READ(skb, vlan_all);
}

/* Where the frame's IPv6 packet begins, behind two tags at most; NULL: it has none. */
static __always_inline void *way_find(struct sk_buff *skb, struct way *way)
{
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	__be16 protocol = BPF_CORE_READ(skb, protocol);
	void *at = BPF_CORE_READ(skb, data); /* netif_receive_skb: at the network header */
	struct vlan_header header;
	bool is_off;

	if (protocol != __builtin_bswap16(ETH_P_IPV6) && !is_vlan(protocol))
		return 0;
	way->netns_inum = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	way->ifindex = BPF_CORE_READ(dev, ifindex);
	is_off = tag_is_off(skb);
	if (is_off)
		tag_add(way, BPF_CORE_READ(skb, vlan_tci));
	for (int i = is_off; i < 2 && is_vlan(protocol); i++) {
		if (bpf_probe_read_kernel(&header, sizeof(header), at))
			return 0;
		tag_add(way, __builtin_bswap16(header.tci));
		protocol = header.protocol;
		at += sizeof(header);
	}
	return protocol == __builtin_bswap16(ETH_P_IPV6) ? at : 0;
}

static __always_inline bool goes_to(struct sk_buff *skb, const __u8 mac[6])
{
	void *at = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, mac_header);
	__u8 to[6] __attribute__((aligned(4)));

	return bpf_probe_read_kernel(to, sizeof(to), at) == 0 &&
	       *(__u32 *)to == *(__u32 *)mac && *(__u16 *)&to[4] == *(__u16 *)&mac[4];
}

static __always_inline struct lane_state *lane_of_way(struct sk_buff *skb,
						      const struct way *way, __u32 *slot)
{
	struct way_end *end = bpf_map_lookup_elem(&ways, way);

	if (!end || (end->by_mac && !goes_to(skb, end->mac)))
		return 0;
	*slot = end->slot;
	return bpf_map_lookup_elem(&lanes, slot);
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(echo_in, struct sk_buff *skb)
{
	struct echo_headers headers;
	struct lane_state *lane;
	struct way way = {};
	__u32 slot, sequence, class;
	bool is_other;
	void *at = way_find(skb, &way);

	if (!at)
		return 0;
	lane = lane_of_way(skb, &way, &slot);
	if (!lane || !lane->trial)
		return 0;
	if (bpf_probe_read_kernel(&headers, sizeof(headers), at))
		return 0;
	if (!class_of(&headers, &class))
		return 0;
	sequence = sequence_of(lane, &headers);
	is_other = !sequence && !disturbs_dad(&headers, class);
	if (sequence)
		report(lane, slot, RECORD_ECHO_IN, unicast_end(&headers.ipv6[24]), 0, sequence);
	else if (!is_other)
		report(lane, slot, RECORD_DAD_IN, class, 0, 0);
	if (!is_other && !is_turned_away(&headers, class))
		return 0;
	barrier_var(class); /* the verifier wants the bound that the compiler knows */
	if (class < PACKET_CLASSES)
		__sync_fetch_and_add(&lane->others[class], 1);
	return 0;
}

/* The echo that the lane's thread II is sending. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} echoes_leaving SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(echo_sys_enter, struct pt_regs *regs, long id)
{
	struct lane_state *lane;
	struct echo_tag tag = {};
	const void *buffer;
	__u8 first = 0;
	__u32 slot, sequence;
	struct who who;

	if (id != __NR_sendto)
		return 0;
	who = who_is((struct task_struct *)bpf_get_current_task());
	lane = lane_of_task(who, &slot);
	if (!lane || !lane->trial || who.pid != lane->sender)
		return 0;
	buffer = (const void *)PT_REGS_PARM2_CORE_SYSCALL(regs);
	if (bpf_probe_read_user(&first, 1, buffer))
		return 0;
	/* IPPROTO_ICMPV6 sends start with the ICMPv6 header, IPPROTO_RAW ones with IPv6's. */
	if (first != ICMPV6_ECHO_REQUEST)
		buffer += SIZE_IPV6;
	if (bpf_probe_read_user(&first, 1, buffer) || first != ICMPV6_ECHO_REQUEST ||
	    bpf_probe_read_user(&tag, sizeof(tag), buffer + SIZE_ICMPV6) || !ours(lane, &tag))
		return 0;
	sequence = __builtin_bswap32(tag.sequence);
	bpf_map_update_elem(&echoes_leaving, &slot, &sequence, BPF_ANY);
	report(lane, slot, RECORD_ECHO_OUT, 0, 0, sequence);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(echo_sys_exit, struct pt_regs *regs, long ret)
{
	struct lane_state *lane;
	__u32 slot, *sequence;
	struct who who;

	if (BPF_CORE_READ(regs, SYSCALL_NUMBER) != __NR_sendto)
		return 0;
	who = who_is((struct task_struct *)bpf_get_current_task());
	lane = lane_of_task(who, &slot);
	if (!lane || who.pid != lane->sender)
		return 0;
	sequence = bpf_map_lookup_elem(&echoes_leaving, &slot);
	if (!sequence)
		return 0;
	if (lane->trial)
		report(lane, slot, RECORD_ECHO_OUT_DONE, ret, 0, *sequence);
	bpf_map_delete_elem(&echoes_leaving, &slot);
	return 0;
}
