/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one page-table entry may say and which references it holds, for the files that check whole
 * tables and those that change one entry. The common case, a page of RAM of the table's own domain,
 * is in line.
 *
 * Each `..._get` checks an entry, takes its references and brings it into the form in which it is
 * written; `..._drop` gives the references back.
 */
#ifndef SHOJI_CORE_MM_INTERNAL_H
#define SHOJI_CORE_MM_INTERNAL_H

#include "core/frame_internal.h"
#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm.h"
#include "shoji/errno.h"

#define TABLE_ENTRIES 512
#define PTE_REFUSED   (0xfULL << 59) /* protection keys */
#define PTE_CACHE     (PTE_PWT | PTE_PCD)

static inline uint64_t pte_frame(uint64_t e)
{
	return (e & PTE_FRAME) >> PAGE_SHIFT;
}

/* Both kernel and user of a guest run in ring 3; global entries would outlive our flushes. */
static inline uint64_t pte_adjust(uint64_t e)
{
	return (e | PTE_USER) & ~PTE_GLOBAL;
}

/* An entry that is not present must not name real memory, where the CPU speculates through it: it
 * compares only the low bits of the address. */
#define L1TF_FRAMES (1ULL << (46 - PAGE_SHIFT))
static inline int pte_absent_ok(uint64_t e)
{
	uint64_t n = pte_frame(e) & (L1TF_FRAMES - 1);

	return likely(!n) || !mm_l1tf_guard || n >= frame_max ? 0 : -XEN_EINVAL;
}

/* Of an L1 entry whose frame is not RAM: MMIO_ALL, MMIO_READ, or an error. */
int mmio_access(const struct domain *d, uint64_t e);

/* An L1 entry for a table of d; the frame it maps must be owned by `owner`. nested: the table is
 * being checked. */
static always_inline int l1_get(const struct domain *d, const struct domain *owner, uint64_t *e,
				bool nested)
{
	uint64_t value = *e;
	struct frame *f;
	int rc;

	if (!(value & PTE_PRESENT))
		return pte_absent_ok(value);
	value = pte_adjust(value);
	f = ram_frame(pte_frame(value));
	if (unlikely(!f)) {
		rc = mmio_access(d, value);
		*e = rc == MMIO_READ ? value & ~PTE_RW : value;
		return MIN(rc, 0);
	}
	/* RAM is always cached as RAM: tables must be coherent whoever wrote them. */
	value &= ~(PTE_CACHE | PTE_PSE);
	if (unlikely(value & PTE_REFUSED) || unlikely(!ref_take(f, owner)))
		return -XEN_EINVAL;
	if ((value & PTE_RW) && unlikely(!type_take_writable(f))) {
		rc = nested ? frame_get_type_nested(f, FRAME_WRITABLE)
			    : frame_get_type(f, FRAME_WRITABLE);
		if (rc) {
			ref_drop(f);
			return rc;
		}
	}
	if (unlikely(owner != d))
		__atomic_fetch_or(&f->flags, FRAME_FOREIGN, __ATOMIC_SEQ_CST);
	*e = value;
	return 0;
}

/* The same for an entry that maps a page of the table's own domain, where that takes no waiting.
 * False: nothing was taken; l1_get() decides. */
static always_inline bool l1_get_at_once(const struct domain *d, uint64_t *e)
{
	struct frame *f = ram_frame(pte_frame(*e));

	if ((*e & (PTE_PRESENT | PTE_REFUSED)) != PTE_PRESENT || !f || !ref_take(f, d))
		return false;
	if ((*e & PTE_RW) && !type_take_writable(f)) {
		ref_drop(f);
		return false;
	}
	*e = pte_adjust(*e) & ~(PTE_CACHE | PTE_PSE);
	return true;
}

static inline void l1_drop(uint64_t e)
{
	struct frame *f;

	if (!(e & PTE_PRESENT))
		return;
	f = ram_frame(pte_frame(e));
	if (unlikely(!f))
		return;
	if (e & PTE_RW)
		type_drop_writable(f);
	ref_drop(f);
}

/* An entry of a table of type t > FRAME_L1: the table below must be the same domain's. */
int upper_get(struct domain *d, enum frame_type t, uint64_t *e, bool nested);
int upper_drop(uint64_t e); /* 0, or -XEN_ERESTART: nothing was given back yet */

/* --- a valid table's lock: FRAME_TYPE_LOCK. False: it is no such table any more. --- */
static always_inline bool table_lock(struct frame *table, enum frame_type t)
{
	uint64_t *word = &table->type, x = __atomic_load_n(word, __ATOMIC_RELAXED);

	for (;;) {
		if (unlikely((x & (FRAME_TYPE_MASK | FRAME_TYPE_BUSY | FRAME_TYPE_PARTIAL)) !=
			     type_word(t)) ||
		    unlikely(!(x & FRAME_TYPE_COUNT)))
			return false;
		if (unlikely(x & FRAME_TYPE_LOCK)) {
			machine_relax();
			x = __atomic_load_n(word, __ATOMIC_RELAXED);
		} else if (likely(word_cas(word, &x, x | FRAME_TYPE_LOCK))) {
			return true;
		}
	}
}

static always_inline void table_unlock(struct frame *table)
{
	__atomic_fetch_and(&table->type, ~FRAME_TYPE_LOCK, __ATOMIC_RELEASE);
}

#define LINE 8 /* entries of a table that share a bit of frame.lines, and a cache line */

static always_inline uint64_t any_of_line(const uint64_t *e)
{
	return e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7];
}

/* The first entry at or behind `at` whose line holds something, from its beginning if that is
 * further on; or TABLE_ENTRIES. Two lines at a time: this is most of the work of most tables. */
static always_inline unsigned int table_next_used(const uint64_t *table, unsigned int at)
{
	const uint64_t *e = table + at / LINE * LINE, *end = table + TABLE_ENTRIES;

	if ((at / LINE & 1) && !any_of_line(e))
		e += LINE;
	if (!((e - table) / LINE & 1))
		while (e < end && !(any_of_line(e) | any_of_line(e + LINE)))
			e += 2 * LINE;
	if (e < end && !any_of_line(e))
		e += LINE;
	return MAX(at, (unsigned int)(e - table));
}

/* The same by what was noted when the table was checked; at < TABLE_ENTRIES. */
static inline unsigned int table_next_noted(const struct frame *f, unsigned int at)
{
	uint64_t left = __atomic_load_n(&f->lines, __ATOMIC_RELAXED) & ~0ULL << at / LINE;

	return left ? MAX(at, (unsigned int)__builtin_ctzll(left) * LINE) : TABLE_ENTRIES;
}

/* Before an entry of a table becomes `value`, under its lock: no line is forgotten. */
static inline void table_note_entry(struct frame *table, unsigned int index, uint64_t value)
{
	if (value)
		table->lines |= 1ULL << (index / LINE);
}

static inline bool l4_slot_ours(enum frame_type t, unsigned int index)
{
	return t == FRAME_L4 && index >= HYPERVISOR_FIRST_SLOT && index <= HYPERVISOR_LAST_SLOT;
}

/* --- requests of mmu_update --- */

#define COMMAND_MASK 3ULL /* of their address */
#define COST_REQUEST 250

/* Of the entry that a request is about, in its table. */
static inline unsigned int request_index(const struct xen_mmu_update *r)
{
	return (unsigned int)(r->ptr % PAGE_SIZE / sizeof(uint64_t));
}

int mm_update_m2p(const struct xen_mmu_update *r, struct domain *owner);

/* --- walking (mm_walk.c), in line --- */

static always_inline uint64_t entry_of(mfn_t table, uint64_t index)
{
	const uint64_t *e = machine_map(table);

	return __atomic_load_n(&e[index & (TABLE_ENTRIES - 1)], __ATOMIC_RELAXED);
}

/* One level down; false: there is nothing. */
static always_inline bool walk_step(mfn_t *table, uint64_t index)
{
	uint64_t e = entry_of(*table, index);

	*table = mfn(pte_frame(e));
	return likely(e & PTE_PRESENT) && likely(ram_frame(table->n));
}

static always_inline uint64_t walk_root(mfn_t root, uint64_t va, mfn_t *l1_frame)
{
	mfn_t table = root;

	*l1_frame = INVALID_MFN;
	if (!guest_code_ok(va) || !table.n || !walk_step(&table, va >> 39) ||
	    !walk_step(&table, va >> 30) || !walk_step(&table, va >> 21))
		return 0;
	*l1_frame = table;
	return entry_of(table, va >> PAGE_SHIFT);
}

#endif
