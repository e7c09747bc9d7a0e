// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bring-up as a 32-bit program, without a C library: up32 DEVICE IFINDEX ioctl|netlink. Old C
 * libraries send by socketcall(), and so does this one.
 */
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

enum { NR_EXIT = 1, NR_IOCTL = 54, NR_SOCKETCALL = 102, NR_SOCKET = 359 };
enum { INET = 2, NETLINK = 16, DATAGRAM = 2, UP = 1 };

/* struct ifreq of <linux/if.h>, which wants a C library. */
struct request {
	char name[16];
	short flags;
	char rest[14];
};

static int call(int nr, long a, const void *b, const void *c)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return result;
}

static int socket_open(int family)
{
	return call(NR_SOCKET, family, (const void *)DATAGRAM, 0);
}

static int by_ioctl(int fd, const char *device, int up)
{
	struct request request = { 0 };

	for (int i = 0; device[i] && i < 15; i++)
		request.name[i] = device[i];
	if (call(NR_IOCTL, fd, (const void *)SIOCGIFFLAGS, &request) < 0)
		return 1;
	request.flags = (short)(up ? request.flags | UP : request.flags & ~UP);
	return call(NR_IOCTL, fd, (const void *)SIOCSIFFLAGS, &request) < 0;
}

static int by_netlink(int fd, int ifindex, int up)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = { sizeof(request), RTM_NEWLINK, NLM_F_REQUEST, 1, 0 },
		.link = { .ifi_index = ifindex, .ifi_flags = up, .ifi_change = UP },
	};
	const long arguments[] = { fd, (long)&request, sizeof(request), 0, 0, 0 };

	return call(NR_SOCKETCALL, SYS_SENDTO, arguments, 0) < 0;
}

static int number(const char *text)
{
	int n = 0;

	while (*text)
		n = n * 10 + *text++ - '0';
	return n;
}

/* What is on a program's stack when it begins: the number of words, and each of them. */
void begin(long nr, const char **words)
{
	const int ioctl = nr == 5 && words[3][0] == 'i';
	const int up = nr == 5 && words[4][0] == 'u';
	const int fd = socket_open(ioctl ? INET : NETLINK);
	int failed = nr != 5 || fd < 0;

	if (!failed)
		failed = ioctl ? by_ioctl(fd, words[1], up) :
				 by_netlink(fd, number(words[2]), up);
	call(NR_EXIT, failed, 0, 0);
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov %esp, %eax\n"
	"	lea 4(%eax), %edx\n"
	"	push %edx\n"
	"	push (%eax)\n"
	"	call begin\n");
