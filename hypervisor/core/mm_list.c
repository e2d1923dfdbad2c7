/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The extension ABI's requests to change page tables (shoji/extension_mmu.h): a list of them, or
 * one. Always about the caller's own tables and frames. As in mm_update.c, the frame that holds the
 * entries is referenced once for a run of requests on it.
 */
#include "core/mm_list.h"

#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm_cursor.h"
#include "core/mm_direct.h"
#include "core/mm_flush.h"
#include "core/mm_space.h"
#include "core/preempt.h"
#include "shoji/extension_mmu.h"

/* A table that went out of use long after its entry: now it has. */
static int finish_partial(struct vcpu *v)
{
	mfn_t m = v->partial_root;
	int rc = mm_finish_partial(v);

	if (!rc && m.n != INVALID_MFN.n)
		(void)mm_alias(v, m, true);
	return rc;
}

static int link_entry(struct vcpu *v, struct frame *table, unsigned int index, uint64_t value)
{
	const uint64_t *entries = machine_map(frame_mfn(table));
	uint64_t old = __atomic_load_n(&entries[index], __ATOMIC_RELAXED);
	bool hidden = false;
	int rc;

	if (!type_is_table(frame_type_now(table)) || frame_type_now(table) == FRAME_L1)
		return -XEN_EINVAL;
	if (value & PTE_PRESENT)
		hidden = mm_alias(v, mfn(pte_frame(value)), false) > 0;
	rc = mm_update_entry(v, table, index, value, false, v->domain);
	if (rc == -XEN_ERESTART)
		return rc;
	if (rc && hidden)
		(void)mm_alias(v, mfn(pte_frame(value)), true);
	if (!rc && (old & PTE_PRESENT) && pte_frame(old) != pte_frame(value))
		(void)mm_alias(v, mfn(pte_frame(old)), true);
	return rc;
}

static __attribute__((noinline)) int other_request(struct vcpu *v, struct frame *table,
						   const struct xen_mmu_update *r)
{
	unsigned int index = request_index(r);
	unsigned int command = r->ptr & SHOJI_MMU_mask;

	switch (command) {
	case SHOJI_MMU_clear:
	case SHOJI_MMU_protect:
		if (!r->val || r->val > TABLE_ENTRIES - index)
			return -XEN_EINVAL;
		return command == SHOJI_MMU_clear
			       ? mm_clear_run(table, index, (unsigned int)r->val)
			       : mm_protect_run(table, index, (unsigned int)r->val);
	case SHOJI_MMU_link:
		return link_entry(v, table, index, r->val);
	default:
		return -XEN_EINVAL;
	}
}

/* Most requests set an entry. */
static always_inline int one_request(struct vcpu *v, struct cursor *c,
				     const struct xen_mmu_update *r)
{
	unsigned int index = request_index(r);
	unsigned int command = r->ptr & SHOJI_MMU_mask;

	if (unlikely(!cursor_move(c, r->ptr >> PAGE_SHIFT)))
		return -XEN_EINVAL;
	if (likely(command == SHOJI_MMU_set || command == SHOJI_MMU_keep_ad))
		return mm_update_entry(v, c->frame, index, r->val, command == SHOJI_MMU_keep_ad,
				       v->domain);
	return other_request(v, c->frame, r);
}

/* A table that is refused may just be coming or going: the guest asks again. `epoch` is from before
 * the request. */
static always_inline int run_request(struct vcpu *v, struct cursor *c,
				     const struct xen_mmu_update *r, uint64_t epoch)
{
	int rc = one_request(v, c, r);

	return unlikely(rc == -XEN_EINVAL) && mm_space_disturbed(v, epoch) ? -XEN_ERESTART : rc;
}

#define COST_SET 80
#define AHEAD	 4 /* requests that are copied at a time, where there are so many */

/* Requests from number `first` on, of `count`: how many were copied, or -XEN_EFAULT. */
static always_inline int read_ahead(struct xen_mmu_update r[AHEAD], gva_t at, unsigned int first,
				    unsigned int count)
{
	gva_t from = gva_add(at, first * sizeof(*r));

	if (likely(count - first >= AHEAD) && !guest_read(r, from, AHEAD * sizeof(*r)))
		return AHEAD;
	return guest_read(r, from, sizeof(*r)) ? -XEN_EFAULT : 1;
}

/* The first of n requests, and those behind it that can be done with it: how many, or an error. */
static always_inline int some_requests(struct vcpu *v, struct cursor *c,
				       const struct xen_mmu_update *r, unsigned int n,
				       uint64_t epoch)
{
	unsigned int set = 0;
	int rc;

	preempt_charge(COST_REQUEST);
	if ((r->ptr & SHOJI_MMU_mask) == SHOJI_MMU_set && cursor_move(c, r->ptr >> PAGE_SHIFT))
		set = mm_set_run(c->frame, r, n);
	if (likely(set)) {
		preempt_charge(COST_SET * set);
		return (int)set;
	}
	rc = run_request(v, c, r, epoch);
	return rc ? rc : 1;
}

int mm_request_list(struct vcpu *v, gva_t at, unsigned int count, unsigned int *done)
{
	struct cursor c = {.owner = v->domain};
	uint64_t epoch = mm_space_epoch(v->domain);
	int rc = finish_partial(v);

	*done = 0;
	while (rc >= 0 && *done < count) {
		struct xen_mmu_update r[AHEAD];
		int n = read_ahead(r, at, *done, count);

		rc = MIN(n, 0);
		for (int i = 0; i < n && rc >= 0; i += rc) {
			rc = *done && preempt_due()
				     ? -XEN_ERESTART
				     : some_requests(v, &c, &r[i], (unsigned int)(n - i), epoch);
			*done += (unsigned int)MAX(rc, 0);
		}
	}
	cursor_end(&c);
	return MIN(rc, 0);
}

int mm_request_one(struct vcpu *v, uint64_t ptr, uint64_t value, uint64_t flush)
{
	struct xen_mmu_update r = {ptr, value};
	uint64_t va = flush & ~(uint64_t)SHOJI_FLUSH_mask, how = flush & SHOJI_FLUSH_mask;
	struct cursor c = {.owner = v->domain};
	int rc;

	if (flush && ((how != SHOJI_FLUSH_local && how != SHOJI_FLUSH_all) || !guest_code_ok(va)))
		return -XEN_EINVAL;
	rc = finish_partial(v);
	if (!rc)
		rc = run_request(v, &c, &r, mm_space_epoch(v->domain));
	cursor_end(&c);
	if (!rc && flush)
		machine_flush_page(how == SHOJI_FLUSH_all ? mm_domain_cpus(v->domain)
							  : mm_this_cpu_mask(),
				   va);
	return rc;
}
