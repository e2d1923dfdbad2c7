/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Caps: how much a domain may run at most, whatever is free.
 *
 * Duty: time is cut into periods; in each a domain may run for its percentage. A vCPU that is to
 * run takes a part of that in advance, gives back what it did not use, and owes what it ran too
 * long, so that a cap holds in the long run exactly. When all is taken, the vCPU is stopped
 * (VPAUSE_CAPPED) until the next period. What is not used is lost, but for half a period's worth.
 * Data: domain.sched.cap under its lock, and vcpu.cap_left under run_lock. Domains without a cap
 * never come here, and idle ones have no timer.
 */
#include "core/log.h"
#include "core/machine.h"
#include "core/sched_internal.h"

#define PERIOD_NS      10000000ULL
#define PERIODS_MISSED 100    /* so many can be made up for if the machine stood still */
#define GRAIN_NS       100000 /* parts smaller than this are not worth a timer */

static int64_t quota(const struct domain *d)
{
	return (int64_t)(d->sched.cap.percent * (PERIOD_NS / 100));
}

/* A domain may be kept from running in one period by others, and make up for a part of that. */
static int64_t most(const struct domain *d)
{
	return quota(d) + quota(d) / 2;
}

/*
 * Under the cap's lock. If vCPUs have been waiting for this (`waited`) and it comes late, nobody
 * could have run in between: they have what they missed.
 */
static void next_period(struct domain *d, nsec_t now, bool waited)
{
	int64_t periods, limit = most(d);

	if (now < d->sched.cap.period_end)
		return;
	periods = (int64_t)((now - d->sched.cap.period_end) / PERIOD_NS) + 1;
	if (waited)
		limit += (MIN(periods, PERIODS_MISSED) - 1) * quota(d);
	d->sched.cap.period_end += (uint64_t)periods * PERIOD_NS;
	if (d->sched.cap.left < limit)
		d->sched.cap.left = MIN(d->sched.cap.left + periods * quota(d), limit);
}

static void stop_until_refill(struct vcpu *v)
{
	struct domain *d = v->domain;

	__atomic_fetch_or(&v->pause_flags, VPAUSE_CAPPED, __ATOMIC_SEQ_CST);
	if (timer_armed(&d->sched.cap.refill))
		return;
	timer_move(&d->sched.cap.refill, this_cpu()->id); /* no other CPU is bothered */
	timer_set(&d->sched.cap.refill, d->sched.cap.period_end);
}

bool sched_cap_take(struct vcpu *v, nsec_t now)
{
	struct domain *d = v->domain;
	int64_t part;

	if (!sched_is_capped(v)) {
		v->cap_left = 0;
		return true;
	}
	if (v->cap_left > 0)
		return true;
	spin_lock(&d->sched.cap.lock);
	next_period(d, now, false);
	d->sched.cap.left += v->cap_left;
	part = MIN(d->sched.cap.left, MAX(quota(d) / (int64_t)d->max_vcpus, GRAIN_NS));
	v->cap_left = MAX(part, 0);
	d->sched.cap.left -= v->cap_left;
	if (part <= 0 && sched_is_capped(v))
		stop_until_refill(v);
	else
		part = 1;
	spin_unlock(&d->sched.cap.lock);
	return part > 0;
}

/* Others may have been stopped although this much is left. */
void sched_cap_return(struct vcpu *v, nsec_t now)
{
	struct domain *d = v->domain;
	int64_t part = v->cap_left;

	v->cap_left = 0;
	if (!part || !sched_is_capped(v))
		return;
	spin_lock(&d->sched.cap.lock);
	d->sched.cap.left += part;
	if (part > GRAIN_NS && timer_armed(&d->sched.cap.refill))
		timer_set(&d->sched.cap.refill, now);
	spin_unlock(&d->sched.cap.lock);
}

static void let_go(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
	{
		uint32_t old =
			__atomic_fetch_and(&v->pause_flags, ~VPAUSE_CAPPED, __ATOMIC_SEQ_CST);

		if (old == VPAUSE_CAPPED)
			sched_wake(v);
		else if (old & VPAUSE_CAPPED)
			sched_sleep(v); /* stopped for another reason meanwhile */
	}
}

static void refill(void *data)
{
	struct domain *d = data;

	spin_lock(&d->sched.cap.lock);
	next_period(d, machine_now(), true);
	spin_unlock(&d->sched.cap.lock);
	let_go(d);
}

void sched_init_domain(struct domain *d)
{
	spin_init(&d->sched.cap.lock, LOCK_CAP);
	timer_init(&d->sched.cap.refill, refill, d, this_cpu()->id);
}

void sched_stop_domain(struct domain *d)
{
	timer_stop_sync(&d->sched.cap.refill);
}

/* Those that run have taken no part yet, or one of the old size: they come by and take a new one.
 */
void sched_set_cap(struct domain *d, uint32_t percent)
{
	struct vcpu *v;

	spin_lock(&d->sched.cap.lock);
	__atomic_store_n(&d->sched.cap.percent, percent, __ATOMIC_RELAXED);
	d->sched.cap.period_end = machine_now() + PERIOD_NS;
	d->sched.cap.left = quota(d);
	spin_unlock(&d->sched.cap.lock);
	let_go(d);
	for_each_vcpu(d, v)
	{
		struct cpu *c = sched_lock_cpu_of(v);

		v->cap_left = 0;
		if (v->running)
			sched_ask_cpu(c);
		spin_unlock(&c->run_lock);
	}
}
