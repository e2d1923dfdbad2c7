/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold, and the TLBs.
 *
 * At any moment, also in the middle of operations: no CPU may write, through whatever translation
 * it may still have, to a frame that is a page table or a descriptor table; no CPU may walk a frame
 * as a table, by what it still remembers of the tables above, that somebody can write; no CPU
 * reaches a frame of another domain without a grant in use; no count has gone below zero; nobody
 * owns a frame with somebody else's data. Between operations, in addition: every reference and
 * every type reference is explained by something that really refers to the frame; every frame is
 * somebody's or free; what a dead domain still has is used by somebody else; nothing is locked.
 *
 * A CPU is assumed to cache each translation as soon as it exists, and to forget it only when it is
 * told to.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

const char *wrong;
char wrong_text[200];

void check_failed(const char *fmt, ...)
{
	va_list args;

	if (wrong)
		return;
	va_start(args, fmt);
	vsnprintf(wrong_text, sizeof(wrong_text), fmt, args);
	va_end(args);
	wrong = wrong_text;
}

/* --- the TLBs --- */

/* Entries of a table in use, by a CPU or by the hypervisor: they hold references. */
static unsigned int valid_places(const struct frame *f)
{
	unsigned int n = 0;

	if (!type_is_table(type_of(f->type)))
		return 0;
	if (!(f->type & FRAME_TYPE_PARTIAL))
		return f->type & FRAME_TYPE_COUNT ? setup->places : 0;
	while (n < setup->places && places[n] < f->partial)
		n++;
	return n;
}

static unsigned int target_of(uint64_t e)
{
	struct frame *f = e & PTE_PRESENT ? ram_frame(pte_frame(e)) : NULL;

	return f ? frame_index(f) : NONE;
}

static void cache_entries(unsigned int n, unsigned int cpu)
{
	for (unsigned int i = 0; i < setup->places; i++) {
		uint64_t e = *frame_entry(n, i);
		unsigned int to = target_of(e);

		if (to != NONE)
			x.tlb[cpu][to] |= e & PTE_RW ? MAY_READ | MAY_WRITE : MAY_READ;
	}
}

static void cache_table(unsigned int n)
{
	unsigned int d = dom_index(frames[n]->owner);

	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		if (slot_dom(cpu) != d || x.kill_step[d])
			continue;
		x.tlb[cpu][n] |= MAY_WALK;
		if (type_of(frames[n]->type) == FRAME_L1)
			cache_entries(n, cpu);
	}
}

void tlb_refill(void)
{
	uint64_t busy = FRAME_TYPE_BUSY | FRAME_TYPE_PARTIAL;

	for (unsigned int n = 0; n < frame_count; n++) {
		uint64_t word = frames[n]->type;

		if (type_is_table(type_of(word)) && (word & FRAME_TYPE_COUNT) && !(word & busy))
			cache_table(n);
	}
}

/* --- at any moment --- */

static bool is_checked_table(uint64_t word)
{
	enum frame_type t = type_of(word);

	if (!type_is_table(t) && t != FRAME_SEGDESC)
		return false;
	return (word & FRAME_TYPE_PARTIAL) ||
	       ((word & FRAME_TYPE_COUNT) && !(word & FRAME_TYPE_BUSY));
}

/* May domain d use frame f of another domain, for writing or at all? */
static bool granted(const struct frame *f, unsigned int d, bool writes)
{
	const struct active *a = grant_active(dom_index(f->owner));

	return a->frame == f && a->user.id == doms[d]->id.id && (a->writers || !writes);
}

static void check_tlb(unsigned int n, unsigned int cpu)
{
	const struct frame *f = frames[n];
	uint8_t may = x.tlb[cpu][n];

	if ((may & MAY_WRITE) && is_checked_table(f->type))
		check_failed("frame %u is a table, and cpu %u can write to it", n, cpu);
	if ((may & MAY_WALK) && type_of(f->type) == FRAME_WRITABLE && (f->type & FRAME_TYPE_COUNT))
		check_failed("frame %u is writable, and cpu %u walks it as a table", n, cpu);
	if (!may || !f->owner || !(f->count & FRAME_COUNT_MASK))
		return;
	if (f->owner != doms[slot_dom(cpu)] && !granted(f, slot_dom(cpu), may & MAY_WRITE))
		check_failed("cpu %u reaches frame %u, which is not its domain's any more", cpu, n);
}

static void check_counts(unsigned int n)
{
	const struct frame *f = frames[n];
	uint64_t count = f->count & FRAME_COUNT_MASK, types = f->type & FRAME_TYPE_COUNT;

	if (count > 100 || types > 100)
		check_failed("frame %u: a count below zero: %lx, type %lx", n, f->count, f->type);
	if ((f->type & FRAME_TYPE_PARTIAL) && types > 1)
		check_failed("frame %u: a half-checked table has %lu users", n, types);
	if (types > count)
		check_failed("frame %u: type %lx with fewer references: %lx", n, f->type, f->count);
}

static void check_secret(unsigned int n)
{
	const struct frame *f = frames[n];
	uint8_t d = (uint8_t)(dom_index(f->owner) + 1);

	if (!f->owner || !(f->count & FRAME_COUNT_MASK))
		return;
	if (x.secret[n] && x.secret[n] != d)
		check_failed("frame %u came to domain %u with another's data", n, d - 1);
	x.secret[n] = d;
}

void check_now(void)
{
	tlb_refill();
	for (unsigned int n = 0; n < frame_count; n++) {
		check_tlb(n, 0);
		check_tlb(n, 1);
		check_counts(n);
		check_secret(n);
	}
}

/* --- between operations --- */

struct tally {
	uint64_t references, types;
};
static struct tally tallies[FRAMES_MAX];

static void tally(unsigned int n, bool type)
{
	if (n == NONE)
		return;
	tallies[n].references++;
	tallies[n].types += type;
}

/* Counts what an entry of table n refers to, and checks that it may. */
static void tally_entry(unsigned int n, unsigned int index, uint64_t e)
{
	const struct frame *table = frames[n];
	enum frame_type t = type_of(table->type);
	unsigned int to = target_of(e);
	const struct frame *f;

	if (to == NONE)
		return;
	f = frames[to];
	tally(to, t != FRAME_L1 || (e & PTE_RW));
	if (!(table->lines >> index / LINE & 1))
		check_failed("table %u: entry %u lies in a line without entries", n, index);
	if (t == FRAME_L1 && (e & PTE_RW) && type_of(f->type) != FRAME_WRITABLE)
		check_failed("table %u maps frame %u writable: type %lx", n, to, f->type);
	if (t > FRAME_L1 && type_of(f->type) != (enum frame_type)(t - 1))
		check_failed("table %u refers to frame %u: type %lx", n, to, f->type);
	if (f->owner != table->owner &&
	    (t != FRAME_L1 || !granted(f, dom_index(table->owner), e & PTE_RW)))
		if (!f->owner || doms[dom_index(table->owner)]->dying == DOMAIN_ALIVE)
			check_failed("table %u refers to frame %u, not its domain's", n, to);
}

static void tally_frame(unsigned int n)
{
	const struct frame *f = frames[n];

	if (f->count & FRAME_ALLOCATED)
		tally(n, false);
	if (f->type & FRAME_TYPE_PINNED)
		tally(n, true);
	if ((f->type & FRAME_TYPE_PARTIAL) && !(f->type & FRAME_TYPE_COUNT))
		tally(n, false);
	for (unsigned int i = 0; i < valid_places(f); i++)
		tally_entry(n, places[i], *frame_entry(n, i));
}

static void tally_slot(unsigned int slot)
{
	if (x.hold[slot].frame != NONE)
		tally(x.hold[slot].frame, true);
	if (vcpus[slot]->partial_root.n != INVALID_MFN.n)
		tally(frame_index(mfn_frame(vcpus[slot]->partial_root)), true);
	if (grant_active(slot)->frame)
		tally(frame_index(grant_active(slot)->frame), false);
}

static void check_explained(unsigned int n)
{
	const struct frame *f = frames[n];

	if ((f->count & FRAME_COUNT_MASK) != tallies[n].references)
		check_failed("frame %u: count %lx, but %lu explained", n, f->count,
			     tallies[n].references);
	if ((f->type & FRAME_TYPE_COUNT) != tallies[n].types)
		check_failed("frame %u: type %lx, but %lu explained", n, f->type, tallies[n].types);
	if (f->type & (FRAME_TYPE_BUSY | FRAME_TYPE_LOCK))
		check_failed("frame %u: locked by nobody: %lx", n, f->type);
	if (f->owner && !f->count)
		check_failed("frame %u: it has an owner and no references", n);
}

/* Nothing keeps a frame of a dead domain but others that use it. */
static void check_dead(unsigned int n)
{
	const struct frame *f = frames[n];
	unsigned int d = dom_index(f->owner);

	if (d == NONE || x.kill_step[d] < KILLED)
		return;
	if ((f->count & FRAME_ALLOCATED) || (f->type & (FRAME_TYPE_PINNED | FRAME_TYPE_PARTIAL)) ||
	    type_is_table(frame_type_now(f)))
		check_failed("frame %u is lost with its dead owner: %lx, type %lx", n, f->count,
			     f->type);
	if (!grant_active(d)->frame)
		check_failed("frame %u of a dead domain is used by nobody: %lx", n, f->count);
}

static void check_domain(unsigned int n)
{
	const struct domain *d = doms[n];
	unsigned int owned = 0, listed = 0;
	const struct grant_table *other = doms[!n]->grants;
	const struct frame *f;

	for (unsigned int i = 0; i < frame_count; i++)
		owned += frames[i]->owner == d;
	list_for_each(f, &d->pages, link) listed++;
	if (d->page_count != owned || listed != owned)
		check_failed("domain %u: %u frames, %lu counted, %u listed", n, owned,
			     d->page_count, listed);
	if (d->references != 101 + other->maptrack_used)
		check_failed("domain %u: %u references", n, d->references);
	if (fake_cpus[n].lock_depth || d->page_lock.holder || d->grants->lock.holder)
		check_failed("a lock is held");
}

static void check_grant(unsigned int n)
{
	const struct active *a = grant_active(n);

	if (!a->frame != !(a->readers || a->writers))
		check_failed("grant of domain %u: %u readers, %u writers", n, a->readers,
			     a->writers);
	if (a->readers + a->writers != doms[!n]->grants->maptrack_used)
		check_failed("grant of domain %u: %u readers, %u writers, %u mappings", n,
			     a->readers, a->writers, doms[!n]->grants->maptrack_used);
}

void check_quiet(void)
{
	unsigned int unowned = 0;

	memset(tallies, 0, sizeof(tallies));
	check_now();
	for (unsigned int n = 0; n < frame_count; n++)
		tally_frame(n);
	tally_slot(0);
	tally_slot(1);
	for (unsigned int n = 0; n < frame_count; n++) {
		check_explained(n);
		check_dead(n);
		unowned += !frames[n]->owner;
	}
	if (frames_free() != unowned)
		check_failed("%u frames are nobody's, %lu are free", unowned, frames_free());
	check_domain(0);
	check_domain(1);
	check_grant(0);
	check_grant(1);
}
