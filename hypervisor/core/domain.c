/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: the list, references, creation.
 *
 * Duty: make a domain in one ladder of steps that unwinds completely, find it by id, free it with
 * its last reference, in steps. Data: hv.domains, sorted by id, under hv.domain_lock. Ending a
 * domain is in domain_end.c, pausing it in domain_pause.c; memory and page tables are elsewhere
 * (mm.h).
 */
#include "core/domain.h"

#include "core/frame.h"
#include "core/grant.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/mm.h"
#include "core/preempt.h"
#include "core/time_info.h"
#include "lib/string.h"
#include "shoji/errno.h"
#include "shoji/types.h"

/* In units of preemption */
#define COST_VCPU 2500
#define COST_REST 10000

struct hv hv = {
	.domain_lock = SPINLOCK(LOCK_DOMLIST),
	.domains = {&hv.domains, &hv.domains},
};

void domain_ref(struct domain *d)
{
	__atomic_fetch_add(&d->references, 1, __ATOMIC_RELAXED);
}

/* --- the end: freed in steps, by the CPU that dropped the last reference --- */

/* False: the budget is spent. */
static bool free_vcpus(struct domain *d)
{
	for (; d->cursor < d->max_vcpus; d->cursor++) {
		struct vcpu *v = d->vcpu[d->cursor];

		if (!v)
			continue;
		if (preempt_due())
			return false;
		d->vcpu[d->cursor] = NULL;
		vcpu_destroy(v);
		preempt_charge(COST_VCPU);
	}
	return true;
}

static bool domain_free(struct domain *d)
{
	if (!free_vcpus(d) || !grant_free(d))
		return false;
	evtchn_free(d);
	machine_domain_destroy(d);
	hv_free(d->memory_map);
	hv_free(d);
	preempt_charge(COST_REST);
	return true;
}

static void bury(struct cpu *c, struct domain *d)
{
	d->next_dead = c->dead;
	c->dead = d;
}

static void free_dead(struct cpu *c)
{
	struct domain *d;

	while ((d = c->dead) && !preempt_due()) {
		c->dead = d->next_dead;
		if (!domain_free(d))
			bury(c, d);
	}
}

bool domains_free_some(void)
{
	struct cpu *c = this_cpu();

	if (likely(!c->dead))
		return false;
	preempt_start();
	free_dead(c);
	return c->dead;
}

void domain_put(struct domain *d)
{
	struct cpu *c = this_cpu();

	if (__atomic_sub_fetch(&d->references, 1, __ATOMIC_ACQ_REL))
		return;
	d->cursor = 0;
	bury(c, d);
	free_dead(c);
}

static struct domain *find(domid_t id, bool dying_too)
{
	struct domain *d, *found = NULL;

	spin_lock(&hv.domain_lock);
	list_for_each(d, &hv.domains, link)
	{
		if (!domid_eq(d->id, id))
			continue;
		if (dying_too || d->dying == DOMAIN_ALIVE)
			found = d;
		break;
	}
	if (found)
		domain_ref(found);
	spin_unlock(&hv.domain_lock);
	return found;
}

struct domain *domain_get(domid_t id)
{
	return find(id, false);
}

struct domain *domain_get_dying(domid_t id)
{
	return find(id, true);
}

struct domain *domain_get_from(domid_t first)
{
	struct domain *d, *found = NULL;

	spin_lock(&hv.domain_lock);
	list_for_each(d, &hv.domains, link)
	{
		if (d->id.id >= first.id) {
			found = d;
			domain_ref(d);
			break;
		}
	}
	spin_unlock(&hv.domain_lock);
	return found;
}

struct domain *domain_resolve(struct domain *caller, uint16_t id)
{
	if (id == DOMID_SELF || id == caller->id.id) {
		domain_ref(caller);
		return caller;
	}
	if (!caller->privileged)
		return NULL;
	return domain_get(domid(id));
}

/* Publish d in the list, or refuse if its id is taken. */
static int list_insert_sorted(struct domain *d)
{
	struct domain *other;
	int rc = 0;

	spin_lock(&hv.domain_lock);
	list_for_each(other, &hv.domains, link) if (other->id.id >= d->id.id) break;
	if (other && domid_eq(other->id, d->id))
		rc = -XEN_EEXIST;
	else
		list_insert(&d->link, other ? &other->link : &hv.domains);
	spin_unlock(&hv.domain_lock);
	return rc;
}

static int make_shared_info(struct domain *d)
{
	d->shared_info = hv_alloc_pages(0);
	if (!d->shared_info)
		return -XEN_ENOMEM;
	memset(d->shared_info->evtchn_mask, 0xff, sizeof(d->shared_info->evtchn_mask));
	frame_share(d->shared_info, d, true);
	time_info_init_wallclock(d);
	return 0;
}

static void init_fields(struct domain *d, domid_t id, unsigned int max_vcpus)
{
	d->id = id;
	d->references = 1;
	d->max_vcpus = max_vcpus;
	spin_init(&d->lock, LOCK_DOMAIN);
	spin_init(&d->page_lock, LOCK_DOMPAGES);
	list_init(&d->pages);
	list_init(&d->link);
	sched_init_domain(d);
	d->pause_count = 1; /* by the builder; its first unpause starts the domain */
}

int domain_create(domid_t id, unsigned int max_vcpus, const struct domain_limits *limits,
		  struct domain **out)
{
	struct domain *d = hv_alloc(sizeof(*d));
	int rc = -XEN_ENOMEM;

	if (!d)
		return rc;
	init_fields(d, id, max_vcpus);
	rc = machine_domain_init(d);
	if (rc)
		goto free_domain;
	rc = evtchn_init(d, limits->event_channels);
	if (rc)
		goto free_machine;
	rc = grant_init(d, limits->grant_frames, limits->maptrack_frames);
	if (rc)
		goto free_events;
	rc = make_shared_info(d);
	if (rc)
		goto free_grants;
	rc = list_insert_sorted(d);
	if (rc)
		goto free_shared;
	*out = d;
	return 0;

free_shared:
	frame_unshare(d->shared_info);
free_grants:
	while (!grant_free(d))
		preempt_start(); /* it is small yet */
free_events:
	evtchn_free(d);
free_machine:
	machine_domain_destroy(d);
free_domain:
	hv_free(d);
	return rc;
}

/* A domain that only owns frames: device memory, or hypervisor memory shared with all. */
struct domain *domain_create_owner(domid_t id)
{
	struct domain *d = hv_alloc(sizeof(*d));

	if (!d)
		panic("no memory for domain %u", id.id);
	init_fields(d, id, 0);
	return d;
}
