/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl: birth, limits, standstill and death of domains. */
#include "abi/domctl.h"

#include "core/frame.h"
#include "lib/string.h"
#include "shoji/types.h"

#define FLAGS_OF_PV (XEN_DOMCTL_CDF_xs_domain | XEN_DOMCTL_CDF_s3_integrity)

static bool create_ok(const struct xen_domctl_createdomain *c)
{
	return !(c->flags & ~FLAGS_OF_PV) && !c->iommu_opts && !c->vmtrace_size && !c->cpupool_id &&
	       !c->arch.emulation_flags && !(c->arch.misc_flags & ~XEN_X86_MSR_RELAXED) &&
	       c->max_vcpus >= 1 && c->max_vcpus <= MAX_VCPUS;
}

static struct domain_limits limits_of(const struct xen_domctl_createdomain *c)
{
	struct domain_limits l = {0};

	if (c->max_evtchn_port < EVTCHN_MAX)
		l.event_channels = c->max_evtchn_port + 1;
	if (c->max_grant_frames > 0)
		l.grant_frames = (uint32_t)c->max_grant_frames;
	if (c->max_maptrack_frames > 0)
		l.maptrack_frames = (uint32_t)c->max_maptrack_frames;
	return l;
}

/* Ids go up and come round, so that a freed one is not met again soon. */
static int create_with_any_id(unsigned int vcpus, const struct domain_limits *l,
			      struct domain **out)
{
	static uint32_t last;
	int rc = -XEN_EEXIST;

	for (unsigned int tries = 0; tries < 1024 && rc == -XEN_EEXIST; tries++) {
		uint32_t id = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED) % DOMID_LIMIT;

		if (id)
			rc = domain_create(domid((uint16_t)id), vcpus, l, out);
	}
	return rc;
}

long domctl_create(struct xen_domctl *op)
{
	struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct domain_limits limits = limits_of(c);
	struct domain *d;
	int rc;

	if (!create_ok(c))
		return -XEN_EINVAL;
	if (op->domain && op->domain < DOMID_LIMIT)
		rc = domain_create(domid(op->domain), c->max_vcpus, &limits, &d);
	else
		rc = create_with_any_id(c->max_vcpus, &limits, &d);
	if (rc)
		return rc;
	memcpy(d->handle, c->handle, sizeof(d->handle));
	d->ssid = c->ssidref;
	d->tools_paused = 1; /* the pause it is born with is the tools' to end */
	op->domain = d->id.id;
	return 0;
}

long domctl_destroy(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return domain_kill(d);
}

long domctl_pause(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return domain_pause_by_tools(d) ? 0 : -XEN_EBUSY;
}

long domctl_unpause(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return domain_unpause_by_tools(d) ? 0 : -XEN_EINVAL;
}

long domctl_resume(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	domain_resume(d);
	return 0;
}

#define COST_VCPU 3500 /* in units of preemption */

/* The number was fixed by createdomain; this makes them. Repeating it is harmless. */
long domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	long rc = 0;

	if (op->u.max_vcpus.max != d->max_vcpus)
		return -XEN_EINVAL;
	spin_lock(&d->lock);
	for (unsigned int i = 0; i < d->max_vcpus && !rc; i++) {
		if (d->vcpu[i])
			continue;
		if (preempt_due())
			rc = -XEN_ERESTART;
		else if (!vcpu_create(d, i))
			rc = -XEN_ENOMEM;
		preempt_charge(COST_VCPU);
	}
	spin_unlock(&d->lock);
	return rc;
}

/* It may be less than the domain has: then it gets no more. */
long domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->page_lock);
	d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
	spin_unlock(&d->page_lock);
	return 0;
}

long domctl_set_handle(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->lock);
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	spin_unlock(&d->lock);
	return 0;
}
