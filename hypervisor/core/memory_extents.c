/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * More and less memory for a domain, extent by extent. A list that cannot be completed stops: its
 * result is the number of extents that were done. New frames are frozen until their number is with
 * the caller. Frames that somebody still maps are given up now and become free when the last
 * mapping goes.
 */
#include "core/memory_op.h"

/* A list of more entries does not fit into the address space. */
#define EXTENTS_MAX (1ULL << 45)

struct extents {
	struct xen_memory_reservation r;
	struct domain *d; /* referenced */
	uint64_t done;	  /* frames */
};

unsigned int memory_alloc_flags(uint32_t mem_flags)
{
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);

	return ALLOC_ZERO | (bits && bits <= 32 ? ALLOC_BELOW4G : 0);
}

static int begin(struct vcpu *v, gva_t arg, uint64_t start, struct extents *e)
{
	e->done = start;
	if (guest_read(&e->r, arg, sizeof(e->r)))
		return -XEN_EFAULT;
	if (e->r.extent_order > EXTENT_ORDER_MAX)
		return -XEN_EPERM;
	if (e->r.nr_extents > EXTENTS_MAX || start > e->r.nr_extents << e->r.extent_order)
		return -XEN_EINVAL;
	e->d = domain_resolve(v->domain, e->r.domid);
	return e->d ? 0 : -XEN_ESRCH;
}

static uint64_t extent_of(const struct extents *e)
{
	return e->done >> e->r.extent_order;
}

static uint64_t extent_frames(const struct extents *e)
{
	return 1ULL << e->r.extent_order;
}

/* One step after the other, until one fails, all are done, or the budget is spent. */
static long for_each_extent(struct vcpu *v, gva_t arg, uint64_t *at, int (*step)(struct extents *))
{
	struct extents e;
	long rc = begin(v, arg, *at, &e);

	if (rc)
		return rc;
	while (!rc && extent_of(&e) < e.r.nr_extents)
		rc = e.done > *at && preempt_due() ? -XEN_ERESTART : step(&e);
	domain_put(e.d);
	*at = e.done;
	return rc == -XEN_ERESTART ? rc : (long)extent_of(&e);
}

static int read_number(const struct extents *e, uint64_t *n)
{
	return guest_read_at(n, gva(e->r.extent_start), extent_of(e), sizeof(*n));
}

static int write_number(const struct extents *e, uint64_t n)
{
	return guest_write_at(gva(e->r.extent_start), extent_of(e), &n, sizeof(n));
}

/* A frozen extent becomes usable; or nobody's, if its number cannot be told. */
static int hand_over(struct extents *e, struct frame *f, bool tell)
{
	int rc = tell ? write_number(e, frame_mfn(f).n) : 0;

	if (rc) {
		domain_free_frozen(f, e->r.extent_order);
		return rc;
	}
	for (uint64_t i = 0; i < extent_frames(e); i++)
		domain_thaw_frame(e->d, f + i);
	e->done += extent_frames(e);
	return 0;
}

/* The next extent. `pfn`: of its first frame; it goes up from there unless that is none. */
static int add_extent(struct extents *e, uint64_t pfn, bool tell)
{
	unsigned int flags = memory_alloc_flags(e->r.mem_flags) | ALLOC_FROZEN;
	struct frame *f;
	int rc;

	if (e->done % extent_frames(e))
		return -XEN_EINVAL; /* no continuation of ours */
	rc = domain_alloc_in_steps(e->d, e->r.extent_order, flags, &f);
	preempt_charge(COST_EXTENT + (COST_FRAME << e->r.extent_order));
	if (rc)
		return rc;
	for (uint64_t i = 0; i < extent_frames(e); i++)
		m2p_set(mfn(frame_mfn(f).n + i), pfn == INVALID_M2P_ENTRY ? pfn : pfn + i);
	return hand_over(e, f, tell);
}

static int increase(struct extents *e)
{
	return add_extent(e, INVALID_M2P_ENTRY, e->r.extent_start);
}

static int populate(struct extents *e)
{
	uint64_t pfn;
	int rc = read_number(e, &pfn);

	return rc ? rc : add_extent(e, pfn, true);
}

static int release_one(struct domain *d, mfn_t m)
{
	struct frame *f = frame_get_mfn(m, d);
	int rc;

	if (!f)
		return -XEN_EINVAL;
	rc = domain_release_frame(d, f);
	if (!rc)
		m2p_set(m, INVALID_M2P_ENTRY);
	frame_put(f);
	return rc;
}

/* One frame. */
static int decrease(struct extents *e)
{
	uint64_t first;
	int rc = read_number(e, &first);

	preempt_charge(COST_RELEASE);
	if (!rc)
		rc = release_one(e->d, mfn(first + e->done % extent_frames(e)));
	if (!rc)
		e->done++;
	return rc;
}

long memory_increase(struct vcpu *v, gva_t arg, uint64_t *at)
{
	return for_each_extent(v, arg, at, increase);
}

long memory_decrease(struct vcpu *v, gva_t arg, uint64_t *at)
{
	return for_each_extent(v, arg, at, decrease);
}

long memory_populate(struct vcpu *v, gva_t arg, uint64_t *at)
{
	return for_each_extent(v, arg, at, populate);
}
