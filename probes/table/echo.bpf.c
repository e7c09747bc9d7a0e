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

#define NR_SENDTO		   44
#define ETH_P_IPV6		   0x86dd
#define IPPROTO_HOPOPTS		   0
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
static __always_inline bool disturbs_dad(const struct echo_headers *headers, __u8 type)
{
	const __u64 *source = (const void *)&headers->ipv6[8];

	if (type == ICMPV6_SOLICITATION)
		return !source[0] && !source[1];
	return type == ICMPV6_ADVERTISEMENT && headers->ipv6[24] == 0xff;
}

/* The type of its ICMPv6 message; false: it is none. */
static __always_inline bool type_of(const struct echo_headers *headers, __u8 *type)
{
	bool has_alert = headers->ipv6[6] == IPPROTO_HOPOPTS;

	*type = has_alert ? headers->behind_alert[0] : headers->icmpv6[0];
	return headers->ipv6[6] == IPPROTO_ICMPV6 ||
	       (has_alert && headers->icmpv6[0] == IPPROTO_ICMPV6 && !headers->icmpv6[1]);
}

/*
 * What ndisc_rcv() and igmp6_event_query() (net/ipv6) throw away after icmpv6_rcv() has counted
 * it, and no counter tells.
 */
static __always_inline bool is_turned_away(const struct echo_headers *headers, __u8 type)
{
	__u8 hop_limit = headers->ipv6[HOP_LIMIT_AT];

	if (type >= ICMPV6_ROUTER_SOLICITATION && type <= ICMPV6_REDIRECT)
		return hop_limit != 255 || headers->icmpv6[1];
	return type == ICMPV6_MLD_QUERY &&
	       (hop_limit != 1 || headers->ipv6[6] != IPPROTO_HOPOPTS);
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(echo_in, struct sk_buff *skb)
{
	struct echo_headers headers;
	struct lane_state *lane;
	__u32 slot, sequence;
	bool is_other;
	__u8 type;
	void *at;

	if (BPF_CORE_READ(skb, protocol) != __builtin_bswap16(ETH_P_IPV6))
		return 0;
	lane = lane_of_dev(BPF_CORE_READ(skb, dev), &slot);
	if (!lane || !lane->trial)
		return 0;
	at = BPF_CORE_READ(skb, data); /* netif_receive_skb: at the network header */
	if (bpf_probe_read_kernel(&headers, sizeof(headers), at))
		return 0;
	if (!type_of(&headers, &type))
		return 0;
	sequence = sequence_of(lane, &headers);
	is_other = !sequence && !disturbs_dad(&headers, type);
	if (sequence)
		report(lane, slot, RECORD_ECHO_IN, unicast_end(&headers.ipv6[24]), 0, sequence);
	else if (!is_other)
		report(lane, slot, RECORD_DAD_IN, type, 0, 0);
	if (is_other || is_turned_away(&headers, type))
		__sync_fetch_and_add(&lane->others[type], 1);
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

	if (id != NR_SENDTO)
		return 0;
	who = who_is((struct task_struct *)bpf_get_current_task());
	lane = lane_of_task(who, &slot);
	if (!lane || !lane->trial || who.pid != lane->sender)
		return 0;
	buffer = (const void *)BPF_CORE_READ(regs, si);
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

	if (BPF_CORE_READ(regs, orig_ax) != NR_SENDTO)
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
