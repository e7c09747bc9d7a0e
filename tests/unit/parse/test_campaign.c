// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parse/campaign.h"
#include "parse/campaign_schema.h"

/* clang-format off */
#define ROOT_KEYS \
	"spec, name, seed, stop, clean_below_ppm, lanes, tier, device, sysctl, bringup, load, kernel, " \
	"modules, vm, trial_seed, arms, window, order, explore, echo, dad, watch, ledger, submit"
/* clang-format on */
#define SETS_MAX 4

static size_t count_sets(const char *const *sets)
{
	size_t nr = 0;

	while (nr < SETS_MAX && sets[nr])
		nr++;
	return nr;
}

static int load(const char *text, const char *const *sets, struct campaign **out,
		struct why *why)
{
	return campaign_load_text("bad.yaml", text, strlen(text), sets, count_sets(sets), out,
				  why);
}

static struct campaign *load_good(const char *text, const char *const *sets)
{
	struct campaign *campaign = NULL;
	struct why why = { "" };

	if (load(text, sets, &campaign, &why))
		fail_msg("refused: %s", why.text);
	return campaign;
}

static const char *const no_sets[SETS_MAX] = { NULL };

static void test_defaults(void **state)
{
	struct campaign *campaign = NULL;
	struct why why = { "untouched" };

	(void)state;
	assert_int_equal(campaign_load(NULL, NULL, 0, &campaign, &why), 0);
	assert_string_equal(why.text, "untouched");
	assert_string_equal(campaign->name, "campaign");
	assert_int_equal(campaign->seed, 1);
	assert_int_equal(campaign->stop.trials, 240);
	assert_int_equal(campaign->stop.seconds, 0);
	assert_int_equal(campaign->stop.findings, 0);
	assert_int_equal(campaign->lanes, campaign_lanes_here());
	assert_int_equal(campaign->ledger, LEDGER_SUSPECTS);
	assert_int_equal(campaign->tier, TIER_AUTO);
	assert_int_equal(campaign->device.kind, DEVICE_VETH);
	assert_null(campaign->device.dut);
	assert_null(campaign->device.peer);
	assert_int_equal(campaign->sysctl.dad_transmits, 1);
	assert_int_equal(campaign->sysctl.router_solicitation_delay, 0);
	assert_int_equal(campaign->sysctl.retrans_time_ms, 10);
	assert_int_equal(campaign->sysctl.accept_dad, 1);
	assert_int_equal(campaign->sysctl.addr_gen_mode, 0);
	assert_int_equal(campaign->sysctl.keep_addr_on_down, 0);
	assert_int_equal(campaign->bringup.kind, BRINGUP_DO_DAD);
	assert_int_equal(campaign->bringup.nr_command, 0);
	assert_int_equal(campaign->bringup.deadline_ms, 5000);
	assert_int_equal(campaign->nr_arms, ARMS);
	for (uint32_t i = 0; i < ARMS; i++)
		assert_int_equal(campaign->arms[i], i);
	assert_int_equal(campaign->window.site, SITE_FLAGS);
	assert_int_equal(campaign->window.method, METHOD_STOP);
	assert_int_equal(campaign->window.nr_hold_us, 1);
	assert_int_equal(campaign->window.hold_us[0], 5000);
	assert_int_equal(campaign->window.hold_range.max_us, 0);
	assert_int_equal(campaign->echo.nr_directions, 1);
	assert_int_equal(campaign->echo.directions[0], DIRECTION_INBOUND);
	assert_int_equal(campaign->echo.nr_targets, 1);
	assert_int_equal(campaign->echo.targets[0], TARGET_ALL_NODES);
	assert_int_equal(campaign->echo.source, SOURCE_PEER);
	assert_int_equal(campaign->echo.count, 4);
	assert_int_equal(campaign->echo.offset_us, 0);
	assert_int_equal(campaign->echo.spacing_us, 500);
	assert_int_equal(campaign->echo.payload_bytes, 56);
	assert_int_equal(campaign->echo.hop_limit, 64);
	assert_int_equal(campaign->sysctl.enhanced_dad, 1);
	assert_int_equal(campaign->dad.nr_answer, 1);
	assert_int_equal(campaign->dad.answer[0], DAD_ANSWER_NONE);
	assert_int_equal(campaign->dad.at, DAD_AT_PROBE);
	assert_int_equal(campaign->dad.offset_us, 0);
	assert_int_equal(campaign->dad.times, 0);
	assert_int_equal(campaign->watch.nr_objects, OBJECTS);
	assert_int_equal(campaign->watch.deadline_ms, 4000);
	assert_int_equal(campaign->watch.grace_ms, 50);
	assert_int_equal(campaign->watch.unregister_ms, 3000);
	assert_int_equal(campaign->watch.nr_ignore_log, 0);
	campaign_free(campaign);
	campaign_free(NULL);
}

static void test_ignore_log(void **state)
{
	struct campaign *campaign =
		load_good("watch: {ignore_log: ['at net/ipv6/a.c:1', \"x y\"]}\n", no_sets);

	(void)state;
	assert_int_equal(campaign->watch.nr_ignore_log, 2);
	assert_string_equal(campaign->watch.ignore_log[0], "at net/ipv6/a.c:1");
	assert_string_equal(campaign->watch.ignore_log[1], "x y");
	campaign_free(campaign);
}

/* Files that say nothing are the defaults. */
static void test_empty(void **state)
{
	static const char *const texts[] = { "",      "\n",   "# nothing\n",
					     "---\n", "{}\n", "---\n...\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		campaign_free(load_good(texts[i], no_sets));
}

/* clang-format off */
static const struct bad {
	const char *text;
	const char *sets[SETS_MAX];
	const char *sentence;
} bad[] = {
	/* keys */
	{ "window:\n  site: flags\n  hold_ms: 5\n", { NULL },
	  "bad.yaml:3:3: window.hold_ms: unknown key; did you mean hold_us? Allowed here: site, opens, closes, method, hold_us, hold_range" },
	{ "lanes: 2\nwindow: {site: flags, hold_range: {max: 5}}\n", { NULL },
	  "bad.yaml:2:36: window.hold_range.max: unknown key; allowed here: min_us, max_us" },
	{ "lane: 4\n", { NULL },
	  "bad.yaml:1:1: lane: unknown key; did you mean lanes? Allowed here: " ROOT_KEYS },
	{ "Lanes: 4\n", { NULL },
	  "bad.yaml:1:1: Lanes: unknown key; did you mean lanes? Allowed here: " ROOT_KEYS },
	{ "name: a\nhold_us: [5]\n", { NULL },
	  "bad.yaml:2:1: hold_us: unknown key; did you mean window.hold_us? Allowed here: " ROOT_KEYS },
	{ "offset_us: 5\n", { NULL },
	  "bad.yaml:1:1: offset_us: unknown key; allowed here: " ROOT_KEYS },
	{ "echo: {tier: auto}\n", { NULL },
	  "bad.yaml:1:8: echo.tier: unknown key; did you mean tier? Allowed here: directions, targets, source, message, count, offset_us, spacing_us, payload_bytes, hop_limit" },
	{ "window.hold_range.max_us: 5\n", { NULL },
	  "bad.yaml:1:1: window.hold_range.max_us: dots join keys in --set only; in a file, write max_us: below window.hold_range:" },
	{ "<<: {lanes: 3}\n", { NULL },
	  "bad.yaml:1:1: <<: unknown key; allowed here: " ROOT_KEYS },
	{ "lanes: 4\nseed: 5\nlanes: 5\n", { NULL },
	  "bad.yaml:3:1: lanes: given twice, first in line 1" },
	{ "stop: {trials: 5}\nstop: {seconds: 5}\n", { NULL },
	  "bad.yaml:2:1: stop: given twice, first in line 1" },
	{ "? [a]\n: 5\n", { NULL },
	  "bad.yaml:1:3: found a list for a key; allowed here: " ROOT_KEYS },
	{ "lanes: 2\nledger: always\n", { NULL },
	  "bad.yaml:2:1: ledger: ledger: always needs one lane, and lanes is 2; allowed: lanes: 1, or ledger: suspects" },
	{ "ledger: always\nlanes: 2\n", { NULL },
	  "bad.yaml:2:1: lanes: ledger: always needs one lane, and lanes is 2; allowed: lanes: 1, or ledger: suspects" },
	{ "ledger: never\n", { NULL },
	  "bad.yaml:1:9: ledger: found never; allowed: off, suspects, always" },
	{ "lanes: 2\norder: [I held at stop until II held]\n", { NULL },
	  "bad.yaml:2:1: order: \"I held at stop until II held\" can never end as asked: no step holds II; add a step \"II held at ...\", or wait for \"II done\"" },
	{ "submit: {priority: 101}\n", { NULL },
	  "bad.yaml:1:20: submit.priority: found 101; allowed: whole numbers from -100 to 100" },
	{ "submit:\n  not_before: soon\n", { NULL },
	  "bad.yaml:2:3: submit.not_before: found soon; allowed: a time such as 2026-12-24T18:00, 22:00, @SECONDS or +2h" },
	{ "submit: {every: 59}\n", { NULL },
	  "bad.yaml:1:10: submit.every: found 59; allowed: a time of at least 60s, such as 24h or 7d" },
	{ "lanes: 4\nname: a\x7f\n", { NULL },
	  "bad.yaml:2:8: not valid YAML: control characters are not allowed" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 5\n",
	  { NULL },
	  "bad.yaml:1:1: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...: unknown key; allowed here: " ROOT_KEYS },
	{ "\"a\\e[31m\": 5\n", { NULL },
	  "bad.yaml:1:1: a\\u001b[31m: unknown key; allowed here: " ROOT_KEYS },

	/* numbers */
	{ "# one\n\nlanes:   65\n", { NULL },
	  "bad.yaml:3:10: lanes: found 65; allowed: whole numbers from 1 to 64, or auto" },
	{ "lanes: 0\n", { NULL },
	  "bad.yaml:1:8: lanes: found 0; allowed: whole numbers from 1 to 64, or auto" },
	{ "lanes: -1\n", { NULL },
	  "bad.yaml:1:8: lanes: found -1; allowed: whole numbers from 1 to 64, or auto" },
	{ "lanes: 010\n", { NULL },
	  "bad.yaml:1:8: lanes: found 010; allowed: whole numbers from 1 to 64, or auto" },
	{ "lanes: 0x10\n", { NULL },
	  "bad.yaml:1:8: lanes: found 0x10; allowed: whole numbers from 1 to 64, or auto" },
	{ "lanes: 4.0\n", { NULL },
	  "bad.yaml:1:8: lanes: found 4.0; allowed: whole numbers from 1 to 64, or auto" },
	{ "lanes: \"4\"\n", { NULL },
	  "bad.yaml:1:8: lanes: found \"4\"; allowed: whole numbers from 1 to 64, or auto" },
	{ "seed: 9223372036854775808\n", { NULL },
	  "bad.yaml:1:7: seed: found 9223372036854775808; allowed: whole numbers from 0 to 9223372036854775807" },
	{ "seed: 99999999999999999999999999\n", { NULL },
	  "bad.yaml:1:7: seed: found 99999999999999999999999999; allowed: whole numbers from 0 to 9223372036854775807" },
	{ "echo:\n  payload_bytes: 15\n", { NULL },
	  "bad.yaml:2:18: echo.payload_bytes: found 15; allowed: whole numbers from 16 to 1452" },
	{ "echo:\n  hop_limit: 256\n", { NULL },
	  "bad.yaml:2:14: echo.hop_limit: found 256; allowed: whole numbers from 1 to 255" },
	{ "window:\n  hold_us: [5, 600000001]\n", { NULL },
	  "bad.yaml:2:16: window.hold_us: found 600000001; allowed in this list: whole numbers from 1 to 600000000" },

	/* kinds of values */
	{ "lanes: [4]\n", { NULL },
	  "bad.yaml:1:8: lanes: found a list; allowed: whole numbers from 1 to 64, or auto" },
	{ "tier: kretprobe\n", { NULL },
	  "bad.yaml:1:7: tier: found kretprobe; did you mean kprobe? Allowed: auto, kprobe, fentry, tracepoint" },
	{ "tier: 1\n", { NULL },
	  "bad.yaml:1:7: tier: found 1; allowed: auto, kprobe, fentry, tracepoint" },
	{ "arms: race\n", { NULL },
	  "bad.yaml:1:7: arms: found race; allowed: a list, in brackets, of control, hold, echo, race" },
	{ "arms:\n  - race\n  - rase\n", { NULL },
	  "bad.yaml:3:5: arms: found rase; did you mean race? Allowed in this list: control, hold, echo, race" },
	{ "arms: [race, hold,\n   race]\n", { NULL },
	  "bad.yaml:2:4: arms: race is listed twice" },
	{ "arms: []\n", { NULL },
	  "bad.yaml:1:7: arms: found an empty list; allowed: a list of at least one of control, hold, echo, race" },
	{ "arms: [[race]]\n", { NULL },
	  "bad.yaml:1:8: arms: found a list; allowed in this list: control, hold, echo, race" },
	{ "echo:\n  targets: []\n", { NULL },
	  "bad.yaml:2:12: echo.targets: found an empty list; allowed: a list of at least one of all-nodes, solicited-node, tentative, peer, nobody" },
	{ "window:\n  hold_us: []\n", { NULL },
	  "bad.yaml:2:12: window.hold_us: found an empty list; allowed: a list of at least one of whole numbers from 1 to 600000000" },
	{ "window:\nlanes: 2\n", { NULL },
	  "bad.yaml:1:8: window: found nothing; allowed: a mapping with the keys site, opens, closes, method, hold_us, hold_range" },
	{ "window: 5\n", { NULL },
	  "bad.yaml:1:9: window: found 5; allowed: a mapping with the keys site, opens, closes, method, hold_us, hold_range" },
	{ "[a]\n", { NULL },
	  "bad.yaml:1:1: found a list; allowed: a mapping with the keys " ROOT_KEYS },
	{ "name: {a: b}\n", { NULL }, "bad.yaml:1:7: name: found a mapping; allowed: text" },
	{ "name:\n", { NULL }, "bad.yaml:1:6: name: found nothing; allowed: text" },
	{ "name: ''\n", { NULL },
	  "bad.yaml:1:1: name: found \"\"; allowed: 1 to 64 bytes without control characters and /" },
	{ "watch: {ignore_log: [abc, '']}\n", { NULL },
	  "bad.yaml:1:9: watch.ignore_log: an empty text would leave out the whole log; give words of the line, or remove it" },
	{ "name: a/b\n", { NULL },
	  "bad.yaml:1:1: name: found \"a/b\"; allowed: 1 to 64 bytes without control characters and /" },
	{ "name: \"a\\0b\"\n", { NULL }, "bad.yaml:1:7: name: found \"a\"; allowed: text" },

	/* YAML */
	{ "arms: &a [race]\necho:\n  targets: *a\n", { NULL },
	  "bad.yaml:3:12: echo.targets: found an alias; write the value out" },
	{ "seed: !!int 5\n",
	  { NULL }, "bad.yaml:1:7: seed: found a tag; write the value without it" },
	{ "lanes: 4\n---\nlanes: 5\n", { NULL },
	  "bad.yaml:2:1: found a second document; allowed: one" },
	{ "arms: [race}\n", { NULL },
	  "bad.yaml:1:12: not valid YAML: while parsing a flow sequence, did not find expected ',' or ']'" },
	{ "\tlanes: 4\n", { NULL },
	  "bad.yaml:1:1: not valid YAML: while scanning for the next token, found character that cannot start any token" },
	{ "# \xc3\xa4\nname: \xc3\xa4\xc3\xb6\xff\n", { NULL },
	  "bad.yaml:2:9: not valid YAML: invalid leading UTF-8 octet" },

	/* what goes together */
	{ "stop:\n  trials: 0\n", { NULL },
	  "bad.yaml:2:3: stop.trials: the campaign would never end; give stop.trials or stop.seconds" },
	{ "window:\n  hold_us: [5]\n  hold_range: {max_us: 7}\n", { NULL },
	  "bad.yaml:3:3: window.hold_range: hold_us and hold_range are both given; keep one of them" },
	{ "window:\n  hold_range: {max_us: 7}\n  hold_us: [5]\n", { NULL },
	  "bad.yaml:3:3: window.hold_us: hold_us and hold_range are both given; keep one of them" },
	{ "window:\n  hold_range: {min_us: 7}\n", { NULL },
	  "bad.yaml:2:16: window.hold_range.min_us: max_us is missing; a range needs both ends" },
	{ "window:\n  hold_range:\n    min_us: 30\n    max_us: 7\n", { NULL },
	  "bad.yaml:4:5: window.hold_range.max_us: min_us is 30 and max_us 7; allowed: min_us up to max_us" },
	{ "device:\n  kind: dummy\n", { NULL },
	  "bad.yaml:2:3: device.kind: inbound echoes need a peer, and a dummy device has none; allowed in echo.directions: outbound, outbound-raw" },
	{ "device: {kind: dummy}\necho:\n  directions: [outbound]\n  targets: [nobody, peer]\n",
	  { NULL },
	  "bad.yaml:4:3: echo.targets: target peer needs a peer, and a dummy device has none; allowed: nobody, all-nodes" },
	{ "echo:\n  directions: [inbound, outbound]\n  targets: [tentative]\n", { NULL },
	  "bad.yaml:3:3: echo.targets: no target fits direction outbound; allowed there: all-nodes, peer, nobody" },
	{ "bringup:\n  kind: command\n  command: [x]\n  change: [mtu]\n", { NULL },
	  "bad.yaml:4:3: bringup.change: a command makes its own changes; remove bringup.change, or give bringup.kind: do_dad" },
	{ "bringup:\n  change: [none, mtu]\ndevice: {kind: existing, dut: a, peer: b}\n",
	  { NULL },
	  "bad.yaml:3:10: device.kind: existing devices are restored, and changes by the bring-up cannot be undone; allowed: none" },
	{ "bringup:\n  change: [link-delete]\ndevice: {kind: existing, dut: a, peer: b}\n",
	  { NULL },
	  "bad.yaml:3:10: device.kind: existing devices are restored, and changes by the bring-up cannot be undone; allowed: none" },
	{ "bringup:\n  kind: command\n  command: [x]\n  change: [link-delete]\n", { NULL },
	  "bad.yaml:4:3: bringup.change: a command makes its own changes; remove bringup.change, or give bringup.kind: do_dad" },
	{ "sysctl:\n  keep_addr_on_down: 1\nbringup:\n  change: [address-add]\n", { NULL },
	  "bad.yaml:4:3: bringup.change: with sysctl.keep_addr_on_down, the address of address-add would stay for the next trial; remove one of the two" },
	{ "device: {kind: dummy}\necho: {directions: [outbound]}\nload: [cpu, packets]\n",
	  { NULL },
	  "bad.yaml:3:1: load: packets need a peer, and a dummy device has none; allowed: none, cpu, rtnl" },
	{ "device: {kind: existing, dut: a, peer: b}\nload: [rtnl]\n", { NULL },
	  "bad.yaml:2:1: load: rtnl changes lo, which an existing device shares with others; allowed: none, cpu, packets" },
	{ "sysctl: {keep_addr_on_down: 1}\nbringup:\n  change: [keep-addr-on-down]\n", { NULL },
	  "bad.yaml:3:3: bringup.change: keep-addr-on-down switches the same sysctl; remove one of the two" },
	{ "echo:\n  directions: [inbound, outbound-raw]\n  message: [ns, ra]\n", { NULL },
	  "bad.yaml:3:3: echo.message: direction outbound-raw carries echoes only; add echo, or remove the direction" },
	{ "echo:\n  message: [echo, redirect]\nsysctl:\n  addr_gen_mode: 2\n", { NULL },
	  "bad.yaml:4:3: sysctl.addr_gen_mode: redirect must know the device's address in advance; give sysctl.addr_gen_mode: 0" },
	{ "device: {kind: existing, dut: a, peer: b}\necho:\n  message: [ra]\n", { NULL },
	  "bad.yaml:3:3: echo.message: ra changes routes, and an existing device shares its network namespace with others; remove ra" },
	{ "echo:\n  count: 1000\n  spacing_us: 1000000\n", { NULL },
	  "bad.yaml:3:3: echo.spacing_us: the last echo would be sent 999000000 us after the window opened; allowed: up to 600000000" },
	{ "echo:\n  count: 0\n", { NULL },
	  "bad.yaml:2:3: echo.count: neither echoes nor DAD answers would be sent; give echo.count or dad.answer" },
	{ "dad:\n  answers: [na]\n", { NULL },
	  "bad.yaml:2:3: dad.answers: unknown key; did you mean answer? Allowed here: answer, at, offset_us, times" },
	{ "dad: {answer: [na, ra]}\n", { NULL },
	  "bad.yaml:1:20: dad.answer: found ra; did you mean na? Allowed in this list: none, ns, na, loopback" },
	{ "device: {kind: dummy}\necho: {directions: [outbound]}\ndad:\n  answer: [none, na]\n",
	  { NULL },
	  "bad.yaml:4:3: dad.answer: DAD answers need a peer, and a dummy device has none; allowed: none" },
	{ "dad:\n  answer: [ns, loopback]\ndevice:\n  kind: macvlan\n", { NULL },
	  "bad.yaml:4:3: device.kind: a macvlan drops frames from its own MAC address, so no probe can come back; allowed: none, ns, na" },
	{ "dad:\n  answer: [na, loopback]\n  at: open\n", { NULL },
	  "bad.yaml:3:3: dad.at: loopback sends a probe back, and there may be none yet when the window opens; give dad.at: probe" },
	{ "dad: {answer: [na], at: open}\nsysctl:\n  addr_gen_mode: 3\n", { NULL },
	  "bad.yaml:3:3: sysctl.addr_gen_mode: the device's address is not known before its probe when sysctl.addr_gen_mode is not 0; give dad.at: probe" },
	{ "dad:\n  answer: [na]\n  at: open\n  times: 2\n", { NULL },
	  "bad.yaml:4:3: dad.times: dad.at: open sends one answer; dad.times: 2 needs dad.at: probe" },
	{ "device:\n  kind: existing\n", { NULL },
	  "bad.yaml:2:3: device.kind: existing needs device.dut" },
	{ "device: {kind: existing, dut: a}\n", { NULL },
	  "bad.yaml:1:10: device.kind: inbound echoes need a peer, and an existing device without device.peer has none; allowed in echo.directions: outbound, outbound-raw" },
	{ "device:\n  dut: eth0\n", { NULL },
	  "bad.yaml:2:3: device.dut: only device.kind: existing takes device names, and it is veth; remove device.dut" },
	{ "device:\n  model: igb\n", { NULL },
	  "bad.yaml:2:3: device.model: only device.kind: nic takes it, and the kind is veth; remove device.model" },
	{ "device:\n  kind: dummy\n  driver: e1000e\necho: {directions: [outbound], targets: [nobody]}\n", { NULL },
	  "bad.yaml:3:3: device.driver: only device.kind: nic takes it, and the kind is dummy; remove device.driver" },
	{ "device:\n  addresses: [192.0.2.1/24]\n", { NULL },
	  "bad.yaml:2:3: device.addresses: only device.kind: existing takes it, and the kind is veth; remove device.addresses" },
	{ "device: {kind: existing, dut: a, peer: b}\n", { "device.addresses=[2001:db8::1/64, eth0]" },
	  "--set device.addresses=[2001:db8::1/64, eth0]: device.addresses: found \"eth0\"; allowed: IPv6 and IPv4 addresses, each with or without a prefix length" },
	{ "explore:\n  places: [\"I held at stop\"]\n  reach: [\"change mtu: 1 2\"]\n", { NULL },
	  "bad.yaml:3:3: explore.reach: \"change mtu: 1 2\" names place 2, and explore.places has 1" },
	{ "device: {kind: existing, dut: a, peer: a}\n", { NULL },
	  "bad.yaml:1:34: device.peer: dut and peer are both a; name two devices" },
	{ "device: {kind: existing, dut: a/b, peer: a}\n", { NULL },
	  "bad.yaml:1:26: device.dut: found \"a/b\"; allowed: a device name of 1 to 15 bytes without /, : and white space" },
	{ "device: {kind: existing, dut: a, peer: b}\nwatch: {objects: [dst]}\n", { NULL },
	  "bad.yaml:2:9: watch.objects: dst entries are counted per network namespace, which an existing device shares with others; remove dst" },
	{ "lanes: 2\ndevice: {kind: existing, dut: a, peer: b}\n", { NULL },
	  "bad.yaml:2:10: device.kind: an existing device allows one lane, and lanes is 2; allowed: lanes: 1" },
	{ "bringup:\n  kind: command\n", { NULL },
	  "bad.yaml:2:3: bringup.kind: kind command needs bringup.command, such as [ifconfig, '{dut}', up]" },
	{ "bringup:\n  command: [ifconfig]\n", { NULL },
	  "bad.yaml:2:3: bringup.command: kind do_dad runs no command; leave bringup.command out, or give bringup.kind: command" },
	{ "bringup:\n  status: any\n", { NULL },
	  "bad.yaml:2:3: bringup.status: kind do_dad runs no command; leave bringup.status out, or give bringup.kind: command" },
	{ "bringup:\n  status: 256\n", { NULL },
	  "bad.yaml:2:3: bringup.status: found \"256\"; allowed: an exit status from 0 to 255, or any" },
	{ "bringup:\n  status: -1\n", { NULL },
	  "bad.yaml:2:3: bringup.status: found \"-1\"; allowed: an exit status from 0 to 255, or any" },
	{ "bringup:\n  status: 1x\n", { NULL },
	  "bad.yaml:2:3: bringup.status: found \"1x\"; allowed: an exit status from 0 to 255, or any" },
	{ "bringup:\n  kind: command\n  command: ['']\n", { NULL },
	  "bad.yaml:3:3: bringup.command: the program's name is empty" },
	{ "bringup:\n  daemon: true\n", { NULL },
	  "bad.yaml:2:3: bringup.daemon: kind do_dad exits by itself; remove bringup.daemon, or give bringup.kind: command" },
	{ "bringup: {kind: command, command: [x], daemon: true}\nwindow:\n  closes: exit\n", { NULL },
	  "bad.yaml:3:3: window.closes: a daemon does not exit, so window.closes: exit never comes; allowed: auto, flags, dad, teardown" },
	{ "bringup:\n  kind: command\n  command: [ip, 'x{dut}{dev}']\n", { NULL },
	  "bad.yaml:3:3: bringup.command: found \"x{dut}{dev}\"; allowed in braces: {dut}, {peer}" },
	{ "bringup:\n  kind: command\n  command: 'f() { ip link set ${x} {dev}; }'\n", { NULL },
	  "bad.yaml:3:3: bringup.command: found \"f() { ip link set ${x} {dev}; }\"; allowed in braces: {dut}, {peer}" },
	{ "bringup:\n  kind: command\n  command: [ip, '}']\n", { NULL },
	  "bad.yaml:3:3: bringup.command: found \"}\"; allowed in braces: {dut}, {peer}" },
	{ "device: {kind: dummy}\necho: {directions: [outbound]}\n"
	  "bringup:\n  kind: command\n  command: [ip, '{peer}']\n", { NULL },
	  "bad.yaml:5:3: bringup.command: the command names {peer}, and a dummy device has no peer" },

	{ "vm: {plant_module: x.ko}\n", { NULL },
	  "bad.yaml:1:6: vm.plant_module: a module needs the name of a bug; give vm.plant" },

	/* overrides */
	{ "", { "lanes" }, "--set lanes: expected KEY=VALUE, such as window.hold_us=[5000]" },
	{ "stop: {below_ppm: 100000}\n", { NULL },
	  "bad.yaml:1:8: stop.below_ppm: below_ppm is 100000 and above_ppm 100000; allowed: below_ppm smaller than above_ppm" },
	{ "stop: {decided: [rate, rate]}\n", { NULL },
	  "bad.yaml:1:24: stop.decided: rate is listed twice" },
	{ "", { "lane=4" }, "--set lane=4: lane: unknown key; did you mean lanes? Allowed here: " ROOT_KEYS },
	{ "", { "=4" }, "--set =4: expected KEY=VALUE, such as window.hold_us=[5000]" },
	{ "", { "window.hold_ms=4" },
	  "--set window.hold_ms=4: window.hold_ms: unknown key; did you mean window.hold_us? Allowed here: site, opens, closes, method, hold_us, hold_range" },
	{ "", { "window.hold_us.x=4" },
	  "--set window.hold_us.x=4: window.hold_us: has no keys below it" },
	{ "", { "lanes=" },
	  "--set lanes=: lanes: found nothing; allowed: whole numbers from 1 to 64, or auto" },
	{ "", { "lanes=5", "lanes=99" },
	  "--set lanes=99: lanes: found 99; allowed: whole numbers from 1 to 64, or auto" },
	{ "", { "window.hold_us=5000" },
	  "--set window.hold_us=5000: window.hold_us: found 5000; allowed: a list, in brackets, of whole numbers from 1 to 600000000" },
	{ "", { "arms=[race" },
	  "--set arms=[race: not valid YAML: while parsing a flow sequence, did not find expected ',' or ']'" },
	{ "", { "lanes=4\nseed: 5" },
	  "--set lanes=4\\u000aseed: 5: lanes: found 4 seed; allowed: whole numbers from 1 to 64, or auto" },
	{ "", { "window={hold_us: [5], hold_range: {max_us: 7}}" },
	  "--set window={hold_us: [5], hold_range: {max_us: 7}}: window.hold_range: hold_us and hold_range are both given; keep one of them" },
	{ "device: {kind: existing, dut: a, peer: b}\n", { "lanes=3" },
	  "--set lanes=3: lanes: an existing device allows one lane, and lanes is 3; allowed: lanes: 1" },
};
/* clang-format on */

static void test_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct campaign *campaign = NULL;
		struct why why = { "" };

		assert_int_equal(load(bad[i].text, bad[i].sets, &campaign, &why), -EINVAL);
		assert_string_equal(why.text, bad[i].sentence);
		assert_null(campaign);
		assert_int_equal(load(bad[i].text, bad[i].sets, &campaign, NULL), -EINVAL);
	}
}

static void test_sets(void **state)
{
	static const char *const sets[SETS_MAX] = {
		"lanes=4",
		"bringup={kind: command, command: [ifconfig, '{dut}', up]}",
		"lanes=5",
		"window.hold_us=[1000,5000]",
	};
	struct campaign *campaign;

	(void)state;
	campaign = load_good("lanes: 3\nseed: 9\n", sets);
	assert_int_equal(campaign->lanes, 5);
	assert_int_equal(campaign->seed, 9);
	assert_int_equal(campaign->bringup.kind, BRINGUP_COMMAND);
	assert_int_equal(campaign->bringup.nr_command, 3);
	assert_string_equal(campaign->bringup.command[1], "{dut}");
	assert_int_equal(campaign->bringup.deadline_ms, 5000);
	assert_int_equal(campaign->window.nr_hold_us, 2);
	assert_int_equal(campaign->window.hold_us[1], 5000);
	campaign_free(campaign);
}

static void test_command_line_for_a_shell(void **state)
{
	static const char *const none[SETS_MAX] = { NULL };
	struct campaign *campaign = load_good(
		"bringup: {kind: command, command: 'f() { ip link set {dut} ${1}; }; f up'}\n",
		none);

	(void)state;
	assert_int_equal(campaign->bringup.nr_command, 3);
	assert_string_equal(campaign->bringup.command[0], "sh");
	assert_string_equal(campaign->bringup.command[1], "-c");
	assert_string_equal(campaign->bringup.command[2],
			    "f() { ip link set {dut} ${1}; }; f up");
	campaign_free(campaign);
}

/* Which of hold_us and hold_range holds: the one given later. */
static void test_hold(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		const char *sets[SETS_MAX];
		uint64_t hold_us, min_us, max_us;
	} holds[] = {
		{ "window: {hold_range: {min_us: 10, max_us: 20}}", { NULL }, 0, 10, 20 },
		{ "window: {hold_range: {max_us: 20}}", { NULL }, 0, 1, 20 },
		{ "window: {hold_us: [7], hold_range: {min_us: 3, max_us: 0}}",
		  { NULL }, 7, 3, 0 },
		{ "", { "window.hold_range={min_us: 10, max_us: 20}" }, 0, 10, 20 },
		{ "window: {hold_us: [7]}", { "window.hold_range.max_us=20" }, 0, 1, 20 },
		{ "window: {hold_range: {min_us: 10, max_us: 20}}",
		  { "window.hold_us=[7]" }, 7, 1, 0 },
		{ "window: {hold_range: {min_us: 10, max_us: 20}}",
		  { "window.hold_range.max_us=0" }, 5000, 10, 0 },
		{ "window: {hold_range: {min_us: 10, max_us: 20}}",
		  { "window.hold_us=[7]", "window.hold_range.max_us=30" }, 0, 10, 30 },
		{ "window: {hold_range: {min_us: 10, max_us: 20}}",
		  { "window.hold_range.max_us=30", "window.hold_us=[7]" }, 7, 1, 0 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		struct campaign *campaign = load_good(holds[i].text, holds[i].sets);

		assert_int_equal(campaign->window.nr_hold_us, holds[i].hold_us ? 1 : 0);
		if (holds[i].hold_us)
			assert_int_equal(campaign->window.hold_us[0], holds[i].hold_us);
		else
			assert_null(campaign->window.hold_us);
		assert_int_equal(campaign->window.hold_range.min_us, holds[i].min_us);
		assert_int_equal(campaign->window.hold_range.max_us, holds[i].max_us);
		campaign_free(campaign);
	}
}

static char *dump(const struct campaign *campaign)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(campaign_dump(campaign, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_round_trip(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"",
		"name: '~'\nseed: 9223372036854775807\ntier: fentry\nlanes: 64\n",
		"name: \"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x8c: #1 'x'\"\n",
		"device: {kind: existing, dut: eth0, peer: '5'}\n",
		"window: {hold_range: {min_us: 10, max_us: 20}}\n",
		"window: {hold_us: [1, 1, 600000000]}\n",
		("bringup:\n  kind: command\n  command:\n    - sh\n    - -c\n    - |\n"
		 "      ip link set \"$1\" up\n      # two \\ lines\n    - \"\"\n"
		 "    - null and {dut}\n"
		 "    - \"\\x01\\t\\u2028\\U0010ffff\\xff\"\n"),
		("arms: [race, echo]\nwatch: {objects: [inet6_dev], grace_ms: 0}\n"
		 "echo: {directions: [outbound-raw, inbound], targets: [nobody, tentative]}\n"),
		"echo: {count: 0}\ndad: {answer: [loopback, na], offset_us: 7, times: 3}\n",
		"submit: {priority: -5, not_before: 22:00, every: 24h}\n",
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct campaign *first = load_good(texts[i], no_sets);
		char *before = dump(first);
		struct campaign *second = load_good(before, no_sets);
		char *after = dump(second);
		json_t *left = fields_to_json(&campaign_fields, first);
		json_t *right = fields_to_json(&campaign_fields, second);

		assert_string_equal(before, after);
		assert_true(json_equal(left, right));
		json_decref(left);
		json_decref(right);
		free(before);
		free(after);
		campaign_free(first);
		campaign_free(second);
	}
}

static void test_texts_arrive(void **state)
{
	struct campaign *campaign;

	(void)state;
	campaign = load_good(
		"bringup: {kind: command, command: [5, true, \"\\t\\u20ac\\\"\"]}\n", no_sets);
	assert_int_equal(campaign->bringup.nr_command, 3);
	assert_string_equal(campaign->bringup.command[0], "5");
	assert_string_equal(campaign->bringup.command[1], "true");
	assert_string_equal(campaign->bringup.command[2], "\t\xe2\x82\xac\"");
	campaign_free(campaign);
}

static void test_files(void **state)
{
	static const char missing[] = "/proc/self/no-such-file";
	struct campaign *campaign = NULL;
	struct why why = { "" };
	char path[64], expected[256];
	int fd = memfd_create("campaign", MFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(write(fd, "lanes: 7\n", 9), 9);
	assert_int_equal(campaign_load(path, NULL, 0, &campaign, &why), 0);
	assert_int_equal(campaign->lanes, 7);
	campaign_free(campaign);
	campaign = NULL;

	assert_int_equal(ftruncate(fd, (1 << 20) + 1), 0);
	assert_int_equal(campaign_load(path, NULL, 0, &campaign, &why), -EINVAL);
	snprintf(expected, sizeof(expected),
		 "%s: longer than 1048576 bytes; is this the right file?", path);
	assert_string_equal(why.text, expected);
	close(fd);

	assert_int_equal(campaign_load(missing, NULL, 0, &campaign, &why), -ENOENT);
	snprintf(expected, sizeof(expected), "%s: cannot be opened: No such file or directory",
		 missing);
	assert_string_equal(why.text, expected);
	assert_int_equal(campaign_load("/", NULL, 0, &campaign, &why), -EISDIR);
	assert_null(campaign);
}

/* The installed campaigns load as they are, under their own names; all-keys has the default. */
static void test_shipped(void **state)
{
#ifdef CAMPAIGNS_FOLDER
	glob_t files;

	(void)state;
	assert_int_equal(glob(CAMPAIGNS_FOLDER "/*.yaml", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *name = strrchr(files.gl_pathv[i], '/') + 1;
		struct campaign *campaign = NULL;
		struct why why = { "" };

		if (!strcmp(name, "all-keys.yaml"))
			continue;
		if (campaign_load(files.gl_pathv[i], NULL, 0, &campaign, &why))
			fail_msg("%s", why.text);
		assert_memory_equal(campaign->name, name, strlen(name) - strlen(".yaml"));
		assert_int_equal(strlen(campaign->name), strlen(name) - strlen(".yaml"));
		campaign_free(campaign);
	}
	globfree(&files);
#else
	(void)state;
	print_message("SKIP: built without CAMPAIGNS_FOLDER\n");
	skip();
#endif
}

static char *read_file(const char *path)
{
	char *text = calloc(1, 1 << 20);
	FILE *file = fopen(path, "r");

	assert_non_null(text);
	if (!file)
		fail_msg("%s: cannot be opened", path);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static char *help(void)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	campaign_help(out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_help(void **state)
{
	char *text = help();

	(void)state;
	assert_non_null(strstr(text, "\n    # Allowed: whole numbers from 0 to 600000000\n"
				     "    max_us: 0\n"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		assert_true(strcspn(line, "\n") <= 96);
		assert_null(strstr(line, " \n"));
	}
	free(text);
}

/* A key's line: with its default, or commented out with its example. */
static void key_line(const struct field *row, char *line, size_t size)
{
	if (row->type == FIELD_OBJECT)
		snprintf(line, size, "%s:\n", row->name);
	else if (row->fallback)
		snprintf(line, size, "%s: %s\n", row->name, row->fallback);
	else
		snprintf(line, size, "#%s: %s\n", row->name, row->example);
}

static void check_keys(const struct fields *fields, const char *text)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		const char *found;
		char line[256];

		key_line(row, line, sizeof(line));
		found = strstr(text, line);
		if (!found)
			fail_msg("%s is missing, or not in the order of the table", line);
		else
			text = found;
		if (row->type == FIELD_OBJECT)
			check_keys(row->sub, text);
	}
}

/* config/campaigns/all-keys.yaml: the schema's line, then what --help-config prints. */
static void test_all_keys(void **state)
{
	static const char modeline[] =
		"# yaml-language-server: $schema=../schema/campaign.schema.json\n";
	char *kept = read_file(CAMPAIGNS_FOLDER "/all-keys.yaml"), *made = help();
	struct campaign *all = load_good(kept, no_sets), *none = load_good("", no_sets);
	json_t *left = fields_to_json(&campaign_fields, all);
	json_t *right = fields_to_json(&campaign_fields, none);

	(void)state;
	check_keys(&campaign_fields, kept);
	assert_true(json_equal(left, right));
	if (strncmp(kept, modeline, strlen(modeline)) != 0 ||
	    strcmp(kept + strlen(modeline), made) != 0)
		fail_msg(
			"all-keys.yaml is not its first line and what `dadrace run --help-config` prints; write it anew");
	json_decref(left);
	json_decref(right);
	campaign_free(all);
	campaign_free(none);
	free(kept);
	free(made);
}

/* Each kind of device has keys that the others refuse. */
static bool is_of_kind(const char *prefix, const char *name, const char *kind)
{
	if (strcmp(prefix, "device.") != 0)
		return true;
	return (strcmp(name, "driver") == 0) == (strcmp(kind, "nic") == 0);
}

static void add_examples(const struct fields *fields, const char *prefix, const char *kind,
			 const char **sets, size_t *nr_sets)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		char path[128], *set;

		if (row->example && is_of_kind(prefix, row->name, kind)) {
			assert_true(asprintf(&set, "%s%s=%s", prefix, row->name, row->example) >
				    0);
			sets[(*nr_sets)++] = set;
		}
		snprintf(path, sizeof(path), "%s%s.", prefix, row->name);
		if (row->type == FIELD_OBJECT)
			add_examples(row->sub, path, kind, sets, nr_sets);
	}
}

/* What is shown for a key without a default is accepted. */
static void test_examples(void **state)
{
	static const char *const kinds[] = { "existing", "nic" };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *sets[32];
		struct campaign *campaign = NULL;
		struct why why = { "" };
		char kind[32];
		size_t nr_sets = 0;

		snprintf(kind, sizeof(kind), "device.kind=%s", kinds[i]);
		sets[nr_sets++] = kind;
		add_examples(&campaign_fields, "", kinds[i], sets, &nr_sets);
		assert_true(nr_sets > 5);
		if (campaign_load(NULL, sets, nr_sets, &campaign, &why))
			fail_msg("%s", why.text);
		campaign_free(campaign);
		while (--nr_sets)
			free((char *)sets[nr_sets]);
	}
}

static void test_schema_file_is_up_to_date(void **state)
{
	char *made = NULL, *kept = read_file(SCHEMA_FILE);
	size_t length = 0;
	FILE *out = open_memstream(&made, &length);

	(void)state;
	assert_int_equal(campaign_schema(out), 0);
	assert_int_equal(fclose(out), 0);
	if (strcmp(made, kept) != 0)
		fail_msg("%s is not what `dadrace schema --campaign` prints; write it anew",
			 SCHEMA_FILE);
	free(made);
	free(kept);
}

static void check_sentences(const struct fields *fields)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		assert_non_null(row->doc);
		assert_true(row->doc[strlen(row->doc) - 1] != '.');
		assert_true(row->fallback || (row->nullable && row->example) ||
			    row->type == FIELD_OBJECT);
		if (row->type == FIELD_OBJECT)
			check_sentences(row->sub);
	}
}

static void test_table(void **state)
{
	(void)state;
	check_sentences(&campaign_fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_ignore_log),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_command_line_for_a_shell),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_texts_arrive),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_schema_file_is_up_to_date),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("campaign", tests, NULL, NULL);
}
