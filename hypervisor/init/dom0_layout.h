/* SPDX-License-Identifier: GPL-2.0-only */
/* Where everything goes in dom0's initial memory. Pure. Units: pfn (frames), bytes where named so.
 */
#ifndef SHOJI_INIT_DOM0_LAYOUT_H
#define SHOJI_INIT_DOM0_LAYOUT_H

#include "lib/elf_image.h"
#include "lib/types.h"

struct pfn_range {
	uint64_t first, count;
};

struct dom0_layout {
	uint64_t virt_base;  /* virtual address of pfn 0 */
	uint64_t mapped_end; /* pfns below are mapped at virt_base + (pfn << 12) */
	struct pfn_range start_info, tables, stack;
	struct pfn_range initrd;     /* within the mapping or behind it */
	struct pfn_range p2m;	     /* the list */
	struct pfn_range p2m_tables; /* tables that map it, if it lies outside the mapping */
	uint64_t p2m_virt;
	bool initrd_unmapped;
	uint64_t needed; /* frames below the last thing placed */
};

/* NULL, or why the kernel cannot be dom0's. It may need more than nr_pages: out->needed tells. */
const char *dom0_layout_compute(const struct elf_image *image, uint64_t initrd_bytes,
				uint64_t nr_pages, struct dom0_layout *out);

#endif
