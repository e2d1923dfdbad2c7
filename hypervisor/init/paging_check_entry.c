/* SPDX-License-Identifier: GPL-2.0-only */
/* A walk through what guests' tables show of us with page-table isolation: no more than they need.
 */
#include "core/config.h"
#include "core/log.h"
#include "machine/paging_internal.h"

extern char entry_start[], entry_end[], sealed_start[], sealed_end[];

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
		if (paging.entry_root[i] & PTE_PRESENT)
			check_table(paging_virt(paging.entry_root[i] & PTE_FRAME), 3,
				    0xffff000000000000ULL | i << 39);
}
