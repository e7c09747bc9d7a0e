// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <linux/if_bonding.h>
#include <linux/sockios.h>

#include "testbed/parts.h"

/* What the kernel itself loads modules with; no such file without modules. */
static bool modprobe_path(char path[256])
{
	FILE *file = fopen("/proc/sys/kernel/modprobe", "re");
	bool found = file && fgets(path, 256, file);

	if (file)
		fclose(file);
	if (found)
		path[strcspn(path, "\n")] = '\0';
	return found && *path;
}

static bool run_modprobe(const char *path)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, "-q", "bonding", "max_bonds=0", NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Asked for a bond, the kernel would load it with a device of its own, the machine's bond0. */
int bond_module_load(struct why *why)
{
	char path[256];

	if (access("/sys/module/bonding", F_OK) == 0 || !modprobe_path(path) ||
	    run_modprobe(path))
		return 0;
	return why_exit(
		why, EXIT_CANNOT, EOPNOTSUPP,
		"device.kind bond: the module bonding (CONFIG_BONDING) is not loaded, and `%s bonding max_bonds=0` failed; run that command as root, or use another kind, such as veth",
		path);
}

/* --- the ports of a bond --- */

static bool query(int fd, const char *bond, unsigned long request, void *answer)
{
	struct ifreq about = { .ifr_data = answer };

	snprintf(about.ifr_name, sizeof(about.ifr_name), "%s", bond);
	return ioctl(fd, request, &about) == 0;
}

bool bond_port_is_spare(const char *bond, const char *port)
{
	AUTO_FD int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifbond about = { 0 };

	if (fd < 0 || !query(fd, bond, SIOCBONDINFOQUERY, &about) ||
	    about.bond_mode != BOND_MODE_ACTIVEBACKUP)
		return false;
	for (int i = 0; i < about.num_slaves; i++) {
		struct ifslave slave = { .slave_id = i };

		if (query(fd, bond, SIOCBONDSLAVEINFOQUERY, &slave) &&
		    !strcmp(slave.slave_name, port))
			return slave.state == BOND_STATE_BACKUP;
	}
	return false;
}
