/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel files, as a guest's administrator or dom0's boot menu may name any: bzImage, packed or
 * not, and ELF with its notes, down to what the builder makes of them.
 *
 * The tools and the boot program each have a reader of bzImages: where both accept a file, they
 * mean the same bytes. Whatever is accepted can be used: segments lie inside the file, the plan of
 * the guest's frames inside the guest, and its page tables can be filled.
 */
/* SOURCES: dom0-tools/lib/kernel_image.c dom0-tools/lib/kernel_unpack.c */
/* SOURCES: dom0-tools/lib/kernel_elf.c */
/* SOURCES: dom0-tools/lib/build_layout.c dom0-tools/lib/build_load.c */
/* SOURCES: dom0-tools/lib/build_tables.c */
/* SOURCES: dom0-tools/lib/failure.c dom0-tools/lib/file_map.c hypervisor/lib/elf_image.c */
/* SOURCES: hypervisor/init/dom0_layout.c tests/fuzz/kernel_file/boot.c */
/* FLAGS: -iquote ../../hypervisor/lib -Ikernel_file -I../fake -Wno-unknown-attributes */
/* LIBS: -lz -llzma -lzstd */
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "elf_image.h"
#include "kernel_elf.h"
#include "kernel_image.h"

#define UNPACKED_MAX (1u << 20)
#define GUEST_PAGES  4096

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every byte that is promised is there: the sanitizer sees if not. */
static void read_all(const uint8_t *data, size_t size)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + data[i]);
}

static void fill_guest(const struct kernel_elf *k, const struct build_layout *l)
{
	static uint8_t kinds[GUEST_PAGES], page[4096];
	static uint64_t mfns[GUEST_PAGES], table[512];

	build_load_plan(&k->image, 0, l->pages, kinds);
	for (uint64_t pfn = 0; pfn < l->pages; pfn++)
		if (kinds[pfn] == BUILD_COPY)
			build_load_page(&k->image, pfn, page);
	for (uint64_t pfn = 0; pfn < l->table_count + l->p2m_table_count; pfn++)
		(void)build_layout_fill_table(l, l->l4_pfn + pfn, mfns, table);
}

static void build(const uint8_t *elf, size_t size)
{
	struct build_layout layout;
	struct kernel_elf k;
	struct failure f = {0};

	if (kernel_elf_parse(elf, size, "fuzz", &k, &f)) {
		CHECK(f.code == FAIL_FILE && f.why[0]);
		return;
	}
	for (unsigned int i = 0; i < k.image.segment_count; i++)
		read_all(k.image.segments[i].data, k.image.segments[i].file_size);
	k.wishes.pages = GUEST_PAGES;
	k.wishes.initrd_size = size;
	if (!build_layout_compute(&k.wishes, &layout)) {
		CHECK(layout.used_pages <= GUEST_PAGES);
		fill_guest(&k, &layout);
	}
}

static void unpack(const struct kernel_payload *p)
{
	const char *why = NULL;
	uint8_t *to;
	size_t made;

	if (p->packing == KERNEL_ELF) {
		build(p->data, p->size);
		return;
	}
	if (p->unpacked_size > UNPACKED_MAX)
		return;
	to = malloc(p->unpacked_size);
	made = to ? kernel_payload_unpack(p, to, &why) : 0;
	CHECK(made <= p->unpacked_size && (made || !to || why));
	if (made)
		build(to, made);
	free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_payload p;
	const uint8_t *boot_data;
	size_t boot_size;
	bool tools = !kernel_payload_find(data, size, &p);

	if (tools) {
		CHECK(p.data >= data && p.size <= size && p.data - data <= (long)(size - p.size));
		unpack(&p);
	}
	if (boot_finds(data, size, &boot_data, &boot_size)) {
		CHECK(boot_data >= data && boot_data + boot_size <= data + size);
		if (tools) /* the tools leave the size behind the packed bytes */
			CHECK(boot_data == p.data && boot_size <= p.size &&
			      p.size - boot_size <= 4);
	}
	boot_layout(data, size);
	return 0;
}
