/* SPDX-License-Identifier: GPL-2.0-only */
/* Between paging.c and those in init/ who build the address space. */
#ifndef SHOJI_MACHINE_PAGING_INTERNAL_H
#define SHOJI_MACHINE_PAGING_INTERNAL_H

#include "boot/boot_info.h"
#include "core/mm.h"
#include "machine/paging.h"

#define LARGE_BYTES (2UL << 20)
#define LOW_MEMORY  (1UL << 20)
#define TABLE_FLAGS (PTE_PRESENT | PTE_RW | PTE_ACCESSED)
#define LEAF	    (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | paging.global_if_hidden)
#define LEAF_CODE   LEAF
#define LEAF_CONST  (LEAF | PTE_NX)
#define LEAF_DATA   (LEAF | PTE_RW | PTE_NX)
#define LEAF_DEVICE (LEAF_DATA | PTE_PCD | PTE_PWT)
#define LEAF_M2P    (LEAF_CONST | PTE_USER | PTE_GLOBAL)

extern struct paging {
	uint64_t root[512] __attribute__((aligned(4096)));
	uint64_t entry_root[512] __attribute__((aligned(4096))); /* our part of guests' tables */
	uint64_t global_if_hidden; /* with isolation, 0: guests' TLBs must not keep it */
	paddr_t image_phys;
	struct boot_memory early; /* left of the piece tables are cut from; size 0: over */
	uint64_t mmio_next;
	const struct boot_info *memory_info;
} paging;

paddr_t paging_early_alloc(uint64_t bytes, uint64_t align);
/* The table below entry `index`, made if there is none. */
uint64_t *paging_next_level(uint64_t *table, unsigned int index, uint64_t flags);
void paging_map_in(uint64_t *top, uint64_t va, paddr_t pa, uint64_t bytes, uint64_t leaf);
void paging_map(uint64_t va, paddr_t pa, uint64_t bytes, uint64_t leaf);
void *paging_map_window(paddr_t at, size_t bytes, uint64_t leaf);
const struct boot_memory *paging_piece(paddr_t at); /* of the memory map; NULL: a hole */

#endif
