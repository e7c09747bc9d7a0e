// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "proof/reproducer.h"
#include "reproducer_text.h"
#include "trial/plan.h"

static bool has_order(const struct campaign *campaign)
{
	return campaign->nr_order;
}

static bool is_no_veth(const struct campaign *campaign)
{
	return campaign->device.kind != DEVICE_VETH;
}

static bool has_command(const struct campaign *campaign)
{
	return campaign->bringup.kind != BRINGUP_DO_DAD;
}

static bool answers_dad(const struct campaign *campaign)
{
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	return trial.dad_answer != DAD_ANSWER_NONE;
}

static bool sends_no_echoes(const struct campaign *campaign)
{
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	return trial.echoes && trial.message != MESSAGE_ECHO;
}

static bool has_change(const struct campaign *campaign)
{
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	return trial.change != CHANGE_NONE;
}

static bool has_load(const struct campaign *campaign)
{
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	return trial.load != LOAD_NONE;
}

static bool has_other_address(const struct campaign *campaign)
{
	return campaign->sysctl.addr_gen_mode;
}

/* clang-format off */
static const struct {
	bool (*is_so)(const struct campaign *campaign);
	const char *words;
} obstacles[] = {
	{ has_order,         "its order holds threads inside the kernel, which a user-space delay cannot do" },
	{ answers_dad,       "the peer answers DAD's probes" },
	{ sends_no_echoes,   "its packets are not echo requests" },
	{ has_load,          "it needs a load" },
	{ has_change,        "its bring-up changes more of the device than flags" },
	{ has_command,       "its bring-up is a command, and setting the same flags with two ioctls does not show it" },
	{ is_no_veth,        "its device is not a veth" },
	{ has_other_address, "its address is not derived from the MAC address" },
};
/* clang-format on */

const char *reproducer_obstacle(const struct campaign *campaign)
{
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++)
		if (obstacles[i].is_so(campaign))
			return obstacles[i].words;
	return NULL;
}

/* A name of a table, as the program spells its own. */
static void define_name(FILE *out, const char *key, const char *name)
{
	fprintf(out, "#define %s ", key);
	for (; *name; name++)
		fputc(*name == '-'		   ? '_' :
		      *name >= 'a' && *name <= 'z' ? *name - 32 :
						     *name,
		      out);
	fputc('\n', out);
}

static void print_comment(const char *comment, FILE *out)
{
	fputs("// SPDX-License-Identifier: GPL-2.0-or-later\n/*\n", out);
	for (const char *at = comment; *at; at++) {
		bool begins = at == comment || at[-1] == '\n';

		if (begins)
			fputs(*at == '\n' ? " *" : " * ", out);
		/* A space keeps marks of a comment apart. */
		else if ((at[-1] == '*' && *at == '/') || (at[-1] == '/' && *at == '*'))
			fputc(' ', out);
		fputc(*at, out);
	}
	fputs(" */\n", out);
}

int reproducer_write(const struct campaign *campaign, const char *comment, FILE *out)
{
	struct trial_spec trial;

	plan_trial(campaign, 1, &trial);
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{ "DAD_TRANSMITS", campaign->sysctl.dad_transmits },
		{ "ROUTER_SOLICITATION_DELAY", campaign->sysctl.router_solicitation_delay },
		{ "RETRANS_TIME_MS", campaign->sysctl.retrans_time_ms },
		{ "ACCEPT_DAD", campaign->sysctl.accept_dad },
		{ "KEEP_ADDR_ON_DOWN", campaign->sysctl.keep_addr_on_down },
		{ "ENHANCED_DAD", campaign->sysctl.enhanced_dad },
		{ "HOLD_US", trial.hold_us },
		{ "ECHOES", trial.echoes },
		{ "OFFSET_US", trial.offset_us },
		{ "SPACING_US", trial.spacing_us },
		{ "PAYLOAD_BYTES", trial.payload_bytes },
		{ "HOP_LIMIT", trial.hop_limit },
		{ "SPOOFED", trial.source == SOURCE_SPOOFED },
	};

	print_comment(comment, out);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		fprintf(out, "#define %s %" PRIu64 "\n", numbers[i].key, numbers[i].value);
	define_name(out, "DIRECTION", direction_names[trial.direction]);
	define_name(out, "TARGET", target_names[trial.target]);
	fwrite(reproducer_text, 1, reproducer_text_length, out);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
