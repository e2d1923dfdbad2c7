/* SPDX-License-Identifier: GPL-2.0-only */
/* The grammar of domctl. */
#include "grammar.h"
#include "shoji/domctl.h"
#include "shoji/hypercalls.h"

#define T struct xen_domctl
#define DOMCTL(command, ...)                                                                       \
	{                                                                                          \
		.number = HYPERCALL_domctl, .cmd = (command), .size = sizeof(T), .args = {K_LIST}, \
		.fields = {                                                                        \
			F(cmd, K_CMD),                                                             \
			F(interface_version, K_DOMCTL_VERSION),                                    \
			F(domain, K_DOMAIN),                                                       \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

/* The scheduler that there is. */
static void mend_scheduler(void *structure)
{
	struct xen_domctl *op = structure;

	op->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
}

static const struct row rows[] = {
	DOMCTL(XEN_DOMCTL_createdomain, F(u.createdomain.flags, K_ZERO),
	       F(u.createdomain.max_vcpus, K_SMALL), F(u.createdomain.max_evtchn_port, K_NUMBER),
	       F(u.createdomain.max_grant_frames, K_SMALL),
	       F(u.createdomain.max_maptrack_frames, K_SMALL)),
	/* with an id that the other fields can name */
	{.number = HYPERCALL_domctl,
	 .cmd = XEN_DOMCTL_createdomain,
	 .size = sizeof(T),
	 .args = {K_LIST},
	 .fields = {F(cmd, K_CMD), F(interface_version, K_DOMCTL_VERSION), F(domain, K_SMALL),
		    F(u.createdomain.max_vcpus, K_VCPU),
		    F(u.createdomain.max_evtchn_port, K_NUMBER)}},
	DOMCTL(XEN_DOMCTL_destroydomain, {0}),
	DOMCTL(XEN_DOMCTL_destroydomain, {0}),
	DOMCTL(XEN_DOMCTL_pausedomain, {0}),
	DOMCTL(XEN_DOMCTL_unpausedomain, {0}),
	DOMCTL(XEN_DOMCTL_resumedomain, {0}),
	DOMCTL(XEN_DOMCTL_getdomaininfo, {0}),
	DOMCTL(XEN_DOMCTL_max_mem, F(u.max_mem.max_memkb, K_NUMBER)),
	DOMCTL(XEN_DOMCTL_max_vcpus, F(u.max_vcpus.max, K_VCPU)),
	DOMCTL(XEN_DOMCTL_setvcpucontext, F(u.vcpucontext.vcpu, K_VCPU),
	       F(u.vcpucontext.ctxt, K_CONTEXT)),
	DOMCTL(XEN_DOMCTL_getvcpucontext, F(u.vcpucontext.vcpu, K_VCPU),
	       F(u.vcpucontext.ctxt, K_CONTEXT)),
	DOMCTL(XEN_DOMCTL_getvcpuinfo, F(u.getvcpuinfo.vcpu, K_VCPU)),
	DOMCTL(XEN_DOMCTL_setvcpuaffinity, F(u.vcpuaffinity.vcpu, K_VCPU),
	       F(u.vcpuaffinity.flags, K_SMALL), F(u.vcpuaffinity.cpumap_hard.bitmap, K_MASK),
	       F(u.vcpuaffinity.cpumap_hard.nr_bits, K_CPUMASK_BITS),
	       F(u.vcpuaffinity.cpumap_soft.bitmap, K_MASK),
	       F(u.vcpuaffinity.cpumap_soft.nr_bits, K_CPUMASK_BITS)),
	DOMCTL(XEN_DOMCTL_getvcpuaffinity, F(u.vcpuaffinity.vcpu, K_VCPU),
	       F(u.vcpuaffinity.flags, K_SMALL), F(u.vcpuaffinity.cpumap_hard.bitmap, K_MASK),
	       F(u.vcpuaffinity.cpumap_hard.nr_bits, K_CPUMASK_BITS),
	       F(u.vcpuaffinity.cpumap_soft.bitmap, K_MASK),
	       F(u.vcpuaffinity.cpumap_soft.nr_bits, K_CPUMASK_BITS)),
	DOMCTL(XEN_DOMCTL_shadow_op, F(u.shadow_op.op, K_SMALL)),
	{.number = HYPERCALL_domctl,
	 .cmd = XEN_DOMCTL_scheduler_op,
	 .size = sizeof(T),
	 .mend = mend_scheduler,
	 .args = {K_LIST},
	 .fields = {F(cmd, K_CMD), F(interface_version, K_DOMCTL_VERSION), F(domain, K_DOMAIN),
		    F(u.scheduler_op.sched_id, K_SMALL), F(u.scheduler_op.cmd, K_BOOL),
		    F(u.scheduler_op.u.credit2.weight, K_NUMBER),
		    F(u.scheduler_op.u.credit2.cap, K_NUMBER)}},
	DOMCTL(XEN_DOMCTL_setdomainhandle, F(u.setdomainhandle.handle[0], K_NUMBER)),
	DOMCTL(XEN_DOMCTL_setdebugging, F(u.setdebugging.enable, K_BOOL)),
	DOMCTL(XEN_DOMCTL_irq_permission, F(u.irq_permission.allow_access, K_BOOL)),
	DOMCTL(XEN_DOMCTL_iomem_permission, F(u.iomem_permission.allow_access, K_BOOL)),
	DOMCTL(XEN_DOMCTL_ioport_permission, F(u.ioport_permission.allow_access, K_BOOL)),
	DOMCTL(XEN_DOMCTL_test_assign_device, {0}),
	DOMCTL(XEN_DOMCTL_hypercall_init, F(u.hypercall_init.gmfn, K_FRAME)),
	DOMCTL(XEN_DOMCTL_settimeoffset, F(u.settimeoffset.time_offset_seconds, K_NUMBER)),
	DOMCTL(XEN_DOMCTL_sendtrigger, F(u.sendtrigger.trigger, K_ZERO),
	       F(u.sendtrigger.vcpu, K_VCPU)),
	DOMCTL(XEN_DOMCTL_set_address_size, F(u.address_size.size, K_NUMBER)),
	DOMCTL(XEN_DOMCTL_get_address_size, {0}),
	DOMCTL(XEN_DOMCTL_set_ext_vcpucontext, F(u.ext_vcpucontext.vcpu, K_VCPU),
	       F(u.ext_vcpucontext.syscall32_callback_eip, K_CODE),
	       F(u.ext_vcpucontext.syscall32_disables_events, K_BOOL)),
	DOMCTL(XEN_DOMCTL_get_ext_vcpucontext, F(u.ext_vcpucontext.vcpu, K_VCPU)),
	DOMCTL(XEN_DOMCTL_gettscinfo, {0}),
	DOMCTL(XEN_DOMCTL_settscinfo, F(u.tsc_info.tsc_mode, K_SMALL)),
	DOMCTL(XEN_DOMCTL_getpageframeinfo3, F(u.getpageframeinfo3.num, K_SMALL),
	       F(u.getpageframeinfo3.array, K_FRAMES)),
	DOMCTL(XEN_DOMCTL_set_virq_handler, F(u.set_virq_handler.virq, K_VIRQ)),
	DOMCTL(XEN_DOMCTL_setnodeaffinity, {0}),
	DOMCTL(XEN_DOMCTL_getnodeaffinity, F(u.nodeaffinity.nodemap.bitmap, K_MASK),
	       F(u.nodeaffinity.nodemap.nr_bits, K_CPUMASK_BITS)),
	DOMCTL(XEN_DOMCTL_get_cpu_policy, F(u.cpu_policy.nr_leaves, K_SMALL),
	       F(u.cpu_policy.leaves, K_LEAVES)),
	DOMCTL(XEN_DOMCTL_set_cpu_policy, F(u.cpu_policy.nr_leaves, K_SMALL),
	       F(u.cpu_policy.leaves, K_LEAVES)),
	DOMCTL(XEN_DOMCTL_get_paging_mempool_size, {0}),
	DOMCTL(XEN_DOMCTL_soft_reset, {0}),
};
#undef T

const struct rows rows_control = {rows, ARRAY_SIZE(rows)};
