// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memory/parts.h"

/*
 * A kernel without symbols of data tells where its memory is mapped all the same: a page of
 * ours whose number is known is looked for below our task, and a pipe that the page is put into
 * points to its struct page.
 */
enum { GIB = 1 << 30, PATTERN = 32 };

struct own_page {
	uint8_t *at;
	uint64_t number;
};

static int make_page(struct own_page *page, struct why *why)
{
	page->at = mmap(NULL, IMAGE_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	if (page->at == MAP_FAILED || getrandom(page->at, IMAGE_PAGE, 0) != IMAGE_PAGE)
		return why_set(why, errno, "a page of memory cannot be had: %s",
			       strerror(errno));
	facts_own_pages(page->at, &page->number, 1);
	if (!page->number)
		return why_exit(
			why, EXIT_CANNOT, EPERM,
			"/proc/self/pagemap tells no page numbers; run as root, or with CAP_SYS_ADMIN");
	return 0;
}

/* x86-64 aligns the direct map to 1 GiB (arch/x86/mm/kaslr.c). */
static int find_direct_map(struct memory *memory, const struct own_page *page, struct why *why)
{
	struct image *image = &memory->image;
	uint64_t base = image->task & ~(uint64_t)(GIB - 1);
	uint64_t gibs = image->ram[image->nr_ram - 1].to * IMAGE_PAGE / GIB + 1;
	uint8_t found[PATTERN];

	for (uint64_t i = 0; i <= gibs; i++, base -= GIB)
		if (!image_read(image, base + page->number * IMAGE_PAGE, found, PATTERN) &&
		    !memcmp(found, page->at, PATTERN)) {
			image->direct_map = base;
			return 0;
		}
	return why_exit(
		why, EXIT_CANNOT, ENOTSUP,
		"the mapping of physical memory was not found below the kernel's tasks; only x86-64 is known");
}

/* From the task to the struct page in the first buffer of the pipe. */
static uint64_t page_in_pipe(const struct memory *memory, int fd, struct why *why)
{
	static const struct {
		const char *structure, *member;
	} steps[] = {
		{ "task_struct", "files" }, { "files_struct", "fdt" },
		{ "fdtable", "fd" },	    { NULL, NULL }, /* the descriptor's file */
		{ "file", "private_data" }, { "pipe_inode_info", "bufs" },
		{ "pipe_buffer", "page" },
	};
	uint64_t at = memory->image.task;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		uint32_t offset = (uint32_t)fd * 8;

		if (steps[i].structure && !types_member(memory->image.types, steps[i].structure,
							steps[i].member, &offset)) {
			why_exit(why, EXIT_CANNOT, ENOTSUP,
				 "this kernel's types (BTF) have no %s.%s", steps[i].structure,
				 steps[i].member);
			return 0;
		}
		at = image_u64(&memory->image, at + offset);
	}
	if (!at)
		why_exit(why, EXIT_CANNOT, ENOTSUP,
			 "a pipe of our own was not found in kernel memory");
	return at;
}

static int find_page_structs(struct memory *memory, const struct own_page *page,
			     struct why *why)
{
	struct iovec iov = { page->at, IMAGE_PAGE };
	uint32_t size = type_size(types_struct(memory->image.types, "page"));
	uint64_t at;
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC))
		return why_set(why, errno, "a pipe cannot be made: %s", strerror(errno));
	if (vmsplice(pipe_fds[1], &iov, 1, 0) != IMAGE_PAGE) {
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		return why_set(why, errno, "a page cannot be put into a pipe: %s",
			       strerror(errno));
	}
	at = page_in_pipe(memory, pipe_fds[0], why);
	memory->image.page_structs = at - page->number * size;
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return at ? 0 : -ENOTSUP;
}

int bases_find(struct memory *memory, struct why *why)
{
	struct own_page page = { MAP_FAILED, 0 };
	int err = make_page(&page, why);

	if (!err)
		err = find_direct_map(memory, &page, why);
	if (!err)
		err = find_page_structs(memory, &page, why);
	if (page.at != MAP_FAILED)
		munmap(page.at, IMAGE_PAGE);
	return err;
}
