/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages and page tables of a test kernel. */
#include "kit.h"

#include "shoji/types.h"

#define POOL_PAGES 96

static uint8_t pool[POOL_PAGES][PAGE] __attribute__((aligned(4096)));
static unsigned int used;

void pages_reset(void);

/* The tables of map_low(), by level; their first entries are in use. */
static uint8_t low_tables[3][PAGE] __attribute__((aligned(4096)));
static uint64_t low_slot; /* of the live L4, + 1 */

/* Whatever the last test left: nothing pinned, all writable, all zero. */
void pages_reset(void)
{
	for (unsigned int i = 0; i < used; i++)
		(void)mmuext(MMUEXT_UNPIN_TABLE, mfn_of(pool[i]), 0);
	for (unsigned int i = 0; i < used; i++) {
		if (unprotect(pool[i]))
			say("FAIL kit: page %u stays in use", i);
		else
			memset(pool[i], 0, PAGE);
	}
	used = 0;
}

void *page_alloc(void)
{
	if (used == POOL_PAGES)
		fail("the kit has no more pages");
	return pool[used++];
}

uint64_t mfn_of(const void *va)
{
	return ((const uint64_t *)start_info->mfn_list)[((uint64_t)va - VIRT_BASE) / PAGE];
}

void *va_of(uint64_t mfn)
{
	return (void *)(VIRT_BASE + ((const uint64_t *)MACH2PHYS_VIRT_START)[mfn] * PAGE);
}

static uint64_t index_of(const void *va, unsigned int level)
{
	return (uint64_t)va >> (12 + 9 * (level - 1)) & 511;
}

uint64_t *entry_of(const void *va, unsigned int level)
{
	uint64_t *table = (uint64_t *)start_info->pt_base;

	for (unsigned int n = 4; n > level; n--)
		table = va_of((table[index_of(va, n)] & 0x000ffffffffff000UL) >> 12);
	return &table[index_of(va, level)];
}

uint64_t entry_address(const void *va, unsigned int level)
{
	uint64_t *e = entry_of(va, level);

	return mfn_of(e) * PAGE + (uint64_t)e % PAGE;
}

int remap(void *va, uint64_t entry)
{
	return (int)CALL(HYPERCALL_update_va_mapping, va, entry, UVMF_INVLPG | UVMF_ALL);
}

int protect(void *page)
{
	return remap(page, PTE(mfn_of(page), READABLE));
}

int unprotect(void *page)
{
	return remap(page, PTE(mfn_of(page), WRITABLE));
}

int mmu_update(uint64_t ptr, uint64_t value)
{
	struct xen_mmu_update u = {ptr, value};

	return (int)CALL(HYPERCALL_mmu_update, &u, 1, 0, DOMID_SELF);
}

int mmuext(uint32_t cmd, uint64_t arg1, uint64_t arg2)
{
	struct xen_mmuext_op op = {.cmd = cmd, .arg1.mfn = arg1, .arg2.src_mfn = arg2};

	return (int)CALL(HYPERCALL_mmuext_op, &op, 1, 0, DOMID_SELF);
}

uint64_t *make_l1(void)
{
	uint64_t *table = page_alloc();

	EQUAL(protect(table), 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(table), 0), 0);
	return table;
}

void drop_table(void *table)
{
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(table), 0), 0);
	EQUAL(unprotect(table), 0);
}

uint64_t live_l4(void)
{
	return mfn_of((void *)start_info->pt_base);
}

static void set_entry(uint8_t *table, uint64_t va, unsigned int level, uint64_t entry)
{
	((uint64_t *)table)[index_of((void *)va, level)] = entry;
}

void map_low(uint64_t va, const void *page)
{
	uint64_t slot = index_of((void *)va, 4);

	unmap_low();
	for (unsigned int i = 0; i < 3; i++)
		memset(low_tables[i], 0, PAGE);
	set_entry(low_tables[0], va, 1, PTE(mfn_of(page), WRITABLE));
	set_entry(low_tables[1], va, 2, PTE(mfn_of(low_tables[0]), WRITABLE));
	set_entry(low_tables[2], va, 3, PTE(mfn_of(low_tables[1]), WRITABLE));
	for (unsigned int i = 0; i < 3; i++)
		EQUAL(protect(low_tables[i]), 0);
	EQUAL(mmu_update(live_l4() * PAGE + slot * 8, PTE(mfn_of(low_tables[2]), WRITABLE)), 0);
	low_slot = slot + 1;
}

void unmap_low(void)
{
	if (!low_slot)
		return;
	(void)mmu_update(live_l4() * PAGE + (low_slot - 1) * 8, 0);
	(void)mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	low_slot = 0;
	for (unsigned int i = 0; i < 3; i++)
		if (unprotect(low_tables[i]))
			say("FAIL kit: a table of the lower half stays in use");
}
