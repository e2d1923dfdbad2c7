/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose a frame is: from the allocator to the hypervisor or to a domain, and back.
 *
 * Duty: a frame that changes hands is clean: content cleared, no type, and no CPU still caches a
 * translation to it. While a domain has frames it holds one reference of the domain, so that
 * frame.owner never dangles. Data: domain.pages and the counts beside it, under domain.page_lock.
 */
#include "core/frame_internal.h"
#include "core/limits.h"
#include "core/mm.h"
#include "core/preempt.h"
#include "core/tlb.h"
#include "shoji/errno.h"

#define COST_CLEAR  530 /* in units of preemption */
#define SMALL_ORDER 4	/* of blocks that are cleared without a pause */

/* After this no CPU can still write to the block. */
static void flush_block(struct frame *f, unsigned int order)
{
	uint64_t stamp = 0;

	for (uint64_t i = 0; i < 1ULL << order; i++) {
		stamp = MAX(stamp, f[i].flush_stamp);
		f[i].flush_stamp = 0;
	}
	if (stamp)
		tlb_flush_before(~0ULL, stamp);
}

static bool to_be_cleared(const struct frame *f, bool clear)
{
	return !(f->flags & FRAME_ZEROED) && (clear || (f->flags & FRAME_SECRET));
}

static void clear_one(struct frame *f)
{
	machine_zero_frame(machine_map(frame_mfn(f)));
	f->flags |= FRAME_ZEROED;
	preempt_charge(COST_CLEAR);
}

static void clear_block(struct frame *f, unsigned int order, bool clear)
{
	for (uint64_t i = 0; i < 1ULL << order; i++)
		if (to_be_cleared(&f[i], clear))
			clear_one(&f[i]);
}

/* Of a large block no more than the budget allows; false: look again. What follows takes time, too,
 * so it is begun with nearly all of the budget. */
static bool clear_in_steps(struct frame *f, unsigned int order, bool clear)
{
	bool some = false;

	flush_block(f, order);
	if (order <= SMALL_ORDER) {
		clear_block(f, order, clear);
		return true;
	}
	for (uint64_t i = 0; i < 1ULL << order && !(some && preempt_due()); i++) {
		if (!to_be_cleared(&f[i], clear))
			continue;
		clear_one(&f[i]);
		some = true;
	}
	return !some || this_cpu()->budget > HYPERCALL_BUDGET - 2 * COST_CLEAR;
}

static void reset_block(struct frame *f, unsigned int order)
{
	for (uint64_t i = 0; i < 1ULL << order; i++) {
		f[i].flags = FRAME_RAM;
		f[i].type = 0;
		f[i].owner = NULL;
	}
}

/* Nobody reaches the block yet. Old translations to it are flushed, old content if it is secret. */
void frame_make_clean(struct frame *f, unsigned int order, bool clear)
{
	flush_block(f, order);
	clear_block(f, order, clear);
	reset_block(f, order);
}

/* --- the hypervisor's own --- */

void *hv_alloc_pages(unsigned int order)
{
	struct frame *f = heap_take(order, 0);

	if (!f)
		return NULL;
	frame_make_clean(f, order, true);
	return machine_map(frame_mfn(f));
}

int hv_alloc_in_steps(unsigned int order, void **out)
{
	struct frame *f = heap_take(order, 0);

	if (!f)
		return -XEN_ENOMEM;
	if (!clear_in_steps(f, order, true)) {
		heap_give(f, order);
		return -XEN_ERESTART;
	}
	reset_block(f, order);
	*out = machine_map(frame_mfn(f));
	return 0;
}

void hv_free_pages(void *va, unsigned int order)
{
	struct frame *f = mfn_frame(machine_unmap_addr(va));

	for (uint64_t i = 0; i < 1ULL << order; i++) {
		ASSERT(!f[i].count);
		f[i].flags |= FRAME_SECRET;
	}
	heap_give(f, order);
}

/* --- a domain's --- page_lock held in the four below */

static bool has_frames(const struct domain *d)
{
	return d->page_count || d->xen_page_count;
}

static void add_shared(struct frame *f, struct domain *d, bool writable)
{
	if (!has_frames(d))
		domain_ref(d);
	d->xen_page_count++;
	f->owner = d;
	f->type = type_word(writable ? FRAME_WRITABLE : FRAME_NONE) | 1;
	__atomic_store_n(&f->count, FRAME_HYPERVISOR | 1, __ATOMIC_RELEASE);
}

static void add_frames(struct frame *f, struct domain *d, unsigned int order, uint64_t count)
{
	if (!has_frames(d))
		domain_ref(d);
	d->page_count += 1ULL << order;
	for (uint64_t i = 0; i < 1ULL << order; i++) {
		f[i].owner = d;
		list_add_tail(&f[i].link, &d->pages);
		__atomic_store_n(&f[i].count, count, __ATOMIC_RELEASE);
	}
}

static bool may_have(const struct domain *d, uint64_t count, unsigned int flags)
{
	if (d->dying != DOMAIN_ALIVE || (flags & ALLOC_BEYOND))
		return d->dying == DOMAIN_ALIVE;
	return d->page_count <= d->max_pages && count <= d->max_pages - d->page_count;
}

/* Early; decided in give_to(). */
static bool over_limit(struct domain *d, unsigned int order, unsigned int flags)
{
	if (may_have(d, 1ULL << order, flags))
		return false;
	if (d->dying == DOMAIN_ALIVE)
		limit_hit(d, SHOJI_LIMIT_memory, "memory, in frames", d->max_pages);
	return true;
}

/* A free block, clean; given back, and NULL, if d may not have it. */
static struct frame *give_to(struct domain *d, struct frame *f, unsigned int order,
			     unsigned int flags)
{
	bool added;

	reset_block(f, order);
	spin_lock(&d->page_lock);
	added = may_have(d, 1ULL << order, flags);
	if (added)
		add_frames(f, d, order, flags & ALLOC_FROZEN ? 0 : FRAME_ALLOCATED | 1);
	spin_unlock(&d->page_lock);
	if (added)
		return f;
	heap_give(f, order);
	return NULL;
}

int domain_alloc_in_steps(struct domain *d, unsigned int order, unsigned int flags,
			  struct frame **out)
{
	struct frame *f;

	if (order > HEAP_ORDER_MAX || over_limit(d, order, flags))
		return -XEN_ENOMEM;
	f = heap_take(order, flags);
	if (!f)
		return -XEN_ENOMEM;
	if (!clear_in_steps(f, order, flags & ALLOC_ZERO)) {
		heap_give(f, order);
		return -XEN_ERESTART;
	}
	*out = give_to(d, f, order, flags);
	return *out ? 0 : -XEN_ENOMEM;
}

struct frame *domain_alloc_frames(struct domain *d, unsigned int order, unsigned int flags)
{
	struct frame *f = NULL;
	int rc;

	do {
		rc = domain_alloc_in_steps(d, order, flags, &f);
	} while (rc == -XEN_ERESTART);
	return rc ? NULL : f;
}

void frame_share(void *va, struct domain *d, bool writable)
{
	struct frame *f = mfn_frame(machine_unmap_addr(va));

	ASSERT(!f->count);
	spin_lock(&d->page_lock);
	add_shared(f, d, writable);
	spin_unlock(&d->page_lock);
}

/* Drops our own reference; the page is freed when the last mapping of it goes. */
void frame_unshare(void *va)
{
	struct frame *f = mfn_frame(machine_unmap_addr(va));

	ASSERT(f->count & FRAME_HYPERVISOR);
	frame_put_type_final(f);
	frame_put(f);
}

/* It is nobody's, and not yet in the allocator. */
static void forget(struct frame *f)
{
	m2p_set(frame_mfn(f), ~0ULL);
	f->owner = NULL;
	f->type = 0;
	f->flags = FRAME_RAM | FRAME_SECRET;
	f->flush_stamp = tlb_stamp();
	__atomic_store_n(&f->count, 0, __ATOMIC_RELEASE);
}

/* The last reference is gone: nobody else has a way to f any more but the owner's list. */
void frame_release(struct frame *f)
{
	struct domain *d = f->owner;
	bool last;

	ASSERT(!(f->type & (FRAME_TYPE_COUNT | FRAME_TYPE_PARTIAL | FRAME_TYPE_BUSY)));
	spin_lock(&d->page_lock);
	if (f->count & FRAME_HYPERVISOR) {
		d->xen_page_count--;
	} else {
		d->page_count--;
		list_del(&f->link);
	}
	last = !has_frames(d);
	spin_unlock(&d->page_lock);

	forget(f);
	heap_give(f, 0);
	if (last)
		domain_put(d);
}

int domain_release_frame(struct domain *d, struct frame *f)
{
	uint64_t x = __atomic_load_n(&f->count, __ATOMIC_RELAXED), to;

	do {
		if (f->owner != d || !(x & FRAME_ALLOCATED) ||
		    (frame_pinned(f) && d->dying == DOMAIN_ALIVE))
			return -XEN_EINVAL;
		to = (x & ~FRAME_ALLOCATED) - 1;
	} while (!word_cas(&f->count, &x, to));
	if (!(to & FRAME_COUNT_MASK))
		frame_release(f);
	return 0;
}

/* --- frozen: on the owner's list, with count 0, which never rises by itself --- */

struct frame *domain_freeze_frame(struct domain *d, mfn_t m)
{
	struct frame *f = frame_get_mfn(m, d);
	uint64_t alone = FRAME_ALLOCATED | 2;

	if (!f)
		return NULL;
	if (word_cas(&f->count, &alone, 0))
		return f;
	frame_put(f);
	return NULL;
}

void domain_thaw_frame(struct domain *d, struct frame *f)
{
	__atomic_store_n(&f->count, FRAME_ALLOCATED | 1, __ATOMIC_SEQ_CST);
	if (unlikely(__atomic_load_n(&d->dying, __ATOMIC_SEQ_CST) != DOMAIN_ALIVE))
		(void)domain_release_frame(d, f); /* mm_relinquish() may have passed by */
}

void domain_free_frozen(struct frame *f, unsigned int order)
{
	struct domain *d = f->owner;
	uint64_t n = 1ULL << order;
	bool last;

	spin_lock(&d->page_lock);
	d->page_count -= n;
	for (uint64_t i = 0; i < n; i++)
		list_del(&f[i].link);
	last = !has_frames(d);
	spin_unlock(&d->page_lock);
	for (uint64_t i = 0; i < n; i++)
		forget(&f[i]);
	heap_give(f, order);
	if (last)
		domain_put(d);
}
