/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the scheduler share: sched.c, sched_place.c, sched_cap.c, sched_share.c. */
#ifndef SHOJI_CORE_SCHED_INTERNAL_H
#define SHOJI_CORE_SCHED_INTERNAL_H

#include "core/domain.h"
#include "core/sched.h"

#define vcpu_of(e) container_of(e, struct vcpu, run)

/* --- sched.c --- */
void sched_ask_cpu(struct cpu *c); /* to choose again, soon */
/* Under c's run_lock: charge the one that runs; make v wait, and have c look if it must. */
void sched_charge(struct cpu *c, nsec_t now);
void sched_reweigh(struct cpu *c, struct vcpu *v, nsec_t now); /* v runs: its weight anew */
void sched_enqueue(struct cpu *c, struct vcpu *v);
void sched_dequeue(struct cpu *c, struct vcpu *v);
void sched_tell(struct cpu *c, const struct vcpu *newcomer);
void sched_leave_queue(struct cpu *c, struct vcpu *v, nsec_t now); /* it does not take part now */
void sched_publish(struct cpu *c, nsec_t now);			   /* cpu.seen */

/* --- sched_place.c: which CPU; no lock held --- */
void sched_add_cpu(unsigned int cpu);	       /* at start */
cpumask_t sched_allowed(const struct vcpu *v); /* CPUs on line that it may run on */
bool sched_may_run_on(const struct vcpu *v, unsigned int cpu);
bool sched_prefers_other(const struct vcpu *v); /* and that one is idle */
unsigned int sched_choose_cpu(const struct vcpu *v);
void sched_join_clock(struct cpu *c); /* c's queue is empty: set its time by another's; run_lock */
void sched_ask_for_help(const struct vcpu *v); /* it waits: is there an idle CPU? */
void sched_steal(struct cpu *c);	       /* c, this CPU, idles: take from others */
void sched_balance(struct cpu *c, nsec_t now); /* c, this CPU, has more than it can do */
void sched_take_home(struct vcpu *v);	       /* static mode: give v a CPU */

/* --- sched_cap.c --- */
bool sched_cap_take(struct vcpu *v, nsec_t now);   /* false: it must stop (VPAUSE_CAPPED is set) */
void sched_cap_return(struct vcpu *v, nsec_t now); /* it stops running */

static inline bool sched_is_capped(const struct vcpu *v)
{
	return __atomic_load_n(&v->domain->sched.cap.percent, __ATOMIC_RELAXED) != 0;
}

/* --- sched_share.c --- */
uint32_t sched_vcpu_weight(struct domain *d);
void sched_share_update(struct domain *d, nsec_t now); /* from time to time; cheap otherwise */

static inline nsec_t sched_request(const struct vcpu *v)
{
	uint32_t ns = __atomic_load_n(&v->domain->sched.request, __ATOMIC_RELAXED);

	return ns ? ns : SCHED_SLICE_NS;
}

#endif
