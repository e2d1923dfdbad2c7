/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own address space: slots 256 to 271 of every top-level table.
 *
 *	256	machine-to-phys, read-only to guests
 *	257	one slot per domain: descriptor-table windows of its vCPUs (context.c)
 *	259	frame table, machine-to-phys again for writing
 *	260	image, mappings of device registers
 *	262-	all RAM at DIRECTMAP
 *
 * Nothing is both writable and executable. All but slot 257 is the same in every table.
 *
 * With page-table isolation (core/mm_companion.h) that is so in companions only. A guest's table
 *has slots 256 and 257, and a slot 260 of its own, in which nothing is mapped but entry code, the
 * interrupt descriptor table and a few pages per CPU, all at the addresses they have here.
 */
#ifndef SHOJI_MACHINE_PAGING_H
#define SHOJI_MACHINE_PAGING_H

#include "lib/types.h"
#include "machine/machine_inline.h"

struct boot_info;

#define M2P_READONLY  0xffff800000000000ULL
#define DOMAIN_WINDOW 0xffff808000000000ULL
#define FRAME_TABLE   0xffff818000000000ULL
#define M2P_WRITABLE  0xffff81c000000000ULL
#define IMAGE_BASE    0xffff820000000000ULL
#define IMAGE_LIMIT   0xffff820040000000ULL
#define MMIO_BASE     0xffff820040000000ULL
#define STUB_BASE     0xffff820080000000ULL /* per CPU: a code page, two of data (entry.S) */
#define STUB_BYTES    0x3000ULL
#define DOMAIN_SLOT   257

extern uint64_t *m2p_table; /* M2P_WRITABLE */

/* The image's place, before anything else; then build and load the final tables and give all free
 * RAM but the first megabyte to the frame allocator. */
void paging_set_image(paddr_t phys);
void paging_init(const struct boot_info *info);
void paging_free_loader(const struct boot_info *info); /* the boot program's memory, at last */
/* A piece of the image that nobody uses any more becomes free memory; whole pages. */
void paging_release(const char *from, const char *to);
void paging_load_ap(void);	      /* the same tables on another CPU */
void paging_copy_slots(uint64_t *l4); /* 256 to 271 of our own L4 */
uint64_t paging_root(void);	      /* physical address of the hypervisor's own L4 */
const uint64_t *paging_root_table(void);
/* Panics if one of our mappings is writable and executable (init/paging_check.c). */
void paging_check(void);
void paging_copy_entry_slots(uint64_t *l4); /* the same of what guests' tables get */
void paging_check_entry_slots(void);	    /* panics if there is more than there should */

static inline void *paging_virt(paddr_t at)
{
	return (void *)(DIRECTMAP + at);
}
paddr_t paging_phys(const void *va); /* of the direct map or the image */

/* Registers of a device: uncached, for ever. Panics when the window is full. */
void *machine_map_mmio(paddr_t at, size_t bytes);
/* Firmware tables, which may lie outside RAM: read-only; NULL if too large. */
const void *paging_map_firmware(paddr_t at, size_t bytes);
/* One page at its physical address, executable, while other CPUs start. */
void paging_identity_map(paddr_t page);
void paging_identity_unmap(paddr_t page);
/* Map the entry stub's code page and CPU n's data pages behind it. */
void paging_map_stub(unsigned int cpu, const void *code, const void *data);
static inline uint64_t paging_stub(unsigned int cpu)
{
	return STUB_BASE + cpu * STUB_BYTES;
}

#endif
