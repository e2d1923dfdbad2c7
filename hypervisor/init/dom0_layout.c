/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's initial layout (shoji/start_info.h describes it): kernel, initrd and frame list, unless
 * the kernel's notes let these stay unmapped, start_info, page tables, stack, slack; then the rest.
 */
#include "init/dom0_layout.h"

#include "core/guest_access.h"
#include "shoji/elfnote.h"

#define SLACK_BYTES (512u << 10)
#define END_ALIGN   (4u << 20)

static uint64_t frames(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static struct pfn_range place(uint64_t *next, uint64_t count)
{
	struct pfn_range r = {*next, count};

	*next += count;
	return r;
}

/* Tables of one level needed for [start, end), each entry covering 2^shift bytes. */
static uint64_t tables_for(uint64_t start, uint64_t end, unsigned int shift)
{
	return ((end - 1) >> (shift + 9)) - (start >> (shift + 9)) + 1;
}

/* L3, L2 and L1 tables; the L4 is counted by who needs one. */
static uint64_t lower_tables(uint64_t start, uint64_t bytes)
{
	uint64_t end = start + bytes;

	return tables_for(start, end, 30) + tables_for(start, end, 21) + tables_for(start, end, 12);
}

/* Whole pages of addresses that a guest may map. */
static bool usable(uint64_t virt, uint64_t bytes)
{
	return virt % PAGE_SIZE == 0 && guest_range_ok(gva(virt), bytes);
}

/* The tables lie inside what they map: grow until they fit. False: it leads out of the address
 * space. */
static bool place_tables(struct dom0_layout *l, uint64_t next)
{
	uint64_t count = 1, end;

	for (;;) {
		end = ROUND_UP((next + count + 1) * PAGE_SIZE + SLACK_BYTES, (uint64_t)END_ALIGN);
		if (!usable(l->virt_base, end))
			return false;
		if (1 + lower_tables(l->virt_base, end) <= count)
			break;
		count = 1 + lower_tables(l->virt_base, end);
	}
	l->tables = place(&next, count);
	l->stack = place(&next, 1);
	l->mapped_end = end >> PAGE_SHIFT;
	return true;
}

const char *dom0_layout_compute(const struct elf_image *image, uint64_t initrd_bytes,
				uint64_t nr_pages, struct dom0_layout *out)
{
	bool p2m_apart = elf_image_has_note(image, XEN_ELFNOTE_INIT_P2M);
	uint64_t next = frames(image->phys_end), p2m_frames = frames(nr_pages * 8);

	*out = (struct dom0_layout){.virt_base = image->virt_base};
	out->initrd_unmapped = image->mod_start_pfn != 0;
	if (!out->initrd_unmapped)
		out->initrd = place(&next, frames(initrd_bytes));
	if (!p2m_apart)
		out->p2m = place(&next, p2m_frames);
	out->start_info = place(&next, 1);
	if (!place_tables(out, next))
		return "it asks for addresses that a guest cannot have";
	next = out->mapped_end;
	if (out->initrd_unmapped)
		out->initrd = place(&next, frames(initrd_bytes));
	out->p2m_virt = out->virt_base + (out->p2m.first << PAGE_SHIFT);
	if (p2m_apart) {
		out->p2m_virt = image->init_p2m;
		if (!usable(out->p2m_virt, p2m_frames << PAGE_SHIFT))
			return "it asks for its frame list at an address that a guest cannot have";
		out->p2m = place(&next, p2m_frames);
		out->p2m_tables =
			place(&next, lower_tables(out->p2m_virt, p2m_frames << PAGE_SHIFT));
	}
	out->needed = next;
	return NULL;
}
