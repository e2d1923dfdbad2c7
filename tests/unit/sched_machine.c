/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_machine.c: see sched_machine.h. */
#include "sched_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/exit.h"

/* --- the machine --- */

static jmp_buf idle;
static bool kicked[CPUS];
static nsec_t alarms[CPUS]; /* 0: none */
static struct timer slices[CPUS];
unsigned int decisions;
nsec_t switch_takes;

void machine_kick(unsigned int cpu)
{
	if (cpu != fake_cpu_id)
		kicked[cpu] = true;
}

void machine_timer_arm(nsec_t deadline)
{
	alarms[fake_cpu_id] = deadline;
}

void machine_load_idle(void)
{
	this_cpu()->loaded = NULL;
}

void machine_idle_enter(void)
{
	longjmp(idle, 1);
}

void machine_vcpu_save(struct vcpu *v)
{
	assert_ptr_equal(this_cpu()->loaded, v);
	fake.now += switch_takes;
}

void machine_vcpu_load(struct vcpu *v)
{
	assert_null(this_cpu()->loaded);
	assert_true(v->running);
}

unsigned int injected, injected_nmis;

void machine_inject_event(struct vcpu *v)
{
	v->info->evtchn_upcall_pending = 0;
	injected++;
}

void machine_inject_nmi(struct vcpu *v)
{
	v->nmi_pending = false;
	injected_nmis++;
}

void vcpu_send_nmi(struct vcpu *v)
{
	(void)v;
}

void vcpu_check_clock(void)
{
}

void vcpu_loaded(struct vcpu *v)
{
	assert_int_equal(v->cpu, fake_cpu_id);
}

void vcpu_update_runstate(struct vcpu *v, int state, nsec_t now)
{
	v->runstate.state = state;
	v->runstate.state_entry_time = now;
}

/* --- vCPUs, and how long each ran --- */

struct vcpu *vcpus[VCPUS];
static unsigned int vcpu_count;
nsec_t ran[VCPUS];

struct vcpu *new_vcpu(uint16_t weight)
{
	struct domain *d = fake_domain((uint16_t)(vcpu_count + 1), 1);
	struct vcpu *v = fake_vcpu(d);

	assert_true(vcpu_count < VCPUS);
	d->sched.weight = weight;
	v->info = &v->entry->spare_info;
	v->pause_flags = VPAUSE_DOWN;
	v->runstate.state = RUNSTATE_offline;
	sched_init_vcpu(v);
	ran[vcpu_count] = 0;
	vcpus[vcpu_count++] = v;
	return v;
}

void wake(struct vcpu *v)
{
	v->pause_flags = 0;
	sched_wake(v);
}

void block(struct vcpu *v)
{
	v->pause_flags = VPAUSE_BLOCKED;
	sched_sleep(v);
}

struct vcpu *hog(uint16_t weight)
{
	struct vcpu *v = new_vcpu(weight);

	wake(v);
	return v;
}

nsec_t time_of(const struct vcpu *v)
{
	for (unsigned int i = 0; i < vcpu_count; i++)
		if (vcpus[i] == v)
			return ran[i];
	fail();
	return 0;
}

struct vcpu *on_cpu(unsigned int cpu)
{
	return fake_cpus[cpu].current;
}

static unsigned int position(const struct vcpu *v)
{
	unsigned int places = 0;

	for (unsigned int i = 0; i < fake.cpus; i++) {
		struct tree_node *n = tree_first(&fake_cpus[i].queue.waiting);

		for (; n; n = tree_next(n))
			places += n == &v->run.node;
	}
	return places;
}

static bool could_run_elsewhere(const struct vcpu *v)
{
	for (unsigned int i = 0; i < fake.cpus; i++)
		if (!on_cpu(i) && (v->affinity >> i & 1))
			return true;
	return false;
}

/* What holds whenever all CPUs are back in their guests. */
void check_all(void)
{
	for (unsigned int i = 0; i < fake.cpus; i++)
		assert_false(on_cpu(i) && !vcpu_runnable(on_cpu(i)));
	for (unsigned int i = 0; i < vcpu_count; i++) {
		struct vcpu *v = vcpus[i];

		assert_int_equal(v->running, on_cpu(v->cpu) == v);
		assert_int_equal(v->queued, position(v));
		assert_int_equal(v->running || v->queued, vcpu_runnable(v));
		assert_true(!v->running || v->affinity >> v->cpu & 1);
		assert_false(v->queued && could_run_elsewhere(v));
		assert_int_equal(v->running, v->runstate.state == RUNSTATE_running);
	}
}

void enter(unsigned int cpu)
{
	struct vcpu *v;

	fake_cpu_id = cpu;
	kicked[cpu] = false;
	decisions++;
	if (setjmp(idle)) {
		assert_null(on_cpu(cpu));
		return;
	}
	v = core_exit();
	assert_ptr_equal(v, on_cpu(cpu));
	assert_ptr_equal(v, fake_cpus[cpu].loaded);
}

void settle(void)
{
	bool again = true;

	for (unsigned int rounds = 0; again; rounds++) {
		assert_true(rounds < 100);
		again = false;
		for (unsigned int i = 0; i < fake.cpus; i++) {
			if (alarms[i] && alarms[i] <= fake.now) {
				alarms[i] = 0;
				fake_cpus[i].work |= CPU_WORK_TIMER;
			}
			if (!kicked[i] && !fake_cpus[i].work)
				continue;
			enter(i);
			again = true;
		}
	}
	check_all();
}

static nsec_t next_alarm(nsec_t end)
{
	for (unsigned int i = 0; i < fake.cpus; i++)
		if (alarms[i])
			end = MIN(end, MAX(alarms[i], fake.now + 1));
	return end;
}

void run(nsec_t ns)
{
	nsec_t end = fake.now + ns;

	settle();
	while (fake.now < end) {
		nsec_t next = next_alarm(end);

		for (unsigned int i = 0; i < vcpu_count; i++)
			ran[i] += vcpus[i]->running ? next - fake.now : 0;
		fake.now = next;
		settle();
	}
}

void start(unsigned int cpus)
{
	fake_start(16, cpus);
	fake.now = 1000 * MS;
	vcpu_count = 0;
	decisions = injected = injected_nmis = 0;
	switch_takes = 0;
	for (unsigned int i = 0; i < CPUS; i++) {
		alarms[i] = 0;
		kicked[i] = false;
		sched_init_cpu(&fake_cpus[i], &slices[i]);
	}
	for (unsigned int i = cpus; i < CPUS; i++)
		sched_cpu_offline(i);
}

int stop(void **state)
{
	(void)state;
	while (vcpu_count) {
		struct vcpu *v = vcpus[--vcpu_count];

		free(v->domain);
		free(v);
	}
	fake_stop();
	return 0;
}

void assert_about(nsec_t value, nsec_t expected, nsec_t margin)
{
	assert_in_range(value, expected - margin, expected + margin);
}
