/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way back to a guest.
 *
 * Duty: do what this CPU was asked to do (timers, choosing who runs), load the vCPU that is to run,
 * and deliver its events; free a little of a domain that is gone. Data: cpu.work, set by anyone,
 * and cpu.loaded, this CPU's own. No lock is held on entry or on return. Who runs is decided in
 * sched.c.
 */
#include "core/exit.h"

#include "core/domain.h"
#include "core/frame.h"
#include "core/machine.h"
#include "core/sched.h"
#include "core/stop.h"
#include "shoji/hypercalls.h"

static void load_current(struct cpu *c, struct vcpu *v)
{
	if (c->loaded == v)
		return;
	machine_vcpu_load(v);
	c->loaded = v;
	vcpu_loaded(v);
}

static void go_idle(struct cpu *c)
{
	timers_settle();
	machine_load_idle();
	c->idle_since = machine_now();
	machine_idle_enter();
}

static void deliver(struct vcpu *v)
{
	if (v->nmi_pending)
		machine_inject_nmi(v);
	if (v->info->evtchn_upcall_pending && !v->info->evtchn_upcall_mask)
		machine_inject_event(v);
}

bool core_idle_work(void)
{
	return domains_free_some() || frames_scrub();
}

/* What entry code did for v by itself, on this CPU. */
static void count_trips(struct cpu *c, struct vcpu *v)
{
	count_add(c, PAGE_FAULT, v->entry->faults);
	c->counts.hypercalls[HYPERCALL_iret] += v->entry->irets;
	v->entry->faults = v->entry->irets = 0;
}

/* No part of the trip of every hypercall. */
static __attribute__((noinline)) struct vcpu *exit_with_work(struct cpu *c)
{
	if (c->idle_since) {
		c->idle_total += machine_now() - c->idle_since;
		c->idle_since = 0;
	}
	(void)domains_free_some();
	if (c->current)
		count_trips(c, c->current);
	for (;;) {
		uint32_t work = __atomic_exchange_n(&c->work, 0, __ATOMIC_SEQ_CST);

		if (unlikely(work & CPU_WORK_STOP))
			stop_here();
		if (unlikely(work & CPU_WORK_NMI))
			vcpu_send_nmi(hv.dom0->vcpu[0]);
		if (work & CPU_WORK_TIMER) {
			timers_run();
			vcpu_check_clock();
		}
		if ((work & CPU_WORK_SCHED) || !c->current || !vcpu_runnable(c->current))
			sched_schedule(c);
		if (__atomic_load_n(&c->work, __ATOMIC_RELAXED))
			continue;
		if (!c->current)
			go_idle(c);
		load_current(c, c->current);
		deliver(c->current);
		if (!__atomic_load_n(&c->work, __ATOMIC_RELAXED) && vcpu_runnable(c->current))
			return c->current;
	}
}

static __attribute__((noinline)) struct vcpu *exit_with_event(struct cpu *c, struct vcpu *v)
{
	machine_inject_event(v);
	return likely(vcpu_runnable(v)) ? v : exit_with_work(c);
}

/* Whether v, which was interrupted here, may just go on, perhaps with an event. */
static bool goes_on(const struct cpu *c, const struct vcpu *v)
{
	return v && !__atomic_load_n(&c->work, __ATOMIC_SEQ_CST) && c->loaded == v &&
	       vcpu_runnable(v) && !v->nmi_pending;
}

struct vcpu *core_exit(void)
{
	struct cpu *c = this_cpu();
	struct vcpu *v;

	if (unlikely(c->lock_depth)) /* always 0 but in debug builds */
		locks_assert_none();
	v = c->current;
	if (unlikely(!goes_on(c, v)))
		return exit_with_work(c);
	if (!v->info->evtchn_upcall_pending || v->info->evtchn_upcall_mask)
		return v;
	return exit_with_event(c, v);
}
