/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * More and less memory for a domain, extent by extent. A list that cannot be completed stops: its
 * result is the number of extents that were done. Frames that somebody still maps are given up
 * now and become free when the last mapping goes.
 */
#include "core/memory_op.h"

/* A list of more entries does not fit into the address space. */
#define EXTENTS_MAX (1ULL << 45)

struct extents {
	struct xen_memory_reservation r;
	struct domain *d; /* referenced */
	uint64_t *at;
};

unsigned int memory_alloc_flags(uint32_t mem_flags)
{
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);

	return ALLOC_ZERO | (bits && bits <= 32 ? ALLOC_BELOW4G : 0);
}

static int begin(struct vcpu *v, gva_t arg, uint64_t *at, struct extents *e)
{
	e->at = at;
	if (guest_read(&e->r, arg, sizeof(e->r)))
		return -XEN_EFAULT;
	if (e->r.extent_order > EXTENT_ORDER_MAX)
		return -XEN_EPERM;
	if (*at > e->r.nr_extents || e->r.nr_extents > EXTENTS_MAX)
		return -XEN_EINVAL;
	e->d = domain_resolve(v->domain, e->r.domid);
	return e->d ? 0 : -XEN_ESRCH;
}

/* One after the other, until one fails, all are done, or the budget is spent. */
static long for_each_extent(struct vcpu *v, gva_t arg, uint64_t *at, bool (*one)(struct extents *))
{
	struct extents e;
	uint64_t start = *at;
	long rc = begin(v, arg, at, &e);

	if (rc)
		return rc;
	for (rc = 0; *at < e.r.nr_extents; ++*at) {
		if (*at > start && preempt_due()) {
			rc = -XEN_ERESTART;
			break;
		}
		if (!one(&e))
			break;
		preempt_charge(COST_EXTENT + (COST_FRAME << e.r.extent_order));
	}
	domain_put(e.d);
	return rc ? rc : (long)*at;
}

static bool read_number(const struct extents *e, uint64_t *n)
{
	return !guest_read_at(n, gva(e->r.extent_start), *e->at, sizeof(*n));
}

static bool write_number(const struct extents *e, uint64_t n)
{
	return !guest_write_at(gva(e->r.extent_start), *e->at, &n, sizeof(n));
}

static struct frame *allocate(const struct extents *e)
{
	return domain_alloc_frames(e->d, e->r.extent_order, memory_alloc_flags(e->r.mem_flags));
}

static bool increase_one(struct extents *e)
{
	struct frame *f = allocate(e);

	if (!f)
		return false;
	for (uint64_t i = 0; i < 1ULL << e->r.extent_order; i++)
		m2p_set(mfn(frame_mfn(f).n + i), INVALID_M2P_ENTRY);
	if (!e->r.extent_start || write_number(e, frame_mfn(f).n))
		return true;
	(void)memory_release(e->d, frame_mfn(f).n, e->r.extent_order);
	return false;
}

static bool populate_one(struct extents *e)
{
	struct frame *f;
	uint64_t pfn;

	if (!read_number(e, &pfn))
		return false;
	f = allocate(e);
	if (!f)
		return false;
	for (uint64_t i = 0; i < 1ULL << e->r.extent_order; i++)
		m2p_set(mfn(frame_mfn(f).n + i), pfn + i);
	if (write_number(e, frame_mfn(f).n))
		return true;
	(void)memory_release(e->d, frame_mfn(f).n, e->r.extent_order);
	return false;
}

static bool release_one(struct domain *d, mfn_t m)
{
	struct frame *f = frame_get_mfn(m, d);
	bool done;

	if (!f)
		return false;
	done = !domain_release_frame(d, f);
	if (done)
		m2p_set(m, INVALID_M2P_ENTRY);
	frame_put(f);
	return done;
}

bool memory_release(struct domain *d, uint64_t first, unsigned int order)
{
	for (uint64_t i = 0; i < 1ULL << order; i++)
		if (!release_one(d, mfn(first + i)))
			return false;
	return true;
}

static bool decrease_one(struct extents *e)
{
	uint64_t first;

	return read_number(e, &first) && memory_release(e->d, first, e->r.extent_order);
}

long memory_increase(struct vcpu *v, gva_t arg, uint64_t *at)
{
	return for_each_extent(v, arg, at, increase_one);
}

long memory_decrease(struct vcpu *v, gva_t arg, uint64_t *at)
{
	return for_each_extent(v, arg, at, decrease_one);
}

long memory_populate(struct vcpu *v, gva_t arg, uint64_t *at)
{
	return for_each_extent(v, arg, at, populate_one);
}
