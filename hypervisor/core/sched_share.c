/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's weight, divided among its vCPUs.
 *
 * Duty: the weight of one vCPU is the domain's, divided by the number of its vCPUs that want to
 * run: a guest gets no more by having more of them, and no less while some sleep. That number is
 * the time that all of them together ran or waited in the last while, divided by the while. It is
 * counted by whichever vCPU of the domain comes to the end of a request when the while is over,
 * from the run states, so that nothing shared is written where a vCPU blocks or wakes. Data:
 * domain.sched.share; no lock, one counts at a time. A count that reads a run state as it changes
 * is wrong once, and bounded.
 */
#include "core/machine.h"
#include "core/sched_internal.h"

#define WINDOW_NS     10000000ULL
#define WINDOW_MAX_NS (8 * WINDOW_NS) /* the domain slept in between: nothing learnt */
#define ONE_VCPU      256u

static uint32_t weight_of(const struct domain *d)
{
	uint32_t weight = __atomic_load_n(&d->sched.weight, __ATOMIC_RELAXED);

	return weight ? weight : SCHED_WEIGHT_DEFAULT;
}

static void set_vcpu_weight(struct domain *d)
{
	uint64_t all = (uint64_t)weight_of(d) * WEIGHT_SCALE * ONE_VCPU;
	uint64_t each = all / MAX(d->sched.share.active, ONE_VCPU);

	__atomic_store_n(&d->sched.share.vcpu_weight, (uint32_t)MAX(each, 1), __ATOMIC_RELAXED);
}

uint32_t sched_vcpu_weight(struct domain *d)
{
	uint32_t weight = __atomic_load_n(&d->sched.share.vcpu_weight, __ATOMIC_RELAXED);

	return weight ? weight : weight_of(d) * WEIGHT_SCALE;
}

void sched_set_weight(struct domain *d, uint32_t weight)
{
	__atomic_store_n(&d->sched.weight, weight, __ATOMIC_RELAXED);
	set_vcpu_weight(d);
}

void sched_set_request(struct domain *d, uint32_t ns)
{
	__atomic_store_n(&d->sched.request, ns, __ATOMIC_RELAXED);
}

/* Time that v ran or waited, ever. */
static nsec_t contended(const struct vcpu *v, nsec_t now)
{
	const struct xen_vcpu_runstate_info *r = &v->runstate;
	nsec_t sum = r->time[RUNSTATE_running] + r->time[RUNSTATE_runnable];
	nsec_t since = r->state_entry_time;

	if ((r->state == RUNSTATE_running || r->state == RUNSTATE_runnable) && now > since)
		sum += now - since;
	return sum;
}

static uint32_t count_active(struct domain *d, nsec_t now, nsec_t window)
{
	nsec_t sum = 0;
	struct vcpu *v;

	for_each_vcpu(d, v)
	{
		nsec_t total = contended(v, now), more = total - v->contended_seen;

		v->contended_seen = total;
		sum += MIN(more, window);
	}
	return (uint32_t)(sum * ONE_VCPU / window);
}

void sched_share_update(struct domain *d, nsec_t now)
{
	nsec_t window = now - __atomic_load_n(&d->sched.share.since, __ATOMIC_RELAXED);
	uint32_t active;

	if (window < WINDOW_NS || now < window)
		return;
	if (__atomic_exchange_n(&d->sched.share.busy, true, __ATOMIC_ACQUIRE))
		return;
	active = count_active(d, now, window);
	if (window < WINDOW_MAX_NS)
		d->sched.share.active = (d->sched.share.active + active + 1) / 2;
	set_vcpu_weight(d);
	__atomic_store_n(&d->sched.share.since, now, __ATOMIC_RELAXED);
	__atomic_store_n(&d->sched.share.busy, false, __ATOMIC_RELEASE);
}
