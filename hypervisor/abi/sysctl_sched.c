/* SPDX-License-Identifier: GPL-2.0-only */
/* sysctl: the scheduler and its one pool of CPUs. To the tools it is "credit2": weights and caps.
 */
#include "abi/sysctl.h"

#include "abi/domctl.h"

#define RATELIMIT_US 1000 /* their least; ours is the request (core/sched.h) */

long sysctl_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

static uint32_t count_domains(void)
{
	struct domain *d;
	uint32_t n = 0;

	spin_lock(&hv.domain_lock);
	list_for_each(d, &hv.domains, link) n++;
	spin_unlock(&hv.domain_lock);
	return n;
}

static long pool_info(struct xen_sysctl_cpupool_op *p)
{
	if (p->cpupool_id != 0 && p->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
		return -XEN_ENOENT;
	p->cpupool_id = 0;
	p->sched_id = XEN_SCHEDULER_CREDIT2;
	p->n_dom = count_domains();
	return ctl_bitmap_write(&p->cpumap, sched_online(), 64);
}

long sysctl_cpupool(struct xen_sysctl *op)
{
	struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;

	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return pool_info(p);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return ctl_bitmap_write(&p->cpumap, 0, 64);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return p->cpupool_id ? -XEN_ENOENT : 0;
	default:
		return -XEN_EOPNOTSUPP;
	}
}

long sysctl_scheduler(struct xen_sysctl *op)
{
	struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->cpupool_id || s->sched_id != XEN_SCHEDULER_CREDIT2)
		return -XEN_EINVAL;
	if (s->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
		return -XEN_EOPNOTSUPP;
	s->u.sched_credit2.ratelimit_us = RATELIMIT_US;
	return 0;
}

/* A CPU off line runs no vCPU; its timers and interrupts go on. */
long sysctl_cpu_hotplug(struct xen_sysctl *op)
{
	const struct xen_sysctl_cpu_hotplug *h = &op->u.cpu_hotplug;

	if (h->cpu >= machine_cpu_count())
		return -XEN_EINVAL;
	switch (h->op) {
	case XEN_SYSCTL_CPU_HOTPLUG_ONLINE:
		sched_cpu_online(h->cpu);
		return 0;
	case XEN_SYSCTL_CPU_HOTPLUG_OFFLINE:
		return sched_cpu_offline(h->cpu);
	default:
		return -XEN_EOPNOTSUPP;
	}
}
