// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/who_check.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "parse/campaign.h"
#include "testbed/testbed.h"

enum { PATIENCE_MS = 1000 };

struct who_check {
	pid_t child;
	int line; /* to the child, which ends when it is closed */
	uint32_t netns[2];
};

static void keep_devices(int line)
{
	struct campaign *campaign = NULL;
	struct testbed *testbed = NULL;
	struct why why;
	char end;

	if (!campaign_load(NULL, NULL, 0, &campaign, &why) &&
	    !testbed_open(&(struct testbed_ask){ .campaign = campaign }, &testbed, &why)) {
		const uint32_t netns[2] = { testbed_dut(testbed)->netns_inum,
					    testbed_peer(testbed)->netns_inum };

		if (write(line, netns, sizeof(netns)) == sizeof(netns) && !read(line, &end, 1))
			testbed_dut_delete(testbed, &why);
		testbed_close(testbed, &why);
	}
	campaign_free(campaign);
}

static bool answers(int line)
{
	struct pollfd wait = { .fd = line, .events = POLLIN };

	return poll(&wait, 1, PATIENCE_MS) > 0;
}

struct who_check *who_check_start(void)
{
	struct who_check *check = calloc(1, sizeof(*check));
	int ends[2];

	if (!check || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		free(check);
		return NULL;
	}
	check->line = ends[0];
	check->child = fork();
	if (!check->child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		keep_devices(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	if (check->child > 0 && answers(check->line) &&
	    read(check->line, check->netns, sizeof(check->netns)) == sizeof(check->netns))
		return check;
	who_check_end(check);
	return NULL;
}

void who_check_namespaces(const struct who_check *check, uint32_t netns[2])
{
	memset(netns, 0, 2 * sizeof(*netns));
	if (check)
		memcpy(netns, check->netns, sizeof(check->netns));
}

/* The other end of the line is closed when the child has ended. */
void who_check_end(struct who_check *check)
{
	if (!check)
		return;
	shutdown(check->line, SHUT_WR);
	if (check->child > 0 && !answers(check->line))
		kill(check->child, SIGKILL);
	close_fd(&check->line);
	if (check->child > 0)
		waitpid(check->child, NULL, WNOHANG);
	free(check);
}
