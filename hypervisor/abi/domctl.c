/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl: control of domains by the tools (shoji/domctl.h). Reads the record, finds the domain,
 * calls the operation, writes the record back where it has results. The operations are in
 * domctl_*.c, by family.
 */
#include "abi/domctl.h"

#define DYING	 1 /* also for a domain that is being destroyed */
#define RESULTS	 2 /* the record is written back */
#define NOT_SELF 4 /* not for the caller's own domain */

struct row {
	domctl_fn run;
	unsigned int flags;
};

static const struct row rows[] = {
	[XEN_DOMCTL_destroydomain] = {domctl_destroy, DYING | NOT_SELF},
	[XEN_DOMCTL_pausedomain] = {domctl_pause, NOT_SELF},
	[XEN_DOMCTL_unpausedomain] = {domctl_unpause, 0},
	[XEN_DOMCTL_setvcpuaffinity] = {domctl_set_affinity, RESULTS},
	[XEN_DOMCTL_shadow_op] = {domctl_shadow, RESULTS},
	[XEN_DOMCTL_max_mem] = {domctl_max_mem, 0},
	[XEN_DOMCTL_setvcpucontext] = {domctl_set_context, NOT_SELF},
	[XEN_DOMCTL_getvcpucontext] = {domctl_get_context, NOT_SELF},
	[XEN_DOMCTL_getvcpuinfo] = {domctl_vcpu_info, RESULTS},
	[XEN_DOMCTL_max_vcpus] = {domctl_max_vcpus, NOT_SELF},
	[XEN_DOMCTL_scheduler_op] = {domctl_scheduler, RESULTS},
	[XEN_DOMCTL_setdomainhandle] = {domctl_set_handle, 0},
	[XEN_DOMCTL_setdebugging] = {domctl_set_debugging, NOT_SELF},
	[XEN_DOMCTL_irq_permission] = {domctl_no_hardware, 0},
	[XEN_DOMCTL_iomem_permission] = {domctl_no_hardware, 0},
	[XEN_DOMCTL_ioport_permission] = {domctl_no_hardware, 0},
	[XEN_DOMCTL_hypercall_init] = {domctl_hypercall_page, 0},
	[XEN_DOMCTL_settimeoffset] = {domctl_set_time_offset, 0},
	[XEN_DOMCTL_getvcpuaffinity] = {domctl_get_affinity, RESULTS},
	[XEN_DOMCTL_resumedomain] = {domctl_resume, NOT_SELF},
	[XEN_DOMCTL_sendtrigger] = {domctl_send_trigger, 0},
	[XEN_DOMCTL_set_address_size] = {domctl_set_address_size, 0},
	[XEN_DOMCTL_get_address_size] = {domctl_get_address_size, RESULTS},
	[XEN_DOMCTL_test_assign_device] = {domctl_no_hardware, 0},
	[XEN_DOMCTL_assign_device] = {domctl_no_hardware, 0},
	[XEN_DOMCTL_set_ext_vcpucontext] = {domctl_set_ext_context, NOT_SELF},
	[XEN_DOMCTL_get_ext_vcpucontext] = {domctl_get_ext_context, RESULTS | NOT_SELF},
	[XEN_DOMCTL_gettscinfo] = {domctl_get_tsc, RESULTS},
	[XEN_DOMCTL_settscinfo] = {domctl_set_tsc, NOT_SELF},
	[XEN_DOMCTL_getpageframeinfo3] = {domctl_frame_info, 0},
	[XEN_DOMCTL_set_virq_handler] = {domctl_set_virq_handler, 0},
	[XEN_DOMCTL_setnodeaffinity] = {domctl_accept, 0},
	[XEN_DOMCTL_getnodeaffinity] = {domctl_get_node_affinity, RESULTS},
	[XEN_DOMCTL_cacheflush] = {domctl_accept, 0},
	[XEN_DOMCTL_setvnumainfo] = {domctl_accept, 0},
	[XEN_DOMCTL_get_cpu_policy] = {domctl_get_cpu_policy, RESULTS},
	[XEN_DOMCTL_set_cpu_policy] = {domctl_set_cpu_policy, RESULTS | NOT_SELF},
	[XEN_DOMCTL_get_paging_mempool_size] = {domctl_get_pool, RESULTS},
	[XEN_DOMCTL_set_paging_mempool_size] = {domctl_accept, 0},
};

static long run_on(struct domain *d, const struct row *row, struct xen_domctl *op)
{
	if ((row->flags & NOT_SELF) && d == current_vcpu()->domain)
		return -XEN_EINVAL;
	return row->run(d, op);
}

static long run_row(struct xen_domctl *op)
{
	const struct row *row = &rows[op->cmd];
	struct domain *d = row->flags & DYING ? domain_get_dying(domid(op->domain))
					      : domain_get(domid(op->domain));
	long rc;

	if (!d)
		return -XEN_ESRCH;
	rc = run_on(d, row, op);
	domain_put(d);
	return rc;
}

static long run(struct xen_domctl *op, bool *results)
{
	*results = true;
	if (op->cmd == XEN_DOMCTL_createdomain)
		return domctl_create(op);
	if (op->cmd == XEN_DOMCTL_getdomaininfo)
		return domctl_get_info(op);
	if (op->cmd >= ARRAY_SIZE(rows) || !rows[op->cmd].run)
		return abi_unknown("domctl", op->cmd);
	*results = rows[op->cmd].flags & RESULTS;
	return run_row(op);
}

long abi_domctl(uint64_t arg)
{
	struct xen_domctl op;
	bool results = false;
	long rc;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	rc = run(&op, &results);
	if (rc == -XEN_ERESTART) {
		if (op.cmd == XEN_DOMCTL_getpageframeinfo3 && ABI_WRITE(arg, &op))
			return -XEN_EFAULT;
		return abi_continue(arg, 0, 0, 0);
	}
	if (results && (rc >= 0 || rc == -XEN_ENOBUFS) && ABI_WRITE(arg, &op))
		return -XEN_EFAULT;
	return rc;
}
