/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl: virtual CPUs: state, context, where they may run, their share. */
#include "abi/domctl.h"

#include "core/frame.h"
#include "core/mm.h"
#include "lib/bits.h"
#include "shoji/callback.h"

static struct vcpu *find_vcpu(struct domain *d, uint32_t id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

/* --- context --- */

static void reset_vcpu(struct vcpu *v)
{
	vcpu_down(v);
	mm_drop_vcpu(v);
	v->is_initialised = false;
}

static long load_context(struct vcpu *v, uint64_t from)
{
	struct xen_vcpu_guest_context *c = hv_alloc(sizeof(*c));
	long rc = -XEN_EFAULT;

	if (!c)
		return -XEN_ENOMEM;
	if (!ABI_READ(c, from))
		rc = vcpu_set_context(v, c);
	if (!rc && v->id == 0)
		v->domain->vm_assist = c->vm_assist & VM_ASSISTS;
	if (!rc && (c->flags & VGCF_online))
		rc = vcpu_up(v);
	else if (!rc)
		vcpu_down(v);
	hv_free(c);
	return rc;
}

long domctl_set_context(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = find_vcpu(d, op->u.vcpucontext.vcpu);
	long rc = 0;

	if (!v)
		return -XEN_ESRCH;
	domain_pause(d);
	if (op->u.vcpucontext.ctxt)
		rc = load_context(v, op->u.vcpucontext.ctxt);
	else
		reset_vcpu(v);
	domain_unpause(d);
	return rc;
}

long domctl_get_context(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = find_vcpu(d, op->u.vcpucontext.vcpu);
	struct xen_vcpu_guest_context *c;
	long rc;

	if (!v)
		return -XEN_ESRCH;
	if (!v->is_initialised)
		return -XEN_ENODATA;
	c = hv_alloc(sizeof(*c));
	if (!c)
		return -XEN_ENOMEM;
	domain_pause(d);
	vcpu_get_context(v, c);
	domain_unpause(d);
	c->vm_assist = d->vm_assist;
	rc = ABI_WRITE(op->u.vcpucontext.ctxt, c);
	hv_free(c);
	return rc;
}

long domctl_get_ext_context(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = find_vcpu(d, e->vcpu);

	if (!v)
		return -XEN_ESRCH;
	*e = (struct xen_domctl_ext_vcpucontext){
		.vcpu = v->id,
		.size = sizeof(*e),
		.syscall32_callback_eip = v->callback_syscall32,
		.syscall32_callback_cs = FLAT_KERNEL_CS,
		.sysenter_callback_cs = FLAT_KERNEL_CS,
		.syscall32_disables_events = v->callback_mask >> CALLBACKTYPE_syscall32 & 1,
	};
	return 0;
}

long domctl_set_ext_context(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = find_vcpu(d, e->vcpu);
	unsigned int bit = 1u << CALLBACKTYPE_syscall32;

	if (!v)
		return -XEN_ESRCH;
	if (!guest_canonical(e->syscall32_callback_eip))
		return -XEN_EINVAL;
	domain_pause(d);
	v->callback_syscall32 = e->syscall32_callback_eip;
	v->callback_mask =
		(uint8_t)((v->callback_mask & ~bit) | (e->syscall32_disables_events ? bit : 0));
	domain_unpause(d);
	return 0;
}

long domctl_vcpu_info(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *i = &op->u.getvcpuinfo;
	struct vcpu *v = find_vcpu(d, i->vcpu);
	struct xen_vcpu_runstate_info r;
	uint32_t flags;

	if (!v)
		return -XEN_ESRCH;
	flags = __atomic_load_n(&v->pause_flags, __ATOMIC_RELAXED);
	vcpu_get_runstate(v, &r);
	i->online = !(flags & VPAUSE_DOWN);
	i->blocked = (flags & VPAUSE_BLOCKED) != 0;
	i->running = v->running;
	i->cpu_time = r.time[RUNSTATE_running];
	i->cpu = v->cpu;
	return 0;
}

/* --- affinity --- */

/* Of CPUs that are there, on line or not. */
static long write_affinity(cpumask_t hard, cpumask_t soft, struct xen_domctl_vcpuaffinity *a)
{
	cpumask_t there = ~0ULL >> (64 - machine_cpu_count());
	int rc = 0;

	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = ctl_bitmap_write(&a->cpumap_hard, hard & there, 64);
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = ctl_bitmap_write(&a->cpumap_soft, soft & there, 64);
	return rc;
}

/* The map that `flag` says is given must name a CPU that is on line. */
static int read_affinity(uint32_t given, const struct xen_ctl_bitmap *map, cpumask_t *mask)
{
	int rc;

	if (!given)
		return 0;
	rc = ctl_bitmap_read(map, mask);
	if (rc)
		return rc;
	return *mask & sched_online() ? 0 : -XEN_EINVAL;
}

/* Tells what is in effect: preferred CPUs that are not allowed are of no use. */
long domctl_set_affinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = find_vcpu(d, a->vcpu);
	cpumask_t hard = 0, soft = 0;
	int rc;

	if (!v)
		return -XEN_ESRCH;
	if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
		return -XEN_EINVAL;
	rc = read_affinity(a->flags & XEN_VCPUAFFINITY_HARD, &a->cpumap_hard, &hard);
	if (!rc)
		rc = read_affinity(a->flags & XEN_VCPUAFFINITY_SOFT, &a->cpumap_soft, &soft);
	if (rc)
		return rc;

	if (hard)
		sched_set_affinity(v, hard);
	if (soft)
		sched_set_preferred(v, soft);
	return write_affinity(v->affinity, v->affinity & v->preferred, a);
}

long domctl_get_affinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = find_vcpu(d, a->vcpu);

	return v ? write_affinity(v->affinity, v->preferred, a) : -XEN_ESRCH;
}

/* --- shares --- */

#define LEAVE_WEIGHT 0
#define LEAVE_CAP    UINT16_MAX

static long put_shares(struct domain *d, uint16_t weight, uint16_t cap)
{
	if (cap != LEAVE_CAP && cap > 100 * bits_count(sched_online()))
		return -XEN_EINVAL;

	if (weight != LEAVE_WEIGHT)
		sched_set_weight(d, weight);
	if (cap != LEAVE_CAP)
		sched_set_cap(d, cap);
	return 0;
}

/* Weight and cap lie in the same places for both kinds of "credit". */
long domctl_scheduler(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->sched_id != XEN_SCHEDULER_CREDIT2 && s->sched_id != XEN_SCHEDULER_CREDIT)
		return -XEN_EINVAL;
	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_putinfo:
		return put_shares(d, s->u.credit2.weight, s->u.credit2.cap);
	case XEN_DOMCTL_SCHEDOP_getinfo:
		s->u.credit2.weight =
			(uint16_t)(d->sched.weight ? d->sched.weight : SCHED_WEIGHT_DEFAULT);
		s->u.credit2.cap = (uint16_t)d->sched.cap.percent;
		return 0;
	default:
		return -XEN_EOPNOTSUPP;
	}
}

long domctl_send_trigger(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = find_vcpu(d, op->u.sendtrigger.vcpu);

	if (!v)
		return -XEN_ESRCH;
	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -XEN_EOPNOTSUPP;
	if (!v->nmi_callback)
		return -XEN_EINVAL;
	vcpu_send_nmi(v);
	return 0;
}
