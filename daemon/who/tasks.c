// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/tasks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "who/notes.h"
#include "who/paging.h"

enum { TASKS_MAX = 1 << 20, FILES_MAX = 1 << 20, OPENED_MAX = 1 << 24 };

struct stack_page {
	uint64_t page;
	const struct task *task;
};

struct tasks {
	const struct image *image;
	const struct layout *layout;
	uint64_t pid_ns; /* of who reads the image; 0: none */
	uint32_t pid_level;
	struct task *list;
	uint32_t nr, room;
	struct stack_page *stacks; /* ascending */
	uint32_t nr_stacks;
	struct notes *notes;
	struct opened *opened; /* ascending by object */
	uint32_t nr_opened, opened_room;
};

/* One more element at the end of an array that grows; NULL when memory ran out. */
static void *grow(void **list, uint32_t *nr, uint32_t *room, size_t size)
{
	if (*nr == *room) {
		uint32_t more = *room ? 2 * *room : 256;
		void *larger = realloc(*list, more * size);

		if (!larger)
			return NULL;
		*list = larger;
		*room = more;
	}
	return (char *)*list + (*nr)++ * size;
}

/* --- tasks --- */

/* The number of a task in the pid namespace of the level and address; -1: it has none there. */
static int32_t number_in(const struct tasks *tasks, uint64_t task, uint32_t level, uint64_t *ns)
{
	const struct image *image = tasks->image;
	const uint32_t *at = tasks->layout->at;
	uint64_t pid = image_u64(image, task + at[AT_TASK_THREAD_PID]);
	uint64_t number = pid + at[AT_PID_NUMBERS] + level * tasks->layout->upid_size;
	uint64_t found;

	if (!pid || image_u32(image, pid + at[AT_PID_LEVEL]) < level)
		return -1;
	found = image_u64(image, number + at[AT_UPID_NAMESPACE]);
	if (*ns && *ns != found)
		return -1;
	*ns = found;
	return (int32_t)image_u32(image, number + at[AT_UPID_NUMBER]);
}

/* As who reads the image sees it; where it is not to be seen, the kernel's own number. */
static int32_t visible_number(const struct tasks *tasks, uint64_t task, int32_t own)
{
	int32_t number = -1;
	uint64_t ns = tasks->pid_ns;

	if (ns)
		number = number_in(tasks, task, tasks->pid_level, &ns);
	return number > 0 ? number : own;
}

static void find_pid_namespace(struct tasks *tasks)
{
	const struct image *image = tasks->image;
	const uint32_t *at = tasks->layout->at;
	uint64_t pid = image_u64(image, image->task + at[AT_TASK_THREAD_PID]);

	tasks->pid_level = pid ? image_u32(image, pid + at[AT_PID_LEVEL]) : 0;
	if (image->task_reads)
		number_in(tasks, image->task, tasks->pid_level, &tasks->pid_ns);
}

static bool add_task(struct tasks *tasks, uint64_t address)
{
	const struct image *image = tasks->image;
	const uint32_t *at = tasks->layout->at;
	struct task *task = tasks->nr < TASKS_MAX ? grow((void **)&tasks->list, &tasks->nr,
							 &tasks->room, sizeof(*task)) :
						    NULL;

	if (!task)
		return false;
	*task = (struct task){
		.address = address,
		.stack = image_u64(image, address + at[AT_TASK_STACK]),
		.files = image_u64(image, address + at[AT_TASK_FILES]),
		.is_leader = image_u32(image, address + at[AT_TASK_PID]) ==
			     image_u32(image, address + at[AT_TASK_TGID]),
	};
	task->pid = visible_number(tasks, address,
				   (int32_t)image_u32(image, address + at[AT_TASK_PID]));
	task->tgid = visible_number(tasks, image_u64(image, address + at[AT_TASK_LEADER]),
				    (int32_t)image_u32(image, address + at[AT_TASK_TGID]));
	image_text(image, address + at[AT_TASK_COMM], task->comm, sizeof(task->comm));
	return true;
}

/* A list that changes while it is walked through may end anywhere; it ends. */
static void add_threads(struct tasks *tasks, uint64_t leader)
{
	const struct image *image = tasks->image;
	const uint32_t *at = tasks->layout->at;
	uint64_t head = image_u64(image, leader + at[AT_TASK_SIGNAL]) + at[AT_SIGNAL_THREADS];
	uint64_t node = image_u64(image, head);

	for (uint32_t i = 0; i < TASKS_MAX && image_is_pointer(image, node) && node != head;
	     i++) {
		uint64_t task = node - at[AT_TASK_NODE];

		if (task != leader && !add_task(tasks, task))
			return;
		node = image_u64(image, node);
	}
}

static void add_tasks(struct tasks *tasks)
{
	const struct image *image = tasks->image;
	const uint32_t *at = tasks->layout->at;
	uint64_t task = image->task;

	do {
		uint64_t next = image_u64(image, task + at[AT_TASK_TASKS]);

		if (!add_task(tasks, task))
			return;
		add_threads(tasks, task);
		task = next - at[AT_TASK_TASKS];
		if (!image_is_pointer(image, next))
			return;
	} while (task != image->task);
}

/* --- stacks --- */

static int compare_stacks(const void *a, const void *b)
{
	const struct stack_page *one = a, *other = b;

	return one->page < other->page ? -1 : one->page > other->page;
}

static int add_stacks(struct tasks *tasks)
{
	uint64_t table = paging_table(tasks->image, tasks->layout);

	tasks->stacks =
		calloc(tasks->nr * (TASK_STACK / IMAGE_PAGE) + 1, sizeof(*tasks->stacks));
	if (!tasks->stacks)
		return -ENOMEM;
	for (uint32_t i = 0; table && i < tasks->nr; i++)
		for (uint32_t j = 0; j < TASK_STACK / IMAGE_PAGE; j++) {
			uint64_t at = tasks->list[i].stack + j * IMAGE_PAGE;
			uint64_t direct = paging_direct(tasks->image, table, at);

			if (direct)
				tasks->stacks[tasks->nr_stacks++] = (struct stack_page){
					image_page_of(tasks->image, direct), &tasks->list[i]
				};
		}
	qsort(tasks->stacks, tasks->nr_stacks, sizeof(*tasks->stacks), compare_stacks);
	return 0;
}

const struct task *tasks_stack_at(const struct tasks *tasks, uint64_t page)
{
	const struct stack_page key = { .page = page };
	const struct stack_page *found =
		bsearch(&key, tasks->stacks, tasks->nr_stacks, sizeof(key), compare_stacks);

	return found ? found->task : NULL;
}

/* --- descriptors --- */

/* The object that `opened` has come to, by one more word. */
static void add_opened(struct tasks *tasks, struct opened *opened, uint64_t at, uint64_t object)
{
	bool has_room = object && tasks->nr_opened < OPENED_MAX;
	struct opened *added;

	opened->object = object;
	opened->words[opened->nr_words++] = (struct word){ at, object };
	added = has_room ? grow((void **)&tasks->opened, &tasks->nr_opened, &tasks->opened_room,
				sizeof(*added)) :
			   NULL;
	if (added)
		*added = *opened;
}

static bool is_socket(struct pages *pages, uint64_t address)
{
	const char *names[16];
	struct object object;
	uint32_t nr;

	if (!pages_object(pages, address, &object))
		return false;
	nr = pages_aliases(pages, object.cache, names, 16);
	for (uint32_t i = 0; i < nr; i++)
		if (!strcmp(names[i], "sock_inode_cache"))
			return true;
	return false;
}

static void add_file(struct tasks *tasks, struct pages *pages, struct opened *opened,
		     const struct word *file)
{
	const struct image *image = tasks->image;
	const uint32_t *at = tasks->layout->at;
	uint64_t private = image_u64(image, file->value + at[AT_FILE_PRIVATE]);

	add_opened(tasks, opened, file->at, file->value);
	if (!image_is_pointer(image, private))
		return;
	add_opened(tasks, opened, file->value + at[AT_FILE_PRIVATE], private);
	notes_see_file(tasks->notes, file->value, private);
	if (is_socket(pages, private))
		add_opened(tasks, opened, private + at[AT_SOCKET_SOCK],
			   image_u64(image, private + at[AT_SOCKET_SOCK]));
}

static void add_files(struct tasks *tasks, struct pages *pages, const struct task *task)
{
	const struct image *image = tasks->image;
	const uint32_t *at = tasks->layout->at;
	uint64_t table = image_u64(image, task->files + at[AT_FILES_TABLE]);
	uint32_t nr = table ? image_u32(image, table + at[AT_TABLE_MAX]) : 0;
	uint64_t *files = nr && nr <= FILES_MAX ? calloc(nr, sizeof(*files)) : NULL;
	uint64_t first = files ? image_u64(image, table + at[AT_TABLE_FILES]) : 0;

	if (files)
		image_read_holes(image, first, files, nr * sizeof(*files));
	for (uint32_t fd = 0; files && fd < nr; fd++) {
		struct opened opened = { .task = task, .fd = fd };
		struct word file = { first + fd * sizeof(*files), files[fd] };

		if (image_is_pointer(image, file.value))
			add_file(tasks, pages, &opened, &file);
	}
	free(files);
}

static int compare_opened(const void *a, const void *b)
{
	const struct opened *one = a, *other = b;

	return one->object < other->object ? -1 : one->object > other->object;
}

const struct opened *tasks_opened(const struct tasks *tasks, uint64_t object, uint32_t *nr)
{
	const struct opened key = { .object = object };
	const struct opened *found = NULL;

	*nr = 0;
	if (tasks->nr_opened)
		found = bsearch(&key, tasks->opened, tasks->nr_opened, sizeof(key),
				compare_opened);
	while (found && found > tasks->opened && found[-1].object == object)
		found--;
	while (found && found + *nr < tasks->opened + tasks->nr_opened &&
	       found[*nr].object == object)
		(*nr)++;
	return found;
}

int tasks_open(const struct image *image, const struct layout *layout, struct pages *pages,
	       const struct cpu_variables *cpu_variables, struct tasks **out, struct why *why)
{
	struct tasks *tasks = calloc(1, sizeof(*tasks));

	if (!tasks)
		return why_memory(why);
	tasks->image = image;
	tasks->layout = layout;
	find_pid_namespace(tasks);
	tasks->notes = notes_open(image, layout, pages);
	add_tasks(tasks);
	if (!tasks->notes || add_stacks(tasks)) {
		tasks_close(tasks);
		return why_memory(why);
	}
	for (uint32_t i = 0; i < tasks->nr; i++)
		if (tasks->list[i].files && tasks->list[i].is_leader)
			add_files(tasks, pages, &tasks->list[i]);
	if (tasks->nr_opened)
		qsort(tasks->opened, tasks->nr_opened, sizeof(*tasks->opened), compare_opened);
	notes_see_cpus(tasks->notes, cpu_variables);
	notes_sort(tasks->notes);
	*out = tasks;
	return 0;
}

void tasks_close(struct tasks *tasks)
{
	if (!tasks)
		return;
	free(tasks->list);
	free(tasks->stacks);
	free(tasks->opened);
	notes_close(tasks->notes);
	free(tasks);
}

const struct task *tasks_list(const struct tasks *tasks, uint32_t *nr)
{
	*nr = tasks->nr;
	return tasks->list;
}

bool tasks_is_note(const struct tasks *tasks, uint64_t address)
{
	return notes_has(tasks->notes, address);
}
