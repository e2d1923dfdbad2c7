/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: the port table and its life.
 *
 * Duty: find, allocate, close and move ports; binding is in evtchn_bind.c, delivery in
 * evtchn_send.c. Data: struct evtchn_table of a domain, pages of 128 ports that are published once
 * and stay until the domain's last reference goes. Lock: evtchn.lock of the domain; of both domains
 * (lower id first) when a channel between two is made or cut.
 */
#include "core/domain.h"
#include "core/evtchn_internal.h"
#include "core/frame.h"
#include "core/limits.h"
#include "core/preempt.h"
#include "lib/string.h"
#include "shoji/errno.h"

#define PORTS_PER_PAGE 128u
#define STATE_RESERVED 255 /* port 0: never to be used */
#define COST_CLOSE     550 /* of a port in use, in units of preemption */
#define COST_CLOSED    200

int evtchn_init(struct domain *d, uint32_t limit)
{
	spin_init(&d->evtchn.lock, LOCK_EVTCHN);
	d->evtchn.limit = limit && limit < EVTCHN_MAX ? limit : EVTCHN_MAX;
	d->evtchn.pages[0] = hv_alloc(PORTS_PER_PAGE * sizeof(struct evtchn));
	if (!d->evtchn.pages[0])
		return -XEN_ENOMEM;
	d->evtchn.pages[0]->state = STATE_RESERVED;
	memset(d->evtchn.may_be_free, 0xff, sizeof(d->evtchn.may_be_free));
	return 0;
}

void evtchn_free(struct domain *d)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(d->evtchn.pages); i++) {
		hv_free(d->evtchn.pages[i]);
		d->evtchn.pages[i] = NULL;
	}
}

struct evtchn *evtchn_find(struct domain *d, uint32_t port)
{
	struct evtchn *page;

	if (port == 0 || port >= d->evtchn.limit || port >= EVTCHN_MAX)
		return NULL;
	port = (uint32_t)machine_clamp(port, EVTCHN_MAX);
	page = __atomic_load_n(&d->evtchn.pages[port / PORTS_PER_PAGE], __ATOMIC_ACQUIRE);
	return page ? &page[port % PORTS_PER_PAGE] : NULL;
}

static int add_page(struct evtchn_table *t, uint32_t index)
{
	struct evtchn *page = hv_alloc(PORTS_PER_PAGE * sizeof(*page));

	if (!page)
		return -XEN_ENOMEM;
	__atomic_store_n(&t->pages[index], page, __ATOMIC_RELEASE);
	return 0;
}

/* Caller holds d's evtchn lock. The port stays EVTCHNSTAT_closed until the caller fills it in; the
 * next call sees whether he did, so one call passes by one such port at most. */
int evtchn_take_port(struct domain *d, uint32_t *port, struct evtchn **out)
{
	struct evtchn_table *t = &d->evtchn;
	uint32_t p = 0;

	if (t->closing)
		return -XEN_ESRCH;
	while ((p = bits_next_set(t->may_be_free, t->limit, p)) < t->limit) {
		int rc = t->pages[p / PORTS_PER_PAGE] ? 0 : add_page(t, p / PORTS_PER_PAGE);

		if (rc)
			return rc;
		*out = &t->pages[p / PORTS_PER_PAGE][p % PORTS_PER_PAGE];
		if ((*out)->state == EVTCHNSTAT_closed) {
			*port = p;
			return 0;
		}
		bit_clear(t->may_be_free, p);
	}
	limit_hit(d, SHOJI_LIMIT_event_channels, "event channels", t->limit - 1);
	return -XEN_ENOSPC;
}

uint32_t evtchn_count(struct domain *d)
{
	struct evtchn_table *t = &d->evtchn;
	uint32_t count = 0;

	spin_lock(&t->lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(t->pages); i++)
		for (unsigned int n = 0; t->pages[i] && n < PORTS_PER_PAGE; n++)
			count += t->pages[i][n].state != EVTCHNSTAT_closed;
	spin_unlock(&t->lock);
	return count;
}

void evtchn_lock_pair(struct domain *a, struct domain *b)
{
	spin_lock_pair(&a->evtchn.lock, &b->evtchn.lock, a->id.id < b->id.id);
}

void evtchn_unlock_pair(struct domain *a, struct domain *b)
{
	spin_unlock_pair(&a->evtchn.lock, &b->evtchn.lock);
}

static void clear_port_bits(struct domain *d, uint32_t port)
{
	if (!d->shared_info)
		return;
	bit_test_and_clear(d->shared_info->evtchn_pending, port);
}

static void release_local(struct domain *d, struct evtchn *e, uint32_t port)
{
	struct vcpu *v;

	if (e->state == EVTCHNSTAT_virq)
		for_each_vcpu(d, v) if (v->virq_port[e->virq] == port) v->virq_port[e->virq] = 0;
	if (e->state == EVTCHNSTAT_pirq)
		machine_irq_unbind(d, e->pirq);
	*e = (struct evtchn){.state = EVTCHNSTAT_closed};
	bit_set(d->evtchn.may_be_free, port);
	clear_port_bits(d, port);
}

/* Both locks held: the peer of an interdomain port falls back to unbound towards the same domain.
 */
static void cut(struct domain *d, struct evtchn *e, struct domain *peer)
{
	struct evtchn *other = evtchn_find(peer, e->inter.port);

	*other = (struct evtchn){
		.state = EVTCHNSTAT_unbound, .vcpu = other->vcpu, .unbound = {.remote = d->id}};
	e->state = EVTCHNSTAT_unbound; /* no reference to `peer` any more */
}

/* The peer of an interdomain port, with a reference; NULL for other states. */
static struct domain *peer_of(struct domain *d, struct evtchn *e)
{
	struct domain *peer = NULL;

	spin_lock(&d->evtchn.lock);
	if (e->state == EVTCHNSTAT_interdomain) {
		peer = e->inter.remote;
		domain_ref(peer);
	}
	spin_unlock(&d->evtchn.lock);
	return peer;
}

static int close_interdomain(struct domain *d, struct evtchn *e, uint32_t port, struct domain *peer)
{
	int rc = -XEN_EAGAIN;

	evtchn_lock_pair(d, peer);
	if (e->state == EVTCHNSTAT_interdomain && e->inter.remote == peer) {
		cut(d, e, peer);
		release_local(d, e, port);
		rc = 0;
	}
	evtchn_unlock_pair(d, peer);
	if (!rc) { /* the references the two ends held of each other */
		domain_put(peer);
		domain_put(d);
	}
	return rc;
}

static int close_local(struct domain *d, struct evtchn *e, uint32_t port)
{
	int rc = -XEN_EAGAIN;

	spin_lock(&d->evtchn.lock);
	if (e->state == EVTCHNSTAT_closed || e->state == STATE_RESERVED) {
		rc = -XEN_EINVAL;
	} else if (e->state != EVTCHNSTAT_interdomain) {
		release_local(d, e, port);
		rc = 0;
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

int evtchn_close(struct domain *d, uint32_t port)
{
	struct evtchn *e = evtchn_find(d, port);
	int rc;

	if (!e)
		return -XEN_EINVAL;
	do { /* again only if another CPU changed the port's kind meanwhile */
		struct domain *peer = peer_of(d, e);

		rc = peer ? close_interdomain(d, e, port, peer) : close_local(d, e, port);
		if (peer)
			domain_put(peer);
	} while (rc == -XEN_EAGAIN);
	return rc;
}

/* Close ports from *next on: 0 when all are closed, -XEN_ERESTART at a preemption point. */
static int close_from(struct domain *d, uint32_t *next)
{
	while (*next < EVTCHN_MAX) {
		if (!d->evtchn.pages[*next / PORTS_PER_PAGE]) {
			*next = (*next / PORTS_PER_PAGE + 1) * PORTS_PER_PAGE;
			continue;
		}
		preempt_charge(evtchn_close(d, (*next)++) ? COST_CLOSED : COST_CLOSE);
		if (preempt_due())
			return -XEN_ERESTART;
	}
	return 0;
}

int evtchn_destroy(struct domain *d)
{
	spin_lock(&d->evtchn.lock);
	d->evtchn.closing = true;
	spin_unlock(&d->evtchn.lock);
	return close_from(d, &d->evtchn.cursor);
}

int evtchn_reset(struct domain *d, uint32_t *next)
{
	return close_from(d, next);
}

int evtchn_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
	struct evtchn *e = evtchn_find(d, port);
	int rc = -XEN_EINVAL;

	if (!e || vcpu >= d->max_vcpus || !d->vcpu[vcpu])
		return e ? -XEN_ENOENT : -XEN_EINVAL;
	spin_lock(&d->evtchn.lock);
	switch (e->state) {
	case EVTCHNSTAT_virq:
		if (!virq_is_global(e->virq))
			break;
		/* fall through */
	case EVTCHNSTAT_unbound:
	case EVTCHNSTAT_interdomain:
	case EVTCHNSTAT_pirq:
		e->vcpu = (uint16_t)vcpu;
		rc = 0;
		break;
	default:
		break;
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

static void describe(const struct evtchn *e, struct xen_evtchn_status *op)
{
	op->status = e->state;
	op->vcpu = e->vcpu;
	switch (e->state) {
	case EVTCHNSTAT_unbound:
		op->u.unbound.dom = e->unbound.remote.id;
		break;
	case EVTCHNSTAT_interdomain:
		op->u.interdomain.dom = e->inter.remote->id.id;
		op->u.interdomain.port = e->inter.port;
		break;
	case EVTCHNSTAT_pirq:
		op->u.pirq = e->pirq;
		break;
	case EVTCHNSTAT_virq:
		op->u.virq = e->virq;
		break;
	default:
		break;
	}
}

int evtchn_status(struct domain *caller, struct xen_evtchn_status *op)
{
	struct domain *d = domain_resolve(caller, op->dom);
	struct evtchn *e;

	if (!d)
		return -XEN_ESRCH;
	e = evtchn_find(d, op->port);
	if (e) {
		spin_lock(&d->evtchn.lock);
		describe(e, op);
		spin_unlock(&d->evtchn.lock);
	}
	domain_put(d);
	return e ? 0 : -XEN_EINVAL;
}
