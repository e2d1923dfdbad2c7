/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_layout.c: the arithmetic of a new guest's memory (see build_layout.h).
 *
 * The number of page tables depends on how much is mapped, which includes the page tables: the
 * count grows until it fits. All sums are of values bounded at the entry, so nothing overflows.
 */
#include "build_layout.h"

#include <string.h>

#define SLACK	  (512ull << 10) /* mapped behind the last element, at least */
#define ALIGNMENT (4ull << 20)	 /* end of the mapping */

#define PAGES_MAX (1ull << 30) /* 4 TiB */
#define HOLE_BASE 0xffff800000000000ull
#define HOLE_END  0xffff880000000000ull
#define LOW_END	  0x0000800000000000ull

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

/* How many tables of 2^shift bytes each touch the range. */
static uint64_t tables(uint64_t virt, uint64_t pages, unsigned int shift)
{
	uint64_t last = virt + pages * BUILD_PAGE - 1;

	return (last >> shift) - (virt >> shift) + 1;
}

/* Sets counts for the range and lays the tables out from pfn on; returns how many. */
static uint64_t place_tables(struct build_range *r, uint64_t pfn)
{
	r->l3_count = tables(r->virt, r->pages, 39);
	r->l2_count = tables(r->virt, r->pages, 30);
	r->l1_count = tables(r->virt, r->pages, 21);
	r->l3_pfn = pfn;
	r->l2_pfn = r->l3_pfn + r->l3_count;
	r->l1_pfn = r->l2_pfn + r->l2_count;
	return r->l3_count + r->l2_count + r->l1_count;
}

static bool usable_range(uint64_t virt, uint64_t size)
{
	uint64_t last = virt + size - 1;

	if (last < virt || (virt & (BUILD_PAGE - 1)))
		return false;
	if (last < LOW_END)
		return true;
	return virt >= HOLE_END;
}

static const char *check(const struct build_wishes *w)
{
	if (w->pages < 1 || w->pages > PAGES_MAX)
		return "the memory size is out of bounds";
	if (w->kernel_begin >= w->kernel_end || w->kernel_end > w->pages * BUILD_PAGE)
		return "the kernel does not fit into the guest's memory";
	if (BUILD_PAGES(w->initrd_size) > w->pages)
		return "the initrd does not fit into the guest's memory";
	if (!usable_range(w->virt_base, w->kernel_end + 2 * ALIGNMENT))
		return "the kernel asks for addresses that a guest cannot have";
	if (w->p2m_virt != BUILD_NO_ADDRESS && !usable_range(w->p2m_virt, w->pages * 8))
		return "the kernel asks for its frame list at an address that a guest cannot have";
	if (w->p2m_virt != BUILD_NO_ADDRESS && w->p2m_virt >> 39 == w->virt_base >> 39)
		return "the kernel asks for its frame list too near to itself";
	return NULL;
}

/* Elements inside the initial mapping; returns the pfn behind them. */
static uint64_t place_elements(const struct build_wishes *w, struct build_layout *l)
{
	uint64_t pfn = BUILD_PAGES(w->kernel_end);

	if (l->initrd_mapped) {
		l->initrd_pfn = pfn;
		pfn += l->initrd_pages;
	}
	if (w->p2m_virt == BUILD_NO_ADDRESS) {
		l->p2m_pfn = pfn;
		pfn += l->p2m_pages;
	}
	l->start_info_pfn = pfn++;
	l->store_pfn = pfn++;
	l->console_pfn = pfn++;
	return pfn;
}

/* Tables, stack and slack from pfn on: the fixed point of "tables map themselves". */
static void place_main(struct build_layout *l, uint64_t pfn)
{
	uint64_t end;

	l->l4_pfn = pfn;
	l->table_count = 1;
	for (;;) {
		l->stack_pfn = pfn + l->table_count;
		end = l->virt_base + (l->stack_pfn + 1) * BUILD_PAGE + SLACK;
		l->main.virt = l->virt_base;
		l->main.pfn = 0;
		l->main.pages = (round_up(end, ALIGNMENT) - l->virt_base) / BUILD_PAGE;
		if (1 + place_tables(&l->main, pfn + 1) == l->table_count)
			return;
		l->table_count = 1 + l->main.l3_count + l->main.l2_count + l->main.l1_count;
	}
}

/* What the kernel lets us keep outside the initial mapping; returns the pfn behind it. */
static uint64_t place_outside(const struct build_wishes *w, struct build_layout *l, uint64_t pfn)
{
	if (l->initrd_pages && !l->initrd_mapped) {
		l->initrd_pfn = pfn;
		pfn += l->initrd_pages;
	}
	if (w->p2m_virt == BUILD_NO_ADDRESS)
		return pfn;
	l->p2m_pfn = pfn;
	l->p2m.virt = w->p2m_virt;
	l->p2m.pfn = pfn;
	l->p2m.pages = l->p2m_pages;
	l->p2m_table_count = place_tables(&l->p2m, pfn + l->p2m_pages);
	return pfn + l->p2m_pages + l->p2m_table_count;
}

const char *build_layout_compute(const struct build_wishes *w, struct build_layout *l)
{
	const char *why = check(w);
	uint64_t outside;

	if (why)
		return why;
	memset(l, 0, sizeof(*l));
	l->pages = w->pages;
	l->virt_base = w->virt_base;
	l->initrd_pages = BUILD_PAGES(w->initrd_size);
	l->initrd_mapped = l->initrd_pages && !w->initrd_unmapped;
	l->p2m_pages = BUILD_PAGES(w->pages * sizeof(uint64_t));
	if (!usable_range(w->virt_base,
			  w->kernel_end + w->initrd_size + w->pages * 16 + 4 * ALIGNMENT))
		return "kernel, initrd and frame list do not fit into the kernel's address range";
	place_main(l, place_elements(w, l));
	outside = place_outside(w, l, l->main.pages);
	l->used_pages = outside > l->main.pages ? outside : l->stack_pfn + 1;
	if (l->used_pages > l->pages)
		return "kernel, initrd and page tables do not fit into the guest's memory";
	return NULL;
}

uint64_t build_layout_virt(const struct build_layout *l, uint64_t pfn)
{
	return l->virt_base + pfn * BUILD_PAGE;
}
