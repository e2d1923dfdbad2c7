/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_exchange: frames for other frames, for instance many small ones for one contiguous run
 * that a device can address.
 *
 * Works in chunks, the larger of both extent sizes. A chunk's new frames come as one block, which
 * is clean before anything else happens, and frozen; then its old ones are frozen, which succeeds
 * only if nobody uses them; the new numbers are written to the caller. Then, as nothing can fail
 * any more, the new ones become usable and the old ones free. So a chunk is exchanged wholly or not
 * at all, and a domain never keeps more than it may have. Progress is in the caller's own structure
 * (nr_exchanged): an interrupted call is simply repeated. Between two points lies one chunk, so
 * only the control domain, which has devices, may ask for the largest.
 */
#include "core/memory_op.h"

#define CHUNK_FRAMES	(1u << EXTENT_ORDER_MAX)
#define GUEST_ORDER_MAX 6 /* for others than the control domain */
#define COST_EXCHANGED	450u

struct exchange {
	struct xen_memory_exchange x;
	struct domain *d;
	unsigned int in_per_chunk, out_per_chunk; /* extents */
	unsigned int order;			  /* of a chunk */
	struct frame *new;			  /* the chunk's, as long as they are frozen */
	struct frame **old;			  /* the chunk's that are frozen */
	unsigned int old_count;
};
_Static_assert(CHUNK_FRAMES * sizeof(struct frame *) <= PAGE_SIZE, "the list is too long");

static bool sizes_ok(const struct exchange *e, unsigned int order_max)
{
	const struct xen_memory_reservation *in = &e->x.in, *out = &e->x.out;

	return in->extent_order <= order_max && out->extent_order <= order_max &&
	       in->nr_extents <= UINT32_MAX && out->nr_extents <= UINT32_MAX &&
	       in->nr_extents << in->extent_order == out->nr_extents << out->extent_order &&
	       in->domid == out->domid && e->x.nr_exchanged <= in->nr_extents;
}

static bool choose_chunk(struct exchange *e)
{
	unsigned int in = e->x.in.extent_order, out = e->x.out.extent_order;

	e->order = MAX(in, out);
	e->in_per_chunk = 1u << (e->order - in);
	e->out_per_chunk = 1u << (e->order - out);
	return e->x.nr_exchanged % e->in_per_chunk == 0 &&
	       e->x.in.nr_extents % e->in_per_chunk == 0;
}

/* --- the parts of a chunk: those that can fail --- */

static int allocate(struct exchange *e)
{
	return domain_alloc_in_steps(
		e->d, e->order,
		memory_alloc_flags(e->x.out.mem_flags) | ALLOC_FROZEN | ALLOC_BEYOND, &e->new);
}

static int freeze_extent(struct exchange *e, uint64_t extent)
{
	uint64_t first;

	if (guest_read_at(&first, gva(e->x.in.extent_start), extent, sizeof(first)))
		return -XEN_EFAULT;
	for (uint64_t i = 0; i < 1ULL << e->x.in.extent_order; i++) {
		struct frame *f = domain_freeze_frame(e->d, mfn(first + i));

		if (!f)
			return -XEN_EINVAL;
		e->old[e->old_count++] = f;
	}
	return 0;
}

/* Extent n of the chunk: its number to the caller, the caller's to the frames. */
static int tell_extent(struct exchange *e, unsigned int n)
{
	uint64_t extent = e->x.nr_exchanged / e->in_per_chunk * e->out_per_chunk + n;
	uint64_t first = frame_mfn(e->new).n + ((uint64_t)n << e->x.out.extent_order), pfn;

	if (guest_read_at(&pfn, gva(e->x.out.extent_start), extent, sizeof(pfn)))
		return -XEN_EFAULT;
	for (uint64_t i = 0; i < 1ULL << e->x.out.extent_order; i++)
		m2p_set(mfn(first + i), pfn + i);
	return guest_write_at(gva(e->x.out.extent_start), extent, &first, sizeof(first));
}

static int prepare_chunk(struct exchange *e)
{
	int rc = 0;

	e->old_count = 0;
	for (unsigned int i = 0; !rc && i < e->in_per_chunk; i++)
		rc = freeze_extent(e, e->x.nr_exchanged + i);
	for (unsigned int i = 0; !rc && i < e->out_per_chunk; i++)
		rc = tell_extent(e, i);
	return rc;
}

/* --- and those that cannot --- */

static void undo_chunk(struct exchange *e)
{
	for (unsigned int i = 0; i < e->old_count; i++)
		domain_thaw_frame(e->d, e->old[i]);
	domain_free_frozen(e->new, e->order);
}

static void free_extent(struct frame **old, unsigned int order)
{
	if (frame_mfn(old[0]).n % (1ULL << order) == 0) {
		domain_free_frozen(old[0], order);
		return;
	}
	for (unsigned int i = 0; i < 1U << order; i++)
		domain_free_frozen(old[i], 0);
}

static void commit_chunk(struct exchange *e)
{
	for (uint64_t i = 0; i < 1ULL << e->order; i++)
		domain_thaw_frame(e->d, e->new + i);
	for (unsigned int i = 0; i < e->in_per_chunk; i++)
		free_extent(e->old + ((size_t)i << e->x.in.extent_order), e->x.in.extent_order);
}

static int one_chunk(struct exchange *e)
{
	int rc = allocate(e);

	preempt_charge(COST_EXTENT + (COST_EXCHANGED << e->order));
	if (rc)
		return rc;
	rc = prepare_chunk(e);
	if (rc)
		undo_chunk(e);
	else
		commit_chunk(e);
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
	unsigned int order_max = v->domain->privileged ? EXTENT_ORDER_MAX : GUEST_ORDER_MAX;
	struct exchange e;
	long rc = -XEN_ENOMEM;

	if (guest_read(&e.x, arg, sizeof(e.x)))
		return -XEN_EFAULT;
	if (!sizes_ok(&e, order_max) || !choose_chunk(&e))
		return -XEN_EINVAL;
	e.d = domain_resolve(v->domain, e.x.in.domid);
	if (!e.d)
		return -XEN_ESRCH;
	e.old = hv_alloc_pages(0);
	if (e.old) {
		rc = run(&e, gva_add(arg, offsetof(struct xen_memory_exchange, nr_exchanged)));
		hv_free_pages(e.old, 0);
	}
	domain_put(e.d);
	return rc;
}
