/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_layout.h: where everything lies in a new guest, before anything exists.
 *
 * Pure arithmetic on the guest's own frame numbers (pfn). The order is the one of the ABI
 * (shoji/start_info.h): kernel, initrd, phys-to-machine list, start_info, store page, console page,
 * page tables, stack, slack up to a multiple of 4 MiB; all mapped from virt_base upwards. A
 * kernel that allows it gets initrd and list behind that, outside the initial mapping, the list at
 * the address it asks for with page tables of its own.
 */
#ifndef SHOJI_LIB_BUILD_LAYOUT_H
#define SHOJI_LIB_BUILD_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define BUILD_PAGE	  4096ull
#define BUILD_NO_ADDRESS  (~0ull)
#define BUILD_PAGES(size) (((uint64_t)(size) + BUILD_PAGE - 1) / BUILD_PAGE)

/* What the kernel image asks for, and how large things are. */
struct build_wishes {
	uint64_t virt_base;    /* virtual address of pfn 0 */
	uint64_t kernel_begin; /* bytes above virt_base, first and behind last */
	uint64_t kernel_end;
	uint64_t p2m_virt;    /* BUILD_NO_ADDRESS: in the initial mapping */
	bool initrd_unmapped; /* the kernel takes a pfn for its initrd */
	uint64_t initrd_size; /* 0: none */
	uint64_t pages;	      /* frames of the guest */
};

/* A range of virtual addresses with the tables that map it below the shared L4. */
struct build_range {
	uint64_t virt, pfn, pages; /* virt maps pfn, for so many pages */
	uint64_t l3_pfn, l2_pfn, l1_pfn;
	uint64_t l3_count, l2_count, l1_count;
};

struct build_layout {
	uint64_t pages, virt_base;
	uint64_t initrd_pfn, initrd_pages;
	bool initrd_mapped;
	uint64_t p2m_pfn, p2m_pages; /* the list itself */
	uint64_t start_info_pfn, store_pfn, console_pfn, stack_pfn;
	uint64_t l4_pfn;      /* first of the tables of the main range */
	uint64_t table_count; /* with the L4 */
	struct build_range main;
	struct build_range p2m; /* pages == 0: the list is in the main range */
	uint64_t p2m_table_count;
	uint64_t used_pages; /* the first pfn that holds nothing */
};

/* NULL when fine, else why it cannot be. */
const char *build_layout_compute(const struct build_wishes *wishes, struct build_layout *layout);

/* The virtual address of a pfn in the main range. */
uint64_t build_layout_virt(const struct build_layout *layout, uint64_t pfn);

/*
 * Fills one page table (an array of 512 entries) of the layout, which table_pfn names; false if
 * that is no table. mfn_of[pfn] are the guest's machine frames.
 */
bool build_layout_fill_table(const struct build_layout *layout, uint64_t table_pfn,
			     const uint64_t *mfn_of, uint64_t *entries);

#endif
