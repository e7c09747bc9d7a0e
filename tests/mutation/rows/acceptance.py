# SPDX-License-Identifier: GPL-2.0-or-later
"""Acceptance: a packet that is seen on the wire, and that IPv6 does not take."""

from subject import Subject

ROWS = [
    Subject("daemon/trial/acceptance.c", tests=["acceptance"], edits=[
        ("	int64_t counted = at_least_0(counted_of(e, type) - others);",
         "	int64_t counted = at_least_0(counted_of(e, type));", "others' messages count as ours"),
        ("	return at_most((int64_t)inside - (delivered - accepted), inside);", "	return inside;",
         "what was refused counts as inside"),
        ("	return at_least_0((int64_t)ours - counted - counted_elsewhere);", "	return 0;", "nothing is ever refused"),
        ("		answered += is_answer_of_ipv6(m->value);", "		answered += m->value < 0;",
         "any error of a send is an answer of IPv6"),
        ("	if (!a->known)\n		return;\n", "", "counters that were not read say that nothing was accepted"),
    ]),
    Subject("config/spec/messages.def", tests=["acceptance"], edits=[
        ("136, IPV6_IN_NA, IPV6_NONE,", "136, IPV6_IN_NS, IPV6_NONE,", "the wrong counter of a type is read"),
        ("	IPV6_UDP_NO_PORTS, IPV6_UDP_IGNORED_GROUP,", "	IPV6_UDP_NO_PORTS, IPV6_NONE,",
         "datagrams to a group are not counted"),
    ]),
    Subject("daemon/frame/frame.c", tests=["frame"], runs=["inbound"], edits=[
        ("	at = put_bytes(at, target, ETH_ALEN);\n	at = put_bytes(at, source, ETH_ALEN);",
         "	at = put_bytes(at, source, ETH_ALEN);\n	at = put_bytes(at, target, ETH_ALEN);",
         "the frame goes to the wrong MAC address"),
        ("	at = put_bytes(at, &header->target, sizeof(header->target));\n	return header->alert",
         "	at = put_bytes(at, &header->source, sizeof(header->source));\n	return header->alert",
         "the packet goes to the wrong address"),
        ("	return (uint16_t)~sum;", "	return (uint16_t)sum;", "the checksum is wrong"),
        ("	uint32_t sum = (uint32_t)nr + protocol;", "	uint32_t sum = protocol;",
         "the checksum leaves out the length"),
        ("	ECHO_REQUEST = 128,", "	ECHO_REQUEST = 129,", "an echo reply is sent instead of a request"),
        ("	at = put_be32(at, 6U << 28 | header->label);", "	at = put_be32(at, 4U << 28 | header->label);",
         "the version of IP is wrong"),
        ("	at = put_be16(at, (uint32_t)nr + (header->alert ? ALERT_BYTES : 0));",
         "	at = put_be16(at, (uint32_t)nr + 8);", "the header promises a longer packet"),
        ("	ETHERTYPE_OF_IPV6 = 0x86dd,", "	ETHERTYPE_OF_IPV6 = 0x0800,", "the frame is of another protocol"),
    ]),
    Subject("daemon/frame/frame.c", tests=["frame"], runs=["inbound echo.message=[ns]"], edits=[
        ("	SOLICITATION = 135,", "	SOLICITATION = 133,", "a router solicitation is sent instead of a neighbour's"),
        ("	NDISC_HOP_LIMIT = 255, /* RFC 4861 7.1: any other was forwarded, and is dropped */",
         "	NDISC_HOP_LIMIT = 254,", "neighbour discovery has a hop limit that is dropped"),
    ]),
    Subject("daemon/frame/frame.c", tests=["frame"], runs=["inbound echo.message=[na]"], edits=[
        ("	ADVERTISEMENT = 136,", "	ADVERTISEMENT = 150,", "the advertisement has a type that ICMPv6 does not have"),
    ]),
    Subject("daemon/frame/frame.c", tests=["frame"], runs=["inbound echo.message=[mld-query]"], edits=[
        ("	LISTENER_QUERY = 130, /* RFC 2710 3.1 */", "	LISTENER_QUERY = 150,",
         "the MLD query has a type that ICMPv6 does not have"),
        ("	MLD_HOP_LIMIT = 1,     /* RFC 2710 3 */", "	MLD_HOP_LIMIT = 2,", "MLD has a hop limit that is dropped"),
    ]),
    Subject("daemon/frame/frame.c", tests=["frame"], runs=["inbound echo.message=[packet-too-big]"], edits=[
        ("	PACKET_TOO_BIG = 2,", "	PACKET_TOO_BIG = 5,", "packet too big has a type that ICMPv6 does not have"),
    ]),
    Subject("daemon/frame/frame.c", tests=["frame"], runs=["inbound echo.message=[ra]"], edits=[
        ("	ROUTER_ADVERTISEMENT = 134, /* RFC 4861 4 */", "	ROUTER_ADVERTISEMENT = 132,",
         "another type is sent instead of a router advertisement"),
    ]),
    Subject("daemon/frame/frame.c", tests=["frame"], runs=["inbound dad.answer=[na]"], edits=[
        ("		 icmpv6_checksum(&message->source, &message->group, icmp, nr));",
         "		 icmpv6_checksum(&message->source, &message->group, icmp, nr) + 1U);",
         "the DAD answer has a wrong checksum"),
    ]),
]
