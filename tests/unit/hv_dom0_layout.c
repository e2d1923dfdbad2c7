/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's first memory: nothing overlaps, everything that is mapped is mapped by the tables, and a
 * kernel that asks for impossible addresses is told so.
 */
/* SOURCES: hypervisor/init/dom0_layout.c */
/* FLAGS: -I../fake */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/dom0_layout.h"
#include "shoji/elfnote.h"

#define TEXT	 0xffffffff80000000ULL
#define PAGES	 65536
#define INITRD	 (5 << 20)
#define TABLE_OF 512 /* pages that one L1 table maps */

static struct elf_image kernel(uint64_t virt_base)
{
	struct elf_image image;

	memset(&image, 0, sizeof(image));
	image.virt_base = virt_base;
	image.phys_begin = 1 << 20;
	image.phys_end = 20 << 20;
	return image;
}

static void everything_has_its_place(void **state)
{
	struct elf_image image = kernel(TEXT);
	struct dom0_layout l;

	(void)state;
	assert_null(dom0_layout_compute(&image, INITRD, PAGES, &l));
	assert_int_equal(l.initrd.first, image.phys_end >> PAGE_SHIFT);
	assert_int_equal(l.p2m.first, l.initrd.first + (INITRD >> PAGE_SHIFT));
	assert_int_equal(l.start_info.first, l.p2m.first + PAGES * 8 / PAGE_SIZE);
	assert_int_equal(l.tables.first, l.start_info.first + 1);
	assert_int_equal(l.stack.first, l.tables.first + l.tables.count);
	assert_true(l.mapped_end > l.stack.first);
	assert_int_equal(l.tables.count, 1 + 1 + 1 + l.mapped_end / TABLE_OF);
	assert_int_equal(l.needed, l.mapped_end);
}

static void a_frame_list_apart_has_tables_of_its_own(void **state)
{
	struct elf_image image = kernel(TEXT);
	struct dom0_layout l;

	(void)state;
	image.notes = 1u << XEN_ELFNOTE_INIT_P2M;
	image.init_p2m = 0x8000000000;
	image.mod_start_pfn = 1;
	assert_null(dom0_layout_compute(&image, INITRD, PAGES, &l));
	assert_true(l.initrd_unmapped);
	assert_int_equal(l.initrd.first, l.mapped_end);
	assert_int_equal(l.p2m_virt, image.init_p2m);
	assert_int_equal(l.p2m_tables.count, 1 + 1 + 1);
	assert_int_equal(l.needed, l.p2m_tables.first + l.p2m_tables.count);
}

/*
 * Found by the fuzzer of kernel files: the end of the mapping was taken beyond the end of all
 * addresses, the number of tables came out negative, and dom0 seemed to need next to nothing: its
 * builder would have written far outside of what it had.
 */
static void a_mapping_that_wraps_is_refused(void **state)
{
	struct elf_image image = kernel(TEXT);
	struct dom0_layout l;

	(void)state;
	image.phys_end = 0x7100130f00;
	assert_non_null(dom0_layout_compute(&image, INITRD, PAGES, &l));
	image = kernel(0xffffffffff000000);
	assert_non_null(dom0_layout_compute(&image, INITRD, PAGES, &l));
}

static void addresses_of_the_hypervisor_are_refused(void **state)
{
	static const uint64_t bad[] = {0xffff800000000000, 0xffff87ffffc00000, 0x00007fffff000000,
				       0x1000000000000000, TEXT + 8};
	struct elf_image image;
	struct dom0_layout l;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		image = kernel(bad[i]);
		assert_non_null(dom0_layout_compute(&image, INITRD, PAGES, &l));
		image = kernel(TEXT);
		image.notes = 1u << XEN_ELFNOTE_INIT_P2M;
		image.init_p2m = bad[i] == 0x00007fffff000000 ? bad[i] + 0xfff000 : bad[i];
		assert_non_null(dom0_layout_compute(&image, INITRD, PAGES, &l));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_has_its_place),
		cmocka_unit_test(a_frame_list_apart_has_tables_of_its_own),
		cmocka_unit_test(a_mapping_that_wraps_is_refused),
		cmocka_unit_test(addresses_of_the_hypervisor_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
