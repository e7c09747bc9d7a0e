// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions by their number in type information that libbpf writes here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>
#include <errno.h>

#include "loader/types.h"

static const struct types_end nothing = { 1, 0 };

struct heard {
	char names[128];
	uint32_t ids[8];
	uint32_t nr;
};

static void hear(const char *function, uint32_t id, void *arg)
{
	struct heard *heard = arg;

	strcat(strcat(heard->names, function), " ");
	heard->ids[heard->nr++] = id;
}

/* One type of each kind, of which two are functions, and their numbers. */
static struct btf *vmlinux(int ids[2])
{
	struct btf *btf = btf__new_empty();
	int integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED), prototype;

	btf__add_ptr(btf, integer);
	btf__add_array(btf, integer, integer, 7);
	btf__add_struct(btf, "net_device", 8);
	btf__add_field(btf, "mtu", integer, 0, 0);
	btf__add_field(btf, "flags", integer, 32, 0);
	btf__add_union(btf, "either", 4);
	btf__add_field(btf, "of", integer, 0, 0);
	btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "up", 1);
	btf__add_enum_value(btf, "down", 2);
	btf__add_enum64(btf, "wide", 8, false);
	btf__add_enum64_value(btf, "far", 1ULL << 40);
	btf__add_fwd(btf, "later", BTF_FWD_STRUCT);
	btf__add_typedef(btf, "s32", integer);
	btf__add_volatile(btf, integer);
	btf__add_const(btf, integer);
	btf__add_restrict(btf, integer);
	btf__add_float(btf, "double", 8);
	btf__add_var(btf, "jiffies", BTF_VAR_GLOBAL_ALLOCATED, integer);
	btf__add_datasec(btf, ".data", 4);
	btf__add_datasec_var_info(btf, integer, 0, 4);
	btf__add_decl_tag(btf, "tag", integer, -1);
	btf__add_type_tag(btf, "rcu", integer);
	prototype = btf__add_func_proto(btf, integer);
	btf__add_func_param(btf, "dev", integer);
	btf__add_func_param(btf, "why", integer);
	ids[0] = btf__add_func(btf, "dev_open", BTF_FUNC_STATIC, prototype);
	ids[1] = btf__add_func(btf, "dev_close", BTF_FUNC_STATIC, prototype);
	return btf;
}

static void test_functions_have_the_numbers_that_libbpf_gives_them(void **state)
{
	int ids[2];
	struct btf *btf = vmlinux(ids);
	struct heard heard = { 0 };
	struct types_end end;
	uint32_t size;
	const uint8_t *bytes = btf__raw_data(btf, &size);

	(void)state;
	assert_int_equal(types_read(bytes, size, &nothing, hear, &heard, &end), 0);
	assert_string_equal(heard.names, "dev_open dev_close ");
	assert_int_equal(heard.ids[0], ids[0]);
	assert_int_equal(heard.ids[1], ids[1]);
	assert_int_equal(end.types, btf__type_cnt(btf));
	btf__free(btf);
}

static void test_a_module_continues_the_numbers_of_vmlinux(void **state)
{
	int ids[2], id;
	struct btf *btf = vmlinux(ids), *module = btf__new_empty_split(btf);
	struct heard heard = { 0 };
	struct types_end end, last;
	const uint8_t *bytes;
	uint32_t size;

	(void)state;
	bytes = btf__raw_data(btf, &size);
	assert_int_equal(types_read(bytes, size, &nothing, hear, &heard, &end), 0);
	id = btf__add_func(module, "veth_close", BTF_FUNC_STATIC, 1);
	bytes = btf__raw_data(module, &size);
	memset(&heard, 0, sizeof(heard));
	assert_int_equal(types_read(bytes, size, &end, hear, &heard, &last), 0);
	assert_string_equal(heard.names, "veth_close ");
	assert_int_equal(heard.ids[0], id);
	btf__free(module);
	btf__free(btf);
}

/* Nothing is read beyond the bytes; what comes before an end that is missing may be told. */
static void test_cut_bytes_are_refused(void **state)
{
	int ids[2];
	struct btf *btf = vmlinux(ids);
	struct types_end end;
	uint32_t size;
	const uint8_t *bytes = btf__raw_data(btf, &size);

	(void)state;
	for (uint32_t cut = 0; cut < size; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);
		struct heard heard = { 0 };

		memcpy(copy, bytes, cut);
		assert_int_equal(types_read(copy, cut, &nothing, hear, &heard, &end), -EPROTO);
		free(copy);
	}
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions_have_the_numbers_that_libbpf_gives_them),
		cmocka_unit_test(test_a_module_continues_the_numbers_of_vmlinux),
		cmocka_unit_test(test_cut_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
