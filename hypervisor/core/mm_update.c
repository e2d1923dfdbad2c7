/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to change page-table entries: lists of them by machine address, or one by the virtual
 * address that it maps. The frame that holds the entries is referenced once for a run of
 * requests on it; each entry is checked and written by mm_update_entry().
 */
#include "core/domain.h"
#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm_cursor.h"
#include "core/mm_flush.h"
#include "core/preempt.h"
#include "shoji/errno.h"

static always_inline int update_table(struct vcpu *v, struct cursor *c,
				      const struct xen_mmu_update *r, struct domain *page_owner)
{
	uint64_t at = r->ptr & ~COMMAND_MASK;

	if (at % sizeof(uint64_t) || !cursor_move(c, at >> PAGE_SHIFT))
		return -XEN_EINVAL;
	return mm_update_entry(v, c->frame, (unsigned int)(at % PAGE_SIZE / sizeof(uint64_t)),
			       r->val, (r->ptr & COMMAND_MASK) == MMU_PT_UPDATE_PRESERVE_AD,
			       page_owner);
}

static always_inline int one_update(struct vcpu *v, struct cursor *c, gva_t at,
				    struct domain *page_owner)
{
	struct xen_mmu_update r;

	if (unlikely(guest_read(&r, at, sizeof(r))))
		return -XEN_EFAULT;
	if (unlikely((r.ptr & COMMAND_MASK) == MMU_MACHPHYS_UPDATE))
		return mm_update_m2p(&r, page_owner);
	return update_table(v, c, &r, page_owner);
}

int mm_mmu_update(struct vcpu *v, gva_t reqs, unsigned int count, unsigned int *done,
		  struct domain *table_owner, struct domain *page_owner)
{
	struct cursor c = {.owner = table_owner};
	int rc = mm_finish_partial(v);

	for (*done = 0; !rc && *done < count; ++*done) {
		if (*done && preempt_due()) {
			rc = -XEN_ERESTART;
			break;
		}
		rc = one_update(v, &c, gva_add(reqs, *done * sizeof(struct xen_mmu_update)),
				page_owner);
		if (rc)
			break;
		preempt_charge(COST_REQUEST);
	}
	cursor_end(&c);
	return rc;
}

/* --- by virtual address --- */

static __attribute__((noinline)) int flush_after(struct vcpu *v, uint64_t va, uint64_t flags)
{
	cpumask_t cpus;
	int rc;

	if (flags & UVMF_ALL)
		cpus = mm_domain_cpus(v->domain);
	else if (!(flags & ~UVMF_FLUSHTYPE_MASK))
		cpus = mm_this_cpu_mask();
	else {
		rc = mm_vcpu_mask(v->domain, flags & ~(UVMF_FLUSHTYPE_MASK | UVMF_ALL), &cpus);
		if (rc)
			return rc;
	}
	if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG)
		mm_flush_address(cpus, va);
	else
		machine_flush_all(cpus);
	return 0;
}

int mm_update_va_mapping(struct vcpu *v, uint64_t va, uint64_t value, uint64_t flags,
			 struct domain *page_owner)
{
	struct frame *f;
	mfn_t table;
	int rc;

	(void)walk_root(v->entry->user_mode ? v->cr3_user : v->cr3_kernel, va, &table);
	f = ram_frame(table.n);
	if (!f || !ref_take(f, v->domain))
		return -XEN_EINVAL;
	rc = mm_update_entry(v, f, va >> PAGE_SHIFT & 511, value, false, page_owner);
	ref_drop(f);
	return rc || !(flags & UVMF_FLUSHTYPE_MASK) ? rc : flush_after(v, va, flags);
}
