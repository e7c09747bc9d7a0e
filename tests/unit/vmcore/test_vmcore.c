// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmcore/parts.h"
#include "who/capture.h"

/* --- files that are no dump, or none that is of use --- */

static char path[64];

static void write_file(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* The sentence begins with the file, and has the words. */
static void assert_refused(const char *words)
{
	struct vmcore *vmcore = NULL;
	struct why why = { "" };

	assert_true(vmcore_open(path, &vmcore, &why) < 0);
	assert_null(vmcore);
	assert_int_equal(why_code(&why), EXIT_CONFIG);
	assert_memory_equal(why.text, path, strlen(path));
	if (!strstr(why.text, words))
		fail_msg("no \"%s\" in: %s", words, why.text);
}

static int make_path(void **state)
{
	(void)state;
	strcpy(path, "/tmp/dadrace-vmcore-XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int remove_path(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void an_empty_file_is_told(void **state)
{
	(void)state;
	write_file("", 0);
	assert_refused("the file is empty");
}

static void a_file_that_is_missing_is_told(void **state)
{
	(void)state;
	unlink(path);
	assert_refused("cannot be read: No such file");
}

/* Which nobody writes to: it would be waited for without end. */
static void a_fifo_is_not_waited_for(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(capture_is(path));
	assert_refused("not a regular file");
}

static void a_packed_file_is_told_with_what_unpacks_it(void **state)
{
	static const char *const heads[][2] = {
		{ "\x1f\x8b\x08", "gunzip" },
		{ "\x28\xb5\x2f\xfd", "unzstd" },
		{ "\xfd"
		  "7zXZ",
		  "unxz" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		write_file(heads[i][0], strlen(heads[i][0]));
		assert_refused(heads[i][1]);
	}
}

static void any_other_file_is_neither_capture_nor_vmcore(void **state)
{
	char text[8192];

	(void)state;
	memset(text, 'x', sizeof(text));
	write_file(text, sizeof(text));
	assert_refused("neither a capture of dadrace who nor a vmcore");
	write_file(text, 1);
	assert_refused("");
}

struct elf {
	Elf64_Ehdr head;
	Elf64_Phdr note, load;
	struct {
		Elf64_Nhdr head;
		char owner[12], text[64];
	} notes;
	char page[IMAGE_PAGE];
};

static struct elf elf_of(uint16_t machine, const char *notes)
{
	struct elf elf = {
		.head = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				       ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE,
			  .e_machine = machine,
			  .e_version = EV_CURRENT,
			  .e_phoff = offsetof(struct elf, note),
			  .e_ehsize = sizeof(elf.head),
			  .e_phentsize = sizeof(elf.load),
			  .e_phnum = 2 },
		.note = { .p_type = PT_NOTE,
			  .p_offset = offsetof(struct elf, notes),
			  .p_filesz = sizeof(elf.notes) },
		.load = { .p_type = PT_LOAD,
			  .p_offset = offsetof(struct elf, page),
			  .p_filesz = sizeof(elf.page),
			  .p_memsz = sizeof(elf.page) },
		.notes = { .head = { .n_namesz = 11, .n_descsz = sizeof(elf.notes.text) },
			   .owner = "VMCOREINFO" },
	};

	strcpy(elf.notes.text, notes);
	return elf;
}

static void another_architecture_is_named(void **state)
{
	struct elf elf = elf_of(EM_AARCH64, "OSRELEASE=6.12.0\nPAGESIZE=4096\n");

	(void)state;
	write_file(&elf, sizeof(elf));
	assert_refused("of a kernel for aarch64");
}

static void without_vmcoreinfo_is_told_how_to_get_it(void **state)
{
	struct elf elf = elf_of(EM_X86_64, "");

	(void)state;
	elf.head.e_phnum = 2;
	memcpy(elf.notes.owner, "CORE\0\0\0\0\0\0", 11);
	write_file(&elf, sizeof(elf));
	assert_refused("no VMCOREINFO");
}

static void notes_that_lead_nowhere_are_told(void **state)
{
	struct elf elf = elf_of(EM_X86_64, "OSRELEASE=6.12.0\nPAGESIZE=4096\n");

	(void)state;
	write_file(&elf, sizeof(elf));
	assert_refused("does not lead to the kernel's page tables");
}

/* The page that is there in name only is read, as the first page table. */
static void a_truncated_file_is_told(void **state)
{
	struct elf elf =
		elf_of(EM_X86_64,
		       "OSRELEASE=6\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffffffff80000000\n");

	(void)state;
	write_file(&elf, offsetof(struct elf, page) + 8);
	assert_refused("the vmcore is truncated");
}

/* The library's own way out of it freed memory twice. */
static void a_compressed_dump_of_a_header_alone_is_told(void **state)
{
	struct {
		char magic[8];
		uint32_t version;
		char names[6][65], pad[6];
		uint64_t times[2];
		uint32_t status, block_size, sub_blocks, bitmap_blocks, pages;
	} head = { "KDUMP  ",	    6,
		   .status = 1,	    .block_size = IMAGE_PAGE,
		   .sub_blocks = 2, .bitmap_blocks = 64,
		   .pages = 1 << 20 };

	(void)state;
	head.magic[7] = ' ';
	write_file(&head, sizeof(head));
	assert_refused("");
}

/* --- lines of VMCOREINFO --- */

static void notes_are_read_by_their_whole_key(void **state)
{
	const char *notes = "OSRELEASE=6.1\nSYMBOL(_stext)=ffffffff81000000\n"
			    "NUMBER(phys_base)=-4096\nSYMBOL(x_stext)=1\nlast=";
	char value[NOTE_MAX];

	(void)state;
	assert_true(note_text(notes, "OSRELEASE", value));
	assert_string_equal(value, "6.1");
	assert_true(note_text(notes, "last", value));
	assert_string_equal(value, "");
	assert_false(note_text(notes, "RELEASE", value));
	assert_false(note_text(NULL, "OSRELEASE", value));
	assert_int_equal(note_symbol(notes, "_stext"), 0xffffffff81000000);
	assert_int_equal(note_number(notes, "phys_base"), -4096);
	assert_int_equal(note_symbol(notes, "missing"), 0);
}

/* --- symbols --- */

#define PLACE 0xffffffff82000000

/* Tables as a kernel has them, of four symbols. */
struct memory {
	struct image image;
	struct {
		int32_t offsets[4];
		uint64_t base;
		uint8_t names[256];
		char tokens[1024];
		uint16_t index[256];
	} bytes;
	struct kallsyms tables;
};

static int read_memory(void *from, uint64_t address, void *to, size_t size)
{
	struct memory *memory = from;

	/* Names are read to the end of their page. */
	if (address < PLACE || address >= PLACE + sizeof(memory->bytes))
		return -EFAULT;
	memset(to, 0, size);
	if (size > PLACE + sizeof(memory->bytes) - address)
		size = PLACE + sizeof(memory->bytes) - address;
	memcpy(to, (const char *)&memory->bytes + (address - PLACE), size);
	return 0;
}

static uint8_t *add_name(uint8_t *at, const char *name)
{
	*at++ = (uint8_t)strlen(name);
	memcpy(at, name, strlen(name));
	return at + strlen(name);
}

/* Token 1 is "page_", and each other one its letter. */
static struct memory *make_memory(const int32_t offsets[4])
{
	static struct memory memory;
	char *token = memory.bytes.tokens;
	uint8_t *name = memory.bytes.names;

	memset(&memory, 0, sizeof(memory));
	memory.image.read = read_memory;
	memory.image.from = &memory;
	for (int i = 0; i < 256; i++) {
		memory.bytes.index[i] = (uint16_t)(token - memory.bytes.tokens);
		token += snprintf(token, 8, i == 1 ? "page_" : "%c", i ? i : '?') + 1;
	}
	memcpy(memory.bytes.offsets, offsets, sizeof(memory.bytes.offsets));
	memory.bytes.base = 0xffffffff81000000;
	name = add_name(name, "Aper_cpu");
	name = add_name(name, "Tfirst");
	name = add_name(name, "D\1offset_base");
	add_name(name, "tlast");
	memory.tables = (struct kallsyms){
		.offsets = PLACE,
		.base = PLACE + offsetof(struct memory, bytes.base) -
			offsetof(struct memory, bytes),
		.names = PLACE + offsetof(struct memory, bytes.names) -
			 offsetof(struct memory, bytes),
		.token_table = PLACE + offsetof(struct memory, bytes.tokens) -
			       offsetof(struct memory, bytes),
		.token_index = PLACE + offsetof(struct memory, bytes.index) -
			       offsetof(struct memory, bytes),
		.nr = 4,
	};
	return &memory;
}

static void assert_listed(const struct memory *memory, uint64_t per_cpu)
{
	struct kernel_datum data[] = { { "page_offset_base", 0 },
				       { "per_cpu", 7 },
				       { "last", 0 } };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(kallsyms_list(&memory->image, &memory->tables, out, data, 3), 0);
	fclose(out);
	assert_string_equal(text, "ffffffff81000010 T first\nffffffff81000030 t last\n");
	assert_int_equal(data[0].address, 0xffffffff81000020);
	assert_int_equal(data[1].address, per_cpu);
	assert_int_equal(data[2].address, 0xffffffff81000030); /* a function by its letter */
	free(text);
}

static void addresses_are_those_of_before_6_15(void **state)
{
	const int32_t offsets[] = { 0x100, -0x11, -0x21, -0x31 };

	(void)state;
	assert_listed(make_memory(offsets), 0x100);
}

static void addresses_are_those_of_since_6_15(void **state)
{
	const int32_t offsets[] = { 0, 0x10, 0x20, 0x30 };

	(void)state;
	assert_listed(make_memory(offsets), 0xffffffff81000000);
}

static void addresses_without_a_base_count_from_their_offset(void **state)
{
	int32_t offsets[4];
	struct memory *memory;

	(void)state;
	for (int i = 0; i < 4; i++)
		offsets[i] = (int32_t)(0xffffffff81000000 + 16 * i - (PLACE + 4 * i));
	memory = make_memory(offsets);
	memory->tables.base = 0;
	assert_listed(memory, 0xffffffff81000000);
}

static void tables_that_make_no_sense_are_refused(void **state)
{
	const int32_t offsets[] = { 0, 0x10, 0x20, 0x30 };
	struct memory *memory = make_memory(offsets);
	FILE *out = fopen("/dev/null", "w");

	(void)state;
	memory->tables.nr = 5; /* the fifth has no name */
	memory->tables.offsets += 8;
	assert_int_equal(kallsyms_list(&memory->image, &memory->tables, out, NULL, 0), -EINVAL);
	memory = make_memory(offsets);
	memory->bytes.index[9] = 0;
	assert_int_equal(kallsyms_list(&memory->image, &memory->tables, out, NULL, 0), -EINVAL);
	memory = make_memory(offsets);
	memory->tables.names = 0;
	assert_int_equal(kallsyms_list(&memory->image, &memory->tables, out, NULL, 0), -EINVAL);
	fclose(out);
}

/* --- modules --- */

enum { MODULES = 3 };

static struct listed {
	uint64_t head;
	struct {
		uint64_t next, btf;
	} module[MODULES];
	struct {
		uint64_t data, size;
	} btf[MODULES];
	uint8_t data[16];
} listed;

#define AT(member) (PLACE + offsetof(struct listed, member))

static int read_listed(void *from, uint64_t address, void *to, size_t size)
{
	(void)from;
	if (address < PLACE || address + size > PLACE + sizeof(listed))
		return -EFAULT;
	memcpy(to, (const char *)&listed + (address - PLACE), size);
	return 0;
}

static void add_struct(struct btf *btf, const char *name, const char *first, const char *second)
{
	btf__add_struct(btf, name, 16);
	btf__add_field(btf, first, 1, 0, 0);
	btf__add_field(btf, second, 1, 64, 0);
}

/* In the last one's place is the head of the list, if nothing else. */
static uint32_t list_types(uint64_t after_last, uint32_t *missing)
{
	struct btf *btf = btf__new_empty();
	struct image image = { .read = read_listed };
	struct types_raw own = { NULL }, raw[MODULES_MAX];
	struct why why;
	uint32_t nr;

	btf__add_int(btf, "long", 8, 0);
	add_struct(btf, "btf_module", "list", "btf");
	add_struct(btf, "btf", "data", "data_size");
	own.data = btf__raw_data(btf, &own.size);
	assert_int_equal(types_open_raw(&own, 1, &image.types, &why), 0);
	listed.head = AT(module[0]);
	for (int i = 0; i < MODULES; i++) {
		listed.module[i].next = i + 1 < MODULES ? AT(module[i + 1]) : after_last;
		listed.module[i].btf = AT(btf[i]);
		listed.btf[i].data = AT(data);
		listed.btf[i].size = i == 1 ? 0 : sizeof(listed.data);
	}
	nr = modules_types(&image, AT(head), raw, missing);
	for (uint32_t i = 0; i < nr; i++)
		free((void *)raw[i].data);
	types_close(image.types);
	btf__free(btf);
	return nr;
}

static void a_module_without_types_hides_no_other(void **state)
{
	uint32_t missing;

	(void)state;
	assert_int_equal(list_types(AT(head), &missing), 2);
	assert_int_equal(missing, 1);
}

static void a_list_that_leads_to_itself_ends(void **state)
{
	uint32_t missing;

	(void)state;
	assert_int_equal(list_types(AT(module[1]), &missing), 2);
	assert_int_equal(missing, 2);
}

int main(void)
{
#define OF_FILE(test) cmocka_unit_test_setup_teardown(test, make_path, remove_path)
	const struct CMUnitTest tests[] = {
		OF_FILE(an_empty_file_is_told),
		OF_FILE(a_file_that_is_missing_is_told),
		OF_FILE(a_fifo_is_not_waited_for),
		OF_FILE(a_packed_file_is_told_with_what_unpacks_it),
		OF_FILE(any_other_file_is_neither_capture_nor_vmcore),
		OF_FILE(another_architecture_is_named),
		OF_FILE(without_vmcoreinfo_is_told_how_to_get_it),
		OF_FILE(notes_that_lead_nowhere_are_told),
		OF_FILE(a_truncated_file_is_told),
		OF_FILE(a_compressed_dump_of_a_header_alone_is_told),
		cmocka_unit_test(notes_are_read_by_their_whole_key),
		cmocka_unit_test(addresses_are_those_of_before_6_15),
		cmocka_unit_test(addresses_are_those_of_since_6_15),
		cmocka_unit_test(addresses_without_a_base_count_from_their_offset),
		cmocka_unit_test(tables_that_make_no_sense_are_refused),
		cmocka_unit_test(a_module_without_types_hides_no_other),
		cmocka_unit_test(a_list_that_leads_to_itself_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
