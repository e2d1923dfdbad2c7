/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each physical CPU has of its own. `struct cpu` lies at the bottom of the CPU's stack block,
 * so that this_cpu() is one AND; nobody but its CPU touches it, unless a field says otherwise.
 */
#ifndef SHOJI_CORE_CPU_H
#define SHOJI_CORE_CPU_H

#include "core/config.h"
#include "core/counts.h"
#include "core/lock.h"
#include "core/sched_queue.h"
#include "lib/list.h"

struct vcpu;
struct timer;

typedef uint64_t cpumask_t; /* bit n: physical CPU n */

/* cpu.work: what must be done before this CPU goes back to a guest. Set atomically by anyone. */
#define CPU_WORK_SCHED 1u /* choose again who runs */
#define CPU_WORK_TIMER 2u /* look at the timer queue */
#define CPU_WORK_STOP  4u /* stand still as long as another CPU wants it (core/stop.c) */
#define CPU_WORK_NMI   8u /* the platform's, for dom0 */

struct cpu {
	unsigned int id;
	uint32_t apic_id;
	uint32_t work;		/* CPU_WORK_*, atomic */
	uint32_t flush_pending; /* TLB flush requested by another CPU, atomic (machine) */
	struct vcpu *current;	/* whose registers are live; NULL while idle */
	struct vcpu *loaded;	/* whose page tables, FPU and segments are in the CPU; or NULL */
	uint64_t tlb_seen;	/* TLB clock before its last flush (core/tlb.h), read by all */
	int64_t budget;		/* units left until the next preemption point */
	bool in_multicall;	/* the running call is an entry of a multicall list */
	bool continued;		/* the running call asked to be re-issued with call_args */
	uint64_t call_args[6];
	uint64_t scratch[4]; /* entry code's own */

	struct domain *dead; /* without references, not yet freed (core/domain.c) */

	/* scheduling (core/sched*.c), under run_lock */
	struct spinlock run_lock;
	struct run_queue queue; /* with `current`, which takes part in its time but does not wait */
	struct timer *slice_timer;
	struct {
		uint64_t time;	 /* common time of the queue at `stamp`, */
		uint64_t weight; /* which goes the slower the more this is */
		nsec_t stamp;
	} seen;		    /* what other CPUs may read without the lock */
	nsec_t balance_at;  /* its own: when to compare with others next, */
	unsigned int probe; /* and with whom */

	/* timers (core/timer.c), under timer_lock */
	struct spinlock timer_lock;
	struct timer *timer_first;   /* earliest deadline; NULL: none */
	struct timer *timer_running; /* whose callback is being run here; atomic */
	nsec_t timer_armed;	     /* deadline last given to the machine, or 0 */
	bool timer_stale;	     /* that one's timer may be gone; atomic */

	struct counts counts; /* its own */

	uint8_t lock_depth; /* debug builds: locks held, in order */
	uint8_t lock_ranks[15];

	uint64_t idle_since, idle_total; /* ns */
	void *machine_private;		 /* the machine layer's part */
};

#endif
