/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory: what its CPU would find by its page tables, and what it still remembers.
 *
 * Duty: accesses of guests, and of the hypervisor on their behalf, go through the tables that are
 * loaded and through a TLB that forgets only when it is told to. A translation that is remembered
 * may not outlive what it stands for: no writable one to a frame that has become a table, none to a
 * frame that has another owner. Data: a TLB per CPU; the window, which is no RAM.
 */
#include <string.h>

#include "core/grant_internal.h"
#include "core/guest_access.h"
#include "core/tlb.h"
#include "world.h"

#define TLB_ENTRIES 32
#define COPIES_MAX  5000 /* a call that copies more than this has forgotten to pause */

uint8_t window[WINDOW_BYTES];
unsigned int fuzz_fault_in, fuzz_fault_for;
static unsigned int copies;

static struct entry {
	bool valid, writable;
	uint64_t page; /* va >> PAGE_SHIFT */
	uint64_t mfn;
	const struct domain *owner; /* of the frame, when it was looked up */
} tlb[CPUS][TLB_ENTRIES];

void guest_tlb_clear(unsigned int cpu)
{
	memset(tlb[cpu], 0, sizeof(tlb[cpu]));
}

void guest_reset(void)
{
	for (unsigned int i = 0; i < CPUS; i++)
		guest_tlb_clear(i);
	memset(window, 0, sizeof(window));
	fuzz_fault_in = fuzz_fault_for = 0;
}

void guest_start_call(void)
{
	copies = 0;
}

/* --- flushes --- */

void machine_flush_all(cpumask_t cpus)
{
	for (unsigned int i = 0; i < CPUS; i++)
		if (cpus >> i & 1) {
			guest_tlb_clear(i);
			fake_cpus[i].tlb_seen = tlb_clock;
		}
}

void machine_flush_page(cpumask_t cpus, uint64_t va)
{
	for (unsigned int i = 0; i < CPUS; i++)
		if (cpus >> i & 1)
			tlb[i][(va >> PAGE_SHIFT) % TLB_ENTRIES].valid = false;
}

/* --- the walk of a processor --- */

static bool walk(struct vcpu *v, uint64_t va, bool write, struct entry *out)
{
	mfn_t table = v->entry->user_mode ? v->cr3_user : v->cr3_kernel;
	bool writable = true;
	uint64_t e = 0;

	if (!guest_canonical(va) || !guest_code_ok(va) || !table.n)
		return false;
	for (int shift = 39; shift >= PAGE_SHIFT; shift -= 9) {
		if (!mfn_valid(table))
			return false;
		e = ((uint64_t *)machine_map(table))[va >> shift & 511];
		if ((e & (PTE_PRESENT | PTE_USER)) != (PTE_PRESENT | PTE_USER))
			return false;
		if (shift > PAGE_SHIFT && (e & PTE_PSE))
			failure("a large page in a table: entry %lx", (unsigned long)e);
		writable &= (e & PTE_RW) != 0;
		table = mfn(pte_frame(e));
	}
	if (!mfn_valid(table) || (write && !writable))
		return false; /* devices answer nothing here */
	*out = (struct entry){true, writable, va >> PAGE_SHIFT, table.n, mfn_frame(table)->owner};
	return true;
}

/* Free memory may still be remembered: it is flushed when somebody gets it. */
static bool in_use(const struct frame *f)
{
	return f->owner || f->count || f->flags == FRAME_RAM;
}

/* Where the byte at va is, or NULL: a fault, or an access that does no harm. */
static char *translate(struct vcpu *v, uint64_t va, bool write)
{
	struct entry *e = &tlb[fake_cpu_id][(va >> PAGE_SHIFT) % TLB_ENTRIES];

	if (va - WINDOW_VA < WINDOW_BYTES)
		return (char *)window + (va - WINDOW_VA);
	if (!v || this_cpu()->loaded != v)
		return NULL;
	if (!e->valid || e->page != va >> PAGE_SHIFT || (write && !e->writable))
		if (!walk(v, va, write, e))
			return NULL;
	return in_use(mfn_frame(mfn(e->mfn))) ? (char *)machine_map(mfn(e->mfn)) + va % PAGE_SIZE
					      : NULL;
}

/* --- the hypervisor's copies --- */

static bool injected_fault(void)
{
	if (++copies > COPIES_MAX)
		failure("a call copies more than %u times without a pause", COPIES_MAX);
	if (fuzz_fault_in && --fuzz_fault_in == 0)
		fuzz_fault_for++;
	if (!fuzz_fault_for || fuzz_fault_in)
		return false;
	fuzz_fault_for--;
	return true;
}

/* What one access can reach: up to the end of the page. */
static size_t piece(uint64_t va, size_t bytes)
{
	return MIN(bytes, PAGE_SIZE - va % PAGE_SIZE);
}

size_t machine_copy_from_guest(void *dst, uint64_t va, size_t bytes)
{
	char *to = dst;

	if (injected_fault())
		return bytes;
	while (bytes) {
		size_t n = piece(va, bytes);
		const char *from = translate(current_vcpu(), va, false);

		if (!from)
			break;
		memcpy(to, from, n);
		to += n, va += n, bytes -= n;
	}
	return bytes;
}

size_t machine_copy_to_guest(uint64_t va, const void *src, size_t bytes)
{
	const char *from = src;

	if (injected_fault())
		return bytes;
	while (bytes) {
		size_t n = piece(va, bytes);
		char *to = translate(current_vcpu(), va, true);

		if (!to)
			break;
		memcpy(to, from, n);
		from += n, va += n, bytes -= n;
	}
	return bytes;
}

size_t machine_clear_guest(uint64_t va, size_t bytes)
{
	while (bytes) {
		size_t n = piece(va, bytes);
		char *to = translate(current_vcpu(), va, true);

		if (!to)
			break;
		memset(to, 0, n);
		va += n, bytes -= n;
	}
	return bytes;
}

/* --- the guest's own accesses --- */

/* A fault by writing to what is present and read-only: it may be a table. */
static void write_fault(struct vcpu *v, uint64_t va, uint64_t value, const uint8_t *instruction)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);

	if (v->entry->user_mode || !translate(v, va, false) || va - WINDOW_VA < WINDOW_BYTES)
		return;
	memcpy(window + WINDOW_BYTES - 16, instruction, 15);
	r->rip = WINDOW_VA + WINDOW_BYTES - 16;
	r->rax = r->rcx = r->rdx = value;
	(void)mm_emulate_pt_write(v, va);
}

void guest_store(struct vcpu *v, uint64_t va, uint64_t value, const uint8_t *instruction)
{
	char *to = translate(v, va, true);

	if (!to)
		write_fault(v, va, value, instruction);
	else if (va % PAGE_SIZE <= PAGE_SIZE - sizeof(value))
		memcpy(to, &value, sizeof(value));
}

void guest_load(struct vcpu *v, uint64_t va)
{
	(void)translate(v, va, false);
}

/* --- */

/* Somebody lends f to d, and d uses it: so it says, for writing if it can write. */
static bool is_lent(const struct frame *f, const struct domain *d, bool writable)
{
	const struct grant_table *t = f->owner->grants;

	for (unsigned int i = 0; t && i < ARRAY_SIZE(t->active) && t->active[i]; i++)
		for (unsigned int k = 0; k < ENTRIES_PER_FRAME; k++) {
			const struct active *a = &t->active[i][k];

			if (a->frame == f && a->writers + (writable ? 0 : a->readers) &&
			    domid_eq(a->user, d->id))
				return true;
		}
	return false;
}

/* What a guest borrowed and gave back is forgotten at once: the owner has been told. */
static void check_borrowed(unsigned int cpu, const struct entry *e, const struct frame *f)
{
	const struct vcpu *v = fake_cpus[cpu].loaded;

	if (!v || v->domain->privileged || !f->owner || f->owner == v->domain ||
	    (f->count & FRAME_HYPERVISOR))
		return;
	if (!is_lent(f, v->domain, e->writable))
		failure("CPU %u remembers page %lx at frame %lx, which is not lent so any more",
			cpu, (unsigned long)e->page, (unsigned long)e->mfn);
}

static void check_entry(unsigned int cpu, const struct entry *e)
{
	const struct frame *f = &frame_table[e->mfn];
	enum frame_type t = frame_type_now(f);

	if (in_use(f) && f->owner != e->owner)
		failure("CPU %u remembers page %lx at frame %lx, which is somebody else's now", cpu,
			(unsigned long)e->page, (unsigned long)e->mfn);
	check_borrowed(cpu, e, f);
	if (e->writable && t != FRAME_NONE && t != FRAME_WRITABLE)
		failure("CPU %u can still write by page %lx to frame %lx, which is of type %d", cpu,
			(unsigned long)e->page, (unsigned long)e->mfn, t);
}

void guest_check_tlbs(void)
{
	for (unsigned int i = 0; i < CPUS; i++)
		for (unsigned int k = 0; k < TLB_ENTRIES; k++)
			if (tlb[i][k].valid)
				check_entry(i, &tlb[i][k]);
}
