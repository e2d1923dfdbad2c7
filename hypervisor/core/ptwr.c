/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes to page tables by plain instructions: a guest kernel's fault on its own L1 table, which it
 * sees read-only, is turned into a checked change of the entry.
 *
 * Where is known from the fault, what from the instruction (ptwr_decode.c). The entry is exchanged
 * only if it still is what the result was computed from; if not, or if the change must be
 * interrupted, nothing has happened and the guest executes its instruction again. Other vCPUs may
 * change the code meanwhile: whatever is read is just what this guest asks for.
 */
#include "core/domain.h"
#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm_internal.h"
#include "core/mm_space.h"
#include "core/preempt.h"
#include "core/ptwr_decode.h"
#include "lib/string.h"
#include "shoji/errno.h"

#define ENTRY	  sizeof(uint64_t)
#define RFLAGS_RF 0x10000UL

#define FETCH 16 /* bytes; in two words where they lie in one page */

/* Up to PTWR_INSN_MAX bytes at rip, fewer where the next page is not there. */
static size_t fetch(uint64_t rip, uint8_t bytes[FETCH])
{
	size_t first = MIN((size_t)PTWR_INSN_MAX, PAGE_SIZE - rip % PAGE_SIZE);

	if (likely(rip % PAGE_SIZE <= PAGE_SIZE - FETCH))
		return guest_read(bytes, gva(rip), FETCH) ? 0 : PTWR_INSN_MAX;
	if (guest_read(bytes, gva(rip), first))
		return 0;
	if (first == PTWR_INSN_MAX ||
	    guest_read(bytes + first, gva(rip + first), PTWR_INSN_MAX - first))
		return first;
	return PTWR_INSN_MAX;
}

/* The frame that va shows read-only, referenced, if it is an L1 table of v's domain. */
static struct frame *find_table(struct vcpu *v, uint64_t va)
{
	mfn_t l1;
	uint64_t e = walk_root(v->cr3_kernel, va, &l1); /* it was the kernel's fault */
	struct frame *f;

	if ((e & (PTE_PRESENT | PTE_RW)) != PTE_PRESENT)
		return NULL;
	f = ram_frame(pte_frame(e));
	if (!f || frame_type_now(f) != FRAME_L1 || !ref_take(f, v->domain))
		return NULL;
	return f;
}

/* --- registers, by number and back --- */

static const uint8_t register_at[16] = {
#define AT(name) offsetof(struct xen_cpu_user_regs, name)
	AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp), AT(rsi), AT(rdi),
	AT(r8),	 AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15),
#undef AT
};

static uint64_t *slot(struct xen_cpu_user_regs *r, unsigned int number)
{
	return (uint64_t *)(void *)((char *)r + register_at[number & 15]);
}

/* All but a few instructions know no register besides the one they name. */
static bool knows_others(const struct ptwr_insn *i)
{
	return i->op == PTWR_CMPXCHG || i->op == PTWR_CMPXCHG8 || i->op == PTWR_STOS;
}

static void load_registers(struct ptwr_state *s, const struct ptwr_insn *i,
			   struct xen_cpu_user_regs *r)
{
	s->rflags = r->rflags;
	if (likely(!knows_others(i)))
		s->reg[i->reg & 15] = *slot(r, i->reg);
	else
		for (unsigned int n = 0; n < ARRAY_SIZE(register_at); n++)
			s->reg[n] = *slot(r, n);
}

static void store_registers(struct xen_cpu_user_regs *r, const struct ptwr_insn *i,
			    const struct ptwr_state *s)
{
	r->rflags = s->rflags & ~RFLAGS_RF;
	if (likely(!knows_others(i)))
		*slot(r, i->reg) = s->reg[i->reg & 15];
	else
		for (unsigned int n = 0; n < ARRAY_SIZE(register_at); n++)
			*slot(r, n) = s->reg[n];
}

/* --- the entry --- */

/* `size` bytes of it from bit `shift` on. */
static uint64_t part_mask(unsigned int size, unsigned int shift)
{
	return (size == ENTRY ? ~0ULL : (1ULL << 8 * size) - 1) << shift;
}

/* 0, -XEN_EINVAL, or -XEN_EAGAIN, -XEN_ERESTART: let the guest try again. */
static int write_entry(struct frame *table, uint64_t va, const struct ptwr_insn *i,
		       struct ptwr_state *s, bool *more)
{
	const uint64_t *entries = machine_map(frame_mfn(table));
	unsigned int index = (unsigned int)(va % PAGE_SIZE / ENTRY);
	unsigned int shift = (unsigned int)(va % ENTRY * 8);
	uint64_t mask = part_mask(i->size, shift);
	uint64_t old = __atomic_load_n(&entries[index], __ATOMIC_ACQUIRE), value;

	if (va % ENTRY + i->size > ENTRY)
		return -XEN_EINVAL;
	s->memory = (old & mask) >> shift;
	*more = ptwr_execute(i, s);
	value = (old & ~mask) | (s->memory << shift & mask);
	return value == old ? 0 : mm_replace_l1_entry(table, index, old, value);
}

/* `rep stos` of no elements does not fault: it is not what faulted. */
static bool plausible(const struct ptwr_insn *i, const struct ptwr_state *s)
{
	return !i->rep || (i->address32 ? (uint32_t)s->reg[PTWR_RCX] : s->reg[PTWR_RCX]);
}

/* XCHG and MOV of a whole register and a whole entry: most of what is done. */
static bool is_whole(const struct ptwr_insn *i, uint64_t va)
{
	return (i->op == PTWR_XCHG || i->op == PTWR_MOV) && i->size == ENTRY && !i->immediate &&
	       va % ENTRY == 0;
}

static int write_whole(struct xen_cpu_user_regs *r, struct frame *table, uint64_t va,
		       const struct ptwr_insn *i)
{
	const uint64_t *entries = machine_map(frame_mfn(table));
	unsigned int index = (unsigned int)(va % PAGE_SIZE / ENTRY);
	uint64_t old = __atomic_load_n(&entries[index], __ATOMIC_ACQUIRE), *reg = slot(r, i->reg);
	int rc = *reg == old ? 0 : mm_replace_l1_entry(table, index, old, *reg);

	if (rc)
		return rc;
	if (i->op == PTWR_XCHG)
		*reg = old;
	r->rflags &= ~RFLAGS_RF;
	r->rip += i->length;
	return 0;
}

static __attribute__((noinline)) int write_any(struct xen_cpu_user_regs *r, struct frame *table,
					       uint64_t va, const struct ptwr_insn *i)
{
	struct ptwr_state s;
	bool more;
	int rc;

	load_registers(&s, i, r);
	if (!plausible(i, &s))
		return -XEN_EINVAL;

	rc = write_entry(table, va, i, &s, &more);
	if (rc)
		return rc;

	store_registers(r, i, &s);
	if (!more)
		r->rip += i->length;
	return 0;
}

static int emulate(struct vcpu *v, struct frame *table, uint64_t va)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);
	uint8_t bytes[FETCH];
	struct ptwr_insn i;

	if (!ptwr_decode(bytes, fetch(r->rip, bytes), &i))
		return -XEN_EINVAL;
	return likely(is_whole(&i, va)) ? write_whole(r, table, va, &i)
					: write_any(r, table, va, &i);
}

/* What fails because the table is just coming or going, as part of a call on another vCPU
 * (mm_space.c), is tried again, until it is one or is none. */
bool mm_emulate_pt_write(struct vcpu *v, uint64_t va)
{
	uint64_t epoch = mm_space_epoch(v->domain);
	struct frame *table = find_table(v, va);
	int rc = -XEN_EINVAL;

	if (table) {
		preempt_start();
		rc = emulate(v, table, va);
		frame_put(table);
	}
	return !rc || rc == -XEN_EAGAIN || rc == -XEN_ERESTART || mm_space_disturbed(v, epoch);
}
