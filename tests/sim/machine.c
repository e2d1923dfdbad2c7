/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated machine (sim.h): CPUs, their timers, actors, and the jump from event to event.
 *
 * One thread plays all CPUs. A CPU enters the hypervisor when its timer is due, when it was kicked,
 * or when its actor blocks, and leaves it through core_exit(). The hypervisor's work takes no time.
 */
#include "sim.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/exit.h"
#include "core/time_info.h"
#include "steps.h"

#define FRAMES 16384 /* a few for each vCPU of the largest world */
#define ROUNDS 100000

struct sim sim;
static struct timer slices[SIM_CPUS];
static jmp_buf idle;
static nsec_t alarms[SIM_CPUS];
static struct actor *on[SIM_CPUS]; /* whom each CPU has run since its last look */
static cpumask_t kicked;
static nsec_t since[SIM_CPUS];	 /* its time is counted up to here */
static nsec_t done_at[SIM_CPUS]; /* when it will block; 0: not */
static struct actor *sleepers[SIM_VCPUS];
static unsigned int sleeper_count;
uint64_t tree_steps;

unsigned int sim_random(unsigned int below)
{
	return (unsigned int)rand_r(&sim.seed) % below;
}

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "sim: %s\n", what);
	abort();
}

/* --- what the scheduler wants of the machine --- */

void machine_kick(unsigned int cpu)
{
	kicked |= 1ULL << cpu;
}

void machine_timer_arm(nsec_t deadline)
{
	nsec_t late = sim.late && deadline ? sim_random((unsigned int)sim.late) : 0;

	alarms[fake_cpu_id] = deadline + late;
}

void machine_load_idle(void)
{
}

_Noreturn void machine_idle_enter(void)
{
	longjmp(idle, 1);
}

void machine_vcpu_save(struct vcpu *v)
{
	if (this_cpu()->loaded != v)
		broken("a vCPU is saved that is not loaded");
}

void machine_vcpu_load(struct vcpu *v)
{
	if (!v->running || this_cpu()->loaded)
		broken("a vCPU is loaded that does not run");
}

void machine_inject_event(struct vcpu *v)
{
	v->info->evtchn_upcall_pending = 0;
}

void machine_inject_nmi(struct vcpu *v)
{
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
	(void)virq;
	vcpu_wake(v, VPAUSE_BLOCKED);
}

void vcpu_mark_events_pending(struct vcpu *v)
{
	(void)v;
}

void *hv_alloc(size_t bytes)
{
	void *p = aligned_alloc(64, ROUND_UP(bytes, 64));

	return p ? memset(p, 0, bytes) : NULL;
}

void hv_free(void *p)
{
	free(p);
}

/* --- decisions are counted --- */

void __real_sched_schedule(struct cpu *c);
void __wrap_sched_schedule(struct cpu *c);
void __real_sched_wake(struct vcpu *v);
void __wrap_sched_wake(struct vcpu *v);

static void count(uint64_t before)
{
	uint64_t steps = tree_steps - before;

	sim.steps += steps;
	sim.worst_steps = MAX(sim.worst_steps, steps);
}

void __wrap_sched_schedule(struct cpu *c)
{
	uint64_t before = tree_steps;

	__real_sched_schedule(c);
	sim.decisions++;
	count(before);
}

void __wrap_sched_wake(struct vcpu *v)
{
	uint64_t before = tree_steps;

	__real_sched_wake(v);
	sim.wake_calls++;
	count(before);
}

/* --- sleepers: a heap by the time of waking --- */

static void sleepers_swap(unsigned int a, unsigned int b)
{
	struct actor *t = sleepers[a];

	sleepers[a] = sleepers[b];
	sleepers[b] = t;
}

static void sleep_until(struct actor *a, nsec_t when)
{
	unsigned int i = sleeper_count++;

	a->wake_at = when;
	for (sleepers[i] = a; i && sleepers[(i - 1) / 2]->wake_at > when; i = (i - 1) / 2)
		sleepers_swap(i, (i - 1) / 2);
}

static struct actor *pop_sleeper(void)
{
	struct actor *first = sleepers[0];
	unsigned int i = 0;

	sleepers[0] = sleepers[--sleeper_count];
	for (;;) {
		unsigned int least = i;

		for (unsigned int c = 2 * i + 1; c <= 2 * i + 2; c++)
			if (c < sleeper_count && sleepers[c]->wake_at < sleepers[least]->wake_at)
				least = c;
		if (least == i)
			break;
		sleepers_swap(i, least);
		i = least;
	}
	first->wake_at = 0;
	return first;
}

/* --- actors --- */

static struct actor *actor_of(const struct vcpu *v)
{
	return v ? v->machine_private : NULL;
}

struct actor *sim_actor(const struct actor_domain *d, unsigned int n)
{
	return &sim.actors[d->first + n];
}

/* Between half and one and a half of the mean. */
static nsec_t about(nsec_t mean)
{
	return mean / 2 + (nsec_t)rand_r(&sim.seed) * mean / RAND_MAX;
}

/* What the CPU ran since it was last looked at. */
static void account(unsigned int cpu)
{
	struct actor *a = on[cpu];
	nsec_t ran = fake.now - since[cpu];

	since[cpu] = fake.now;
	if (!a)
		return;
	a->ran += ran;
	a->of->ran += ran;
	if (a->pause)
		a->left -= MIN(ran, a->left);
}

static void account_all(void)
{
	for (unsigned int i = 0; i < sim.cpus; i++)
		account(i);
}

/* --- CPUs --- */

static void note_waiting(struct actor *a)
{
	bool waits = vcpu_runnable(a->v) && !a->v->running;

	if (waits && !a->waits_since) {
		a->waits_since = fake.now;
	} else if (!waits && a->waits_since) {
		nsec_t wait = fake.now - a->waits_since;

		a->longest_wait = MAX(a->longest_wait, wait);
		if (a->just_woken && a->v->running) {
			a->worst_latency = MAX(a->worst_latency, wait);
			a->just_woken = false;
		}
		a->waits_since = 0;
	}
}

static void enter(unsigned int cpu)
{
	struct actor *before = on[cpu];

	account(cpu);
	fake_cpu_id = cpu;
	kicked &= ~(1ULL << cpu);
	if (!setjmp(idle)) {
		struct vcpu *v = core_exit();

		if (v != fake_cpus[cpu].loaded)
			broken("who is to run is not loaded");
	}
	on[cpu] = actor_of(fake_cpus[cpu].current);
	done_at[cpu] = on[cpu] && on[cpu]->pause ? fake.now + on[cpu]->left : 0;
	if (before)
		note_waiting(before);
	if (on[cpu]) {
		note_waiting(on[cpu]);
		on[cpu]->seen_on |= 1ULL << cpu;
	}
}

void sim_settle(void)
{
	unsigned int rounds = 0;

	do {
		for (unsigned int i = 0; i < sim.cpus; i++) {
			if (!alarms[i] || alarms[i] > fake.now)
				continue;
			alarms[i] = 0;
			sim.alarms++;
			fake_cpus[i].work |= CPU_WORK_TIMER;
			enter(i);
		}
		while (kicked)
			enter((unsigned int)__builtin_ctzll(kicked));
		if (rounds++ > ROUNDS)
			broken("the CPUs never come to rest");
	} while (kicked);
}

static void block_if_done(unsigned int cpu)
{
	struct actor *a = on[cpu];

	if (!done_at[cpu] || done_at[cpu] > fake.now)
		return;
	account(cpu);
	fake_cpu_id = cpu;
	vcpu_stop(a->v, VPAUSE_BLOCKED);
	a->left = about(a->burst);
	sleep_until(a, fake.now + MAX(about(a->pause), 1));
	kicked |= 1ULL << cpu;
}

static void wake_sleepers(void)
{
	while (sleeper_count && sleepers[0]->wake_at <= fake.now) {
		struct actor *a = pop_sleeper();

		fake_cpu_id = a->v->cpu;
		vcpu_wake(a->v, VPAUSE_BLOCKED);
		if (vcpu_runnable(a->v)) {
			a->just_woken = true;
			a->wakes++;
			note_waiting(a);
		}
		kicked |= 1ULL << fake_cpu_id;
	}
}

static nsec_t next_event(nsec_t end)
{
	for (unsigned int i = 0; i < sim.cpus; i++) {
		if (alarms[i])
			end = MIN(end, alarms[i]);
		if (done_at[i])
			end = MIN(end, done_at[i]);
	}
	if (sleeper_count)
		end = MIN(end, sleepers[0]->wake_at);
	return MAX(end, fake.now);
}

void sim_run(nsec_t time)
{
	nsec_t end = fake.now + time;

	sim_settle();
	while (fake.now < end) {
		fake.now = next_event(end);
		for (unsigned int i = 0; i < sim.cpus; i++)
			block_if_done(i);
		wake_sleepers();
		sim_settle();
	}
	account_all();
}

/* --- building --- */

void sim_start(unsigned int cpus)
{
	fake_start(FRAMES, cpus);
	memset(&sim, 0, sizeof(sim));
	memset(on, 0, sizeof(on));
	memset(alarms, 0, sizeof(alarms));
	memset(done_at, 0, sizeof(done_at));
	sim.cpus = cpus;
	sim.seed = 1;
	sleeper_count = 0;
	kicked = 0;
	sched_static = false;
	fake.now = 1000 * SEC;
	for (unsigned int i = 0; i < cpus; i++)
		since[i] = fake.now;
	for (unsigned int i = 0; i < cpus; i++)
		sched_init_cpu(&fake_cpus[i], &slices[i]);
	for (unsigned int i = cpus; i < SIM_CPUS; i++)
		sched_cpu_offline(i);
	kicked = cpus < 64 ? (1ULL << cpus) - 1 : ~0ULL;
}

void sim_stop(void)
{
	for (unsigned int i = 0; i < sim.actor_count; i++)
		vcpu_destroy(sim.actors[i].v);
	for (unsigned int i = 0; i < sim.domain_count; i++)
		free(sim.domains[i].d);
	fake_stop();
}

static void add_actor(struct actor_domain *a, unsigned int id, nsec_t burst, nsec_t pause)
{
	struct actor *one = &sim.actors[sim.actor_count++];

	one->of = a;
	one->burst = burst;
	one->pause = pause;
	one->left = about(burst);
	one->created = fake.now;
	one->v = vcpu_create(a->d, id);
	if (!one->v)
		broken("no memory for a vCPU");
	one->v->machine_private = one;
	one->v->is_initialised = true;
}

struct actor_domain *sim_domain(uint32_t weight, unsigned int count, nsec_t burst, nsec_t pause)
{
	struct actor_domain *a = &sim.domains[sim.domain_count++];

	a->d = fake_domain((uint16_t)sim.domain_count, 0);
	a->d->max_vcpus = count;
	sched_init_domain(a->d);
	a->weight = weight;
	sched_set_weight(a->d, weight);
	a->first = sim.actor_count;
	a->count = count;
	for (unsigned int i = 0; i < count; i++)
		add_actor(a, i, burst, pause);
	for (unsigned int i = 0; i < count; i++)
		sim_vcpu_up(sim_actor(a, i));
	return a;
}

struct actor_domain *sim_hogs(uint32_t weight, unsigned int count)
{
	return sim_domain(weight, count, 0, 0);
}

void sim_cap(struct actor_domain *d, uint32_t percent)
{
	d->cap = percent;
	sched_set_cap(d->d, percent);
}

void sim_weight(struct actor_domain *d, uint32_t weight)
{
	d->weight = weight;
	sched_set_weight(d->d, weight);
}

void sim_vcpu_up(struct actor *a)
{
	a->up = true;
	if (vcpu_up(a->v))
		broken("a vCPU does not come up");
	note_waiting(a);
}

void sim_vcpu_down(struct actor *a)
{
	a->up = false;
	vcpu_down(a->v);
	sim_settle();
	note_waiting(a);
}

void sim_cpu_down(unsigned int cpu)
{
	if (sched_cpu_offline(cpu))
		broken("a CPU does not go off line");
	sim_settle();
}

void sim_cpu_up(unsigned int cpu)
{
	sched_cpu_online(cpu);
	sim_settle();
}

/* --- shares --- */

void sim_window(void)
{
	for (unsigned int i = 0; i < sim.actor_count; i++)
		sim.actors[i].ran_then = sim.actors[i].ran;
	for (unsigned int i = 0; i < sim.domain_count; i++)
		sim.domains[i].ran_then = sim.domains[i].ran;
}

nsec_t sim_got(const struct actor_domain *d)
{
	return d->ran - d->ran_then;
}

nsec_t sim_actor_got(const struct actor *a)
{
	return a->ran - a->ran_then;
}

/* CPUs that d can use: as many as it has vCPUs that are up, or its cap; blockers used what they
 * did. */
static double limit_of(const struct actor_domain *d, nsec_t time)
{
	double limit = 0;

	for (unsigned int i = 0; i < d->count; i++) {
		const struct actor *a = sim_actor(d, i);

		if (a->pause)
			return (double)sim_got(d) / (double)time;
		limit += a->up;
	}
	return d->cap && d->cap / 100.0 < limit ? d->cap / 100.0 : limit;
}

/* Fill up the CPUs by weight; who cannot use his share leaves it to the others. */
double sim_due(const struct actor_domain *d, nsec_t time)
{
	double left = __builtin_popcountll(sched_online()), share[sim.domain_count];
	bool full[sim.domain_count], again = true;

	memset(full, 0, sizeof(full));
	while (again) {
		double weights = 0, free = left;

		again = false;
		for (unsigned int i = 0; i < sim.domain_count; i++) {
			if (full[i])
				free -= share[i];
			else
				weights += sim.domains[i].weight;
		}
		for (unsigned int i = 0; i < sim.domain_count; i++) {
			if (full[i])
				continue;
			share[i] = free * sim.domains[i].weight / weights;
			if (share[i] > limit_of(&sim.domains[i], time)) {
				share[i] = limit_of(&sim.domains[i], time);
				full[i] = again = true;
			}
		}
	}
	return share[d - sim.domains] * (double)time;
}
