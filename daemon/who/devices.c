// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "who/scan.h"

enum { DEVICES_MAX = 65536, NETS_MAX = 65536 };

bool device_count(const struct kernel *kernel, uint64_t device, int64_t *count)
{
	const struct image *image = kernel->image;
	int32_t one;

	if (layout_has(&kernel->layout, AT_DEVICE_CPU_COUNT))
		return image_cpu_sum(image, kernel_u64(kernel, device, AT_DEVICE_CPU_COUNT),
				     count);
	if (image_read(image, kernel_at(kernel, device, AT_DEVICE_COUNT), &one, sizeof(one)))
		return false;
	*count = one;
	return true;
}

/* dev_valid_name() in net/core/dev.c; 0xa0 is white space to the kernel. */
static bool is_name(const char *name)
{
	return *name && strcspn(name, "/: \t\n\v\f\r\xa0") == strlen(name);
}

bool device_at(struct kernel *kernel, uint64_t address, struct device *device)
{
	const struct image *image = kernel->image;
	struct object object;

	*device = (struct device){ .address = address };
	if (address % 8 || !image_is_direct(image, address))
		return false;
	device->registration =
		image_u8(image, kernel_at(kernel, address, AT_DEVICE_REGISTRATION));
	if (device->registration < DEVICE_REGISTERED ||
	    device->registration >= DEVICE_REGISTRATIONS ||
	    !image_is_pointer(image,
			      image_pointer(image, kernel_at(kernel, address, AT_DEVICE_OPS))))
		return false;
	image_text(image, kernel_at(kernel, address, AT_DEVICE_NAME), device->name,
		   sizeof(device->name));
	if (!is_name(device->name) || !device_count(kernel, address, &device->count))
		return false;
	if (pages_object(kernel->pages, address, &object) && object.is_free)
		return false;
	device->ifindex = kernel_u32(kernel, address, AT_DEVICE_IFINDEX);
	device->net = kernel_u64(kernel, address, AT_DEVICE_NET);
	device->netns = kernel_u32(kernel, device->net, AT_NET_INUM);
	/* An int above 0, which each that was registered has: old words do not. */
	return device->ifindex && device->ifindex <= INT32_MAX;
}

static struct device *known(const struct devices *devices, uint64_t address)
{
	for (uint32_t i = 0; i < devices->nr; i++)
		if (devices->list[i].address == address)
			return &devices->list[i];
	return NULL;
}

/* The device in the list; NULL when memory ran out. */
static struct device *add(struct devices *devices, const struct device *device)
{
	struct device *list = known(devices, device->address);

	if (list)
		return list;
	list = devices->nr < DEVICES_MAX ?
		       realloc(devices->list, (devices->nr + 1) * sizeof(*list)) :
		       NULL;
	if (!list)
		return NULL;
	devices->list = list;
	devices->list[devices->nr] = *device;
	return &devices->list[devices->nr++];
}

/* --- registered --- */

static void add_of_net(struct kernel *kernel, uint64_t net, struct devices *devices)
{
	const struct image *image = kernel->image;
	uint64_t head = kernel_at(kernel, net, AT_NET_DEVICES), node = image_u64(image, head);

	for (uint32_t i = 0; i < DEVICES_MAX && image_is_pointer(image, node) && node != head;
	     i++) {
		struct device device;

		if (device_at(kernel, node - kernel->layout.at[AT_DEVICE_LIST], &device))
			add(devices, &device);
		node = image_u64(image, node);
	}
}

/* The list of namespaces has a head that is none: a list of devices points back to itself. */
static bool is_net(const struct kernel *kernel, uint64_t net)
{
	const struct image *image = kernel->image;
	uint64_t head = kernel_at(kernel, net, AT_NET_DEVICES);
	uint64_t first = image_u64(image, head);

	return image_is_pointer(image, first) && image_u64(image, first + 8) == head;
}

static void add_registered(struct kernel *kernel, struct devices *devices)
{
	uint64_t task = kernel->image->task;
	uint64_t first =
		kernel_u64(kernel, kernel_u64(kernel, task, AT_TASK_NSPROXY), AT_NSPROXY_NET);
	uint64_t net = first;

	for (uint32_t i = 0; i < NETS_MAX && image_is_pointer(kernel->image, net); i++) {
		uint64_t next = kernel_u64(kernel, net, AT_NET_LIST);

		if (is_net(kernel, net))
			add_of_net(kernel, net, devices);
		net = next - kernel->layout.at[AT_NET_LIST];
		if (!next || net == first)
			return;
	}
}

/* --- being unregistered --- */

/* A device whose unregistration waits is in a list of those that the task waits for. */
static void add_todo(struct kernel *kernel, const struct task *task, uint64_t address,
		     struct devices *devices)
{
	for (uint32_t i = 0; i < DEVICES_MAX; i++) {
		struct device device, *added;
		uint64_t next;

		if (!device_at(kernel, address, &device) ||
		    device.registration == DEVICE_REGISTERED || known(devices, address))
			return;
		added = add(devices, &device);
		if (!added)
			return;
		added->waiting = task->pid;
		memcpy(added->waiting_comm, task->comm, sizeof(task->comm));
		next = kernel_u64(kernel, address, AT_DEVICE_TODO);
		address = next - kernel->layout.at[AT_DEVICE_TODO];
	}
}

static void add_of_stack(struct kernel *kernel, const struct task *task,
			 struct devices *devices)
{
	static uint64_t stack[TASK_STACK / sizeof(uint64_t)];
	const struct image *image = kernel->image;

	image_sweep(image, task->stack, stack, sizeof(stack));
	for (size_t i = 0; i < sizeof(stack) / sizeof(stack[0]); i++) {
		if (!image_is_direct(image, stack[i]))
			continue;
		image_keep(image, task->stack + i * sizeof(stack[i]), &stack[i],
			   sizeof(stack[i]));
		add_todo(kernel, task, stack[i], devices);
		add_todo(kernel, task, stack[i] - kernel->layout.at[AT_DEVICE_TODO], devices);
	}
}

int devices_find(struct kernel *kernel, struct devices *devices, struct why *why)
{
	uint32_t nr;
	const struct task *tasks = tasks_list(kernel->tasks, &nr);

	*devices = (struct devices){ 0 };
	add_registered(kernel, devices);
	for (uint32_t i = 0; i < nr; i++)
		if (!kernel->image->task_reads || tasks[i].address != kernel->image->task)
			add_of_stack(kernel, &tasks[i], devices);
	return devices->nr ?
		       0 :
		       why_exit(
			       why, EXIT_CANNOT, ENOTSUP,
			       "this kernel's network devices cannot be found: no network namespace (struct net) leads to one");
}

int devices_search(struct kernel *kernel, const char *name, struct devices *devices,
		   struct why *why)
{
	char padded[sizeof(uint64_t)] = "";
	uint64_t word;
	struct words words;
	struct span span;

	memcpy(padded, name, strnlen(name, sizeof(padded)));
	memcpy(&word, padded, sizeof(word));
	span = (struct span){ word, word + 1 };
	if (scan(kernel->image, kernel->pages, &span, 1, &words))
		return why_memory(why);
	for (uint32_t i = 0; i < words.nr; i++) {
		struct device device;

		if (device_at(kernel, words.list[i].at - kernel->layout.at[AT_DEVICE_NAME],
			      &device) &&
		    !strcmp(device.name, name))
			add(devices, &device);
	}
	free(words.list);
	return 0;
}
