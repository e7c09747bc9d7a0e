// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <inttypes.h>
#include <net/if.h>
#include <string.h>

#include "parse/campaign_parts.h"
#include "spec/order.h"
#include "spec/reach.h"
#include "spec/times.h"

#define NAME_LENGTH 64

static bool later(const struct given *a, const struct given *b)
{
	if (a->layer != b->layer)
		return a->layer > b->layer;
	return a->line != b->line ? a->line > b->line : a->column > b->column;
}

/* Of two keys that do not go together, the one to be named: the later one. */
static int culprit(const struct load *load, int a, int b)
{
	return later(&load->given[a], &load->given[b]) ? a : b;
}

int resolve_hold(struct load *load)
{
	int list = key_find("window.hold_us"), range = key_find("window.hold_range");
	int min = key_find("window.hold_range.min_us"),
	    max = key_find("window.hold_range.max_us");
	struct given *given = load->given;
	bool ranged = given[max].nr_words && strcmp(given[max].words[0], "0") != 0;

	if (!ranged) {
		if (given[min].layer && !given[max].layer)
			return complain_key(load, min,
					    "max_us is missing; a range needs both ends");
		return 0;
	}
	if (given[list].layer &&
	    (given[list].layer == given[min].layer || given[list].layer == given[max].layer))
		return complain_key(load, culprit(load, list, range),
				    "hold_us and hold_range are both given; keep one of them");
	if (given[list].layer > given[min].layer && given[list].layer > given[max].layer) {
		int err = read_fallback(load, min);

		return err ? err : read_fallback(load, max);
	}
	given_drop(&given[list]);
	return 0;
}

int resolve_objects(struct load *load)
{
	static const char own_devices_only[] = "[net_device, inet6_dev]";
	int id = key_find("watch.objects");
	struct given *objects = &load->given[id];

	if (strcmp(load->given[key_find("device.kind")].words[0],
		   device_kind_names[DEVICE_EXISTING]) != 0)
		return 0;
	if (objects->layer == LAYER_FALLBACK) {
		given_drop(objects);
		return read_layer(load, LAYER_FALLBACK, id, own_devices_only,
				  strlen(own_devices_only));
	}
	for (uint32_t i = 0; i < objects->nr_words; i++)
		if (!strcmp(objects->words[i], object_names[OBJECT_DST]))
			return complain_key(
				load, id,
				"dst entries are counted per network namespace, which an existing device shares with others; remove dst");
	return 0;
}

/* A real device's carrier alone takes seconds. */
int resolve_deadline(struct load *load)
{
	static const char of_real_devices[] = "20000";
	const char *kind = load->given[key_find("device.kind")].words[0];
	int id = key_find("bringup.deadline_ms");

	if (load->given[id].layer != LAYER_FALLBACK ||
	    (strcmp(kind, device_kind_names[DEVICE_EXISTING]) &&
	     strcmp(kind, device_kind_names[DEVICE_NIC])))
		return 0;
	given_drop(&load->given[id]);
	return read_layer(load, LAYER_FALLBACK, id, of_real_devices, strlen(of_real_devices));
}

static int check_name(const struct load *load, const struct campaign *campaign)
{
	size_t length = strlen(campaign->name);

	for (const char *c = campaign->name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == '/')
			length = 0;
	if (!length || length > NAME_LENGTH)
		return complain_key(
			load, key_find("name"),
			"found \"%s\"; allowed: 1 to %d bytes without control characters and /",
			show(campaign->name).text, NAME_LENGTH);
	return 0;
}

static int check_stop(const struct load *load, const struct campaign *campaign)
{
	if (!campaign->stop.trials && !campaign->stop.seconds)
		return complain_key(
			load, culprit(load, key_find("stop.seconds"), key_find("stop.trials")),
			"the campaign would never end; give stop.trials or stop.seconds");
	if (campaign->stop.below_ppm >= campaign->stop.above_ppm)
		return complain_key(
			load,
			culprit(load, key_find("stop.below_ppm"), key_find("stop.above_ppm")),
			"below_ppm is %" PRIu32 " and above_ppm %" PRIu32
			"; allowed: below_ppm smaller than above_ppm",
			campaign->stop.below_ppm, campaign->stop.above_ppm);
	return 0;
}

/* "0x" and 1 to 16 hexadecimal digits. */
static bool is_seed(const char *text)
{
	size_t digits = strncmp(text, "0x", 2) ? 0 : strlen(text + 2);

	return digits >= 1 && digits <= 16 &&
	       strspn(text + 2, "0123456789abcdefABCDEF") == digits;
}

static int check_spec(const struct load *load, const struct campaign *campaign)
{
	int seed = key_find("trial_seed");

	if (campaign->trial_seed && !is_seed(campaign->trial_seed))
		return complain_key(load, seed,
				    "found \"%s\"; allowed: 0x and 1 to 16 hexadecimal digits",
				    show(campaign->trial_seed).text);
	if (!campaign->spec)
		return 0;
	if (!campaign->trial_seed)
		return complain_key(load, key_find("spec"),
				    "a spec is one trial and needs trial_seed");
	for (const struct pin *pin = campaign_pins; pin->drawn; pin++) {
		int id = key_find(pin->key);

		if (pin->list && load->given[id].nr_words != 1)
			return complain_key(
				load, id,
				"a spec is one trial: exactly one element is allowed here");
	}
	return 0;
}

/* What the kernel accepts for a name: dev_valid_name(), net/core/dev.c. */
static bool is_device_name(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ && !strpbrk(name, "/: \t\n\v\f\r") &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int check_device_name(const struct load *load, const struct campaign *campaign, int id,
			     const char *name)
{
	int kind = key_find("device.kind");

	if (campaign->device.kind == DEVICE_EXISTING && !name && id == key_find("device.dut"))
		return complain_key(load, kind, "existing needs %s", load->keys->list[id].path);
	if (campaign->device.kind != DEVICE_EXISTING && name)
		return complain_key(
			load, culprit(load, id, kind),
			"only device.kind: existing takes device names, and it is %s; remove %s",
			device_kind_names[campaign->device.kind], load->keys->list[id].path);
	if (name && !is_device_name(name))
		return complain_key(
			load, id,
			"found \"%s\"; allowed: a device name of 1 to %d bytes without /, : and white space",
			show(name).text, IFNAMSIZ - 1);
	return 0;
}

/* A key of one kind of device, which has no effect on the others. */
static int check_key_of(const struct load *load, const struct campaign *campaign,
			const char *key, bool is_given, enum device_kind of)
{
	enum device_kind kind = campaign->device.kind;

	if (!is_given || kind == of)
		return 0;
	return complain_key(load, culprit(load, key_find(key), key_find("device.kind")),
			    "only device.kind: %s takes it, and the kind is %s; remove %s",
			    device_kind_names[of], device_kind_names[kind], key);
}

static int check_addresses(const struct load *load, const struct campaign *campaign)
{
	for (uint32_t i = 0; i < campaign->device.nr_addresses; i++) {
		const char *word = campaign->device.addresses[i];
		unsigned char bytes[sizeof(struct in6_addr)];
		char address[INET6_ADDRSTRLEN];

		snprintf(address, sizeof(address), "%.*s", (int)strcspn(word, "/"), word);
		if (inet_pton(AF_INET6, address, bytes) != 1 &&
		    inet_pton(AF_INET, address, bytes) != 1)
			return complain_key(
				load, key_find("device.addresses"),
				"found \"%s\"; allowed: IPv6 and IPv4 addresses, each with or without a prefix length",
				show(word).text);
	}
	return check_key_of(load, campaign, "device.addresses", campaign->device.nr_addresses,
			    DEVICE_EXISTING);
}

static int check_nic(const struct load *load, const struct campaign *campaign)
{
	int lanes = key_find("lanes"), kind = key_find("device.kind");
	/* A resolved campaign has every key: what is no more than the default is not a wish. */
	int err = check_key_of(load, campaign, "device.model",
			       campaign->device.model != NIC_MODEL_DEFAULT, DEVICE_NIC);

	if (!err)
		err = check_key_of(load, campaign, "device.driver", campaign->device.driver,
				   DEVICE_NIC);
	if (err)
		return err;
	if (campaign->device.kind == DEVICE_NIC && campaign->lanes > NIC_LANES_MAX)
		return complain_key(
			load, culprit(load, lanes, kind),
			"a guest has network cards for %d lanes, and lanes is %" PRIu32
			"; allowed: 1 to %d",
			NIC_LANES_MAX, campaign->lanes, NIC_LANES_MAX);
	return 0;
}

static int check_device(const struct load *load, const struct campaign *campaign)
{
	int dut = key_find("device.dut"), peer = key_find("device.peer");
	int lanes = key_find("lanes"), kind = key_find("device.kind");
	int err;

	err = check_device_name(load, campaign, dut, campaign->device.dut);
	if (!err)
		err = check_device_name(load, campaign, peer, campaign->device.peer);
	if (!err)
		err = check_addresses(load, campaign);
	if (!err)
		err = check_nic(load, campaign);
	if (err || campaign->device.kind != DEVICE_EXISTING)
		return err;
	if (campaign->device.peer && !strcmp(campaign->device.dut, campaign->device.peer))
		return complain_key(load, culprit(load, peer, dut),
				    "dut and peer are both %s; name two devices",
				    campaign->device.dut);
	if (campaign->lanes != 1)
		return complain_key(load, culprit(load, lanes, kind),
				    "an existing device allows one lane, and lanes is %" PRIu32
				    "; allowed: lanes: 1",
				    campaign->lanes);
	return 0;
}

/* What is given to a shell has braces of its own. */
static bool is_shell_text(const struct campaign *campaign, const char *word)
{
	const char **command = campaign->bringup.command;

	return campaign->bringup.nr_command >= 3 && word == command[2] &&
	       !strcmp(command[0], "sh") && !strcmp(command[1], "-c");
}

/* A name in braces, which is not that of a shell's variable. */
static bool is_placeholder(const char *word, const char *at)
{
	size_t length = *at == '{' ? strspn(at + 1, "abcdefghijklmnopqrstuvwxyz") : 0;

	return length && at[1 + length] == '}' && (at == word || at[-1] != '$');
}

static const char *peerless(const struct campaign *campaign)
{
	return campaign->device.kind == DEVICE_DUMMY ? "a dummy device" :
						       "an existing device without device.peer";
}

static int check_braces(const struct load *load, const struct campaign *campaign,
			const char *word)
{
	int id = key_find("bringup.command");
	bool in_shell = is_shell_text(campaign, word);

	for (const char *at = word; (at = strpbrk(at, "{}"));) {
		bool dut = !strncmp(at, "{dut}", strlen("{dut}"));
		bool peer = !strncmp(at, "{peer}", strlen("{peer}"));

		if (in_shell && !is_placeholder(word, at)) {
			at++;
			continue;
		}
		if (!dut && !peer)
			return complain_key(load, id,
					    "found \"%s\"; allowed in braces: {dut}, {peer}",
					    show(word).text);
		if (peer && !campaign_has_peer(campaign))
			return complain_key(load, culprit(load, id, key_find("device.kind")),
					    "the command names {peer}, and %s has no peer",
					    peerless(campaign));
		at = strchr(at, '}') + 1;
	}
	return 0;
}

/* disable-ipv6 for sysctl.disable_ipv6; -1: the campaign has no key for it. */
static int sysctl_key_of(enum change_kind change)
{
	char key[64];

	snprintf(key, sizeof(key), "sysctl.%s", change_names[change]);
	for (char *c = key; *c; c++)
		if (*c == '-')
			*c = '_';
	return key_at(campaign_keys(), key);
}

/* It is switched from its default and back; what the campaign sets is no default. */
static int check_switched(const struct load *load, enum change_kind change)
{
	int id = key_find("bringup.change"), key = sysctl_key_of(change);

	if (key < 0 || !load->given[key].layer || !strcmp(load->given[key].words[0], "0"))
		return 0;
	return complain_key(load, culprit(load, id, key),
			    "%s switches the same sysctl; remove one of the two",
			    change_names[change]);
}

static int check_change(const struct load *load, const struct campaign *campaign,
			enum change_kind change)
{
	int id = key_find("bringup.change"), keep = key_find("sysctl.keep_addr_on_down");
	int mode = key_find("sysctl.addr_gen_mode");

	if (change == CHANGE_NONE)
		return 0;
	if (campaign->bringup.kind != BRINGUP_DO_DAD)
		return complain_key(
			load, culprit(load, id, key_find("bringup.kind")),
			"a command makes its own changes; remove bringup.change, or give bringup.kind: do_dad");
	if (campaign->device.kind == DEVICE_EXISTING)
		return complain_key(
			load, culprit(load, id, key_find("device.kind")),
			"existing devices are restored, and changes by the bring-up cannot be undone; allowed: none");
	if (change_has(change, CHANGE_DELETES_DEVICE) && campaign->device.kind == DEVICE_NIC)
		return complain_key(load, culprit(load, id, key_find("device.kind")),
				    "a network card cannot be deleted; remove %s",
				    change_names[change]);
	if (change_has(change, CHANGE_ADDS_ADDRESS) && campaign->sysctl.keep_addr_on_down)
		return complain_key(
			load, culprit(load, id, keep),
			"with sysctl.keep_addr_on_down, the address of %s would stay for the next trial; remove one of the two",
			change_names[change]);
	if (change_has(change, CHANGE_ADDS_ADDRESS) && campaign->sysctl.addr_gen_mode)
		return complain_key(
			load, culprit(load, id, mode),
			"%s must know the device's address in advance; give sysctl.addr_gen_mode: 0",
			change_names[change]);
	return check_switched(load, change);
}

static int check_daemon(const struct load *load, const struct campaign *campaign)
{
	int id = key_find("bringup.daemon");

	if (!campaign->bringup.daemon)
		return 0;
	if (campaign->bringup.kind != BRINGUP_COMMAND)
		return complain_key(
			load, culprit(load, id, key_find("bringup.kind")),
			"kind %s exits by itself; remove bringup.daemon, or give bringup.kind: command",
			bringup_kind_names[campaign->bringup.kind]);
	if (campaign->window.closes == CLOSES_EXIT)
		return complain_key(
			load, culprit(load, id, key_find("window.closes")),
			"a daemon does not exit, so window.closes: exit never comes; allowed: auto, flags, dad, teardown");
	return 0;
}

static int check_bringup(const struct load *load, const struct campaign *campaign)
{
	int id = key_find("bringup.command"), kind = key_find("bringup.kind");
	int32_t status;
	int err = 0;

	if (campaign->bringup.kind == BRINGUP_COMMAND && !campaign->bringup.nr_command)
		return complain_key(
			load, culprit(load, kind, id),
			"kind command needs bringup.command, such as [ifconfig, '{dut}', up]");
	if (campaign->bringup.kind != BRINGUP_COMMAND && campaign->bringup.nr_command)
		return complain_key(
			load, culprit(load, id, kind),
			"kind %s runs no command; leave bringup.command out, or give bringup.kind: command",
			bringup_kind_names[campaign->bringup.kind]);
	if (bringup_status_read(campaign->bringup.status, &status))
		return complain_key(
			load, key_find("bringup.status"),
			"found \"%s\"; allowed: an exit status from 0 to 255, or any",
			show(campaign->bringup.status).text);
	if (campaign->bringup.kind != BRINGUP_COMMAND && status)
		return complain_key(
			load, culprit(load, key_find("bringup.status"), kind),
			"kind %s runs no command; leave bringup.status out, or give bringup.kind: command",
			bringup_kind_names[campaign->bringup.kind]);
	if (campaign->bringup.nr_command && !*campaign->bringup.command[0])
		return complain_key(load, id, "the program's name is empty");
	for (uint32_t i = 0; !err && i < campaign->bringup.nr_command; i++)
		err = check_braces(load, campaign, campaign->bringup.command[i]);
	for (uint32_t i = 0; !err && i < campaign->bringup.nr_change; i++)
		err = check_change(load, campaign, campaign->bringup.change[i]);
	return err ? err : check_daemon(load, campaign);
}

static int check_order(const struct load *load, const struct campaign *campaign)
{
	struct order order = { 0 };
	struct why why;

	for (uint32_t i = 0; i < campaign->nr_order; i++)
		if (order_read(&order, campaign->order[i], &why))
			return complain_key(load, key_find("order"), "%s", why.text);
	if (order_check(&order, &why))
		return complain_key(load, key_find("order"), "%s", why.text);
	if (order.change &&
	    (campaign->bringup.nr_change != 1 || campaign->bringup.change[0] != order.change))
		return complain_key(
			load, culprit(load, key_find("order"), key_find("bringup.change")),
			"the order says that I does \"%s\", which must be the only change of the campaign; give bringup.change: [%s]",
			change_names[order.change], change_names[order.change]);
	return 0;
}

static int check_range(const struct load *load, const char *min_key, uint64_t min_us,
		       const char *max_key, uint64_t max_us)
{
	if (min_us <= max_us)
		return 0;
	return complain_key(load, culprit(load, key_find(min_key), key_find(max_key)),
			    "min_us is %" PRIu64 " and max_us %" PRIu64
			    "; allowed: min_us up to max_us",
			    min_us, max_us);
}

static int check_places(const struct load *load, const struct campaign *campaign)
{
	int id = key_find("explore.places");
	struct why why;

	if (campaign->explore.nr_places > EXPLORE_PLACES_MAX)
		return complain_key(load, id, "%u places; at most %d",
				    campaign->explore.nr_places, EXPLORE_PLACES_MAX);
	for (uint32_t i = 0; i < campaign->explore.nr_places; i++) {
		struct order place = { 0 };

		if (order_read_place(&place, campaign->explore.places[i], &why))
			return complain_key(load, id, "%s", why.text);
	}
	return 0;
}

static int check_reach(const struct load *load, const struct campaign *campaign)
{
	int id = key_find("explore.reach");
	uint32_t nr_places = campaign->explore.nr_places;
	struct reach reach;
	struct why why;

	if (campaign->explore.nr_reach > REACH_ROWS)
		return complain_key(load, id, "%u rows; at most %d", campaign->explore.nr_reach,
				    REACH_ROWS);
	for (uint32_t i = 0; i < campaign->explore.nr_reach; i++) {
		const char *row = campaign->explore.reach[i];

		if (reach_read(row, &reach, &why))
			return complain_key(load, id, "%s", why.text);
		for (uint32_t place = nr_places; place < REACH_PLACES; place++)
			if (reach_has(&reach, place))
				return complain_key(
					load, culprit(load, id, key_find("explore.places")),
					"\"%s\" names place %u, and explore.places has %u",
					show(row).text, place + 1, nr_places);
	}
	return 0;
}

static int check_explore(const struct load *load, const struct campaign *campaign)
{
	int mode = key_find("explore.mode"), order = key_find("order");
	bool races = false;
	int err = check_places(load, campaign);

	if (!err)
		err = check_reach(load, campaign);
	if (err)
		return err;
	err = check_range(load, "explore.hold_range.min_us",
			  campaign->explore.hold_range.min_us, "explore.hold_range.max_us",
			  campaign->explore.hold_range.max_us);
	if (err)
		return err;
	if (!campaign->explore.mode)
		return 0;
	if (campaign->nr_order)
		return complain_key(
			load, culprit(load, mode, order),
			"explore chooses orders itself; remove order, or give explore.mode: off");
	if (campaign->spec)
		return complain_key(load, mode, "a spec is one trial; allowed: off");
	for (uint32_t i = 0; i < campaign->nr_arms; i++)
		races |= campaign->arms[i] == ARM_RACE;
	if (!races)
		return complain_key(
			load, culprit(load, mode, key_find("arms")),
			"only the race arm is explored, and arms does not have it; add race");
	return 0;
}

static int check_hold(const struct load *load, const struct campaign *campaign)
{
	if (!campaign->window.hold_range.max_us)
		return 0;
	return check_range(load, "window.hold_range.min_us", campaign->window.hold_range.min_us,
			   "window.hold_range.max_us", campaign->window.hold_range.max_us);
}

static struct allowed fitting_targets(enum direction direction)
{
	struct allowed allowed = { "" };

	for (enum target target = 0; target < TARGETS; target++)
		if (target_fits(direction, target))
			allowed_add(&allowed, target_names[target]);
	return allowed;
}

static bool fits_some_message(const struct campaign *campaign, enum direction direction,
			      enum target target)
{
	for (uint32_t i = 0; i < campaign->echo.nr_message; i++)
		if (message_fits(direction, target, campaign->echo.message[i]))
			return true;
	return false;
}

static int complain_no_message(const struct load *load, enum direction direction,
			       enum target target)
{
	int messages = key_find("echo.message");

	if (direction != DIRECTION_INBOUND)
		return complain_key(
			load, culprit(load, messages, key_find("echo.directions")),
			"direction %s carries echoes only; add echo, or remove the direction",
			direction_names[direction]);
	return complain_key(
		load, culprit(load, messages, key_find("echo.targets")),
		"nothing that is sent can go to target %s; add echo, or remove the target",
		target_names[target]);
}

static int check_direction(const struct load *load, const struct campaign *campaign,
			   enum direction direction)
{
	int directions = key_find("echo.directions"), targets = key_find("echo.targets");
	int kind = key_find("device.kind");
	bool fits = false;

	if (direction == DIRECTION_INBOUND && !campaign_has_peer(campaign))
		return complain_key(
			load, culprit(load, directions, kind),
			"inbound echoes need a peer, and %s has none; allowed in echo.directions: outbound, outbound-raw",
			peerless(campaign));
	for (uint32_t i = 0; i < campaign->echo.nr_targets; i++)
		fits = fits || target_fits(direction, campaign->echo.targets[i]);
	if (!fits)
		return complain_key(load, culprit(load, targets, directions),
				    "no target fits direction %s; allowed there: %s",
				    direction_names[direction],
				    fitting_targets(direction).text);
	for (uint32_t i = 0; i < campaign->echo.nr_targets; i++)
		if (target_fits(direction, campaign->echo.targets[i]) &&
		    !fits_some_message(campaign, direction, campaign->echo.targets[i]))
			return complain_no_message(load, direction, campaign->echo.targets[i]);
	return 0;
}

static int check_message(const struct load *load, const struct campaign *campaign,
			 enum message_kind message)
{
	int messages = key_find("echo.message"), mode = key_find("sysctl.addr_gen_mode");
	int kind = key_find("device.kind");

	if (message_has(message, MESSAGE_NAMES_DEVICE) && campaign->sysctl.addr_gen_mode)
		return complain_key(
			load, culprit(load, messages, mode),
			"%s must know the device's address in advance; give sysctl.addr_gen_mode: 0",
			message_names[message]);
	if (message_has(message, MESSAGE_IS_RA) && campaign->device.kind == DEVICE_EXISTING)
		return complain_key(
			load, culprit(load, messages, kind),
			"%s changes routes, and an existing device shares its network namespace with others; remove %s",
			message_names[message], message_names[message]);
	if (message_has(message, MESSAGE_OF_NAMESPACE) && device_is_real(campaign->device.kind))
		return complain_key(
			load, culprit(load, messages, kind),
			"%s is counted for a whole network namespace, which a real device shares with others; remove %s",
			message_names[message], message_names[message]);
	return 0;
}

static int check_echo(const struct load *load, const struct campaign *campaign)
{
	uint32_t gaps = campaign->echo.count ? campaign->echo.count - 1 : 0;
	uint64_t last_us = campaign->echo.offset_us + campaign->echo.spacing_us * gaps;
	int offset = key_find("echo.offset_us"), spacing = key_find("echo.spacing_us");
	int err = 0;

	for (uint32_t i = 0; !err && i < campaign->echo.nr_directions; i++)
		err = check_direction(load, campaign, campaign->echo.directions[i]);
	for (uint32_t i = 0; !err && i < campaign->echo.nr_message; i++)
		err = check_message(load, campaign, campaign->echo.message[i]);
	for (uint32_t i = 0; !err && i < campaign->echo.nr_targets; i++)
		if (campaign->echo.targets[i] == TARGET_PEER && !campaign_has_peer(campaign))
			err = complain_key(
				load,
				culprit(load, key_find("echo.targets"),
					key_find("device.kind")),
				"target peer needs a peer, and %s has none; allowed: nobody, all-nodes",
				peerless(campaign));
	if (!err && last_us > CAP_US)
		err = complain_key(
			load,
			culprit(load, key_find("echo.count"), culprit(load, offset, spacing)),
			"the last echo would be sent %" PRIu64
			" us after the window opened; allowed: up to %u",
			last_us, CAP_US);
	return err;
}

static int check_answer(const struct load *load, const struct campaign *campaign,
			enum dad_answer answer)
{
	int id = key_find("dad.answer"), kind = key_find("device.kind"),
	    at = key_find("dad.at");

	if (answer == DAD_ANSWER_NONE)
		return 0;
	if (!campaign_has_peer(campaign))
		return complain_key(load, culprit(load, id, kind),
				    "DAD answers need a peer, and %s has none; allowed: none",
				    peerless(campaign));
	/* One of its own on its way out: macvlan_handle_frame(), ipvlan_external_frame(). */
	if (answer == DAD_ANSWER_LOOPBACK && device_kinds[campaign->device.kind].drops_own_mac)
		return complain_key(
			load, culprit(load, id, kind),
			"a %s drops frames from its own MAC address, so no probe can come back; allowed: none, ns, na",
			device_kind_names[campaign->device.kind]);
	if (answer == DAD_ANSWER_LOOPBACK && campaign->dad.at == DAD_AT_OPEN)
		return complain_key(
			load, culprit(load, id, at),
			"loopback sends a probe back, and there may be none yet when the window opens; give dad.at: probe");
	return 0;
}

static int check_dad(const struct load *load, const struct campaign *campaign)
{
	int at = key_find("dad.at"), mode = key_find("sysctl.addr_gen_mode");
	int times = key_find("dad.times");
	bool answers = false, sends = false;
	int err = 0;

	for (uint32_t i = 0; i < campaign->nr_arms; i++)
		sends |= campaign->arms[i] == ARM_ECHO || campaign->arms[i] == ARM_RACE;
	for (uint32_t i = 0; !err && i < campaign->dad.nr_answer; i++) {
		err = check_answer(load, campaign, campaign->dad.answer[i]);
		answers |= campaign->dad.answer[i] != DAD_ANSWER_NONE;
	}
	if (err)
		return err;
	if (sends && !answers && !campaign->echo.count)
		return complain_key(
			load, culprit(load, key_find("echo.count"), key_find("dad.answer")),
			"neither echoes nor DAD answers would be sent; give echo.count or dad.answer");
	if (answers && campaign->dad.at == DAD_AT_OPEN && campaign->sysctl.addr_gen_mode)
		return complain_key(
			load, culprit(load, at, mode),
			"the device's address is not known before its probe when sysctl.addr_gen_mode is not 0; give dad.at: probe");
	if (campaign->dad.at == DAD_AT_OPEN && campaign->dad.times > 1)
		return complain_key(load, culprit(load, at, times),
				    "dad.at: open sends one answer; dad.times: %" PRIu32
				    " needs dad.at: probe",
				    campaign->dad.times);
	return 0;
}

static int check_load(const struct load *load, const struct campaign *campaign)
{
	int id = key_find("load"), kind = key_find("device.kind");

	for (uint32_t i = 0; i < campaign->nr_load; i++) {
		if (campaign->load[i] == LOAD_PACKETS && !campaign_has_peer(campaign))
			return complain_key(
				load, culprit(load, id, kind),
				"packets need a peer, and %s has none; allowed: none, cpu, rtnl",
				peerless(campaign));
		if (campaign->load[i] == LOAD_RTNL && campaign->device.kind == DEVICE_EXISTING)
			return complain_key(
				load, culprit(load, id, kind),
				"rtnl changes lo, which an existing device shares with others; allowed: none, cpu, packets");
	}
	return 0;
}

/* What follows "--" is for init, and so is a quote that is never closed. */
static int check_append(const struct load *load, const struct campaign *campaign)
{
	const char *append = campaign->vm.append;

	if (append && (strstr(append, "--") || strpbrk(append, "\"\n") || strlen(append) > 500))
		return complain_key(
			load, key_find("vm.append"),
			"found \"%s\"; allowed: words of at most 500 bytes, without quotes and --",
			show(append).text);
	return 0;
}

static int check_plant(const struct load *load, const struct campaign *campaign)
{
	if (campaign->vm.plant_module && !campaign->vm.plant)
		return complain_key(load, key_find("vm.plant_module"),
				    "a module needs the name of a bug; give vm.plant");
	return 0;
}

/* A CPU has four debug registers, and a lane takes two of each. */
static int check_ledger(const struct load *load, const struct campaign *campaign)
{
	int ledger = key_find("ledger"), lanes = key_find("lanes");

	if (campaign->ledger != LEDGER_ALWAYS || campaign->lanes == 1)
		return 0;
	return complain_key(load, culprit(load, ledger, lanes),
			    "ledger: always needs one lane, and lanes is %" PRIu32
			    "; allowed: lanes: 1, or ledger: suspects",
			    campaign->lanes);
}

/* An empty text is in every line. */
static int check_ignore_log(const struct load *load, const struct campaign *campaign)
{
	for (uint32_t i = 0; i < campaign->watch.nr_ignore_log; i++)
		if (!campaign->watch.ignore_log[i][0])
			return complain_key(
				load, key_find("watch.ignore_log"),
				"an empty text would leave out the whole log; give words of the line, or remove it");
	return 0;
}

static int check_submit(const struct load *load, const struct campaign *campaign)
{
	const char *not_before = campaign->submit.not_before, *every = campaign->submit.every;
	uint64_t at;
	uint32_t span = 0;

	if (not_before && !time_read(not_before, 0, &at))
		return complain_key(load, key_find("submit.not_before"),
				    "found %s; allowed: a time such as " TIME_FORMS,
				    show(not_before).text);
	if (every && (!span_read(every, &span) || span < SUBMIT_EVERY_LEAST_S))
		return complain_key(
			load, key_find("submit.every"),
			"found %s; allowed: a time of at least %ds, such as 24h or 7d",
			show(every).text, SUBMIT_EVERY_LEAST_S);
	return 0;
}

int check_all(const struct load *load, const struct campaign *campaign)
{
	static int (*const checks[])(const struct load *, const struct campaign *) = {
		check_name,    check_stop,  check_spec,	      check_device,
		check_bringup, check_order, check_hold,	      check_echo,
		check_dad,     check_plant, check_append,     check_ledger,
		check_explore, check_load,  check_ignore_log, check_submit,
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(checks) / sizeof(checks[0]); i++)
		err = checks[i](load, campaign);
	return err;
}
