/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a domain.
 *
 * Duty: take everything from a domain, in bounded steps, in an order in which no step needs what an
 * earlier one took. It may be re-entered at any point by several callers in turn; domain.kill_step
 * says where to go on, and each step is itself repeatable. The struct goes with the last reference.
 */
#include "core/domain.h"
#include "core/frame.h"
#include "core/grant.h"
#include "core/log.h"
#include "core/mm.h"
#include "core/preempt.h"
#include "shoji/errno.h"
#include "shoji/sched.h"
#include "shoji/virq.h"

/* In units of preemption */
#define COST_VCPU   2500
#define COST_TIMERS 1000 /* of a vCPU */

static int end_stop(struct domain *d)
{
	domain_pause(d);
	sched_stop_domain(d);
	return 0;
}

static int end_timers(struct domain *d)
{
	for (; d->cursor < d->max_vcpus; d->cursor++) {
		if (!d->vcpu[d->cursor])
			continue;
		if (preempt_due())
			return -XEN_ERESTART;
		vcpu_stop_timers(d->vcpu[d->cursor]);
		preempt_charge(COST_TIMERS);
	}
	return 0;
}

static int end_vcpus(struct domain *d)
{
	for (; d->cursor < d->max_vcpus; d->cursor++) {
		struct vcpu *v = d->vcpu[d->cursor];

		if (!v)
			continue;
		if (preempt_due())
			return -XEN_ERESTART;
		sched_destroy_vcpu(v);
		mm_drop_vcpu(v);
		vcpu_unregister_info(v);
		preempt_charge(COST_VCPU);
	}
	return 0;
}

static int end_shared_frames(struct domain *d)
{
	struct xen_shared_info *s;
	int rc = grant_unshare(d);

	if (rc)
		return rc;
	spin_lock(&hv.domain_lock); /* the wall clock is written under it */
	s = d->shared_info;
	d->shared_info = NULL;
	spin_unlock(&hv.domain_lock);
	if (s)
		frame_unshare(s);
	return 0;
}

static int (*const steps[])(struct domain *) = {
	end_stop,	   /* nothing of it runs from here on */
	end_timers,	   /* nor is anything due */
	grant_relinquish,  /* mappings it holds of others' frames */
	evtchn_destroy,	   /* channels; both ends */
	end_vcpus,	   /* page-table roots, descriptor tables, registered areas */
	mm_relinquish,	   /* page tables and frames */
	end_shared_frames, /* shared_info, grant table */
};

static int run_steps(struct domain *d)
{
	while (d->kill_step < ARRAY_SIZE(steps)) {
		int rc = steps[d->kill_step](d);

		if (rc)
			return rc;
		d->kill_step++;
		d->cursor = 0;
	}
	return 0;
}

static void unlist(struct domain *d)
{
	spin_lock(&hv.domain_lock);
	list_del(&d->link);
	spin_unlock(&hv.domain_lock);
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	domain_put(d);
}

int domain_kill(struct domain *d)
{
	int rc;

	if (d == hv.dom0 || d == current_vcpu()->domain)
		return -XEN_EINVAL;
	__atomic_store_n(&d->dying, DOMAIN_DYING, __ATOMIC_RELEASE);
	if (__atomic_exchange_n(&d->being_killed, true, __ATOMIC_ACQUIRE))
		return -XEN_ERESTART; /* another CPU is at it: come again */
	rc = d->dying == DOMAIN_DEAD ? 0 : run_steps(d);
	if (!rc && d->dying != DOMAIN_DEAD) {
		d->dying = DOMAIN_DEAD;
		unlist(d);
	}
	__atomic_store_n(&d->being_killed, false, __ATOMIC_RELEASE);
	return rc;
}
