/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: making them.
 *
 * Each operation checks its arguments, then takes the lock(s), a free port, and fills the port in
 * as its last step, so that a failure leaves no trace. Locks as in evtchn.c.
 */
#include "core/evtchn_internal.h"

static bool vcpu_exists(const struct domain *d, uint32_t vcpu)
{
	return vcpu < d->max_vcpus && d->vcpu[vcpu];
}

int evtchn_alloc_unbound(struct domain *caller, struct xen_evtchn_alloc_unbound *op)
{
	struct domain *d = domain_resolve(caller, op->dom);
	uint16_t remote = op->remote_dom == DOMID_SELF ? caller->id.id : op->remote_dom;
	struct evtchn *e;
	int rc;

	if (!d)
		return -XEN_ESRCH;
	spin_lock(&d->evtchn.lock);
	rc = evtchn_take_port(d, &op->port, &e);
	if (!rc)
		*e = (struct evtchn){.state = EVTCHNSTAT_unbound,
				     .unbound = {.remote = domid(remote)}};
	spin_unlock(&d->evtchn.lock);
	domain_put(d);
	return rc;
}

/* Both locks held. */
static int connect(struct domain *d, struct vcpu *v, struct domain *peer, uint32_t remote_port,
		   uint32_t *local_port)
{
	struct evtchn *there = evtchn_find(peer, remote_port), *here;
	int rc;

	if (!there || there->state != EVTCHNSTAT_unbound ||
	    !domid_eq(there->unbound.remote, d->id) || peer->evtchn.closing)
		return -XEN_EINVAL;
	rc = evtchn_take_port(d, local_port, &here);
	if (rc)
		return rc;
	if (here == there) /* a domain may not take its own unbound port for both ends */
		return -XEN_EINVAL;
	domain_ref(peer);
	domain_ref(d);
	*here = (struct evtchn){.state = EVTCHNSTAT_interdomain,
				.vcpu = (uint16_t)v->id,
				.inter = {.remote = peer, .port = remote_port}};
	*there = (struct evtchn){.state = EVTCHNSTAT_interdomain,
				 .vcpu = there->vcpu,
				 .inter = {.remote = d, .port = *local_port}};
	return 0;
}

int evtchn_bind_interdomain(struct domain *d, struct vcpu *v,
			    struct xen_evtchn_bind_interdomain *op)
{
	uint16_t remote = op->remote_dom == DOMID_SELF ? d->id.id : op->remote_dom;
	struct domain *peer = domain_get(domid(remote));
	int rc;

	if (!peer)
		return -XEN_ESRCH;
	evtchn_lock_pair(d, peer);
	rc = connect(d, v, peer, op->remote_port, &op->local_port);
	if (!rc) /* whatever the peer sent before we came is not lost */
		evtchn_set_pending(d, v, op->local_port);
	evtchn_unlock_pair(d, peer);
	domain_put(peer);
	return rc;
}

static int bind_virq_locked(struct domain *d, struct vcpu *v, struct xen_evtchn_bind_virq *op)
{
	struct evtchn *e;
	int rc;

	if (v->virq_port[op->virq])
		return -XEN_EEXIST;
	rc = evtchn_take_port(d, &op->port, &e);
	if (rc)
		return rc;
	*e = (struct evtchn){.state = EVTCHNSTAT_virq, .vcpu = (uint16_t)v->id, .virq = op->virq};
	__atomic_store_n(&v->virq_port[op->virq], op->port, __ATOMIC_RELEASE);
	return 0;
}

int evtchn_bind_virq(struct domain *d, struct xen_evtchn_bind_virq *op)
{
	int rc;

	if (op->virq >= ARRAY_SIZE(d->vcpu[0]->virq_port))
		return -XEN_EINVAL;
	if (virq_is_global(op->virq) && op->vcpu != 0)
		return -XEN_EINVAL;
	if (!vcpu_exists(d, op->vcpu))
		return -XEN_ENOENT;
	spin_lock(&d->evtchn.lock);
	rc = bind_virq_locked(d, d->vcpu[op->vcpu], op);
	spin_unlock(&d->evtchn.lock);
	return rc;
}

int evtchn_bind_ipi(struct domain *d, struct xen_evtchn_bind_ipi *op)
{
	struct evtchn *e;
	int rc;

	if (!vcpu_exists(d, op->vcpu))
		return -XEN_ENOENT;
	spin_lock(&d->evtchn.lock);
	rc = evtchn_take_port(d, &op->port, &e);
	if (!rc)
		*e = (struct evtchn){.state = EVTCHNSTAT_ipi, .vcpu = (uint16_t)op->vcpu};
	spin_unlock(&d->evtchn.lock);
	return rc;
}

static int bind_pirq_locked(struct domain *d, struct xen_evtchn_bind_pirq *op)
{
	struct evtchn *e;
	int rc = evtchn_take_port(d, &op->port, &e);

	if (rc)
		return rc;
	rc = machine_irq_bind(d, op->pirq, op->port, op->flags & BIND_PIRQ__WILL_SHARE);
	if (rc)
		return rc;
	*e = (struct evtchn){.state = EVTCHNSTAT_pirq, .pirq = op->pirq};
	return 0;
}

int evtchn_bind_pirq(struct domain *d, struct xen_evtchn_bind_pirq *op)
{
	int rc;

	if (!d->privileged)
		return -XEN_EPERM;
	spin_lock(&d->evtchn.lock);
	rc = bind_pirq_locked(d, op);
	spin_unlock(&d->evtchn.lock);
	return rc;
}
