/* SPDX-License-Identifier: GPL-2.0-only */
/* grant_table_op: arrays of operations, each with a status of its own, preemptible between two. */
#include "core/grant_internal.h"
#include "lib/string.h"

/* In units of preemption */
#define COST_TELL     100 /* a frame of the table */
#define COST_QUESTION 200 /* an element that only asks */

/* One element at `at`: read, carried out, status written back. 0 or -XEN_E… for the whole call. */
static long do_map(struct vcpu *v, gva_t at)
{
	struct xen_gnttab_map_grant_ref op;

	if (guest_read(&op, at, sizeof(op)))
		return -XEN_EFAULT;
	op.status = grant_map_one(v, &op);
	preempt_charge(1500);
	return guest_write(at, &op, sizeof(op));
}

static long do_unmap(struct vcpu *v, gva_t at)
{
	struct xen_gnttab_unmap_grant_ref op;

	if (guest_read(&op, at, sizeof(op)))
		return -XEN_EFAULT;
	op.status = grant_unmap_one(v, &op);
	preempt_charge(1500);
	return guest_write(at, &op, sizeof(op));
}

static long do_copy(struct vcpu *v, gva_t at)
{
	struct xen_gnttab_copy op;

	if (guest_read(&op, at, sizeof(op)))
		return -XEN_EFAULT;
	op.status = grant_copy_one(v->domain, &op);
	preempt_charge(1200u + op.len / 8u);
	return guest_write(at, &op, sizeof(op));
}

/* 0 and the status, or -XEN_ERESTART. */
static long setup_table(struct domain *caller, struct xen_gnttab_setup_table *op)
{
	struct domain *d = domain_resolve(caller, op->dom);
	int rc = 0;

	op->status = GNTST_bad_domain;
	if (!d)
		return 0;
	rc = grant_grow(d, op->nr_frames);
	for (uint32_t i = 0; !rc && i < op->nr_frames; i++) {
		uint64_t frame = machine_unmap_addr(d->grants->shared[i]).n;

		preempt_charge(COST_TELL);
		rc = guest_write_at(gva(op->frame_list), i, &frame, sizeof(frame));
	}
	domain_put(d);
	op->status = rc ? GNTST_general_error : GNTST_okay;
	return rc == -XEN_ERESTART ? rc : 0;
}

static long do_setup(struct vcpu *v, gva_t at)
{
	struct xen_gnttab_setup_table op;
	long rc;

	if (guest_read(&op, at, sizeof(op)))
		return -XEN_EFAULT;
	preempt_charge(COST_QUESTION);
	rc = setup_table(v->domain, &op);
	return rc ? rc : guest_write(at, &op, sizeof(op));
}

static long do_query(struct vcpu *v, gva_t at)
{
	struct xen_gnttab_query_size op;
	struct grant_usage usage;
	struct domain *d;

	if (guest_read(&op, at, sizeof(op)))
		return -XEN_EFAULT;
	preempt_charge(COST_QUESTION);
	d = domain_resolve(v->domain, op.dom);
	op.status = d ? GNTST_okay : GNTST_bad_domain;
	if (d) {
		grant_get_usage(d, &usage);
		op.nr_frames = usage.frames;
		op.max_nr_frames = usage.max_frames;
		domain_put(d);
	}
	return guest_write(at, &op, sizeof(op));
}

static long do_get_version(struct vcpu *v, gva_t at)
{
	struct xen_gnttab_get_version op;

	(void)v;
	if (guest_read(&op, at, sizeof(op)))
		return -XEN_EFAULT;
	op.version = 1;
	preempt_charge(COST_QUESTION);
	return guest_write(at, &op, sizeof(op));
}

static long do_set_version(struct vcpu *v, gva_t at)
{
	struct xen_gnttab_set_version op;
	long rc;

	(void)v;
	if (guest_read(&op, at, sizeof(op)))
		return -XEN_EFAULT;
	rc = op.version == 1 ? 0 : -XEN_ENOSYS;
	preempt_charge(COST_QUESTION);
	op.version = 1;
	return guest_write(at, &op, sizeof(op)) ? -XEN_EFAULT : rc;
}

static const struct {
	long (*one)(struct vcpu *v, gva_t at);
	size_t size;
} ops[] = {
	[GNTTABOP_map_grant_ref] = {do_map, sizeof(struct xen_gnttab_map_grant_ref)},
	[GNTTABOP_unmap_grant_ref] = {do_unmap, sizeof(struct xen_gnttab_unmap_grant_ref)},
	[GNTTABOP_setup_table] = {do_setup, sizeof(struct xen_gnttab_setup_table)},
	[GNTTABOP_copy] = {do_copy, sizeof(struct xen_gnttab_copy)},
	[GNTTABOP_query_size] = {do_query, sizeof(struct xen_gnttab_query_size)},
	[GNTTABOP_set_version] = {do_set_version, sizeof(struct xen_gnttab_set_version)},
	[GNTTABOP_get_version] = {do_get_version, sizeof(struct xen_gnttab_get_version)},
};

bool grant_op_known(unsigned int cmd)
{
	return cmd < ARRAY_SIZE(ops) && ops[cmd].one;
}

long grant_op(struct vcpu *v, unsigned int cmd, gva_t list, unsigned int count, unsigned int *done)
{
	for (*done = 0; *done < count; (*done)++) {
		long rc;

		if (*done && preempt_due())
			return -XEN_ERESTART;
		rc = ops[cmd].one(v, gva_add(list, *done * ops[cmd].size));
		if (rc)
			return rc;
	}
	return 0;
}

size_t grant_op_size(unsigned int cmd)
{
	return ops[cmd].size;
}
