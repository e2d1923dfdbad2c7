/* SPDX-License-Identifier: GPL-2.0-only */
/* hv_sched.c: control calls about who runs where and how much. Errors are -errno. */
#include "hv_internal.h"

#include <errno.h>
#include <string.h>

#define LEAVE_CAP UINT16_MAX

static struct xen_domctl_scheduler_op *begin(struct hv *hv, uint16_t domid, uint32_t command)
{
	struct xen_domctl *op = hv_domctl_begin(hv, XEN_DOMCTL_scheduler_op, domid);

	op->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	op->u.scheduler_op.cmd = command;
	return &op->u.scheduler_op;
}

int hv_shares_get(struct hv *hv, uint16_t domid, struct hv_shares *shares)
{
	const struct xen_domctl_scheduler_op *op = begin(hv, domid, XEN_DOMCTL_SCHEDOP_getinfo);
	int rc = hv_domctl(hv);

	if (rc < 0)
		return rc;
	*shares = (struct hv_shares){op->u.credit2.weight, op->u.credit2.cap};
	return 0;
}

int hv_shares_set(struct hv *hv, uint16_t domid, const struct hv_shares *shares)
{
	struct xen_domctl_scheduler_op *op = begin(hv, domid, XEN_DOMCTL_SCHEDOP_putinfo);

	op->u.credit2.weight = (uint16_t)shares->weight;
	op->u.credit2.cap = shares->cap < 0 ? LEAVE_CAP : (uint16_t)shares->cap;
	return hv_domctl(hv);
}

/* Both maps lie one behind the other in hv->data. */
static struct xen_domctl *affinity(struct hv *hv, uint32_t command, uint16_t domid,
				   unsigned int vcpu, uint32_t flags)
{
	struct xen_domctl *op = hv_domctl_begin(hv, command, domid);
	uint64_t *maps = hv->data;

	op->u.vcpuaffinity.vcpu = vcpu;
	op->u.vcpuaffinity.flags = flags;
	op->u.vcpuaffinity.cpumap_hard = (struct xen_ctl_bitmap){hv_handle(&maps[0]), 64};
	op->u.vcpuaffinity.cpumap_soft = (struct xen_ctl_bitmap){hv_handle(&maps[1]), 64};
	return op;
}

int hv_affinity_get(struct hv *hv, uint16_t domid, unsigned int vcpu, struct hv_affinity *a)
{
	uint64_t *maps = hv->data;
	int rc;

	maps[0] = maps[1] = 0;
	affinity(hv, XEN_DOMCTL_getvcpuaffinity, domid, vcpu,
		 XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT);
	rc = hv_domctl(hv);
	if (rc < 0)
		return rc;
	*a = (struct hv_affinity){maps[0], maps[1]};
	return 0;
}

int hv_affinity_set(struct hv *hv, uint16_t domid, unsigned int vcpu, const struct hv_affinity *a)
{
	uint64_t *maps = hv->data;

	maps[0] = a->hard;
	maps[1] = a->soft;
	affinity(hv, XEN_DOMCTL_setvcpuaffinity, domid, vcpu,
		 (a->hard ? XEN_VCPUAFFINITY_HARD : 0) | (a->soft ? XEN_VCPUAFFINITY_SOFT : 0));
	return hv_domctl(hv);
}

int hv_cpu_set_online(struct hv *hv, unsigned int cpu, bool online)
{
	struct xen_sysctl *op = hv_sysctl_begin(hv, XEN_SYSCTL_cpu_hotplug);

	op->u.cpu_hotplug.cpu = cpu;
	op->u.cpu_hotplug.op =
		online ? XEN_SYSCTL_CPU_HOTPLUG_ONLINE : XEN_SYSCTL_CPU_HOTPLUG_OFFLINE;
	return hv_sysctl(hv);
}

int hv_cpus_online(struct hv *hv, uint64_t *cpus)
{
	struct xen_sysctl_cpupool_op *op =
		&hv_sysctl_begin(hv, XEN_SYSCTL_cpupool_op)->u.cpupool_op;
	uint64_t *map = hv->data;
	int rc;

	*map = 0;
	op->op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	op->cpumap = (struct xen_ctl_bitmap){hv_handle(map), 64};
	rc = hv_sysctl(hv);
	if (rc < 0)
		return rc;
	*cpus = *map;
	return 0;
}
