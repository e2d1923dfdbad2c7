/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who runs next on each CPU, for how long, and where a vCPU waits. docs/scheduler.md tells how.
 *
 * Settings are of a domain: its weight is a share of the CPUs that its vCPUs divide among them; its
 * cap is a limit in percent of one CPU; its request is the time that a vCPU runs at a stretch and,
 * when it wakes, at most waits. Affinity is of each vCPU.
 */
#ifndef SHOJI_CORE_SCHED_H
#define SHOJI_CORE_SCHED_H

#include "core/cpu.h"
#include "core/timer.h"
#include "core/vcpu.h"

struct domain;

#define SCHED_SLICE_NS	     2500000ULL /* request, unless one is set */
#define SCHED_SLICE_MIN_NS   100000ULL
#define SCHED_SLICE_MAX_NS   100000000ULL
#define SCHED_WEIGHT_DEFAULT 256u
#define SCHED_WEIGHT_MAX     65535u

/* In struct domain. Set by the functions below; read atomically by any CPU. */
struct domain_sched {
	uint32_t weight;  /* 1 .. SCHED_WEIGHT_MAX; 0: the default */
	uint32_t request; /* ns; 0: the default */
	struct {
		struct spinlock lock;
		uint32_t percent; /* of one CPU; 0: no cap */
		int64_t left;	  /* ns that may be run until period_end, by who takes them */
		nsec_t period_end;
		struct timer refill; /* armed while vCPUs wait for the next period */
	} cap;
	struct {
		uint32_t vcpu_weight; /* of one vCPU, in entity.weight's unit; 0: not counted yet */
		uint32_t active;      /* vCPUs that want to run, 256 each */
		nsec_t since;
		bool busy; /* somebody counts; atomic */
	} share;
};

extern bool sched_static; /* boot option: each vCPU has its CPU, nobody is interrupted */

void sched_init_cpu(struct cpu *c, struct timer *slice_timer);
void sched_init_domain(struct domain *d);
void sched_stop_domain(struct domain *d); /* its timers: none of its vCPUs runs any more */
void sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v); /* it is not running and never will again */
void sched_wake(struct vcpu *v);	 /* it became runnable */
void sched_sleep(struct vcpu *v);	 /* it stopped being runnable */
void sched_yield(struct vcpu *v);

/* Settings. Values are in range; a mask has at least one CPU on line. */
void sched_set_weight(struct domain *d, uint32_t weight);
void sched_set_request(struct domain *d, uint32_t ns);
void sched_set_cap(struct domain *d, uint32_t percent); /* 0: none */
void sched_set_affinity(struct vcpu *v, cpumask_t allowed);
void sched_set_preferred(struct vcpu *v, cpumask_t preferred);

/* CPUs that vCPUs may run on. One that goes off line hands its vCPUs to others. */
cpumask_t sched_online(void);
int sched_cpu_offline(unsigned int cpu); /* -XEN_EBUSY: the last one */
void sched_cpu_online(unsigned int cpu);

struct cpu *sched_lock_cpu_of(struct vcpu *v); /* run_lock of its CPU, now held */

/* Choose who runs on c, the calling CPU, and make it cpu.current; NULL: nobody can. */
void sched_schedule(struct cpu *c);

#endif
