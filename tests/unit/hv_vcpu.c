/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs that start, stop, sleep until a timer wakes them, and are paused from outside, with the
 * scheduler under them, on a machine whose time the test moves.
 *
 * All CPUs are played by one thread. pass() lets time go by in small steps; after each step every
 * CPU that was kicked, or whose timer is due, goes through core_exit() as after an interrupt, until
 * all is quiet. Then the rules that always hold are checked.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/exit.c hypervisor/core/sched*.c */
/* SOURCES: hypervisor/lib/tree.c */
/* SOURCES: hypervisor/core/timer.c */
/* SOURCES: hypervisor/core/vcpu.c hypervisor/core/vcpu_area.c hypervisor/core/domain_pause.c */
/* SOURCES: hypervisor/core/frame*.c hypervisor/core/heap.c hypervisor/core/mm_table.c */
/* SOURCES: hypervisor/core/mm_walk.c */
/* SOURCES: hypervisor/core/tlb.c hypervisor/core/m2p.c hypervisor/core/lock.c */
/* SOURCES: hypervisor/core/guest_access.c hypervisor/lib/printf.c */
/* The C library has a function of that name, too. */
/* FLAGS: -I../fake -DSHOJI_DEBUG -Dsched_yield=core_sched_yield */
/* The end of a list is named by a struct vcpu around the list's head, which is none and not
 * aligned.
 */
/* LIBS: -fno-sanitize=alignment */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/exit.h"
#include "core/time_info.h"
#include "fake.h"
#include "shoji/sched.h"
#include "shoji/virq.h"

#define MS     1000000ULL
#define STEP   (MS / 4)
#define VCPUS  8
#define ROUNDS 1000 /* more than any CPU needs to come to rest */

static struct timer slices[MAX_CPUS];
static jmp_buf idle[MAX_CPUS];
static struct vcpu *vcpus[VCPUS];
static nsec_t ran[VCPUS];
static cpumask_t seen_on[VCPUS]; /* CPUs that it ran on */
static unsigned int vcpu_count, loads, kicks, events, nmis, dom_exc;

/* --- what the scheduler wants of the machine --- */

void machine_kick(unsigned int cpu)
{
	kicks += cpu != this_cpu()->id;
}

void machine_vcpu_save(struct vcpu *v)
{
	assert_ptr_equal(this_cpu()->loaded, v);
}

void machine_vcpu_load(struct vcpu *v)
{
	loads++;
	assert_true(v->running);
	for (unsigned int i = 0; i < fake.cpus; i++)
		assert_ptr_not_equal(fake_cpus[i].loaded, v);
}

void machine_load_idle(void)
{
}

_Noreturn void machine_idle_enter(void)
{
	longjmp(idle[this_cpu()->id], 1);
}

void machine_inject_event(struct vcpu *v)
{
	events++;
	v->info->evtchn_upcall_mask = 1;
}

void machine_inject_nmi(struct vcpu *v)
{
	nmis++;
	v->nmi_pending = false;
}

int machine_vcpu_init(struct vcpu *v)
{
	(void)v;
	return 0;
}

void machine_vcpu_destroy(struct vcpu *v)
{
	(void)v;
}

_Noreturn void machine_halt(bool reboot)
{
	(void)reboot;
	abort();
}

const struct tsc_scale *machine_tsc_scale(void)
{
	static const struct tsc_scale scale = {.stable = true};

	return &scale;
}

void time_info_update(struct vcpu *v)
{
	v->info->time.version = 2;
}

struct xen_vcpu_time_info time_info_record(void)
{
	return (struct xen_vcpu_time_info){.version = 2};
}

bool machine_clock_check(void)
{
	return false;
}

void evtchn_raise_virq(struct vcpu *v, uint32_t virq)
{
	assert_int_equal(virq, VIRQ_TIMER);
	vcpu_wake(v, VPAUSE_BLOCKED);
}

void vcpu_mark_events_pending(struct vcpu *v)
{
	(void)v;
}

void evtchn_raise_global_virq(uint32_t virq)
{
	dom_exc += virq == VIRQ_DOM_EXC;
}

/* --- the world --- */

static void check_vcpu(const struct vcpu *v)
{
	const struct cpu *c = &fake_cpus[v->cpu];

	assert_false(v->running && v->queued);
	assert_int_equal(v->running || v->queued, vcpu_runnable(v));
	assert_true(!v->running || c->current == v);
	assert_true(!v->running || (v->affinity >> v->cpu & 1));
	if (!v->queued)
		return;
	for (unsigned int i = 0; i < fake.cpus; i++) /* nobody idles while it could run v */
		assert_true(fake_cpus[i].current || !(v->affinity >> i & 1));
}

static void check_world(void)
{
	for (unsigned int i = 0; i < vcpu_count; i++)
		check_vcpu(vcpus[i]);
	for (unsigned int i = 0; i < fake.cpus; i++) {
		const struct cpu *c = &fake_cpus[i];
		struct tree_node *n = tree_first(&c->queue.waiting);
		unsigned int waiting = 0;

		for (; n; n = tree_next(n)) {
			const struct vcpu *v = container_of(n, struct vcpu, run.node);

			waiting += v->queued && v->cpu == i;
		}
		assert_int_equal(waiting, c->queue.waiting_count);
		assert_true(!c->current || (c->current->running && c->loaded == c->current));
	}
}

/* One interrupt of this CPU, to its end. */
static void run_cpu(unsigned int cpu)
{
	unsigned int before = fake_cpu_id;

	fake_cpu_id = cpu;
	if (!setjmp(idle[cpu])) {
		struct vcpu *v = core_exit();

		assert_ptr_equal(v, fake_cpus[cpu].current);
		seen_on[v->machine_private ? (nsec_t *)v->machine_private - ran : 0] |= 1u << cpu;
	}
	fake_cpu_id = before;
}

static bool run_cpus(void)
{
	bool any = false;

	for (unsigned int i = 0; i < fake.cpus; i++) {
		struct cpu *c = &fake_cpus[i];

		if (c->timer_armed && c->timer_armed <= fake.now)
			c->work |= CPU_WORK_TIMER;
		if (c->work) {
			run_cpu(i);
			any = true;
		}
	}
	return any;
}

static void settle(void)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (!run_cpus()) {
			check_world();
			return;
		}
	}
	fail_msg("the CPUs never come to rest");
}

/* A CPU that waits for others: they go on. */
void machine_relax(void)
{
	(void)run_cpus();
}

static void pass(nsec_t time)
{
	for (nsec_t end = fake.now + time; fake.now < end; fake.now += STEP) {
		for (unsigned int i = 0; i < fake.cpus; i++)
			if (fake_cpus[i].current)
				*(nsec_t *)fake_cpus[i].current->machine_private += STEP;
		fake.now += STEP;
		settle();
		fake.now -= STEP;
	}
}

static void begin(unsigned int cpus)
{
	fake_start(64, cpus);
	fake.now = 1000 * MS;
	vcpu_count = loads = kicks = events = nmis = dom_exc = 0;
	memset(ran, 0, sizeof(ran));
	memset(seen_on, 0, sizeof(seen_on));
	for (unsigned int i = 0; i < cpus; i++)
		sched_init_cpu(&fake_cpus[i], &slices[i]);
	for (unsigned int i = cpus; i < MAX_CPUS; i++) /* of an earlier machine */
		sched_cpu_offline(i);
	settle();
}

/* A domain with so many vCPUs, which wait to be started. */
static struct domain *domain_of(unsigned int count)
{
	struct domain *d = fake_domain((uint16_t)(vcpu_count + 1), 0);

	d->max_vcpus = count;
	for (unsigned int i = 0; i < count; i++) {
		struct vcpu *v = vcpu_create(d, i);

		assert_non_null(v);
		v->machine_private = &ran[vcpu_count];
		vcpus[vcpu_count++] = v;
	}
	return d;
}

static void start_vcpu(struct vcpu *v)
{
	v->is_initialised = true;
	assert_int_equal(vcpu_up(v), 0);
	settle();
}

/* Single-vCPU domains, all running. */
static void start_domains(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		domain_of(1);
		start_vcpu(vcpus[i]);
	}
}

static void forget(void)
{
	for (unsigned int i = 0; i < vcpu_count; i++) {
		struct domain *d = vcpus[i]->domain;
		bool last = vcpus[i]->id + 1 == d->max_vcpus;

		vcpu_destroy(vcpus[i]);
		if (last)
			free(d);
	}
	fake_stop();
}

/* Only one that runs can ask for that. */
static void block(struct vcpu *v)
{
	for (unsigned int i = 0; i < ROUNDS && !v->running; i++)
		pass(STEP);
	vcpu_stop(v, VPAUSE_BLOCKED);
	settle();
}

static void wake(struct vcpu *v)
{
	vcpu_wake(v, VPAUSE_BLOCKED);
	settle();
}

static void clear_ran(void)
{
	memset(ran, 0, sizeof(ran));
}

static void assert_about(nsec_t value, nsec_t wanted, nsec_t slack)
{
	if (value + slack < wanted || value > wanted + slack)
		fail_msg("%lu us, not %lu +- %lu", value / 1000, wanted / 1000, slack / 1000);
}

/* --- waking --- */

/* While one runs alone nothing is charged to it; it must not pay for that, nor the other gain. */
static void alone_is_charged_at_a_wake(void **state)
{
	(void)state;
	begin(1);
	start_domains(1);
	pass(2000 * MS);
	domain_of(1);
	clear_ran();
	start_vcpu(vcpus[1]);
	pass(200 * MS);
	assert_about(ran[0], 100 * MS, SCHED_SLICE_NS);
	assert_about(ran[1], 100 * MS, SCHED_SLICE_NS);
	forget();
}

/* A newcomer never slept: he has no bonus over the one that runs. */
static void a_newcomer_waits_for_the_slice(void **state)
{
	(void)state;
	begin(1);
	start_domains(1);
	pass(50 * MS);
	domain_of(1);
	start_vcpu(vcpus[1]);
	assert_true(vcpus[0]->running);
	pass(SCHED_SLICE_NS + 2 * MS);
	assert_true(vcpus[1]->running);
	forget();
}

static void waking_twice_is_waking_once(void **state)
{
	(void)state;
	begin(1);
	start_domains(2);
	block(vcpus[1]);
	clear_ran();
	vcpu_wake(vcpus[1], VPAUSE_BLOCKED);
	vcpu_wake(vcpus[1], VPAUSE_BLOCKED);
	sched_wake(vcpus[1]);
	settle();
	vcpu_stop(vcpus[0], VPAUSE_BLOCKED); /* stopped and woken before its CPU looks */
	vcpu_wake(vcpus[0], VPAUSE_BLOCKED);
	settle();
	pass(100 * MS);
	assert_about(ran[0] + ran[1], 100 * MS, 0);
	forget();
}

/* --- blocking, timers --- */

static void states_are_accounted(void **state)
{
	struct xen_vcpu_runstate_info r;

	(void)state;
	begin(1);
	start_domains(2);
	block(vcpus[1]);
	assert_int_equal(vcpus[1]->runstate.state, RUNSTATE_blocked);
	pass(40 * MS);
	vcpu_get_runstate(vcpus[1], &r);
	assert_int_equal(r.time[RUNSTATE_blocked], 40 * MS);
	wake(vcpus[1]);
	pass(100 * MS);
	for (unsigned int i = 0; i < 2; i++) {
		vcpu_get_runstate(vcpus[i], &r);
		assert_int_equal(r.time[RUNSTATE_running], ran[i]);
		assert_int_equal(r.time[RUNSTATE_runnable],
				 fake.now - 1000 * MS - 40 * i * MS - ran[i]);
	}
	vcpu_stop(vcpus[0], VPAUSE_DOWN);
	settle();
	assert_int_equal(vcpus[0]->runstate.state, RUNSTATE_offline);
	forget();
}

/* A timer wakes its vCPU when it is due, never before. */
static void a_timer_ends_the_sleep(void **state)
{
	struct vcpu *v;

	(void)state;
	begin(2);
	start_domains(2);
	v = vcpus[0];
	for (nsec_t wait = 1; wait <= 16; wait *= 2) {
		assert_int_equal(vcpu_set_singleshot(v, fake.now + wait * MS, true), 0);
		block(v);
		pass(wait * MS - STEP);
		assert_false(vcpu_runnable(v));
		pass(STEP);
		assert_true(v->running);
	}
	timer_set(&v->poll_timer, fake.now + 5 * MS);
	block(v);
	pass(5 * MS - STEP);
	assert_false(vcpu_runnable(v));
	pass(STEP);
	assert_true(v->running);
	forget();
}

/* Where all sleep, the machine's timer comes for nobody who has stopped his. */
static void a_stopped_timer_wakes_no_cpu(void **state)
{
	struct vcpu *v;

	(void)state;
	begin(1);
	start_domains(1);
	v = vcpus[0];
	assert_int_equal(vcpu_set_singleshot(v, fake.now + 10 * MS, true), 0);
	timer_set(&v->poll_timer, fake.now + 30 * MS);
	settle();
	assert_int_equal(fake_cpus[0].timer_armed, v->singleshot.deadline);
	timer_stop(&v->singleshot);
	block(v);
	assert_int_equal(fake_cpus[0].timer_armed, v->poll_timer.deadline);
	timer_stop(&v->poll_timer);
	wake(v);
	block(v);
	assert_int_equal(fake_cpus[0].timer_armed, 0);
	forget();
}

static void a_periodic_timer(void **state)
{
	unsigned int woken = 0;

	(void)state;
	begin(1);
	start_domains(1);
	assert_int_equal(vcpu_set_periodic(vcpus[0], 10), -22);
	assert_int_equal(vcpu_set_periodic(vcpus[0], 4 * MS), 0);
	for (unsigned int i = 0; i < 400; i++) {
		vcpu_stop(vcpus[0], VPAUSE_BLOCKED);
		pass(STEP);
		woken += vcpu_runnable(vcpus[0]);
	}
	assert_int_equal(woken, 25);
	assert_int_equal(vcpu_set_periodic(vcpus[0], 0), 0);
	block(vcpus[0]);
	pass(50 * MS);
	assert_false(vcpu_runnable(vcpus[0]));
	forget();
}

/* --- pausing --- */

static void pauses_count(void **state)
{
	struct domain *d;

	(void)state;
	begin(2);
	d = domain_of(2);
	start_vcpu(vcpus[0]);
	start_vcpu(vcpus[1]);
	fake_cpu_id = 1; /* CPU 0 has to be waited for */
	block(vcpus[1]);
	domain_pause(d);
	assert_false(vcpus[0]->running);
	domain_pause(d);
	clear_ran();
	pass(20 * MS);
	domain_unpause(d);
	wake(vcpus[1]); /* woken meanwhile, but paused all the same */
	pass(20 * MS);
	assert_int_equal(ran[0] + ran[1], 0);
	domain_unpause(d);
	pass(20 * MS);
	assert_about(ran[0], 20 * MS, STEP);
	assert_about(ran[1], 20 * MS, STEP);
	forget();
}

static void tools_unpause_what_they_paused(void **state)
{
	struct domain *d;

	(void)state;
	begin(2);
	d = domain_of(1);
	assert_false(domain_unpause_by_tools(d));
	fake_cpu_id = 1;
	domain_pause(d);
	assert_false(domain_unpause_by_tools(d)); /* not theirs */
	assert_int_equal(d->pause_count, 1);
	assert_true(domain_pause_by_tools(d));
	assert_true(domain_unpause_by_tools(d));
	assert_true(d->created);
	assert_int_equal(d->pause_count, 1);
	for (unsigned int i = 0; i < UINT8_MAX; i++)
		assert_true(domain_pause_by_tools(d));
	assert_false(domain_pause_by_tools(d));
	forget();
}

static void a_shut_down_domain_stands_still(void **state)
{
	struct domain *d;

	(void)state;
	begin(2);
	d = domain_of(2);
	start_vcpu(vcpus[0]);
	start_vcpu(vcpus[1]);
	domain_shutdown(d, SHUTDOWN_suspend);
	domain_shutdown(d, SHUTDOWN_crash); /* too late */
	settle();
	assert_int_equal(d->shutdown_code, SHUTDOWN_suspend);
	assert_int_equal(dom_exc, 1);
	clear_ran();
	pass(10 * MS);
	assert_int_equal(ran[0] + ran[1], 0);
	domain_resume(d);
	pass(10 * MS);
	assert_about(ran[0] + ran[1], 20 * MS, 2 * STEP);
	forget();
}

/* --- several CPUs --- */

static void sleepers_come_and_go(void **state)
{
	(void)state;
	srand(1);
	begin(3);
	start_domains(8);
	for (unsigned int i = 0; i < 20000; i++) {
		struct vcpu *v = vcpus[rand() % 8];

		fake_cpu_id = (unsigned int)rand() % 3;
		switch (rand() % 5) {
		case 0:
			vcpu_stop(v, VPAUSE_BLOCKED);
			break;
		case 1:
			sched_set_affinity(v, (cpumask_t)(rand() % 7 + 1));
			break;
		case 2:
			if (v->running)
				sched_yield(v);
			break;
		default:
			vcpu_wake(v, VPAUSE_BLOCKED);
		}
		if (rand() % 2)
			pass(STEP);
	}
	fake_cpu_id = 0;
	forget();
}

static void nobody_to_run(void **state)
{
	(void)state;
	begin(2);
	start_domains(1);
	block(vcpus[0]);
	pass(50 * MS);
	assert_null(fake_cpus[0].current);
	assert_null(fake_cpus[0].loaded);
	fake_cpu_id = 1 - vcpus[0]->cpu;
	kicks = 0;
	vcpu_wake(vcpus[0], VPAUSE_BLOCKED);
	assert_int_equal(kicks, 1); /* the CPU sleeps: it must be told */
	settle();
	assert_true(vcpus[0]->running);
	assert_int_equal(fake_cpus[vcpus[0]->cpu].idle_total, 50 * MS);
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alone_is_charged_at_a_wake),
		cmocka_unit_test(a_newcomer_waits_for_the_slice),
		cmocka_unit_test(waking_twice_is_waking_once),
		cmocka_unit_test(states_are_accounted),
		cmocka_unit_test(a_timer_ends_the_sleep),
		cmocka_unit_test(a_stopped_timer_wakes_no_cpu),
		cmocka_unit_test(a_periodic_timer),
		cmocka_unit_test(pauses_count),
		cmocka_unit_test(tools_unpause_what_they_paused),
		cmocka_unit_test(a_shut_down_domain_stands_still),
		cmocka_unit_test(sleepers_come_and_go),
		cmocka_unit_test(nobody_to_run),
	};

	return cmocka_run_group_tests_name("vcpu", tests, NULL, NULL);
}
