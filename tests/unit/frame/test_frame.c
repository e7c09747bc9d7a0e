// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "frame/frame.h"
#include "record/record.h"

/*
 * The good frames were made without our code: fields packed by Python's struct, the checksum as
 * the whole message taken for one long number modulo 65535, which is what a one's complement
 * sum of 16-bit words is (RFC 1071 2).
 */
struct good {
	const char *name;
	struct {
		const char *source;
		const char *target;
	} mac, address;
	uint8_t hop_limit;
	uint32_t lane;
	uint32_t trial;
	uint32_t sequence;
	uint32_t payload_bytes;
	const char *ethernet; /* in hexadecimal; blanks are for the reader */
	const char *ipv6;
	const char *icmpv6;
};

/* clang-format off */
static const struct good goods[] = {
	{
		.name = "the shortest payload is the tag",
		.mac = { "02005e005301", "02005e005302" },
		.address = { "fe80::5eff:fe00:5301", "fe80::5eff:fe00:5302" },
		.hop_limit = 255, .lane = 1, .trial = 2, .sequence = 3, .payload_bytes = 16,
		.ethernet = "02005e005302 02005e005301 86dd",
		.ipv6 = "60054403 0018 3a ff"
			"fe8000000000000000005efffe005301 fe8000000000000000005efffe005302",
		.icmpv6 = "80 00 59c9 0001 0003  64616472 00000001 00000002 00000003",
	}, {
		.name = "an odd payload; numbers wider than identifier and sequence number",
		.mac = { "02005e005301", "3333ff000002" },
		.address = { "fe80::1", "ff02::1:ff00:2" },
		.hop_limit = 1, .lane = 0x12345678, .trial = 0x9abcdef0,
		.sequence = 0xfedcba98, .payload_bytes = 17,
		.ethernet = "3333ff000002 02005e005301 86dd",
		.ipv6 = "600bf698 0019 3a 01"
			"fe800000000000000000000000000001 ff0200000000000000000001ff000002",
		.icmpv6 = "80 00 fd6e 5678 ba98  64616472 12345678 9abcdef0 fedcba98 10",
	}, {
		.name = "every bit set",
		.mac = { "fffffffffffe", "3333ffffffff" },
		.address = { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
			     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		.hop_limit = 0, .lane = 0xffffffff, .trial = 0xffffffff,
		.sequence = 0xffffffff, .payload_bytes = 31,
		.ethernet = "3333ffffffff fffffffffffe 86dd",
		.ipv6 = "60049fff 0027 3a 00"
			"ffffffffffffffffffffffffffffffff ffffffffffffffffffffffffffffffff",
		.icmpv6 = "80 00 fe28 ffff ffff  64616472 ffffffff ffffffff ffffffff"
			  "101112131415161718191a1b1c1d1e",
	}, {
		.name = "no bit set, and the 56 bytes of ping",
		.mac = { "000000000000", "000000000000" },
		.address = { "::", "::" },
		.hop_limit = 64, .lane = 0, .trial = 0, .sequence = 0, .payload_bytes = 56,
		.ethernet = "000000000000 000000000000 86dd",
		.ipv6 = "60000000 0040 3a 40"
			"00000000000000000000000000000000 00000000000000000000000000000000",
		.icmpv6 = "80 00 f7de 0000 0000  64616472 00000000 00000000 00000000"
			  "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
			  "3031323334353637",
	}, {
		.name = "a checksum of zero is sent as zero",
		.mac = { "02005e005301", "02005e005302" },
		.address = { "fe80::1", "fe80::2" },
		.hop_limit = 64, .lane = 1, .trial = 57598, .sequence = 1, .payload_bytes = 33,
		.ethernet = "02005e005302 02005e005301 86dd",
		.ipv6 = "6009d401 0029 3a 40"
			"fe800000000000000000000000000001 fe800000000000000000000000000002",
		.icmpv6 = "80 00 0000 0001 0001  64616472 00000001 0000e0fe 00000001"
			  "101112131415161718191a1b1c1d1e1f20",
	}, {
		.name = "folding the carries carries once more (sum 0xbfff5)",
		.mac = { "02005e005301", "02005e005302" },
		.address = { "2001:db8:ffff:ffff:ffff:ffff:ffff:1",
			     "2001:db8:ffff:ffff:ffff:ffff:ffff:2" },
		.hop_limit = 64, .lane = 1, .trial = 23393, .sequence = 1, .payload_bytes = 16,
		.ethernet = "02005e005302 02005e005301 86dd",
		.ipv6 = "600c3001 0018 3a 40"
			"20010db8ffffffffffffffffffff0001 20010db8ffffffffffffffffffff0002",
		.icmpv6 = "80 00 fffe 0001 0001  64616472 00000001 00005b61 00000001",
	},
};
/* clang-format on */

static size_t from_hex(const char *hex, uint8_t *buf)
{
	static const char digits[] = "0123456789abcdef";
	size_t nr = 0;

	for (; *hex; hex++) {
		const char *digit = strchr(digits, *hex);

		if (*hex == ' ')
			continue;
		assert_non_null(digit);
		if (nr % 2 == 0)
			buf[nr / 2] = 0;
		buf[nr / 2] = (uint8_t)(buf[nr / 2] << 4 | (digit - digits));
		nr++;
	}
	assert_int_equal(nr % 2, 0);
	return nr / 2;
}

static struct in6_addr address_of(const char *text)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

static struct frame_echo echo_of(const struct good *good)
{
	struct frame_echo echo = {
		.source = address_of(good->address.source),
		.target = address_of(good->address.target),
		.hop_limit = good->hop_limit,
		.lane = good->lane,
		.trial = good->trial,
		.sequence = good->sequence,
		.payload_bytes = good->payload_bytes,
	};

	from_hex(good->mac.source, echo.source_mac);
	from_hex(good->mac.target, echo.target_mac);
	return echo;
}

/* The receiver's check: byte by byte and folded at once, unlike what made the frame. */
static uint32_t receiver_sum(const struct frame_echo *echo, const uint8_t *icmp, size_t nr)
{
	uint8_t pseudo[40] = { [32] = 0, 0, (uint8_t)(nr >> 8), (uint8_t)nr, [39] = 58 };
	uint32_t sum = 0;

	memcpy(pseudo, &echo->source, 16);
	memcpy(pseudo + 16, &echo->target, 16);
	for (size_t i = 0; i < sizeof(pseudo) + nr; i++) {
		uint32_t byte = i < sizeof(pseudo) ? pseudo[i] : icmp[i - sizeof(pseudo)];

		sum = (sum + (i % 2 ? byte : byte << 8)) % 0xffff;
	}
	return sum;
}

static void test_frames_are_the_known_good_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		const struct good *good = &goods[i];
		struct frame_echo echo = echo_of(good);
		uint8_t wanted[FRAME_MAX];
		uint8_t made[FRAME_MAX];
		size_t ethernet = from_hex(good->ethernet, wanted);
		size_t ipv6 = from_hex(good->ipv6, wanted + ethernet);
		size_t icmpv6 = from_hex(good->icmpv6, wanted + ethernet + ipv6);

		print_message("%s\n", good->name);
		assert_int_equal(frame_ethernet(&echo, made), ethernet + ipv6 + icmpv6);
		assert_memory_equal(made, wanted, ethernet + ipv6 + icmpv6);

		assert_int_equal(frame_ipv6(&echo, made), ipv6 + icmpv6);
		assert_memory_equal(made, wanted + ethernet, ipv6 + icmpv6);

		assert_int_equal(frame_upper_layer(&echo, made), icmpv6);
		assert_memory_equal(made, wanted + ethernet + ipv6, icmpv6);
	}
}

static void test_every_length_has_a_good_checksum_and_pattern(void **state)
{
	struct frame_echo echo = echo_of(&goods[0]);

	(void)state;
	for (uint32_t n = FRAME_MIN_PAYLOAD; n <= FRAME_MAX_PAYLOAD; n++) {
		uint8_t made[FRAME_MAX + 1];
		size_t nr;

		memset(made, 0xa5, sizeof(made));
		echo.payload_bytes = n;
		echo.sequence = n * 2654435761U;
		nr = frame_ethernet(&echo, made);
		assert_int_equal(nr, ETH_HLEN + 40 + 8 + n);
		assert_int_equal(made[nr], 0xa5);
		assert_int_equal(made[18] << 8 | made[19], 8 + n);
		assert_int_equal(receiver_sum(&echo, made + ETH_HLEN + 40, 8 + n), 0);
		for (uint32_t i = FRAME_MIN_PAYLOAD; i < n; i++)
			assert_int_equal(made[ETH_HLEN + 40 + 8 + i], i & 0xff);
	}
}

static void test_the_buffer_needs_no_alignment(void **state)
{
	struct frame_echo echo = echo_of(&goods[1]);
	uint8_t even[FRAME_MAX];
	uint8_t odd[FRAME_MAX + 1];
	size_t nr = frame_ethernet(&echo, even);

	(void)state;
	assert_int_equal(frame_ethernet(&echo, odd + 1), nr);
	assert_memory_equal(odd + 1, even, nr);
}

/* Written by hand: no flow label, no payload, next header 59, hop limit 1. */
static void test_noise(void **state)
{
	const struct in6_addr source = address_of("fe80::1");
	uint8_t mac[ETH_ALEN], wanted[FRAME_NOISE], made[FRAME_NOISE];

	(void)state;
	from_hex("02005e005301", mac);
	assert_int_equal(from_hex("333300000001 02005e005301 86dd 60000000 0000 3b 01"
				  "fe800000000000000000000000000001"
				  "ff020000000000000000000000000001",
				  wanted),
			 FRAME_NOISE);
	frame_noise(mac, &source, made);
	assert_memory_equal(made, wanted, FRAME_NOISE);
}

static void test_multicast_mac(void **state)
{
	struct in6_addr group = address_of("ff02::1:ff00:5301");
	const uint8_t wanted[] = { 0x33, 0x33, 0xff, 0x00, 0x53, 0x01 };
	uint8_t mac[ETH_ALEN];

	(void)state;
	frame_multicast_mac(&group, mac);
	assert_memory_equal(mac, wanted, sizeof(mac));
}

/* The first is the example of RFC 4291 2.7.1. */
static void test_solicited_node(void **state)
{
	static const char *const pairs[][2] = {
		{ "4037::01:800:200e:8c6c", "ff02::1:ff0e:8c6c" },
		{ "fe80::1", "ff02::1:ff00:1" },
		{ "2001:db8::ffff:ffff", "ff02::1:ffff:ffff" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct in6_addr address = address_of(pairs[i][0]);
		struct in6_addr wanted = address_of(pairs[i][1]);
		struct in6_addr made = frame_solicited_node(&address);

		assert_memory_equal(&made, &wanted, sizeof(wanted));
	}
}

/* The first is the example of RFC 2464 4. */
static void test_link_local(void **state)
{
	static const char *const pairs[][2] = {
		{ "3456789abcde", "fe80::3656:78ff:fe9a:bcde" },
		{ "02005e005301", "fe80::5eff:fe00:5301" },
		{ "ffffffffffff", "fe80::fdff:ffff:feff:ffff" },
		{ "000000000000", "fe80::200:ff:fe00:0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct in6_addr wanted = address_of(pairs[i][1]);
		struct in6_addr made;
		uint8_t mac[ETH_ALEN];

		assert_int_equal(from_hex(pairs[i][0], mac), sizeof(mac));
		made = frame_link_local(mac);
		assert_memory_equal(&made, &wanted, sizeof(wanted));
	}
}

/*
 * Every message, from fe80::1 to ff02::1:ff00:102 about fe80::102, as echo 3 of trial 2 in lane
 * 1, with 25 bytes of payload, of which 24 are quoted: made as the echoes above.
 */
/* clang-format off */
static const struct {
	enum message_kind message;
	const char *frame;
} good_messages[] = {
	{ MESSAGE_NS,
	  "3333ff00010202005e00530186dd6005440300203afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001028700c79600000000fe800000000000000000"
	  "000000000102010102005e005301" },
	{ MESSAGE_NA,
	  "3333ff00010202005e00530186dd6005440300203afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001028800a69720000000fe800000000000000000"
	  "000000000001020102005e005301" },
	{ MESSAGE_RA,
	  "3333ff00010202005e00530186dd6005440300383afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001028600c4100000070800000000000000000101"
	  "02005e005301030440c000015180000038400000000020010db800da00d0000000000000"
	  "0000" },
	{ MESSAGE_REDIRECT,
	  "3333ff00010202005e00530186dd6005440300803afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001028900b33900000000fe800000000000000000"
	  "00000000008120010db800da00d10000000000000001020102005e005301040a00000000"
	  "00006005440300203a40fe80000000000000000000000000010220010db800da00d10000"
	  "00000000000180003b8f0001000364616472000000010000000200000003101112131415"
	  "1617" },
	{ MESSAGE_UNREACHABLE,
	  "3333ff00010202005e00530186dd6005440300503a40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff000102010022de000000006005440300203a40fe80"
	  "0000000000000000000000000102fe80000000000000000000000000000180006c720001"
	  "0003646164720000000100000002000000031011121314151617" },
	{ MESSAGE_PACKET_TOO_BIG,
	  "3333ff00010202005e00530186dd6005440300503a40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff00010202001cde000005006005440300203a40fe80"
	  "0000000000000000000000000102fe80000000000000000000000000000180006c720001"
	  "0003646164720000000100000002000000031011121314151617" },
	{ MESSAGE_TIME_EXCEEDED,
	  "3333ff00010202005e00530186dd6005440300503a40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff000102030020de000000006005440300203a40fe80"
	  "0000000000000000000000000102fe80000000000000000000000000000180006c720001"
	  "0003646164720000000100000002000000031011121314151617" },
	{ MESSAGE_PARAMETER_PROBLEM,
	  "3333ff00010202005e00530186dd6005440300503a40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff00010204011fd7000000066005440300203a40fe80"
	  "0000000000000000000000000102fe80000000000000000000000000000180006c720001"
	  "0003646164720000000100000002000000031011121314151617" },
	{ MESSAGE_MLD_QUERY,
	  "3333ff00010202005e00530186dd6005440300240001fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001023a0005020000010082007d99000a00000000"
	  "0000000000000000000000000000027d0000" },
	{ MESSAGE_MLD_REPORT,
	  "3333ff00010202005e00530186dd6005440300200001fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001023a000502000001008300801d00000000ff02"
	  "00000000000000000001ff000102" },
	{ MESSAGE_RS,
	  "3333ff00010202005e00530186dd6005440300103afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001028500c92900000000010102005e005301" },
	{ MESSAGE_NS_ELSEWHERE,
	  "3333ff00010202005e00530186dd6005440300203afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff000102870097b40000000020010db800da00d10000"
	  "000000000001010102005e005301" },
	{ MESSAGE_RA_WITHDRAW,
	  "3333ff00010202005e00530186dd6005440300383afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff000102860054da0000000000000000000000000101"
	  "02005e005301030440c000000000000000000000000020010db800da00d0000000000000"
	  "0000" },
	{ MESSAGE_RA_MANAGED,
	  "3333ff00010202005e00530186dd6005440300383afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001028600c39000c0070800000000000000000101"
	  "02005e0053010304408000015180000038400000000020010db800da00d0000000000000"
	  "0000" },
	{ MESSAGE_RA_MTU,
	  "3333ff00010202005e00530186dd6005440300403afffe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001028600ba070000070800000000000000000101"
	  "02005e005301030440c000015180000038400000000020010db800da00d0000000000000"
	  "00000501000000000500" },
	{ MESSAGE_UNREACHABLE_UDP,
	  "3333ff00010202005e00530186dd6005440300383a40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff00010201043249000000006005440300081140fe80"
	  "0000000000000000000000000102fe8000000000000000000000000000010dad0dad0008"
	  "ffff" },
	{ MESSAGE_PACKET_TOO_BIG_UDP,
	  "3333ff00010202005e00530186dd6005440300383a40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff00010202002c4d000005006005440300081140fe80"
	  "0000000000000000000000000102fe8000000000000000000000000000010dad0dad0008"
	  "ffff" },
	{ MESSAGE_PACKET_TOO_BIG_68,
	  "3333ff00010202005e00530186dd6005440300503a40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001020200219a000000446005440300203a40fe80"
	  "0000000000000000000000000102fe80000000000000000000000000000180006c720001"
	  "0003646164720000000100000002000000031011121314151617" },
	{ MESSAGE_FRAGMENTS,
	  "3333ff00010202005e00530186dd6005440300212c40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001023a0000080000080364616472000000010000"
	  "000200000003101112131415161718" },
	{ MESSAGE_FRAGMENT_FIRST,
	  "3333ff00010202005e00530186dd6005440300102c40fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001023a00000100000803800054ed00010003" },
	{ MESSAGE_UDP_CLOSED,
	  "3333ff00010202005e00530186dd6005440300081140fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001020dad00010008f4a7" },
	{ MESSAGE_TCP_CLOSED,
	  "3333ff00010202005e00530186dd6005440300140640fe80000000000000000000000000"
	  "0001ff0200000000000000000001ff0001020dad000100000003000000005002ffffa4a9"
	  "0000" },
};
/* clang-format on */

static struct frame_echo message_of(enum message_kind message)
{
	struct frame_echo echo = {
		.message = message,
		.source = address_of("fe80::1"),
		.target = address_of("ff02::1:ff00:102"),
		.device = address_of("fe80::102"),
		.hop_limit = 64,
		.lane = 1,
		.trial = 2,
		.sequence = 3,
		.payload_bytes = 25,
	};

	from_hex("02005e005301", echo.source_mac);
	from_hex("3333ff000102", echo.target_mac);
	return echo;
}

static void test_the_first_fragment_goes_ahead(void **state)
{
	static const char good[] =
		"3333ff00010202005e00530186dd6000000000102c40fe80000000000000000000000000"
		"0001ff0200000000000000000001ff0001023a00000100000803800054ed00010003";
	struct frame_echo echo = message_of(MESSAGE_FRAGMENTS);
	uint8_t wanted[FRAME_MAX], made[FRAME_MAX];
	size_t nr = from_hex(good, wanted);

	(void)state;
	assert_int_equal(nr, FRAME_AHEAD);
	assert_int_equal(frame_ahead(&echo, made), nr);
	assert_memory_equal(made, wanted, nr);
	echo = message_of(MESSAGE_FRAGMENT_FIRST);
	assert_int_equal(frame_ahead(&echo, made), 0);
}

static void test_messages_are_the_known_good_ones(void **state)
{
	(void)state;
	assert_int_equal(sizeof(good_messages) / sizeof(*good_messages), MESSAGES - 1);
	for (size_t i = 0; i < sizeof(good_messages) / sizeof(*good_messages); i++) {
		struct frame_echo echo = message_of(good_messages[i].message);
		uint8_t wanted[FRAME_MAX], made[FRAME_MAX];
		size_t nr = from_hex(good_messages[i].frame, wanted);

		print_message("%s\n", message_names[echo.message]);
		assert_int_equal(echo.message, i + 1);
		assert_int_equal(frame_ethernet(&echo, made), nr);
		assert_memory_equal(made, wanted, nr);
	}
}

/*
 * RFC 4443 2.4 (c): an error is no longer than the least MTU, however long what it quotes was.
 */
/* What the table of messages says of what a message's bytes do not depend on. */
static void test_messages_of_one_size(void **state)
{
	(void)state;
	for (int message = 0; message < MESSAGES; message++) {
		struct frame_echo echo = { .message = message,
					   .hop_limit = 64,
					   .payload_bytes = FRAME_MIN_PAYLOAD };
		uint8_t frames[3][FRAME_MAX] = { 0 };
		size_t nr[3] = { frame_ipv6(&echo, frames[0]) };

		echo.payload_bytes = 64;
		nr[1] = frame_ipv6(&echo, frames[1]);
		echo.payload_bytes = FRAME_MIN_PAYLOAD;
		echo.hop_limit = 1;
		nr[2] = frame_ipv6(&echo, frames[2]);
		assert_int_equal(message_has(message, MESSAGE_OF_ONE_SIZE | MESSAGE_FIXED),
				 nr[0] == nr[1] && !memcmp(frames[0], frames[1], nr[0]));
		assert_int_equal(message_has(message, MESSAGE_FIXED),
				 nr[0] == nr[2] && !memcmp(frames[0], frames[2], nr[0]));
	}
}

static void test_what_is_quoted_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_messages) / sizeof(*good_messages); i++) {
		struct frame_echo echo = message_of(good_messages[i].message);
		uint8_t made[FRAME_MAX];

		if (echo.message == MESSAGE_FRAGMENTS)
			continue; /* it quotes nothing */
		echo.payload_bytes = FRAME_MAX_PAYLOAD;
		assert_in_range(frame_ethernet(&echo, made), 0, ETH_HLEN + 1280);
	}
}

/* To one address alone an advertisement may say that it was asked for (RFC 4861 7.2.4). */
static void test_an_advertisement_to_one_is_solicited(void **state)
{
	struct frame_echo echo = message_of(MESSAGE_NA);
	uint8_t made[FRAME_MAX];

	(void)state;
	echo.target = address_of("fe80::102");
	frame_upper_layer(&echo, made);
	assert_int_equal(made[4], 0x60);
}

/*
 * Numbers of one trial are all told apart, and so is a trial from the next ones and a lane from
 * the next.
 */
static void test_labels(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 1000; i++) {
		uint32_t label = echo_label(7, 9, i);

		assert_int_equal(label >> 20, 0);
		assert_int_equal(label & ECHO_SEQUENCE_MASK, i);
		assert_int_not_equal(label, echo_label(8, 9, i));
		for (uint32_t later = 1; later <= 20; later++)
			assert_int_not_equal(label, echo_label(7, 9 + later, i));
	}
}

/* Made as the echoes above: by Python's struct and a sum modulo 65535. */
struct good_dad {
	const char *name;
	const char *nonce; /* NULL: none */
	size_t (*make)(const struct frame_dad *dad, uint8_t *buf);
	const char *frame;
};

#define DUT_ADDRESS "fe8000000000000000dad0fffe000101"

/* clang-format off */
static const struct good_dad good_dads[] = {
	{
		.name = "a solicitation without nonce", .make = frame_dad_ns,
		.frame = "3333ff000101 02dad0000102 86dd  60000000 0018 3a ff"
			 "00000000000000000000000000000000 ff0200000000000000000001ff000101"
			 "87 00 aa4a 00000000" DUT_ADDRESS,
	}, {
		.name = "a solicitation with nonce", .make = frame_dad_ns, .nonce = "0123456789ab",
		.frame = "3333ff000101 02dad0000102 86dd  60000000 0020 3a ff"
			 "00000000000000000000000000000000 ff0200000000000000000001ff000101"
			 "87 00 cc0b 00000000" DUT_ADDRESS "0e01 0123456789ab",
	}, {
		.name = "an advertisement", .make = frame_dad_na,
		.frame = "333300000001 02dad0000102 86dd  60000000 0020 3a ff"
			 DUT_ADDRESS "ff020000000000000000000000000001"
			 "88 00 e409 20000000" DUT_ADDRESS "0201 02dad0000102",
	},
};
/* clang-format on */

static struct frame_dad dad_of(const struct good_dad *good)
{
	struct frame_dad dad = { .target = address_of("fe80::da:d0ff:fe00:101"),
				 .have_nonce = good->nonce != NULL };

	from_hex("02dad0000102", dad.source_mac);
	if (good->nonce)
		from_hex(good->nonce, dad.nonce);
	return dad;
}

static void test_dad_frames_are_the_known_good_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_dads) / sizeof(*good_dads); i++) {
		const struct good_dad *good = &good_dads[i];
		struct frame_dad dad = dad_of(good);
		uint8_t wanted[FRAME_DAD_MAX], made[FRAME_DAD_MAX];
		size_t nr = from_hex(good->frame, wanted);

		print_message("%s\n", good->name);
		assert_int_equal(good->make(&dad, made), nr);
		assert_memory_equal(made, wanted, nr);
	}
}

static void test_a_solicitation_is_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_dads) / sizeof(*good_dads); i++) {
		const struct good_dad *good = &good_dads[i];
		struct frame_dad dad = dad_of(good), read = { .have_nonce = true };
		uint8_t frame[FRAME_DAD_MAX];
		size_t nr = from_hex(good->frame, frame);

		assert_int_equal(frame_dad_read(frame, nr, &read), good->make == frame_dad_ns);
		if (good->make != frame_dad_ns)
			continue;
		assert_memory_equal(read.source_mac, dad.source_mac, ETH_ALEN);
		assert_memory_equal(&read.target, &dad.target, sizeof(dad.target));
		assert_int_equal(read.have_nonce, dad.have_nonce);
		assert_memory_equal(read.nonce, dad.nonce, FRAME_NONCE);
	}
}

/* Any other byte at these places, or any byte less, and it is no probe of DAD. */
static void test_what_is_no_solicitation_of_dad(void **state)
{
	static const size_t places[] = { 12, 13, 14, 20, 21, 22, 29, 37, 54, 55 };
	uint8_t good[FRAME_DAD_MAX], frame[FRAME_DAD_MAX];
	size_t nr = from_hex(good_dads[1].frame, good);
	struct frame_dad read = { .have_nonce = true };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		memcpy(frame, good, nr);
		frame[places[i]] ^= 0x80;
		assert_false(frame_dad_read(frame, nr, &read));
		assert_true(read.have_nonce);
	}
	for (size_t less = 0; less < nr; less++)
		assert_false(frame_dad_read(good, less, &read));
	assert_true(frame_dad_read(good, nr, &read));
}

/* Options that end beyond the packet, or have no length, are not followed. */
static void test_a_nonce_among_other_options(void **state)
{
	static const struct {
		const char *options;
		bool have_nonce;
	} cases[] = {
		{ "0101 000000000000 0e01 a1a2a3a4a5a6", true },
		{ "0102 0000000000000000000000000000 0e01 a1a2a3a4a5a6", true },
		{ "0e02 0000000000000000000000000000", false },
		{ "0100 000000000000 0e01 a1a2a3a4a5a6", false },
		{ "0103 000000000000 0e01 a1a2a3a4a5a6", false },
		{ "0e01 a1a2a3a4a5", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t frame[FRAME_DAD_MAX];
		size_t bare = from_hex(good_dads[0].frame, frame);
		size_t nr = bare + from_hex(cases[i].options, frame + bare);
		struct frame_dad read;

		frame[19] = (uint8_t)(nr - ETH_HLEN - 40);
		assert_true(frame_dad_read(frame, nr, &read));
		assert_int_equal(read.have_nonce, cases[i].have_nonce);
		assert_int_equal(read.nonce[0], cases[i].have_nonce ? 0xa1 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_are_the_known_good_ones),
		cmocka_unit_test(test_every_length_has_a_good_checksum_and_pattern),
		cmocka_unit_test(test_the_buffer_needs_no_alignment),
		cmocka_unit_test(test_messages_are_the_known_good_ones),
		cmocka_unit_test(test_the_first_fragment_goes_ahead),
		cmocka_unit_test(test_messages_of_one_size),
		cmocka_unit_test(test_what_is_quoted_is_cut),
		cmocka_unit_test(test_an_advertisement_to_one_is_solicited),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_multicast_mac),
		cmocka_unit_test(test_solicited_node),
		cmocka_unit_test(test_link_local),
		cmocka_unit_test(test_dad_frames_are_the_known_good_ones),
		cmocka_unit_test(test_a_solicitation_is_read_back),
		cmocka_unit_test(test_what_is_no_solicitation_of_dad),
		cmocka_unit_test(test_a_nonce_among_other_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
