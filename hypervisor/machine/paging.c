/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building the hypervisor's address space (paging.h), once, from the boot program's memory map.
 *
 * Until the frame allocator stands, pages for tables are cut from the end of the largest piece of
 * RAM. The image is mapped by section: code is never writable, the rest never executable, and the
 * direct map leaves the image out. Mappings of our own are global; guests' are not, so a load of
 * CR3 drops theirs and keeps ours.
 */
#include "machine/paging.h"

#include "boot/boot_info.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/mm.h"
#include "core/mm_companion.h"
#include "lib/string.h"
#include "machine/acpi.h"
#include "machine/cpu_ops.h"
#include "machine/percpu.h"
#include "shoji/arch.h"

#define LARGE_BYTES  (2UL << 20)
#define LOW_MEMORY   (1UL << 20)
#define TABLE_FLAGS  (PTE_PRESENT | PTE_RW | PTE_ACCESSED)
#define LEAF	     (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | global_if_hidden)
#define LEAF_CODE    LEAF
#define LEAF_CONST   (LEAF | PTE_NX)
#define LEAF_DATA    (LEAF | PTE_RW | PTE_NX)
#define LEAF_DEVICE  (LEAF_DATA | PTE_PCD | PTE_PWT)
#define LEAF_M2P     (LEAF_CONST | PTE_USER | PTE_GLOBAL)
#define FIRMWARE_MAX (16UL << 20)

extern char text_start[], text_end[], const_start[], const_end[], data_start[], image_end[];
extern char entry_start[], entry_end[], sealed_start[], sealed_end[];

uint64_t *m2p_table = (uint64_t *)M2P_WRITABLE;

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t entry_root[512] __attribute__((aligned(4096))); /* our part of guests' tables */
static uint64_t global_if_hidden =
	PTE_GLOBAL; /* with isolation, 0: guests' TLBs must not keep it */
static paddr_t image_phys;
static struct boot_memory early; /* what is left of the piece tables are cut from; size 0: over */
static uint64_t mmio_next = MMIO_BASE;
static const struct boot_info *memory_info;

void paging_set_image(paddr_t phys)
{
	image_phys = phys;
}

uint64_t paging_root(void)
{
	return paging_phys(root);
}

const uint64_t *paging_root_table(void)
{
	return root;
}

void paging_copy_slots(uint64_t *l4)
{
	memcpy(l4 + HYPERVISOR_FIRST_SLOT, root + HYPERVISOR_FIRST_SLOT,
	       (HYPERVISOR_LAST_SLOT - HYPERVISOR_FIRST_SLOT + 1) * sizeof(*l4));
}

void paging_copy_entry_slots(uint64_t *l4)
{
	memcpy(l4 + HYPERVISOR_FIRST_SLOT, entry_root + HYPERVISOR_FIRST_SLOT,
	       (HYPERVISOR_LAST_SLOT - HYPERVISOR_FIRST_SLOT + 1) * sizeof(*l4));
}

paddr_t paging_phys(const void *va)
{
	uint64_t a = (uint64_t)va;

	return a >= IMAGE_BASE && a < IMAGE_LIMIT ? a - IMAGE_BASE + image_phys : a - DIRECTMAP;
}

mfn_t machine_unmap_addr(const void *va)
{
	return mfn(paging_phys(va) >> PAGE_SHIFT);
}

/* --- pages for the tables --- */

static paddr_t early_alloc(uint64_t bytes, uint64_t align)
{
	uint64_t at = ROUND_DOWN(early.base + early.size - bytes, align);

	if (bytes > early.size || at < early.base)
		panic("paging: no RAM for the hypervisor's tables (%lu KiB wanted)",
		      (unsigned long)(bytes >> 10));
	early.size = at - early.base;
	return at;
}

static paddr_t alloc_table(void)
{
	void *page;

	if (early.size) {
		paddr_t at = early_alloc(PAGE_SIZE, PAGE_SIZE);

		memset(paging_virt(at), 0, PAGE_SIZE);
		return at;
	}
	page = hv_alloc_pages(0);
	if (!page)
		panic("paging: no memory for a page table");
	return paging_phys(page);
}

static uint64_t *next_level(uint64_t *table, unsigned int index, uint64_t flags)
{
	if (!(table[index] & PTE_PRESENT))
		table[index] = alloc_table() | flags;
	return paging_virt(table[index] & PTE_FRAME);
}

static void map_in(uint64_t *top, uint64_t va, paddr_t pa, uint64_t bytes, uint64_t leaf)
{
	uint64_t table_flags = TABLE_FLAGS | (leaf & PTE_USER), step;

	for (; bytes; va += step, pa += step, bytes -= step) {
		uint64_t *l3 = next_level(top, va >> 39 & 511, table_flags);
		uint64_t *l2 = next_level(l3, va >> 30 & 511, table_flags);
		unsigned int i = va >> 21 & 511;

		if (!((va | pa) % LARGE_BYTES) && bytes >= LARGE_BYTES && !(l2[i] & PTE_PRESENT)) {
			l2[i] = pa | leaf | PTE_PSE;
			step = LARGE_BYTES;
		} else {
			next_level(l2, i, table_flags)[va >> 12 & 511] = pa | leaf;
			step = PAGE_SIZE;
		}
	}
}

static void map_range(uint64_t va, paddr_t pa, uint64_t bytes, uint64_t leaf)
{
	map_in(root, va, pa, bytes, leaf);
}

/* What guests' tables have, too: in single pages, and kept by TLBs. */
static void map_shared(uint64_t va, paddr_t pa, uint64_t bytes, uint64_t leaf)
{
	for (; bytes; va += PAGE_SIZE, pa += PAGE_SIZE, bytes -= PAGE_SIZE) {
		map_in(root, va, pa, PAGE_SIZE, leaf | PTE_GLOBAL);
		map_in(entry_root, va, pa, PAGE_SIZE, leaf | PTE_GLOBAL);
	}
}

/* --- at start --- */

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
	map_range((uint64_t)from, paging_phys(from), (uint64_t)(to - from), leaf);
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
}

static void map_ram(const struct boot_info *info)
{
	for (unsigned int i = 0; i < info->memory_count; i++) {
		paddr_t start = ROUND_DOWN(info->memory[i].base, PAGE_SIZE);
		paddr_t end = ROUND_UP(info->memory[i].base + info->memory[i].size, PAGE_SIZE);

		if (in_direct_map(info->memory[i].type))
			map_range(DIRECTMAP + start, start, end - start, LEAF_DATA);
	}
}

static void map_m2p(uint64_t frames)
{
	uint64_t bytes = ROUND_UP(frames * sizeof(uint64_t), LARGE_BYTES);
	paddr_t at = early_alloc(bytes, LARGE_BYTES);

	memset(paging_virt(at), 0xff, bytes);
	map_range(M2P_READONLY, at, bytes, LEAF_M2P);
	map_range(M2P_WRITABLE, at, bytes, LEAF_DATA);
}

static void map_frame_table(uint64_t frames)
{
	uint64_t bytes = ROUND_UP(frames * sizeof(struct frame), LARGE_BYTES);

	map_range(FRAME_TABLE, early_alloc(bytes, LARGE_BYTES), bytes, LEAF_DATA);
}

/* Every slot of ours gets its table now: new L4s copy the entries once and for all. */
static void fill_slots(void)
{
	for (unsigned int i = HYPERVISOR_FIRST_SLOT; i <= HYPERVISOR_LAST_SLOT; i++)
		if (i != DOMAIN_SLOT && i <= (DIRECTMAP >> 39 & 511))
			(void)next_level(root, i, TABLE_FLAGS);
	entry_root[M2P_READONLY >> 39 & 511] = root[M2P_READONLY >> 39 & 511];
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
	struct boot_memory left = early;

	early.size = 0;
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

	memory_info = info;
	early = *largest_piece(info);
	if (mm_isolation)
		global_if_hidden = 0;
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

/* --- what guests' tables show of us --- */

static bool is_in(uint64_t va, const char *from, const char *to)
{
	return va >= (uint64_t)from && va < (uint64_t)to;
}

/* May guests' tables have this entry, which maps `va`? No secrets, and nothing of the image but at
 * its own place. */
static bool may_be_shared(uint64_t va, uint64_t e)
{
	paddr_t pa = e & PTE_FRAME;

	if (va >> 39 == M2P_READONLY >> 39)
		return !(e & PTE_RW) && (e & PTE_NX);
	if (e & PTE_USER)
		return false;
	if (is_in(va, entry_start, entry_end))
		return !(e & PTE_RW) && pa == paging_phys((void *)va);
	if (is_in(va, sealed_start, sealed_end))
		return !(e & PTE_RW) && (e & PTE_NX) && pa == paging_phys((void *)va);
	if (va < STUB_BASE || va >= STUB_BASE + MAX_CPUS * STUB_BYTES)
		return false;
	return (va - STUB_BASE) % STUB_BYTES ? e & PTE_NX : !(e & PTE_RW);
}

static void check_table(const uint64_t *table, unsigned int level, uint64_t va)
{
	unsigned int shift = 12 + 9 * (level - 1);

	for (unsigned int i = 0; i < 512; i++) {
		uint64_t e = table[i], at = va + ((uint64_t)i << shift);

		if (!(e & PTE_PRESENT))
			continue;
		if (level > 1 && !(e & PTE_PSE))
			check_table(paging_virt(e & PTE_FRAME), level - 1, at);
		else if (!may_be_shared(at, e))
			panic("paging: guests' tables would show address %lx", (unsigned long)at);
	}
}

void paging_check_entry_slots(void)
{
	for (uint64_t i = 0; i < 512; i++)
		if (entry_root[i] & PTE_PRESENT)
			check_table(paging_virt(entry_root[i] & PTE_FRAME), 3,
				    0xffff000000000000ULL | i << 39);
}

/* --- later --- */

static const struct boot_memory *piece_of(paddr_t at)
{
	for (unsigned int i = 0; i < memory_info->memory_count; i++) {
		const struct boot_memory *m = &memory_info->memory[i];

		if (at >= m->base && at - m->base < m->size)
			return m;
	}
	return NULL;
}

static void *map_window(paddr_t at, size_t bytes, uint64_t leaf)
{
	uint64_t va = mmio_next, offset = at % PAGE_SIZE;

	bytes = ROUND_UP(bytes + offset, PAGE_SIZE);
	if (bytes > STUB_BASE - mmio_next)
		panic("paging: no room to map %lu bytes at %lx", (unsigned long)bytes,
		      (unsigned long)at);
	mmio_next += bytes;
	map_range(va, at - offset, bytes, leaf);
	return (void *)(va + offset);
}

void *machine_map_mmio(paddr_t at, size_t bytes)
{
	return map_window(at, bytes, LEAF_DEVICE);
}

const void *paging_map_firmware(paddr_t at, size_t bytes)
{
	const struct boot_memory *m = piece_of(at);

	if (bytes > FIRMWARE_MAX)
		return NULL;
	if (m && in_direct_map(m->type) && at + bytes <= m->base + m->size)
		return paging_virt(at);
	return map_window(at, bytes, LEAF_CONST);
}

void paging_identity_map(paddr_t page)
{
	map_range(page, page, PAGE_SIZE, PTE_PRESENT | PTE_ACCESSED); /* to be executed, no more */
}

/* Its tables stay ours; they are three pages, needed again when a CPU is plugged in. */
void paging_identity_unmap(paddr_t page)
{
	uint64_t *l3 = paging_virt(root[0] & PTE_FRAME);
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

/* Addresses that the processor has: other bits of an entry are reserved. */
static bool address_exists(paddr_t at)
{
	static unsigned int bits;

	if (!bits) {
		uint32_t r[4];

		cpu_cpuid(0x80000008, 0, r);
		bits = r[0] & 0xff;
	}
	return !(at >> bits);
}

enum mmio_access machine_mmio_access(mfn_t m)
{
	paddr_t at = m.n << PAGE_SHIFT;
	const struct boot_memory *piece = piece_of(at);

	if (!address_exists(at))
		return MMIO_NONE;
	if (piece && boot_memory_is_ram(piece->type) && at >= LOW_MEMORY)
		return MMIO_NONE;
	if (at == ROUND_DOWN(acpi.lapic_address, PAGE_SIZE) || at == acpi.hpet)
		return MMIO_READ;
	for (unsigned int i = 0; i < acpi.ioapic_count; i++)
		if (at == ROUND_DOWN(acpi.ioapic[i].address, PAGE_SIZE))
			return MMIO_READ;
	return MMIO_ALL;
}
