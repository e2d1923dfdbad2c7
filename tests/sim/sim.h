/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler on simulated time: core/sched*.c, timer.c, exit.c, vcpu.c as they are, under a
 * machine whose clock jumps from one event to the next. Guests are actors: a hog computes for ever,
 * a blocker computes for a while, sleeps for a while, and so on. What each got is counted here,
 * from who is on which CPU, and not taken from the scheduler.
 */
#ifndef SHOJI_SIM_H
#define SHOJI_SIM_H

#include "core/domain.h"
#include "core/sched.h"
#include "fake.h"

#define MS	  1000000ULL
#define US	  1000ULL
#define SEC	  1000000000ULL
#define SIM_CPUS  64
#define SIM_VCPUS 8192

struct actor {
	struct vcpu *v;
	struct actor_domain *of;
	nsec_t burst, pause;  /* computes, sleeps on average; pause 0: a hog */
	nsec_t left;	      /* of this burst */
	nsec_t wake_at;	      /* while it sleeps; 0: it does not */
	bool up;	      /* hot-plug: it is there */
	nsec_t ran, ran_then; /* in all; when the window began */
	nsec_t waits_since;   /* 0: it does not wait */
	nsec_t longest_wait;
	bool just_woken;
	nsec_t worst_latency; /* from a wake-up to the CPU */
	uint64_t wakes;
	cpumask_t seen_on;
	nsec_t created;
};

struct actor_domain {
	struct domain *d;
	uint32_t weight, cap;
	unsigned int first, count; /* actors */
	nsec_t ran, ran_then;
};

struct sim {
	unsigned int cpus;
	unsigned int actor_count, domain_count;
	struct actor actors[SIM_VCPUS];
	struct actor_domain domains[SIM_VCPUS];
	uint64_t decisions, wake_calls, alarms; /* since the start */
	uint64_t steps, worst_steps;		/* tree nodes touched by all; by one decision */
	nsec_t late;				/* timers are up to so late */
	unsigned int seed;
};
extern struct sim sim;

void sim_start(unsigned int cpus);
void sim_stop(void);
/* A domain with so many vCPUs, all hogs (pause 0) or all blockers; running from now on. */
struct actor_domain *sim_domain(uint32_t weight, unsigned int count, nsec_t burst, nsec_t pause);
struct actor_domain *sim_hogs(uint32_t weight, unsigned int count);
void sim_run(nsec_t time);
void sim_settle(void);
void sim_cap(struct actor_domain *d, uint32_t percent);
void sim_weight(struct actor_domain *d, uint32_t weight);
void sim_vcpu_down(struct actor *a);
void sim_vcpu_up(struct actor *a);
void sim_cpu_down(unsigned int cpu);
void sim_cpu_up(unsigned int cpu);
struct actor *sim_actor(const struct actor_domain *d, unsigned int n);
unsigned int sim_random(unsigned int below);

/* Begin to count; what was run since. */
void sim_window(void);
nsec_t sim_got(const struct actor_domain *d);
nsec_t sim_actor_got(const struct actor *a);
/* What domain d should get of `time` by weights, caps, its count of hogs and the CPUs on line. */
double sim_due(const struct actor_domain *d, nsec_t time);

#endif
