/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs and vCPUs for the tests of the scheduler, on a clock of our own: CPUs take turns, and how
 * long each vCPU ran is counted here, not there.
 */
#ifndef UNIT_SCHED_MACHINE_H
#define UNIT_SCHED_MACHINE_H

#include "core/sched.h"
#include "fake.h"

#define MS    1000000ULL
#define CPUS  4
#define VCPUS 12

extern struct vcpu *vcpus[VCPUS]; /* in the order in which they were made */
extern nsec_t ran[VCPUS];	  /* how long */
extern unsigned int decisions;	  /* ways back to a guest, of all CPUs */
extern unsigned int injected, injected_nmis;
extern nsec_t switch_takes; /* by the time that the one who leaves is saved */

void start(unsigned int cpus);
int stop(void **state);

struct vcpu *new_vcpu(uint16_t weight); /* in a domain of its own; down */
struct vcpu *hog(uint16_t weight);	/* the same, and it runs for ever */
void wake(struct vcpu *v);
void block(struct vcpu *v);
nsec_t time_of(const struct vcpu *v);  /* it ran for */
struct vcpu *on_cpu(unsigned int cpu); /* or NULL */

void enter(unsigned int cpu); /* that CPU is interrupted */
void settle(void);    /* all CPUs do what they were asked for, and are back in their guests */
void run(nsec_t ns);  /* so much time passes */
void check_all(void); /* what holds whenever all CPUs are back */

void assert_about(nsec_t value, nsec_t expected, nsec_t margin);

#endif
