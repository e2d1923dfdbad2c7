/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: delivery by the 2-level protocol.
 *
 * A pending bit in shared_info, a selector bit in the vCPU's info, then the vCPU's upcall flag;
 * each is set only if the one before was newly set, so an event costs nothing while it is already
 * pending. Guests write these words at any time: nothing of ours is decided by them.
 */
#include "core/evtchn_internal.h"

static void wake_pollers(struct domain *d, uint32_t port)
{
	struct vcpu *v;

	if (!__atomic_load_n(&d->polling, __ATOMIC_SEQ_CST))
		return;
	for_each_vcpu(d, v)
	{
		int64_t polled = __atomic_load_n(&v->poll_port, __ATOMIC_RELAXED);

		if (polled < 0 || polled == (int64_t)port)
			vcpu_wake(v, VPAUSE_BLOCKED);
	}
}

void vcpu_mark_events_pending(struct vcpu *v)
{
	if (__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
		return;
	vcpu_wake(v, VPAUSE_BLOCKED);
	if (__atomic_load_n(&v->running, __ATOMIC_RELAXED) && v != this_cpu()->current)
		machine_kick(v->cpu);
}

void evtchn_set_pending(struct domain *d, struct vcpu *v, uint32_t port)
{
	struct xen_shared_info *s = d->shared_info;

	if (!s || bit_test_and_set(s->evtchn_pending, port))
		return;
	count_one(this_cpu(), EVENT);
	if (!bit_test(s->evtchn_mask, port) &&
	    !bit_test_and_set(&v->info->evtchn_pending_sel, port / 64))
		vcpu_mark_events_pending(v);
	wake_pollers(d, port);
}

/* d's lock held; e is interdomain. The peer's end cannot go away: closing takes both locks. */
static void notify_peer(struct evtchn *e)
{
	struct domain *peer = e->inter.remote;
	struct evtchn *other = evtchn_find(peer, e->inter.port);
	uint16_t target = __atomic_load_n(&other->vcpu, __ATOMIC_RELAXED);

	evtchn_set_pending(peer, peer->vcpu[target], e->inter.port);
}

/*
 * What a guest's vCPUs tell each other needs no lock. A port that is closed, or becomes another,
 * at the same time may still be raised: in the caller's own domain, which did both, and for a vCPU
 * that is there, as any number that ever was in e->vcpu is.
 */
static bool send_ipi(struct domain *d, const struct evtchn *e, uint32_t port)
{
	if (__atomic_load_n(&e->state, __ATOMIC_ACQUIRE) != EVTCHNSTAT_ipi)
		return false;
	evtchn_set_pending(d, d->vcpu[__atomic_load_n(&e->vcpu, __ATOMIC_RELAXED)], port);
	return true;
}

int evtchn_send(struct domain *d, uint32_t port)
{
	struct evtchn *e = evtchn_find(d, port);
	int rc = 0;

	if (!e)
		return -XEN_EINVAL;
	if (send_ipi(d, e, port))
		return 0;
	spin_lock(&d->evtchn.lock);
	switch (e->state) {
	case EVTCHNSTAT_interdomain:
		notify_peer(e);
		break;
	case EVTCHNSTAT_ipi: /* it became one just now */
		(void)send_ipi(d, e, port);
		break;
	case EVTCHNSTAT_unbound: /* nobody there yet: dropped, as the ABI says */
		break;
	default:
		rc = -XEN_EINVAL;
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

int evtchn_unmask(struct domain *d, uint32_t port)
{
	struct evtchn *e = evtchn_find(d, port);
	struct xen_shared_info *s = d->shared_info;
	struct vcpu *v;

	if (!e)
		return -XEN_EINVAL;
	v = d->vcpu[e->vcpu];
	if (bit_test_and_clear(s->evtchn_mask, port) && bit_test(s->evtchn_pending, port) &&
	    !bit_test_and_set(&v->info->evtchn_pending_sel, port / 64))
		vcpu_mark_events_pending(v);
	return 0;
}

void evtchn_raise_virq(struct vcpu *v, unsigned int virq)
{
	uint32_t port = __atomic_load_n(&v->virq_port[virq], __ATOMIC_ACQUIRE);

	if (!port)
		return;
	if (virq_is_global(virq)) { /* may have been moved to another vCPU */
		struct evtchn *e = evtchn_find(v->domain, port);

		v = v->domain->vcpu[__atomic_load_n(&e->vcpu, __ATOMIC_RELAXED)];
	}
	evtchn_set_pending(v->domain, v, port);
}

void evtchn_raise_global_virq(unsigned int virq)
{
	if (hv.dom0 && hv.dom0->vcpu[0])
		evtchn_raise_virq(hv.dom0->vcpu[0], virq);
}

void evtchn_raise_pirq(struct domain *d, uint32_t port)
{
	struct evtchn *e = evtchn_find(d, port);

	if (e)
		evtchn_set_pending(d, d->vcpu[__atomic_load_n(&e->vcpu, __ATOMIC_RELAXED)], port);
}
