// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/vm.h"
#include "io/child.h"
#include "spec/nics.h"

enum {
	KVM_TRIAL_MS = 10000,
	WORD = 2048,
	NIC_WORDS = 4,
	WORDS = 48 + NIC_LANES_MAX * NIC_ENDS * NIC_WORDS,
};

struct vm {
	pid_t pid;
	int results;
};

/* Two network cards of a lane at one hub, which is their cable. */
static int write_nics(const struct vm_ask *ask, uint32_t slot, char words[WORDS][WORD], int n)
{
	static const char *const ends[NIC_ENDS] = { "dut", "peer" };

	for (enum nic_end end = 0; end < NIC_ENDS; end++) {
		uint8_t mac[ETH_ALEN];

		nic_mac(slot, end, mac);
		snprintf(words[n++], WORD, "-netdev");
		snprintf(words[n++], WORD, "hubport,id=%s%u,hubid=%u", ends[end], slot, slot);
		snprintf(words[n++], WORD, "-device");
		snprintf(words[n++], WORD,
			 "%s,netdev=%s%u,mac=%02x:%02x:%02x:%02x:%02x:%02x,romfile=", ask->nic,
			 ends[end], slot, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	}
	return n;
}

/*
 * oops=panic: a guest that has oopsed is of no more use, and dies at once.
 * netdev_unregister_timeout_secs: "waiting for ... to become free" comes while a trial still
 * listens (5.10 does not know it, and waits for 10 s).
 */
static void write_words(const struct vm_ask *ask, int results, char words[WORDS][WORD], int *nr)
{
	const char *const plain[] = { ask->architecture->qemu,
				      "-nodefaults",
				      "-no-user-config",
				      "-nographic",
				      "-no-reboot",
				      "-M",
				      ask->architecture->board,
				      "-cpu",
				      ask->architecture->cpu };
	int n = 0;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		snprintf(words[n++], WORD, "%s", plain[i]);
	snprintf(words[n++], WORD, "-accel");
	snprintf(words[n++], WORD, "%s", ask->kvm ? "kvm" : "tcg");
	snprintf(words[n++], WORD, "-smp");
	snprintf(words[n++], WORD, "%u", ask->cpus);
	snprintf(words[n++], WORD, "-m");
	snprintf(words[n++], WORD, "%u", ask->memory_mb);
	snprintf(words[n++], WORD, "-kernel");
	snprintf(words[n++], WORD, "%s", ask->vmlinuz);
	snprintf(words[n++], WORD, "-initrd");
	snprintf(words[n++], WORD, "%s", ask->initramfs);
	snprintf(words[n++], WORD, "-append");
	snprintf(words[n++], WORD,
		 "console=%s rdinit=/bin/dadrace panic=-1 oops=panic quiet loglevel=5 "
		 "sysctl.net.core.netdev_unregister_timeout_secs=1 %s -- %s",
		 ask->architecture->console, ask->append ? ask->append : "", ask->arguments);
	snprintf(words[n++], WORD, "-chardev");
	snprintf(words[n++], WORD, "file,id=console,append=on,path=%s", ask->console);
	snprintf(words[n++], WORD, "-serial");
	snprintf(words[n++], WORD, "chardev:console");
	snprintf(words[n++], WORD, "-device");
	snprintf(words[n++], WORD, "virtio-serial-pci");
	/* A connected socket by its descriptor: nothing listens, nothing has a name. */
	snprintf(words[n++], WORD, "-chardev");
	snprintf(words[n++], WORD, "socket,id=results,fd=%d", results);
	snprintf(words[n++], WORD, "-device");
	snprintf(words[n++], WORD, "virtserialport,chardev=results,name=dadrace");
	for (uint32_t slot = 0; ask->nic && slot < ask->nic_lanes; slot++)
		n = write_nics(ask, slot, words, n);
	*nr = n;
}

__attribute__((noreturn)) static void become_qemu(const struct vm_ask *ask, int results,
						  pid_t parent)
{
	static char words[WORDS][WORD];
	char *argv[WORDS + 1] = { NULL };
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC), nr;
	int console = open(ask->console, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before that */
		_exit(125);
	setsid(); /* Ctrl-C is for us */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	dup2(console >= 0 ? console : nothing,
	     STDERR_FILENO); /* its own complaints beside the guest's */
	fcntl(results, F_SETFD, 0);
	write_words(ask, results, words, &nr);
	for (int i = 0; i < nr; i++)
		argv[i] = words[i];
	argv[nr] = NULL;
	execvp(argv[0], argv);
	_exit(errno == ENOENT ? 127 : 126);
}

int vm_start(const struct vm_ask *ask, struct vm **out, struct why *why)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	pid_t parent = getpid();
	int pair[2];

	if (!vm)
		return why_memory(why);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		free(vm);
		return why_set(why, errno, "%s: cannot be started: %s", ask->architecture->qemu,
			       strerror(errno));
	}
	fflush(NULL);
	vm->pid = fork();
	if (vm->pid == 0)
		become_qemu(ask, pair[1], parent);
	close(pair[1]);
	vm->results = pair[0];
	if (vm->pid < 0) {
		int err = errno;

		close(pair[0]);
		free(vm);
		return why_set(why, err, "%s: cannot be started: %s", ask->architecture->qemu,
			       strerror(err));
	}
	*out = vm;
	return 0;
}

int vm_results(const struct vm *vm)
{
	return vm->results;
}

void vm_end(struct vm *vm)
{
	if (!vm)
		return;
	kill(vm->pid, SIGKILL);
	while (waitpid(vm->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(vm->results);
	free(vm);
}

bool vm_installed(const struct architecture *architecture)
{
	char path[4096];

	return !child_find(architecture->qemu, path, sizeof(path));
}

bool vm_offers(const struct architecture *architecture, const char *device)
{
	const char *const list[] = { architecture->qemu, "-device", "help", NULL };
	char *text = NULL, quoted[64];
	struct why why;
	bool offers;

	if (child_output(list, NULL, &text, &why))
		return false;
	snprintf(quoted, sizeof(quoted), "name \"%s\"", device);
	offers = strstr(text, quoted);
	free(text);
	return offers;
}

/* The first word that the kernel's own start code prints once it runs. */
static bool console_speaks(int console)
{
	char text[65536];
	ssize_t n = pread(console, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return strstr(text, "VFS:") || strstr(text, "Kernel panic");
}

/*
 * Without an initramfs a kernel that runs ends in a panic (no root file system) and QEMU exits;
 * one that KVM cannot run ends QEMU before it has printed that, or never does.
 */
bool vm_kvm_works(const struct architecture *architecture, const char *vmlinuz)
{
	int fd = memfd_create("console", 0); /* QEMU inherits it */
	char console[32];
	struct vm_ask ask = {
		.architecture = architecture,
		.vmlinuz = vmlinuz,
		.initramfs = "/dev/null",
		.console = console,
		.arguments = "",
		.cpus = 1,
		.memory_mb = 512,
		.kvm = true,
	};
	struct pollfd end = { .events = POLLIN };
	struct why why;
	struct vm *vm = NULL;
	bool works = false;

	snprintf(console, sizeof(console), "/proc/self/fd/%d", fd);
	if (fd >= 0 && architecture == architecture_own() && !access("/dev/kvm", R_OK | W_OK) &&
	    !vm_start(&ask, &vm, &why) && vm) {
		end.fd = vm_results(vm);
		poll(&end, 1, KVM_TRIAL_MS); /* until QEMU has exited */
		works = console_speaks(fd);
		vm_end(vm);
	}
	if (fd >= 0)
		close(fd);
	return works;
}
