/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_exchange: frames for other frames, for instance many small ones for one contiguous run
 * that a device can address.
 *
 * Works in chunks, the larger of both extent sizes: a chunk's new frames are allocated first (for
 * that moment the domain may exceed its limit by one chunk), then its old ones are given up.
 * Progress is in the caller's own structure (nr_exchanged), so that an interrupted call is simply
 * repeated.
 */
#include "core/memory_op.h"

struct exchange {
	struct xen_memory_exchange x;
	struct domain *d;
	unsigned int in_per_chunk, out_per_chunk; /* extents */
	unsigned int chunk_order;		  /* frames */
};

static bool sizes_ok(const struct exchange *e, unsigned int order_max)
{
	const struct xen_memory_reservation *in = &e->x.in, *out = &e->x.out;

	return in->extent_order <= order_max && out->extent_order <= order_max &&
	       in->nr_extents <= UINT32_MAX && out->nr_extents <= UINT32_MAX &&
	       in->nr_extents << in->extent_order == out->nr_extents << out->extent_order &&
	       in->domid == out->domid && e->x.nr_exchanged <= in->nr_extents;
}

static void choose_chunk(struct exchange *e)
{
	unsigned int in = e->x.in.extent_order, out = e->x.out.extent_order;

	e->chunk_order = MAX(in, out);
	e->in_per_chunk = 1u << (e->chunk_order - in);
	e->out_per_chunk = 1u << (e->chunk_order - out);
}

static void change_limit(struct domain *d, uint64_t by)
{
	spin_lock(&d->page_lock);
	d->max_pages += by;
	spin_unlock(&d->page_lock);
}

/* Every frame to be given up must be the domain's. */
static int check_old(const struct exchange *e, uint64_t first_extent)
{
	for (unsigned int i = 0; i < e->in_per_chunk; i++) {
		uint64_t m;

		if (guest_read_at(&m, gva(e->x.in.extent_start), first_extent + i, sizeof(m)))
			return -XEN_EFAULT;
		for (uint64_t j = 0; j < 1ULL << e->x.in.extent_order; j++) {
			struct frame *f = frame_get_mfn(mfn(m + j), e->d);

			if (!f)
				return -XEN_EINVAL;
			frame_put(f);
		}
	}
	return 0;
}

static int release_old(const struct exchange *e, uint64_t first_extent)
{
	for (unsigned int i = 0; i < e->in_per_chunk; i++) {
		uint64_t m;

		if (guest_read_at(&m, gva(e->x.in.extent_start), first_extent + i, sizeof(m)))
			return -XEN_EFAULT;
		if (!memory_release(e->d, m, e->x.in.extent_order))
			return -XEN_EINVAL;
	}
	return 0;
}

static int give_new(const struct exchange *e, uint64_t extent)
{
	struct frame *f = domain_alloc_frames(e->d, e->x.out.extent_order,
					      memory_alloc_flags(e->x.out.mem_flags));
	uint64_t pfn, m;

	if (!f)
		return -XEN_ENOMEM;
	m = frame_mfn(f).n;
	if (guest_read_at(&pfn, gva(e->x.out.extent_start), extent, sizeof(pfn)) ||
	    guest_write_at(gva(e->x.out.extent_start), extent, &m, sizeof(m))) {
		(void)memory_release(e->d, m, e->x.out.extent_order);
		return -XEN_EFAULT;
	}
	for (uint64_t i = 0; i < 1ULL << e->x.out.extent_order; i++)
		m2p_set(mfn(m + i), pfn + i);
	return 0;
}

/* Take back what a failed chunk had got: its numbers stand in the caller's list. */
static void take_back(const struct exchange *e, uint64_t first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		uint64_t m;

		if (!guest_read_at(&m, gva(e->x.out.extent_start), first + i, sizeof(m)))
			(void)memory_release(e->d, m, e->x.out.extent_order);
	}
}

static int one_chunk(const struct exchange *e)
{
	uint64_t first_out = e->x.nr_exchanged / e->in_per_chunk * e->out_per_chunk;
	unsigned int given = 0;
	int rc = check_old(e, e->x.nr_exchanged);

	if (rc)
		return rc;
	change_limit(e->d, 1ULL << e->chunk_order);
	while (!rc && given < e->out_per_chunk) {
		rc = give_new(e, first_out + given);
		given += !rc;
	}
	if (rc)
		take_back(e, first_out, given);
	else
		rc = release_old(e, e->x.nr_exchanged);
	change_limit(e->d, 0 - (1ULL << e->chunk_order));
	preempt_charge(COST_EXTENT + (2u * COST_FRAME << e->chunk_order));
	return rc;
}

static int run(struct exchange *e, gva_t progress)
{
	uint64_t start = e->x.nr_exchanged;
	int rc = 0;

	while (!rc && e->x.nr_exchanged < e->x.in.nr_extents) {
		if (e->x.nr_exchanged > start && preempt_due())
			return -XEN_ERESTART;
		rc = one_chunk(e);
		if (rc)
			return rc;
		e->x.nr_exchanged += e->in_per_chunk;
		rc = guest_write(progress, &e->x.nr_exchanged, sizeof(e->x.nr_exchanged));
	}
	return rc;
}

long memory_exchange(struct vcpu *v, gva_t arg)
{
	struct exchange e;
	long rc;

	if (guest_read(&e.x, arg, sizeof(e.x)))
		return -XEN_EFAULT;
	if (!sizes_ok(&e, memory_order_max(v->domain)))
		return -XEN_EINVAL;
	choose_chunk(&e);
	if (e.x.nr_exchanged % e.in_per_chunk || e.x.in.nr_extents % e.in_per_chunk)
		return -XEN_EINVAL;
	e.d = domain_resolve(v->domain, e.x.in.domid);
	if (!e.d)
		return -XEN_ESRCH;
	rc = run(&e, gva_add(arg, offsetof(struct xen_memory_exchange, nr_exchanged)));
	domain_put(e.d);
	return rc;
}
