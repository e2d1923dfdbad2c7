/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_exchange: frames for other frames, for instance many small ones for one contiguous run
 * that a device can address.
 *
 * Works in chunks, the larger of both extent sizes. A chunk's old frames are frozen, which succeeds
 * only if nobody uses them; its new ones are allocated frozen; their numbers are written to the
 * caller. Then, as nothing can fail any more, the new ones become usable and the old ones free. So
 * a chunk is exchanged wholly or not at all, and a domain never keeps more than it may have.
 * Progress is in the caller's own structure (nr_exchanged): an interrupted call is simply repeated.
 */
#include "core/memory_op.h"

#define CHUNK_FRAMES (1u << EXTENT_ORDER_MAX)
#define LIST_ORDER   1 /* pages of `struct chunk` */

/* Frozen frames. */
struct chunk {
	struct frame *old[CHUNK_FRAMES], *new[CHUNK_FRAMES];
};
_Static_assert(sizeof(struct chunk) <= PAGE_SIZE << LIST_ORDER, "the lists are too long");

struct exchange {
	struct xen_memory_exchange x;
	struct domain *d;
	unsigned int in_per_chunk, out_per_chunk; /* extents */
	unsigned int chunk_frames;
	struct chunk *chunk;
	unsigned int old, new; /* frames of the chunk that are frozen now */
};

static bool sizes_ok(const struct exchange *e)
{
	const struct xen_memory_reservation *in = &e->x.in, *out = &e->x.out;

	return in->extent_order <= EXTENT_ORDER_MAX && out->extent_order <= EXTENT_ORDER_MAX &&
	       in->nr_extents <= UINT32_MAX && out->nr_extents <= UINT32_MAX &&
	       in->nr_extents << in->extent_order == out->nr_extents << out->extent_order &&
	       in->domid == out->domid && e->x.nr_exchanged <= in->nr_extents;
}

static bool choose_chunk(struct exchange *e)
{
	unsigned int in = e->x.in.extent_order, out = e->x.out.extent_order, max = MAX(in, out);

	e->chunk_frames = 1u << max;
	e->in_per_chunk = 1u << (max - in);
	e->out_per_chunk = 1u << (max - out);
	return e->x.nr_exchanged % e->in_per_chunk == 0 &&
	       e->x.in.nr_extents % e->in_per_chunk == 0;
}

/* --- the parts of a chunk: those that can fail --- */

static int freeze_extent(struct exchange *e, uint64_t extent)
{
	uint64_t first;

	if (guest_read_at(&first, gva(e->x.in.extent_start), extent, sizeof(first)))
		return -XEN_EFAULT;
	for (uint64_t i = 0; i < 1ULL << e->x.in.extent_order; i++) {
		struct frame *f = domain_freeze_frame(e->d, mfn(first + i));

		if (!f)
			return -XEN_EINVAL;
		e->chunk->old[e->old++] = f;
	}
	return 0;
}

static void note_new(struct exchange *e, struct frame *f, uint64_t pfn)
{
	for (uint64_t i = 0; i < 1ULL << e->x.out.extent_order; i++) {
		m2p_set(mfn(frame_mfn(f).n + i), pfn + i);
		e->chunk->new[e->new ++] = f + i;
	}
}

static int allocate_extent(struct exchange *e, uint64_t extent)
{
	struct frame *f;
	uint64_t pfn, m;

	if (guest_read_at(&pfn, gva(e->x.out.extent_start), extent, sizeof(pfn)))
		return -XEN_EFAULT;
	f = domain_alloc_frames(e->d, e->x.out.extent_order,
				memory_alloc_flags(e->x.out.mem_flags) | ALLOC_FROZEN);
	if (!f)
		return -XEN_ENOMEM;
	note_new(e, f, pfn);
	m = frame_mfn(f).n;
	return guest_write_at(gva(e->x.out.extent_start), extent, &m, sizeof(m));
}

static int prepare_chunk(struct exchange *e)
{
	uint64_t first_out = e->x.nr_exchanged / e->in_per_chunk * e->out_per_chunk;
	int rc = 0;

	e->old = 0;
	e->new = 0;
	for (unsigned int i = 0; !rc && i < e->in_per_chunk; i++)
		rc = freeze_extent(e, e->x.nr_exchanged + i);
	for (unsigned int i = 0; !rc && i < e->out_per_chunk; i++)
		rc = allocate_extent(e, first_out + i);
	return rc;
}

/* --- and those that cannot --- */

static void settle(struct exchange *e, struct frame **keep, unsigned int kept, struct frame **give,
		   unsigned int given)
{
	for (unsigned int i = 0; i < kept; i++)
		domain_thaw_frame(e->d, keep[i]);
	for (unsigned int i = 0; i < given; i++)
		domain_free_frozen(give[i]);
}

static int one_chunk(struct exchange *e)
{
	int rc = prepare_chunk(e);

	if (rc)
		settle(e, e->chunk->old, e->old, e->chunk->new, e->new);
	else
		settle(e, e->chunk->new, e->new, e->chunk->old, e->old);
	preempt_charge(COST_EXTENT + 2u * COST_FRAME * e->chunk_frames);
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
	long rc = -XEN_ENOMEM;

	if (guest_read(&e.x, arg, sizeof(e.x)))
		return -XEN_EFAULT;
	if (!sizes_ok(&e) || !choose_chunk(&e))
		return -XEN_EINVAL;
	e.d = domain_resolve(v->domain, e.x.in.domid);
	if (!e.d)
		return -XEN_ESRCH;
	e.chunk = hv_alloc_pages(LIST_ORDER);
	if (e.chunk) {
		rc = run(&e, gva_add(arg, offsetof(struct xen_memory_exchange, nr_exchanged)));
		hv_free_pages(e.chunk, LIST_ORDER);
	}
	domain_put(e.d);
	return rc;
}
