/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual CPUs: creation, waking and stopping, timers of their own.
 *
 * A vCPU may run iff pause_flags is 0; every reason to stand still is one bit, set and cleared
 * atomically by anyone, and the scheduler is told at the edges. The context record is in
 * vcpu_context.c, registered areas in vcpu_area.c.
 */
#include "core/domain.h"
#include "core/evtchn.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/sched.h"
#include "core/time_info.h"
#include "shoji/errno.h"
#include "shoji/virq.h"

#define MIN_PERIOD_NS	1000000
#define CLOCK_PERIOD_NS 1000000000 /* between two looks at a clock that is not trusted */

static void singleshot_fired(void *data)
{
	count_one(this_cpu(), GUEST_TIMER);
	evtchn_raise_virq(data, VIRQ_TIMER);
}

static void periodic_fired(void *data)
{
	struct vcpu *v = data;
	nsec_t now = machine_now(), next = v->periodic.deadline;

	count_one(this_cpu(), GUEST_TIMER);
	evtchn_raise_virq(v, VIRQ_TIMER);
	if (!v->period)
		return;
	if (next + v->period <= now) /* missed some: go on from here */
		next = now;
	timer_set(&v->periodic, next + v->period);
}

static void poll_timed_out(void *data)
{
	count_one(this_cpu(), GUEST_TIMER);
	vcpu_wake(data, VPAUSE_BLOCKED);
}

static void clock_fired(void *data)
{
	struct vcpu *v = data;

	if (v != this_cpu()->loaded)
		return;
	if (machine_clock_check())
		vcpu_write_time(v);
	timer_set(&v->clock_timer, machine_now() + CLOCK_PERIOD_NS);
}

static void init_timers(struct vcpu *v)
{
	timer_init(&v->singleshot, singleshot_fired, v, v->cpu);
	timer_init(&v->periodic, periodic_fired, v, v->cpu);
	timer_init(&v->poll_timer, poll_timed_out, v, v->cpu);
	timer_init(&v->clock_timer, clock_fired, v, v->cpu);
}

static struct xen_vcpu_info *initial_info(struct vcpu *v)
{
	if (v->id < LEGACY_VCPUS && v->domain->shared_info)
		return &v->domain->shared_info->vcpu_info[v->id];
	return &v->entry->spare_info;
}

static void free_vcpu(struct vcpu *v)
{
	hv_free_pages(v->entry, 0);
	hv_free(v);
}

struct vcpu *vcpu_create(struct domain *d, unsigned int id)
{
	struct vcpu *v = hv_alloc(sizeof(*v));

	if (!v)
		return NULL;
	v->entry = hv_alloc_pages(0);
	if (!v->entry) {
		hv_free(v);
		return NULL;
	}
	v->id = id;
	v->domain = d;
	v->pause_flags = VPAUSE_DOWN | (d->pause_count ? VPAUSE_DOMAIN : 0);
	v->partial_root = INVALID_MFN;
	v->runstate.state = RUNSTATE_offline;
	v->runstate.state_entry_time = machine_now();
	sched_init_vcpu(v);
	init_timers(v);
	v->info = initial_info(v);
	v->info->evtchn_upcall_mask = 1;
	if (machine_vcpu_init(v)) {
		free_vcpu(v);
		return NULL;
	}
	__atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
	return v;
}

void vcpu_destroy(struct vcpu *v)
{
	machine_vcpu_destroy(v);
	free_vcpu(v);
}

void vcpu_wake(struct vcpu *v, uint32_t clear_flags)
{
	uint32_t old = __atomic_fetch_and(&v->pause_flags, ~clear_flags, __ATOMIC_SEQ_CST);

	if (old && !(old & ~clear_flags))
		sched_wake(v);
}

void vcpu_stop(struct vcpu *v, uint32_t set_flags)
{
	if (__atomic_fetch_or(&v->pause_flags, set_flags, __ATOMIC_SEQ_CST) == 0)
		sched_sleep(v);
}

void vcpu_stop_sync(struct vcpu *v, uint32_t set_flags)
{
	ASSERT(v != current_vcpu());
	if (set_flags)
		vcpu_stop(v, set_flags);
	while (__atomic_load_n(&v->running, __ATOMIC_ACQUIRE))
		machine_relax();
}

void vcpu_send_nmi(struct vcpu *v)
{
	__atomic_store_n(&v->nmi_pending, true, __ATOMIC_SEQ_CST);
	vcpu_wake(v, VPAUSE_BLOCKED);
	if (__atomic_load_n(&v->running, __ATOMIC_SEQ_CST))
		machine_kick(v->cpu);
}

int vcpu_up(struct vcpu *v)
{
	if (!v->is_initialised)
		return -XEN_EINVAL;
	vcpu_wake(v, VPAUSE_DOWN);
	return 0;
}

void vcpu_down(struct vcpu *v)
{
	vcpu_stop(v, VPAUSE_DOWN);
}

/* A deadline that has passed fires at once, or is refused if only the future will do. */
int vcpu_set_singleshot(struct vcpu *v, nsec_t deadline, bool future_only)
{
	if (future_only && deadline < machine_now())
		return -XEN_ETIME;
	timer_move(&v->singleshot, this_cpu()->id);
	timer_set(&v->singleshot, deadline);
	return 0;
}

int vcpu_set_periodic(struct vcpu *v, nsec_t period)
{
	if (period && (period < MIN_PERIOD_NS || period > (1ULL << 62)))
		return -XEN_EINVAL;
	v->period = period;
	if (period)
		timer_set(&v->periodic, machine_now() + period);
	else
		timer_stop(&v->periodic);
	return 0;
}

void vcpu_stop_timers(struct vcpu *v)
{
	v->period = 0;
	timer_stop_sync(&v->singleshot);
	timer_stop_sync(&v->periodic);
	timer_stop_sync(&v->poll_timer);
	timer_stop_sync(&v->clock_timer);
}

/* The TSC is not trusted: v's records follow the clock of the CPU that it runs on. */
static void watch_clock(struct vcpu *v)
{
	(void)machine_clock_check();
	vcpu_write_time(v);
	if (v->clock_timer.cpu != this_cpu()->id)
		timer_move(&v->clock_timer, this_cpu()->id);
	if (!timer_armed(&v->clock_timer))
		timer_set(&v->clock_timer, machine_now() + CLOCK_PERIOD_NS);
}

void vcpu_check_clock(void)
{
	struct vcpu *v = this_cpu()->loaded;

	if (unlikely(machine_clock_check()) && v)
		watch_clock(v);
}

void vcpu_loaded(struct vcpu *v)
{
	if (unlikely(!machine_tsc_scale()->stable))
		watch_clock(v);
	else if (unlikely(!v->info->time.version))
		vcpu_write_time(v);
	if (v->runstate_area.a)
		vcpu_write_runstate(v);
}
