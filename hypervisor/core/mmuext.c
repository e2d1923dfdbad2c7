/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext_op: pins, roots, flushes, LDT, page clearing and copying. Operations on the caller's own
 * vCPU work only for its own domain; those on frames also for a domain that the caller controls.
 */
#include "core/domain.h"
#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm.h"
#include "core/mm_flush.h"
#include "core/preempt.h"
#include "shoji/errno.h"

#define COST_OP	  300
#define COST_PAGE 1000

/* --- frames --- */

static int pin(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)v;
	return mm_pin_table(d, mfn(op->arg1.mfn),
			    (enum frame_type)(FRAME_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE)));
}

static int unpin(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)v;
	return mm_unpin_table(d, mfn(op->arg1.mfn));
}

/* A frame of d that may be written as plain memory; NULL: refused. */
static struct frame *get_writable(struct domain *d, uint64_t n)
{
	struct frame *f = frame_get_mfn(mfn(n), d);

	if (f && frame_get_type(f, FRAME_WRITABLE)) {
		frame_put(f);
		f = NULL;
	}
	return f;
}

static int clear_page(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	struct frame *f = get_writable(d, op->arg1.mfn);

	(void)v;
	if (!f)
		return -XEN_EINVAL;
	machine_zero_frame(machine_map(frame_mfn(f)));
	frame_put_and_type(f);
	preempt_charge(COST_PAGE);
	return 0;
}

static int copy_page(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	struct frame *from = frame_get_mfn(mfn(op->arg2.src_mfn), d), *to;
	int rc = -XEN_EINVAL;

	(void)v;
	if (!from)
		return rc;
	to = get_writable(d, op->arg1.mfn);
	if (to) {
		machine_copy_frame(machine_map(frame_mfn(to)), machine_map(frame_mfn(from)));
		frame_put_and_type(to);
		rc = 0;
	}
	frame_put(from);
	preempt_charge(COST_PAGE);
	return rc;
}

/* --- the caller's vCPU --- */

static int new_base(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)d;
	return op->arg1.mfn ? mm_set_cr3(v, mfn(op->arg1.mfn)) : -XEN_EINVAL;
}

static int new_user_base(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)d;
	return mm_set_user_cr3(v, mfn(op->arg1.mfn));
}

static int set_ldt(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)d;
	return mm_set_ldt(v, op->arg1.linear_addr, op->arg2.nr_ents);
}

static int flush_local(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)v, (void)d;
	if (op->cmd == MMUEXT_TLB_FLUSH_LOCAL)
		machine_flush_all(mm_this_cpu_mask());
	else
		mm_flush_address(mm_this_cpu_mask(), op->arg1.linear_addr);
	return 0;
}

static int flush_multi(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	cpumask_t cpus;

	(void)v;
	if (mm_vcpu_mask(d, op->arg2.vcpumask, &cpus))
		return -XEN_EFAULT;
	if (op->cmd == MMUEXT_TLB_FLUSH_MULTI)
		machine_flush_all(cpus);
	else
		mm_flush_address(cpus, op->arg1.linear_addr);
	return 0;
}

static int flush_all(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)v;
	if (op->cmd == MMUEXT_TLB_FLUSH_ALL)
		machine_flush_all(mm_domain_cpus(d));
	else
		mm_flush_address(mm_domain_cpus(d), op->arg1.linear_addr);
	return 0;
}

/* Only who has devices has a reason to. */
static int flush_cache(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)v;
	if (!d->privileged)
		return -XEN_EACCES;
	machine_flush_caches(op->cmd == MMUEXT_FLUSH_CACHE_GLOBAL);
	return 0;
}

static int no_super_pages(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d)
{
	(void)v, (void)op, (void)d;
	return -XEN_EOPNOTSUPP;
}

struct row {
	int (*run)(struct vcpu *v, const struct xen_mmuext_op *op, struct domain *d);
	bool foreign_too;
};

static const struct row rows[] = {
	[MMUEXT_PIN_L1_TABLE] = {pin, true},
	[MMUEXT_PIN_L2_TABLE] = {pin, true},
	[MMUEXT_PIN_L3_TABLE] = {pin, true},
	[MMUEXT_PIN_L4_TABLE] = {pin, true},
	[MMUEXT_UNPIN_TABLE] = {unpin, true},
	[MMUEXT_NEW_BASEPTR] = {new_base, false},
	[MMUEXT_TLB_FLUSH_LOCAL] = {flush_local, false},
	[MMUEXT_INVLPG_LOCAL] = {flush_local, false},
	[MMUEXT_TLB_FLUSH_MULTI] = {flush_multi, false},
	[MMUEXT_INVLPG_MULTI] = {flush_multi, false},
	[MMUEXT_TLB_FLUSH_ALL] = {flush_all, false},
	[MMUEXT_INVLPG_ALL] = {flush_all, false},
	[MMUEXT_FLUSH_CACHE] = {flush_cache, false},
	[MMUEXT_SET_LDT] = {set_ldt, false},
	[MMUEXT_NEW_USER_BASEPTR] = {new_user_base, false},
	[MMUEXT_CLEAR_PAGE] = {clear_page, true},
	[MMUEXT_COPY_PAGE] = {copy_page, true},
	[MMUEXT_FLUSH_CACHE_GLOBAL] = {flush_cache, false},
	[MMUEXT_MARK_SUPER] = {no_super_pages, true},
	[MMUEXT_UNMARK_SUPER] = {no_super_pages, true},
};

static always_inline int one_op(struct vcpu *v, gva_t at, struct domain *foreign)
{
	struct xen_mmuext_op op;

	if (guest_read(&op, at, sizeof(op)))
		return -XEN_EFAULT;
	if (op.cmd >= ARRAY_SIZE(rows) || !rows[op.cmd].run)
		return -XEN_ENOSYS;
	if (!rows[op.cmd].foreign_too && foreign != v->domain)
		return -XEN_EPERM;
	return rows[op.cmd].run(v, &op, foreign);
}

int mm_mmuext_one(struct vcpu *v, gva_t at)
{
	int rc = mm_finish_partial(v);

	preempt_charge(COST_OP);
	return rc ? rc : one_op(v, at, v->domain);
}

int mm_mmuext_op(struct vcpu *v, gva_t ops, unsigned int count, unsigned int *done,
		 struct domain *foreign)
{
	int rc = mm_finish_partial(v);

	for (*done = 0; !rc && *done < count; ++*done) {
		if (*done && preempt_due())
			return -XEN_ERESTART;
		rc = one_op(v, gva_add(ops, *done * sizeof(struct xen_mmuext_op)), foreign);
		if (rc)
			return rc;
		preempt_charge(COST_OP);
	}
	return rc;
}
