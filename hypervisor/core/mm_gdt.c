/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's descriptor tables. The frames of its GDT are held, as descriptor tables, from set to
 * set; pages of its LDT from the first use of each to the next set. v is current or does not run.
 */
#include "core/domain.h"
#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm.h"
#include "core/preempt.h"
#include "shoji/errno.h"

#define PER_PAGE  512u
#define LDT_MAX	  8192u
#define LDT_PAGES 16

static void drop_frames(const mfn_t *frames, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		frame_put_and_type(mfn_frame(frames[i]));
}

/* What an interrupted call has taken already, if this one continues it; the rest is dropped. */
static unsigned int keep_taken(struct vcpu *v, const uint64_t *numbers, unsigned int n)
{
	unsigned int same = 0, had = v->gdt_next_count;

	while (same < MIN(n, had) && v->gdt_next[same].n == numbers[same])
		same++;
	v->gdt_next_count = same;
	drop_frames(v->gdt_next + same, had - same);
	return same;
}

/* All n frames into gdt_next, none if one is refused; some, and -XEN_ERESTART, if it takes long. */
static int take_frames(struct vcpu *v, const uint64_t *numbers, unsigned int n)
{
	unsigned int start = keep_taken(v, numbers, n);

	for (unsigned int i = start; i < n; i++) {
		mfn_t m = mfn(numbers[i]);
		int rc = -XEN_EINVAL;

		if (i > start && preempt_due())
			return -XEN_ERESTART;
		if (mfn_valid(m))
			rc = frame_get_and_type(mfn_frame(m), v->domain, FRAME_SEGDESC);
		if (rc) {
			if (rc != -XEN_ERESTART)
				(void)keep_taken(v, NULL, 0);
			return rc;
		}
		v->gdt_next[i] = m;
		v->gdt_next_count = i + 1;
	}
	return 0;
}

int mm_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries)
{
	unsigned int n = (entries + PER_PAGE - 1) / PER_PAGE;
	unsigned int old_n = (v->gdt_entries + PER_PAGE - 1) / PER_PAGE;
	mfn_t old[FIRST_RESERVED_GDT_PAGE];
	int rc;

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return -XEN_EINVAL;
	rc = take_frames(v, frames, n);
	if (rc)
		return rc;
	for (unsigned int i = 0; i < FIRST_RESERVED_GDT_PAGE; i++) {
		old[i] = v->gdt_frames[i];
		v->gdt_frames[i] = i < n ? v->gdt_next[i] : mfn(0);
	}
	v->gdt_next_count = 0;
	v->gdt_entries = entries;
	machine_vcpu_reload_gdt(v);
	drop_frames(old, old_n);
	return 0;
}

static unsigned int mapped_ldt_frames(struct vcpu *v, mfn_t *out)
{
	unsigned int n = 0;

	for (unsigned int page = 0; page < LDT_PAGES; page++) {
		mfn_t m = machine_ldt_frame(v, page);

		if (!mfn_eq(m, INVALID_MFN))
			out[n++] = m;
	}
	return n;
}

int mm_set_ldt(struct vcpu *v, uint64_t base, unsigned int entries)
{
	mfn_t old[LDT_PAGES];
	unsigned int n;

	if (entries > LDT_MAX ||
	    (entries && (base % PAGE_SIZE || !guest_range_ok(gva(base), entries * 8UL))))
		return -XEN_EINVAL;
	n = mapped_ldt_frames(v, old);
	v->ldt_base = base;
	v->ldt_entries = entries;
	machine_vcpu_reload_ldt(v);
	drop_frames(old, n);
	return 0;
}

/* The LDT lies in the guest kernel's address space, whichever mode uses it. */
bool mm_map_ldt_page(struct vcpu *v, unsigned int page)
{
	uint64_t entry;
	mfn_t table, m;
	int rc;

	if (page * PER_PAGE >= v->ldt_entries || !mfn_eq(machine_ldt_frame(v, page), INVALID_MFN))
		return false;
	entry = mm_walk_root(v->cr3_kernel, v->ldt_base + page * PAGE_SIZE, &table);
	m = mfn((entry & PTE_FRAME) >> PAGE_SHIFT);
	if (!(entry & PTE_PRESENT) || !mfn_valid(m))
		return false;
	rc = frame_get_and_type(mfn_frame(m), v->domain, FRAME_SEGDESC);
	if (!rc)
		machine_map_ldt(v, page, m);
	return !rc || rc == -XEN_ERESTART; /* interrupted: the guest will fault again */
}
