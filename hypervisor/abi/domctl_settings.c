/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl: settings of a domain, and operations whose answer is the same for every PV guest. */
#include "abi/domctl.h"

#include "core/hypercall_page.h"
#include "core/time_info.h"

#define TSC_DEFAULT 0
#define TSC_NATIVE  2

long domctl_set_time_offset(struct domain *d, struct xen_domctl *op)
{
	int64_t seconds = op->u.settimeoffset.time_offset_seconds;

	if (seconds != (int32_t)seconds)
		return -XEN_EINVAL;
	d->time_offset_seconds = (int32_t)seconds;
	time_info_init_wallclock(d);
	return 0;
}

/* Reading the TSC is never made to trap. */
long domctl_set_tsc(struct domain *d, struct xen_domctl *op)
{
	uint32_t mode = op->u.tsc_info.tsc_mode;

	if (mode != TSC_DEFAULT && mode != TSC_NATIVE)
		return -XEN_EOPNOTSUPP;
	d->tsc_mode = mode;
	return 0;
}

long domctl_get_tsc(struct domain *d, struct xen_domctl *op)
{
	op->u.tsc_info = (struct xen_domctl_tsc_info){
		.tsc_mode = d->tsc_mode,
		.gtsc_khz = (uint32_t)machine_tsc_scale()->khz,
		.elapsed_nsec = machine_now(),
	};
	return 0;
}

long domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	return op->u.address_size.size == 64 ? 0 : -XEN_EINVAL;
}

long domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	op->u.address_size.size = 64;
	return 0;
}

long domctl_set_debugging(struct domain *d, struct xen_domctl *op)
{
	domain_pause(d);
	d->debugger_attached = op->u.setdebugging.enable;
	domain_unpause(d);
	return 0;
}

long domctl_hypercall_page(struct domain *d, struct xen_domctl *op)
{
	return hypercall_page_install(d, mfn(op->u.hypercall_init.gmfn));
}

long domctl_get_node_affinity(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	return ctl_bitmap_write(&op->u.nodeaffinity.nodemap, 1, 64);
}

/* One memory node, coherent caches, no table memory to set aside: nothing to do. */
long domctl_accept(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	(void)op;
	return 0;
}

long domctl_get_pool(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	op->u.paging_mempool.size = 0;
	return 0;
}

/* There are no shadow tables. */
long domctl_shadow(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	switch (op->u.shadow_op.op) {
	case XEN_DOMCTL_SHADOW_OP_OFF:
		return 0;
	case XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION:
	case XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION:
		op->u.shadow_op.mb = 0;
		return 0;
	default:
		return -XEN_EOPNOTSUPP;
	}
}

/* Global virtual interrupts go to the control domain. */
long domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return d == hv.dom0 ? 0 : -XEN_EOPNOTSUPP;
}

static bool takes_away(const struct xen_domctl *op)
{
	switch (op->cmd) {
	case XEN_DOMCTL_irq_permission:
		return !op->u.irq_permission.allow_access;
	case XEN_DOMCTL_iomem_permission:
		return !op->u.iomem_permission.allow_access;
	case XEN_DOMCTL_ioport_permission:
		return !op->u.ioport_permission.allow_access;
	default:
		return false;
	}
}

/* Hardware belongs to the control domain and to nobody else. */
long domctl_no_hardware(struct domain *d, struct xen_domctl *op)
{
	return d->privileged || takes_away(op) ? 0 : -XEN_EOPNOTSUPP;
}
