/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit: every reference counted again, from nothing but the tables' contents.
 *
 * A reference of a frame is explained by: its allocation, its pin, each entry that maps it in a
 * valid part of a table, a half-checked state that is nobody's, and what the test says it holds. A
 * type reference by: the pin, writable entries or tables' entries, and what the test holds.
 */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/frame_internal.h"
#include "core/mm_internal.h"

struct tally {
	uint64_t references, types;
};

static bool is_partial(uint64_t word)
{
	return word & FRAME_TYPE_PARTIAL;
}

static unsigned int valid_entries(const struct frame *f)
{
	if (!type_is_table(type_of(f->type)))
		return 0;
	if (is_partial(f->type))
		return f->partial;
	return f->type & FRAME_TYPE_COUNT ? TABLE_ENTRIES : 0;
}

static void count_entry(struct tally *tallies, enum frame_type t, uint64_t e)
{
	struct frame *f = ram_frame(pte_frame(e));

	if (!(e & PTE_PRESENT) || !f)
		return;
	tallies[frame_mfn(f).n].references++;
	if (t != FRAME_L1 || (e & PTE_RW))
		tallies[frame_mfn(f).n].types++;
}

static void count_table(struct tally *tallies, const struct frame *f)
{
	const uint64_t *table = machine_map(frame_mfn(f));
	enum frame_type t = type_of(f->type);

	for (unsigned int i = 0; i < valid_entries(f); i++)
		if (!l4_slot_ours(t, i))
			count_entry(tallies, t, table[i]);
}

static void count_own(struct tally *t, const struct frame *f)
{
	if (f->count & (FRAME_ALLOCATED | FRAME_HYPERVISOR))
		t->references++;
	if (f->count & FRAME_HYPERVISOR)
		t->types++;
	if (f->type & FRAME_TYPE_PINNED) {
		t->references++;
		t->types++;
	}
	if (is_partial(f->type) && !(f->type & FRAME_TYPE_COUNT))
		t->references++;
}

/* What an entry of a table says about the frame that it refers to must be so. */
static bool entry_ok(const struct frame *table, uint64_t e)
{
	const struct frame *f = ram_frame(pte_frame(e));
	enum frame_type t = type_of(table->type);

	if (!(e & PTE_PRESENT) || !f)
		return true;
	if (t == FRAME_L1)
		return !(e & PTE_RW) || type_of(f->type) == FRAME_WRITABLE;
	return type_of(f->type) == (enum frame_type)(t - 1) && f->owner == table->owner;
}

static bool entries_ok(const struct frame *f)
{
	const uint64_t *table = machine_map(frame_mfn(f));

	for (unsigned int i = 0; i < valid_entries(f); i++)
		if (!l4_slot_ours(type_of(f->type), i) && !entry_ok(f, table[i]))
			return false;
	return true;
}

static bool frame_ok(const struct frame *f, const struct tally *t)
{
	bool ok = (f->count & FRAME_COUNT_MASK) == t->references &&
		  (f->type & FRAME_TYPE_COUNT) == t->types &&
		  !(f->type & (FRAME_TYPE_BUSY | FRAME_TYPE_LOCK)) && entries_ok(f);

	if (!ok)
		fprintf(stderr,
			"audit: frame %lu: count %lx, %lu explained; type %lx, %lu explained\n",
			frame_mfn(f).n, f->count, t->references, f->type, t->types);
	return ok;
}

unsigned int fake_audit(struct frame *const *held, unsigned int held_count)
{
	struct tally *tallies = calloc(frame_max, sizeof(*tallies));
	unsigned int wrong = 0;

	for (uint64_t n = FAKE_FIRST; n < frame_max; n++) {
		count_own(&tallies[n], &frame_table[n]);
		count_table(tallies, &frame_table[n]);
	}
	for (unsigned int i = 0; i < held_count; i++) {
		tallies[frame_mfn(held[i]).n].references++;
		tallies[frame_mfn(held[i]).n].types++;
	}
	for (uint64_t n = FAKE_FIRST; n < frame_max; n++)
		wrong += !frame_ok(&frame_table[n], &tallies[n]);
	free(tallies);
	return wrong;
}
