/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose a frame is: from the allocator to the hypervisor or to a domain, and back.
 *
 * Duty: a frame that changes hands is clean: content cleared, no type, and no CPU still caches a
 * translation to it. While a domain has frames it holds one reference of the domain, so that
 * frame.owner never dangles. Data: domain.pages and the counts beside it, under domain.page_lock.
 */
#include "core/frame_internal.h"
#include "core/log.h"
#include "core/mm.h"
#include "core/tlb.h"
#include "shoji/errno.h"

/* Nobody reaches the block yet. Old translations to it are flushed, old content if it is secret. */
void frame_make_clean(struct frame *f, unsigned int order, bool clear)
{
	uint64_t stamp = 0;

	for (uint64_t i = 0; i < 1ULL << order; i++) {
		stamp = MAX(stamp, f[i].flush_stamp);
		if (!(f[i].flags & FRAME_ZEROED) && (clear || (f[i].flags & FRAME_SECRET)))
			machine_zero_frame(machine_map(frame_mfn(&f[i])));
		f[i].flags = FRAME_RAM;
		f[i].flush_stamp = 0;
		f[i].type = 0;
		f[i].owner = NULL;
	}
	if (stamp)
		tlb_flush_before(~0ULL, stamp);
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
	if (d->dying != DOMAIN_ALIVE || (flags & ALLOC_FROZEN))
		return d->dying == DOMAIN_ALIVE;
	return d->page_count <= d->max_pages && count <= d->max_pages - d->page_count;
}

struct frame *domain_alloc_frames(struct domain *d, unsigned int order, unsigned int flags)
{
	struct frame *f;
	bool added;

	if (order > HEAP_ORDER_MAX || !may_have(d, 1ULL << order, flags))
		return NULL; /* early; decided below */
	f = heap_take(order, flags);
	if (!f)
		return NULL;
	frame_make_clean(f, order, flags & ALLOC_ZERO);

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

	m2p_set(frame_mfn(f), ~0ULL);
	f->owner = NULL;
	f->type = 0;
	f->flags = FRAME_RAM | FRAME_SECRET;
	f->flush_stamp = tlb_stamp();
	__atomic_store_n(&f->count, 0, __ATOMIC_RELEASE);
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

void domain_free_frozen(struct frame *f)
{
	frame_release(f);
}
