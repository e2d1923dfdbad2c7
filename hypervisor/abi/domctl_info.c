/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl: what is known of a domain and of its frames. */
#include "abi/domctl.h"

#include "core/frame.h"
#include "core/preempt.h"
#include "lib/string.h"
#include "shoji/types.h"

#define FRAMES_AT_ONCE	1024
#define GUEST_PHYS_BITS 52
#define COST_FRAME	180 /* in units of preemption */

static void add_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	struct vcpu *v;
	bool all_blocked = true;

	for_each_vcpu(d, v)
	{
		uint32_t flags = __atomic_load_n(&v->pause_flags, __ATOMIC_RELAXED);
		struct xen_vcpu_runstate_info r;

		vcpu_get_runstate(v, &r);
		info->cpu_time += r.time[RUNSTATE_running];
		info->max_vcpu_id = v->id;
		if (flags & VPAUSE_DOWN)
			continue;
		info->nr_online_vcpus++;
		if (!(flags & VPAUSE_BLOCKED))
			all_blocked = false;
		if (v->running)
			info->flags |= XEN_DOMINF_running;
	}
	if (all_blocked)
		info->flags |= XEN_DOMINF_blocked;
}

static void add_state(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	if (d->dying != DOMAIN_ALIVE)
		info->flags |= XEN_DOMINF_dying;
	if (d->shut_down)
		info->flags |= XEN_DOMINF_shutdown | (uint32_t)d->shutdown_code
							     << XEN_DOMINF_shutdownshift;
	if (d->tools_paused)
		info->flags |= XEN_DOMINF_paused;
	if (d->debugger_attached)
		info->flags |= XEN_DOMINF_debugged;
}

void domctl_fill_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = d->id.id;
	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	info->ssidref = d->ssid;
	info->gpaddr_bits = GUEST_PHYS_BITS;
	memcpy(info->handle, d->handle, sizeof(info->handle));
	add_vcpus(d, info);
	add_state(d, info);
	spin_lock(&d->page_lock);
	info->tot_pages = d->page_count;
	info->max_pages = d->max_pages;
	info->outstanding_pages = d->outstanding;
	spin_unlock(&d->page_lock);
	if (d->shared_info)
		info->shared_info_frame = machine_unmap_addr(d->shared_info).n;
}

/* The domain with this id or the next one. */
long domctl_get_info(struct xen_domctl *op)
{
	struct domain *d = domain_get_from(domid(op->domain));

	if (!d)
		return -XEN_ESRCH;
	domctl_fill_info(d, &op->u.getdomaininfo);
	op->domain = d->id.id;
	domain_put(d);
	return 0;
}

static uint64_t type_bits(const struct frame *f)
{
	uint64_t pinned = frame_pinned(f) ? XEN_DOMCTL_PFINFO_LPINTAB : 0;

	switch (frame_type_now(f)) {
	case FRAME_L1:
		return XEN_DOMCTL_PFINFO_L1TAB | pinned;
	case FRAME_L2:
		return XEN_DOMCTL_PFINFO_L2TAB | pinned;
	case FRAME_L3:
		return XEN_DOMCTL_PFINFO_L3TAB | pinned;
	case FRAME_L4:
		return XEN_DOMCTL_PFINFO_L4TAB | pinned;
	default:
		return XEN_DOMCTL_PFINFO_NOTAB;
	}
}

static long one_frame(struct domain *d, gva_t at)
{
	uint64_t n, type = XEN_DOMCTL_PFINFO_XTAB;
	struct frame *f;

	if (guest_read(&n, at, sizeof(n)))
		return -XEN_EFAULT;
	f = frame_get_mfn(mfn(n), d);
	if (f) {
		type = type_bits(f);
		frame_put(f);
	}
	return guest_write(at, &type, sizeof(type));
}

/* Interrupted, the caller's record says what is left. */
long domctl_frame_info(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getpageframeinfo3 *a = &op->u.getpageframeinfo3;
	long rc = 0;

	if (a->num > FRAMES_AT_ONCE)
		return -XEN_E2BIG;
	for (; a->num && !rc; a->num--, a->array += sizeof(uint64_t)) {
		if (preempt_due())
			return -XEN_ERESTART;
		rc = one_frame(d, gva(a->array));
		preempt_charge(COST_FRAME);
	}
	return rc;
}
