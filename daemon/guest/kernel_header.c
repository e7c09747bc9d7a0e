// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/kernel_header.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a kernel begins with, as far as it is looked at. */
enum { HEADER = 0x240 };

static void end_release(char release[80])
{
	release[79] = '\0';
	release[strcspn(release, " ")] = '\0';
}

/* A bzImage: Documentation/arch/x86/boot.rst, kernel_version. */
static bool read_x86_64(int fd, const unsigned char *header, char release[80])
{
	const unsigned char is_64_bit = 1; /* XLF_KERNEL_64, from protocol 2.12 on */
	uint16_t at, protocol;

	memcpy(&protocol, header + 0x206, sizeof(protocol));
	memcpy(&at, header + 0x20e, sizeof(at));
	if (memcmp(header + 0x202, "HdrS", 4) ||
	    (protocol >= 0x20c && !(header[0x236] & is_64_bit)) || !at ||
	    pread(fd, release, 79, at + 0x200) <= 0)
		return false;
	end_release(release);
	return true;
}

/* The kernel's own banner (linux_banner of init/version.c). */
static bool find_banner(const char *image, size_t size, char release[80])
{
	static const char start[] = "Linux version ";
	const char *end = image + size, *at = image;

	while ((at = memmem(at, (size_t)(end - at), start, sizeof(start) - 1))) {
		at += sizeof(start) - 1;
		if (end - at >= 80 && isdigit((unsigned char)*at)) {
			memcpy(release, at, 79);
			end_release(release);
			return true;
		}
	}
	return false;
}

/* An Image, Documentation/arch/arm64/booting.rst: its header has no release. */
static bool read_aarch64(int fd, const unsigned char *header, char release[80])
{
	struct stat st;
	bool found;
	void *image;

	if (memcmp(header + 0x38, "ARM\x64", 4) || fstat(fd, &st) || st.st_size <= 0)
		return false;
	image = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		return false;
	found = find_banner(image, (size_t)st.st_size, release);
	munmap(image, (size_t)st.st_size);
	return found;
}

static const struct {
	const char *architecture;
	bool (*read)(int fd, const unsigned char *header, char release[80]);
} images[] = {
	{ "x86_64", read_x86_64 },
	{ "aarch64", read_aarch64 },
};

/* The machine of a PE file (COFF), which kernels with an EFI stub are. */
static uint16_t pe_machine(int fd, const unsigned char *header)
{
	uint32_t pe;
	uint16_t machine = 0;

	memcpy(&pe, header + 0x3c, sizeof(pe));
	if (memcmp(header, "MZ", 2) || pread(fd, &machine, sizeof(machine), (off_t)pe + 4) < 2)
		return 0;
	return machine;
}

/* Why a file cannot be booted; each kernel has its own magic. */
static const char *what_else(int fd, const unsigned char *header)
{
	enum { PE_ARM64 = 0xaa64 };
	static const struct {
		size_t at;
		const char *magic;
		const char *what;
	} kinds[] = {
		{ 0x202, "HdrS", "a 32-bit x86 kernel; guests are x86_64 or arm64" },
		{ 0x38, "ARM\x64",
		  "an arm64 kernel in which no \"Linux version\" tells its release; give the uncompressed Image of its build" },
		{ 0x30, "RISCV", "a RISC-V kernel; guests are x86_64 or arm64" },
		{ 0,
		  "\x7f"
		  "ELF",
		  "an ELF file, which cannot be booted; give the bzImage made with it (arch/x86/boot/bzImage), or the Image of arm64 (arch/arm64/boot/Image)" },
		{ 0, "\x1f\x8b",
		  "a gzip file; give the kernel in it, for arm64 by `gunzip -c FILE >Image`" },
		{ 0, "!<arch>\n", "an archive, and no package of a kernel" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!memcmp(header + kinds[i].at, kinds[i].magic, strlen(kinds[i].magic)))
			return kinds[i].what;
	if (pe_machine(fd, header) == PE_ARM64)
		return "an arm64 kernel that is compressed for EFI; give the Image that it was made of (arch/arm64/boot/Image)";
	return "neither a kernel image (vmlinuz or bzImage, or Image of arm64) nor a .deb or .rpm";
}

int kernel_header_read(const char *path, struct kernel_header *header, struct why *why)
{
	unsigned char start[HEADER] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	header->architecture = NULL;
	if (fd < 0 || read(fd, start, sizeof(start)) < 0)
		err = why_set(why, errno, "%s: %s", path, strerror(errno));
	for (size_t i = 0; !err && i < sizeof(images) / sizeof(images[0]); i++)
		if (!header->architecture && images[i].read(fd, start, header->release))
			header->architecture = architecture_find(images[i].architecture);
	if (!err && !header->architecture)
		err = why_set(why, EINVAL, "%s: %s", path, what_else(fd, start));
	if (fd >= 0)
		close(fd);
	return err;
}
