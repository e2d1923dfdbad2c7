/* SPDX-License-Identifier: GPL-2.0-only */
/* Who runs next on each CPU: fair round robin with a slice, one queue per CPU. */
#ifndef SHOJI_CORE_SCHED_H
#define SHOJI_CORE_SCHED_H

#include "core/cpu.h"
#include "core/vcpu.h"

#define SCHED_SLICE_NS 10000000ULL

void sched_init_cpu(struct cpu *c, struct timer *slice_timer);
void sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v); /* it is not running and never will again */
void sched_wake(struct vcpu *v);	 /* it became runnable */
void sched_sleep(struct vcpu *v);	 /* it stopped being runnable */
void sched_yield(struct vcpu *v);
void sched_set_affinity(struct vcpu *v, cpumask_t allowed); /* at least one CPU on line */

struct cpu *sched_lock_cpu_of(struct vcpu *v); /* run_lock of its CPU, now held */

/* Choose who runs on c, the calling CPU, and make it cpu.current; NULL: nobody can. */
void sched_schedule(struct cpu *c);

#endif
