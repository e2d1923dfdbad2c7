/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's address space (paging.h), which init/paging_build.c makes: what is asked of it,
 * and mapped later.
 *
 * Until the frame allocator stands, pages for tables are cut from the end of the largest piece of
 * RAM.
 */
#include "machine/paging.h"

#include "core/frame.h"
#include "core/log.h"
#include "core/machine.h"
#include "lib/string.h"
#include "machine/acpi.h"
#include "machine/cpu_ops.h"
#include "machine/paging_internal.h"
#include "shoji/arch.h"

uint64_t *m2p_table = (uint64_t *)M2P_WRITABLE;

struct paging paging;

uint64_t paging_root(void)
{
	return paging_phys(paging.root);
}

const uint64_t *paging_root_table(void)
{
	return paging.root;
}

void paging_copy_slots(uint64_t *l4)
{
	memcpy(l4 + HYPERVISOR_FIRST_SLOT, paging.root + HYPERVISOR_FIRST_SLOT,
	       (HYPERVISOR_LAST_SLOT - HYPERVISOR_FIRST_SLOT + 1) * sizeof(*l4));
}

void paging_copy_entry_slots(uint64_t *l4)
{
	memcpy(l4 + HYPERVISOR_FIRST_SLOT, paging.entry_root + HYPERVISOR_FIRST_SLOT,
	       (HYPERVISOR_LAST_SLOT - HYPERVISOR_FIRST_SLOT + 1) * sizeof(*l4));
}

paddr_t paging_phys(const void *va)
{
	uint64_t a = (uint64_t)va;

	return a >= IMAGE_BASE && a < IMAGE_LIMIT ? a - IMAGE_BASE + paging.image_phys
						  : a - DIRECTMAP;
}

mfn_t machine_unmap_addr(const void *va)
{
	return mfn(paging_phys(va) >> PAGE_SHIFT);
}

/* --- pages for the tables --- */

paddr_t paging_early_alloc(uint64_t bytes, uint64_t align)
{
	uint64_t at = ROUND_DOWN(paging.early.base + paging.early.size - bytes, align);

	if (bytes > paging.early.size || at < paging.early.base)
		panic("paging: no RAM for the hypervisor's tables (%lu KiB wanted)",
		      (unsigned long)(bytes >> 10));
	paging.early.size = at - paging.early.base;
	return at;
}

static paddr_t alloc_table(void)
{
	void *page;

	if (paging.early.size) {
		paddr_t at = paging_early_alloc(PAGE_SIZE, PAGE_SIZE);

		memset(paging_virt(at), 0, PAGE_SIZE);
		return at;
	}
	page = hv_alloc_pages(0);
	if (!page)
		panic("paging: no memory for a page table");
	return paging_phys(page);
}

uint64_t *paging_next_level(uint64_t *table, unsigned int index, uint64_t flags)
{
	if (!(table[index] & PTE_PRESENT))
		table[index] = alloc_table() | flags;
	return paging_virt(table[index] & PTE_FRAME);
}

void paging_map_in(uint64_t *top, uint64_t va, paddr_t pa, uint64_t bytes, uint64_t leaf)
{
	uint64_t table_flags = TABLE_FLAGS | (leaf & PTE_USER), step;

	for (; bytes; va += step, pa += step, bytes -= step) {
		uint64_t *l3 = paging_next_level(top, va >> 39 & 511, table_flags);
		uint64_t *l2 = paging_next_level(l3, va >> 30 & 511, table_flags);
		unsigned int i = va >> 21 & 511;

		if (!((va | pa) % LARGE_BYTES) && bytes >= LARGE_BYTES && !(l2[i] & PTE_PRESENT)) {
			l2[i] = pa | leaf | PTE_PSE;
			step = LARGE_BYTES;
		} else {
			paging_next_level(l2, i, table_flags)[va >> 12 & 511] = pa | leaf;
			step = PAGE_SIZE;
		}
	}
}

void paging_map(uint64_t va, paddr_t pa, uint64_t bytes, uint64_t leaf)
{
	paging_map_in(paging.root, va, pa, bytes, leaf);
}

/* --- the part of the image that is gone at run time --- */

/* The image is mapped in single pages. */
static uint64_t *image_entry(uint64_t va)
{
	uint64_t *l3 = paging_virt(paging.root[va >> 39 & 511] & PTE_FRAME);
	uint64_t *l2 = paging_virt(l3[va >> 30 & 511] & PTE_FRAME);
	uint64_t *l1 = paging_virt(l2[va >> 21 & 511] & PTE_FRAME);

	return &l1[va >> 12 & 511];
}

/* Unmapped on all CPUs before the direct map lets anybody write there. */
void paging_release(const char *from, const char *to)
{
	cpumask_t all = ~0ULL >> (64 - machine_cpu_count());
	uint64_t start = (uint64_t)from, end = (uint64_t)to;
	paddr_t at = paging_phys(from);

	for (uint64_t va = start; va < end; va += PAGE_SIZE) {
		__atomic_store_n(image_entry(va), 0, __ATOMIC_SEQ_CST);
		machine_flush_page(all, va);
	}
	paging_map(DIRECTMAP + at, at, end - start, LEAF_DATA);
	frames_add_range(mfn(at >> PAGE_SHIFT), (end - start) >> PAGE_SHIFT);
}

/* --- devices --- */

const struct boot_memory *paging_piece(paddr_t at)
{
	for (unsigned int i = 0; i < paging.memory_info->memory_count; i++) {
		const struct boot_memory *m = &paging.memory_info->memory[i];

		if (at >= m->base && at - m->base < m->size)
			return m;
	}
	return NULL;
}

void *paging_map_window(paddr_t at, size_t bytes, uint64_t leaf)
{
	uint64_t va = paging.mmio_next, offset = at % PAGE_SIZE;

	bytes = ROUND_UP(bytes + offset, PAGE_SIZE);
	if (bytes > STUB_BASE - paging.mmio_next)
		panic("paging: no room to map %lu bytes at %lx", (unsigned long)bytes,
		      (unsigned long)at);
	paging.mmio_next += bytes;
	paging_map(va, at - offset, bytes, leaf);
	return (void *)(va + offset);
}

void *machine_map_mmio(paddr_t at, size_t bytes)
{
	return paging_map_window(at, bytes, LEAF_DEVICE);
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
	const struct boot_memory *piece = paging_piece(at);

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
