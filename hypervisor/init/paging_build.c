/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building the hypervisor's address space (machine/paging.h), once, from the boot program's memory
 * map.
 *
 * The image is mapped by section: code is never writable, the rest never executable, and the direct
 * map leaves the image out. Mappings of our own are global; guests' are not, so a load of CR3 drops
 * theirs and keeps ours.
 */
#include "core/frame.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/mm_companion.h"
#include "lib/string.h"
#include "machine/cpu_ops.h"
#include "machine/paging_internal.h"
#include "shoji/arch.h"

#define FIRMWARE_MAX (16UL << 20)

extern char text_start[], text_end[], const_start[], const_end[], data_start[], image_end[];
extern char entry_start[], entry_end[], sealed_start[], sealed_end[];
extern char init_text_start[], init_text_end[], init_const_start[], init_const_end[];
extern char init_data_start[], init_end[];

void paging_set_image(paddr_t phys)
{
	paging.image_phys = phys;
}

/* What guests' tables have, too: in single pages, and kept by TLBs. */
static void map_shared(uint64_t va, paddr_t pa, uint64_t bytes, uint64_t leaf)
{
	for (; bytes; va += PAGE_SIZE, pa += PAGE_SIZE, bytes -= PAGE_SIZE) {
		paging_map_in(paging.root, va, pa, PAGE_SIZE, leaf | PTE_GLOBAL);
		paging_map_in(paging.entry_root, va, pa, PAGE_SIZE, leaf | PTE_GLOBAL);
	}
}

static bool in_direct_map(uint32_t type)
{
	return type == BOOT_MEMORY_RAM || type == BOOT_MEMORY_LOADER || type == BOOT_MEMORY_ACPI ||
	       type == BOOT_MEMORY_NVS || type == BOOT_MEMORY_RUNTIME;
}

static uint64_t max_frame(const struct boot_info *info)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < info->memory_count; i++)
		if (boot_memory_is_ram(info->memory[i].type))
			end = MAX(end, info->memory[i].base + info->memory[i].size);
	return end >> PAGE_SHIFT;
}

static const struct boot_memory *largest_piece(const struct boot_info *info)
{
	const struct boot_memory *best = NULL;

	for (unsigned int i = 0; i < info->memory_count; i++) {
		const struct boot_memory *m = &info->memory[i];

		if (m->type == BOOT_MEMORY_RAM && (!best || m->size > best->size))
			best = m;
	}
	if (!best)
		panic("paging: the memory map names no RAM");
	return best;
}

static void map_section(const char *from, const char *to, uint64_t leaf)
{
	paging_map((uint64_t)from, paging_phys(from), (uint64_t)(to - from), leaf);
}

static void map_shared_section(const char *from, const char *to, uint64_t leaf)
{
	map_shared((uint64_t)from, paging_phys(from), (uint64_t)(to - from), leaf);
}

static void map_image(void)
{
	map_section(text_start, entry_start, LEAF_CODE);
	map_shared_section(entry_start, entry_end, LEAF_CODE);
	map_section(entry_end, text_end, LEAF_CODE);
	map_section(const_start, sealed_start, LEAF_CONST);
	map_shared_section(sealed_start, sealed_end, LEAF_CONST);
	map_section(sealed_end, const_end, LEAF_CONST);
	map_section(data_start, image_end, LEAF_DATA);
	map_section(init_text_start, init_text_end, LEAF_CODE);
	map_section(init_const_start, init_const_end, LEAF_CONST);
	map_section(init_data_start, init_end, LEAF_DATA);
}

static void map_ram(const struct boot_info *info)
{
	for (unsigned int i = 0; i < info->memory_count; i++) {
		paddr_t start = ROUND_DOWN(info->memory[i].base, PAGE_SIZE);
		paddr_t end = ROUND_UP(info->memory[i].base + info->memory[i].size, PAGE_SIZE);

		if (in_direct_map(info->memory[i].type))
			paging_map(DIRECTMAP + start, start, end - start, LEAF_DATA);
	}
}

static void map_m2p(uint64_t frames)
{
	uint64_t bytes = ROUND_UP(frames * sizeof(uint64_t), LARGE_BYTES);
	paddr_t at = paging_early_alloc(bytes, LARGE_BYTES);

	memset(paging_virt(at), 0xff, bytes);
	paging_map(M2P_READONLY, at, bytes, LEAF_M2P);
	paging_map(M2P_WRITABLE, at, bytes, LEAF_DATA);
}

static void map_frame_table(uint64_t frames)
{
	uint64_t bytes = ROUND_UP(frames * sizeof(struct frame), LARGE_BYTES);

	paging_map(FRAME_TABLE, paging_early_alloc(bytes, LARGE_BYTES), bytes, LEAF_DATA);
}

/* Every slot of ours gets its table now: new L4s copy the entries once and for all. */
static void fill_slots(void)
{
	for (unsigned int i = HYPERVISOR_FIRST_SLOT; i <= HYPERVISOR_LAST_SLOT; i++)
		if (i != DOMAIN_SLOT && i <= (DIRECTMAP >> 39 & 511))
			(void)paging_next_level(paging.root, i, TABLE_FLAGS);
	paging.entry_root[M2P_READONLY >> 39 & 511] = paging.root[M2P_READONLY >> 39 & 511];
}

static void add_range(paddr_t start, paddr_t end)
{
	start = MAX(ROUND_UP(start, PAGE_SIZE), LOW_MEMORY);
	end = ROUND_DOWN(end, PAGE_SIZE);
	if (start < end)
		frames_add_range(mfn(start >> PAGE_SHIFT), (end - start) >> PAGE_SHIFT);
}

static void add_ram(const struct boot_info *info)
{
	struct boot_memory left = paging.early;

	paging.early.size = 0;
	for (unsigned int i = 0; i < info->memory_count; i++) {
		const struct boot_memory *m = &info->memory[i];

		if (m->type != BOOT_MEMORY_RAM)
			continue;
		add_range(m->base, m->base + (m->base == left.base ? left.size : m->size));
	}
}

void paging_init(const struct boot_info *info)
{
	uint64_t frames = max_frame(info);

	paging.memory_info = info;
	paging.early = *largest_piece(info);
	paging.mmio_next = MMIO_BASE;
	paging.global_if_hidden = mm_isolation ? 0 : PTE_GLOBAL;
	map_image();
	map_ram(info);
	map_m2p(frames);
	map_frame_table(frames);
	fill_slots();
	paging_load_ap();
	frames_init(frames, (void *)FRAME_TABLE);
	add_ram(info);
}

void paging_load_ap(void)
{
	cpu_write_cr4(cpu_read_cr4() | CR4_PGE);
	cpu_write_cr3(paging_root());
}

void paging_free_loader(const struct boot_info *info)
{
	for (unsigned int i = 0; i < info->memory_count; i++) {
		const struct boot_memory *m = &info->memory[i];

		if (m->type == BOOT_MEMORY_LOADER)
			add_range(m->base, m->base + m->size);
	}
}

/* --- for a time --- */

const void *paging_map_firmware(paddr_t at, size_t bytes)
{
	const struct boot_memory *m = paging_piece(at);

	if (bytes > FIRMWARE_MAX)
		return NULL;
	if (m && in_direct_map(m->type) && at + bytes <= m->base + m->size)
		return paging_virt(at);
	return paging_map_window(at, bytes, LEAF_CONST);
}

void paging_identity_map(paddr_t page)
{
	paging_map(page, page, PAGE_SIZE, PTE_PRESENT | PTE_ACCESSED); /* to be executed, no more */
}

/* Its tables stay ours; they are three pages. */
void paging_identity_unmap(paddr_t page)
{
	uint64_t *l3 = paging_virt(paging.root[0] & PTE_FRAME);
	uint64_t *l2 = paging_virt(l3[0] & PTE_FRAME);
	uint64_t *l1 = paging_virt(l2[0] & PTE_FRAME);

	l1[page >> PAGE_SHIFT & 511] = 0;
	cpu_invlpg(page);
}

void paging_map_stub(unsigned int cpu, const void *code, const void *data)
{
	uint64_t va = paging_stub(cpu);

	map_shared(va, paging_phys(code), PAGE_SIZE, LEAF_CODE);
	map_shared(va + PAGE_SIZE, paging_phys(data), STUB_BYTES - PAGE_SIZE, LEAF_DATA);
}
