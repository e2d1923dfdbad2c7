/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/boot/config.c hypervisor/boot/kernel_file.c hypervisor/boot/memory_map.c */
/* SOURCES: hypervisor/boot/text.c */
/* The pure parts of the boot program: configuration, kernel file, memory map, command lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/config.h"
#include "boot/kernel_file.h"
#include "boot/memory_map.h"
#include "boot/text.h"

/* --- shoji.cfg --- */

static bool parse(const char *text, struct boot_config *c, struct config_error *e)
{
	return config_parse(text, strlen(text), c, e);
}

static void config_reads_all_keys(void **state)
{
	struct boot_config c;
	struct config_error e;

	(void)state;
	assert_true(parse("\xef\xbb\xbf# a comment\r\n\r\n options = dom0_mem=1G a=b \r\n"
			  "kernel=vmlinuz\ncmdline=console=hvc0 root=/dev/sda2\ninitrd=initrd",
			  &c, &e));
	assert_string_equal(c.options, "dom0_mem=1G a=b");
	assert_string_equal(c.kernel, "vmlinuz");
	assert_string_equal(c.cmdline, "console=hvc0 root=/dev/sda2");
	assert_string_equal(c.initrd, "initrd");
}

static void config_names_the_line(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *what;
	} cases[] = {
		{"kernel=a\nkernle=b\n", 2, "unknown key"},
		{"kernel=a\n\n# x\nkernel=b\n", 4, "given before"},
		{"kernel=a\nnonsense\n", 2, "no '='"},
		{"=a\n", 1, "unknown key"},
		{"options=a\n", 0, "kernel="},
		{"kernel=\n", 0, "kernel="},
		{"", 0, "kernel="},
	};
	struct boot_config c;
	struct config_error e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(parse(cases[i].text, &c, &e));
		assert_int_equal(e.line, cases[i].line);
		assert_non_null(strstr(e.what, cases[i].what));
	}
}

static void config_bounds_values(void **state)
{
	struct boot_config c;
	struct config_error e;
	char text[CONFIG_PATH_MAX + 16];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "kernel=", 7);
	assert_true(config_parse(text, 7 + CONFIG_PATH_MAX - 1, &c, &e));
	assert_int_equal(strlen(c.kernel), CONFIG_PATH_MAX - 1);
	assert_false(config_parse(text, 7 + CONFIG_PATH_MAX, &c, &e));
	assert_non_null(strstr(e.what, "too long"));
	assert_false(config_parse("kernel=a\0b", 10, &c, &e));
	assert_non_null(strstr(e.what, "zero byte"));
}

/* --- the kernel's file --- */

static void put_le(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* A bzImage with one setup sector and `payload` at 1024 + 16. */
static uint8_t *bzimage(const void *payload, size_t length, uint32_t unpacked, size_t *size)
{
	uint8_t *f = calloc(1, *size = 1040 + length + 4);

	f[0x1f1] = 1;
	f[0x1fe] = 0x55, f[0x1ff] = 0xaa;
	memcpy(f + 0x202, "HdrS", 4);
	f[0x206] = 0x0f, f[0x207] = 2;
	put_le(f + 0x248, 16);
	put_le(f + 0x24c, (uint32_t)length + 4);
	memcpy(f + 1040, payload, length);
	put_le(f + 1040 + length, unpacked);
	return f;
}

static const char *check(const char *magic, size_t magic_length, uint32_t unpacked, int packing)
{
	uint8_t payload[64] = {0};
	struct kernel_file k;
	const char *why;
	uint8_t *f;
	size_t size;

	memcpy(payload, magic, magic_length);
	f = bzimage(payload, sizeof(payload), unpacked, &size);
	why = kernel_file_parse(f, size, &k);
	if (!why) {
		assert_int_equal(k.packing, packing);
		assert_ptr_equal(k.data, f + 1040);
		assert_int_equal(k.unpacked_size, unpacked);
		assert_int_equal(k.size, packing == KERNEL_GZIP ? 68 : 64);
	}
	free(f);
	return why;
}

static void kernel_packings(void **state)
{
	(void)state;
	assert_null(check("\x1f\x8b\x08", 3, 5000000, KERNEL_GZIP));
	assert_null(check("\xfd"
			  "7zXZ",
			  6, 5000000, KERNEL_XZ));
	assert_null(check("\x28\xb5\x2f\xfd", 4, 5000000, KERNEL_ZSTD));
	assert_non_null(strstr(check("BZh91", 5, 5000000, 0), "not known"));
	assert_non_null(strstr(check("\x1f\x8b\x08", 3, 0xffffffff, 0), "no sense"));
	assert_non_null(strstr(check("\x1f\x8b\x08", 3, 0, 0), "no sense"));
}

static void kernel_plain(void **state)
{
	uint8_t elf[64] = "\x7f"
			  "ELF";
	struct kernel_file k;

	(void)state;
	assert_null(kernel_file_parse(elf, sizeof(elf), &k));
	assert_int_equal(k.packing, KERNEL_PLAIN);
	assert_int_equal(k.unpacked_size, sizeof(elf));
	assert_non_null(kernel_file_parse(elf, 10, &k));
	assert_non_null(kernel_file_parse("x", 1, &k));
	/* A compressed file alone is no kernel file. */
	assert_non_null(kernel_file_parse("\x1f\x8b\x08"
					  "0123456789012345678901234567890123456789"
					  "0123456789012345678901234567890123456789",
					  80, &k));
}

/* Whatever the header says, nothing outside the file is read (ASan watches) or returned. */
static void kernel_hostile(void **state)
{
	uint8_t payload[64] = {0x1f, 0x8b, 8};
	struct kernel_file k;
	size_t size;

	(void)state;
	for (uint32_t i = 0; i < 4000; i++) {
		uint8_t *f = bzimage(payload, sizeof(payload), 5000, &size);
		size_t cut = size * (i % 97 + 1) / 97;
		uint8_t *copy = malloc(cut);

		put_le(f + 0x248, i % 3 ? i : i * 2654435761u);
		put_le(f + 0x24c, i % 5 ? i % 200 : i * 40503u * 65537u);
		f[0x1f1] = (uint8_t)(i % 7);
		memcpy(copy, f, cut);
		free(f);
		if (!kernel_file_parse(copy, cut, &k)) {
			assert_true(k.data >= copy && k.data <= copy + cut);
			assert_true(k.size <= (size_t)(copy + cut - k.data));
		}
		free(copy);
	}
}

/* --- the memory map --- */

#define PAGE 0x1000ULL

static void expect(const struct memory_map *m, const struct boot_memory *list, unsigned int count)
{
	assert_int_equal(m->count, count);
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(m->entry[i].base, list[i].base);
		assert_int_equal(m->entry[i].size, list[i].size);
		assert_int_equal(m->entry[i].type, list[i].type);
	}
}

static void map_sorts_and_merges(void **state)
{
	static const struct boot_memory want[] = {
		{0, 0x3000, BOOT_MEMORY_RAM, 0},
		{0x3000, 0x1000, BOOT_MEMORY_ACPI, 0},
		{0x5000, 0x1000, BOOT_MEMORY_RAM, 0},
	};
	struct memory_map *m = malloc(sizeof(*m));

	(void)state;
	memory_map_init(m);
	memory_map_put(m, 0x5000, PAGE, BOOT_MEMORY_RAM);
	memory_map_put(m, 0x1000, 2 * PAGE, BOOT_MEMORY_RAM);
	memory_map_put(m, 0x3000, PAGE, BOOT_MEMORY_ACPI);
	memory_map_put(m, 0, PAGE, BOOT_MEMORY_RAM);
	expect(m, want, 3);
	free(m);
}

static void map_prefers_what_is_not_ram(void **state)
{
	static const struct boot_memory want[] = {
		{0, 0x9f000, BOOT_MEMORY_RAM, 0},	  {0x9fc00, 0x400, BOOT_MEMORY_RESERVED, 0},
		{0x100000, 0x100000, BOOT_MEMORY_RAM, 0}, {0x200000, 0x100000, BOOT_MEMORY_NVS, 0},
		{0x300000, 0x100000, BOOT_MEMORY_RAM, 0},
	};
	struct memory_map *m = malloc(sizeof(*m));

	(void)state;
	for (int order = 0; order < 2; order++) {
		memory_map_init(m);
		if (order) {
			memory_map_put(m, 0x9fc00, 0x400, BOOT_MEMORY_RESERVED);
			memory_map_put(m, 0x200000, 0x100000, BOOT_MEMORY_NVS);
		}
		memory_map_put(m, 0, 0x9fc00, BOOT_MEMORY_RAM);
		memory_map_put(m, 0x100000, 0x300000, BOOT_MEMORY_RAM);
		if (!order) {
			memory_map_put(m, 0x9fc00, 0x400, BOOT_MEMORY_RESERVED);
			memory_map_put(m, 0x200000, 0x100000, BOOT_MEMORY_NVS);
		}
		expect(m, want, 5);
	}
	free(m);
}

static void map_takes_from_the_top(void **state)
{
	struct memory_map *m = malloc(sizeof(*m));

	(void)state;
	memory_map_init(m);
	memory_map_put(m, 0, 0x800000, BOOT_MEMORY_RAM);
	memory_map_put(m, 0x100000000, 0x800000, BOOT_MEMORY_RAM);
	assert_int_equal(memory_map_take(m, 5000, PAGE, 1ULL << 32, BOOT_MEMORY_LOADER), 0x7fe000);
	assert_int_equal(memory_map_take(m, PAGE, 0x200000, 1ULL << 32, BOOT_MEMORY_HYPERVISOR),
			 0x600000);
	assert_int_equal(memory_map_take(m, 0x600000, PAGE, 1ULL << 32, BOOT_MEMORY_LOADER), 0);
	assert_int_equal(memory_map_take(m, 0x5ff000, PAGE, 1ULL << 32, BOOT_MEMORY_LOADER),
			 0x1000);
	assert_int_equal(memory_map_take(m, 0x800000, PAGE, ~0ULL, BOOT_MEMORY_LOADER),
			 0x100000000);
	memory_map_free(m, 0x1000, 0x5ff000);
	memory_map_free(m, 0x7fe000, 0x2000);
	memory_map_free(m, 0x600000, PAGE);
	assert_int_equal(m->count, 2);
	assert_int_equal(memory_map_ram_end(m), 0x100800000);
	free(m);
}

/* Against a model with one byte per page: any order of statements on pages gives the same map. */
static void map_equals_a_model(void **state)
{
	enum { PAGES = 64 };
	struct memory_map *m = malloc(sizeof(*m));

	(void)state;
	srand(1);
	for (int round = 0; round < 2000; round++) {
		uint8_t model[PAGES] = {0};

		memory_map_init(m);
		for (int step = 0; step < 20; step++) {
			unsigned int at = (unsigned int)rand() % PAGES;
			unsigned int n = 1 + (unsigned int)rand() % (PAGES - at);
			uint8_t type = (uint8_t)(1 + rand() % 5);

			memory_map_put(m, at * PAGE, n * PAGE, type);
			for (unsigned int i = at; i < at + n; i++)
				if (type != BOOT_MEMORY_RAM || !model[i])
					model[i] = type;
		}
		for (unsigned int i = 0; i < m->count; i++) {
			const struct boot_memory *e = &m->entry[i];

			if (i) {
				const struct boot_memory *p = e - 1;

				assert_true(p->base + p->size < e->base ||
					    (p->base + p->size == e->base && p->type != e->type));
			}
			for (uint64_t a = e->base; a < e->base + e->size; a += PAGE) {
				assert_int_equal(model[a / PAGE], e->type);
				model[a / PAGE] = 0;
			}
		}
		for (int i = 0; i < PAGES; i++)
			assert_int_equal(model[i], 0);
	}
	free(m);
}

static void map_notices_overflow(void **state)
{
	struct memory_map *m = malloc(sizeof(*m));
	struct boot_info *info = calloc(1, sizeof(*info));

	(void)state;
	memory_map_init(m);
	for (unsigned int i = 0; i < BOOT_MEMORY_MAX; i++)
		memory_map_put(m, 2 * i * PAGE, PAGE, BOOT_MEMORY_RAM);
	assert_true(memory_map_finish(m, info));
	assert_int_equal(info->memory_count, BOOT_MEMORY_MAX);
	for (unsigned int i = BOOT_MEMORY_MAX; i < MEMORY_MAP_MAX + 1; i++)
		memory_map_put(m, 2 * i * PAGE, PAGE, BOOT_MEMORY_RAM);
	assert_true(m->overflowed);
	assert_false(memory_map_finish(m, info));
	free(info);
	free(m);
}

/* --- command lines --- */

static void text_words(void **state)
{
	char word[8];

	(void)state;
	assert_string_equal(text_skip_word("build/shoji  a=b c"), "a=b c");
	assert_string_equal(text_skip_word(" x"), "");
	assert_string_equal(text_skip_word(""), "");
	assert_true(text_first_word(word, sizeof(word), " vmlinuz a"));
	assert_string_equal(word, "vmlinuz");
	assert_false(text_first_word(word, sizeof(word), "vmlinuz1 a"));
	assert_string_equal(word, "vmlinuz");
	assert_true(text_copy(word, sizeof(word), "1234567"));
	assert_false(text_copy(word, sizeof(word), "12345678"));
	assert_string_equal(word, "1234567");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_reads_all_keys),
		cmocka_unit_test(config_names_the_line),
		cmocka_unit_test(config_bounds_values),
		cmocka_unit_test(kernel_packings),
		cmocka_unit_test(kernel_plain),
		cmocka_unit_test(kernel_hostile),
		cmocka_unit_test(map_sorts_and_merges),
		cmocka_unit_test(map_prefers_what_is_not_ram),
		cmocka_unit_test(map_takes_from_the_top),
		cmocka_unit_test(map_equals_a_model),
		cmocka_unit_test(map_notices_overflow),
		cmocka_unit_test(text_words),
	};

	return cmocka_run_group_tests_name("boot parts", tests, NULL, NULL);
}
