/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: fair shares by virtual run time.
 *
 * Duty: decide which vCPU each CPU runs. Each CPU has a queue of waiting vCPUs, sorted by the time
 * they have run (vtime); the smallest runs next, for a slice. A vCPU that slept is placed no
 * further back than a small bonus behind the queue's own time, so that it is served soon but cannot
 * save up. An idle CPU takes waiting vCPUs from others. Lock: cpu.run_lock guards the queue, and
 * for every vCPU with vcpu.cpu == that CPU its `running`, `queued` and `vtime`. A vCPU is never
 * queued and running at once.
 */
#include "core/sched.h"

#include "core/domain.h"
#include "core/log.h"
#include "core/machine.h"

#define WAKE_BONUS_NS  ((int64_t)SCHED_SLICE_NS / 2)
#define GRANULARITY_NS 1000000
#define WEIGHT_DEFAULT 256

static void slice_over(void *data)
{
	struct cpu *c = data;

	__atomic_fetch_or(&c->work, CPU_WORK_SCHED, __ATOMIC_SEQ_CST);
}

void sched_init_cpu(struct cpu *c, struct timer *slice_timer)
{
	spin_init(&c->run_lock, LOCK_RUNQ);
	spin_init(&c->timer_lock, LOCK_TIMER);
	list_init(&c->run_queue);
	timer_init(slice_timer, slice_over, c, c->id);
	c->slice_timer = slice_timer;
	c->work = CPU_WORK_SCHED;
}

void sched_init_vcpu(struct vcpu *v)
{
	list_init(&v->run_link);
	v->cpu = v->id % machine_cpu_count();
	v->affinity = ~0ULL;
}

/* Lock the queue that v belongs to; it may be moved while we wait. */
struct cpu *sched_lock_cpu_of(struct vcpu *v)
{
	for (;;) {
		unsigned int cpu = __atomic_load_n(&v->cpu, __ATOMIC_RELAXED);
		struct cpu *c = machine_cpu(cpu);

		spin_lock(&c->run_lock);
		if (v->cpu == cpu)
			return c;
		spin_unlock(&c->run_lock);
	}
}

static void enqueue(struct cpu *c, struct vcpu *v)
{
	struct list *place = &c->run_queue;
	struct vcpu *other;

	list_for_each(other, &c->run_queue, run_link)
	{
		if (other->vtime > v->vtime) {
			place = &other->run_link;
			break;
		}
	}
	list_insert(&v->run_link, place);
	v->queued = true;
	c->run_count++;
}

static void dequeue(struct cpu *c, struct vcpu *v)
{
	list_del(&v->run_link);
	v->queued = false;
	c->run_count--;
}

/* Time runs slower for a domain with more weight. */
static int64_t weighed(const struct vcpu *v, nsec_t ran)
{
	uint16_t weight = v->domain->weight;

	return (int64_t)(weight ? ran * WEIGHT_DEFAULT / weight : ran);
}

/* Charge v, which runs on c, for the time since it was last charged. */
static void charge(struct cpu *c, struct vcpu *v)
{
	nsec_t now = machine_now();
	struct vcpu *first;
	int64_t least;

	v->vtime += weighed(v, now - v->run_start);
	v->run_start = now;
	first = list_first(&c->run_queue, struct vcpu, run_link);
	least = first ? MIN(v->vtime, first->vtime) : v->vtime;
	c->min_vtime = MAX(c->min_vtime, least);
}

static bool cpu_allowed(const struct vcpu *v, unsigned int cpu)
{
	return (v->affinity >> cpu) & 1;
}

static bool cpu_is_idle(const struct cpu *c)
{
	return !__atomic_load_n(&c->current, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&c->run_count, __ATOMIC_RELAXED);
}

/* An idle CPU out of these, or -1. */
static int find_idle(cpumask_t allowed)
{
	for (unsigned int i = 0; i < machine_cpu_count(); i++)
		if ((allowed >> i & 1) && cpu_is_idle(machine_cpu(i)))
			return (int)i;
	return -1;
}

/* The CPU with the shortest queue that v may wait on; its own if that is no longer. */
static unsigned int find_shortest(const struct vcpu *v)
{
	unsigned int best = v->cpu, length = ~0U;

	for (unsigned int i = 0; i < machine_cpu_count(); i++) {
		unsigned int cpu = (v->cpu + i) % machine_cpu_count();
		unsigned int n = __atomic_load_n(&machine_cpu(cpu)->run_count, __ATOMIC_RELAXED);

		if (cpu_allowed(v, cpu) && n < length) {
			best = cpu;
			length = n;
		}
	}
	return best;
}

/* Where a woken vCPU should wait: its last CPU if that is idle or no other is less busy. */
static unsigned int choose_cpu(const struct vcpu *v)
{
	int idle;

	if (cpu_allowed(v, v->cpu) && cpu_is_idle(machine_cpu(v->cpu)))
		return v->cpu;
	idle = find_idle(v->affinity);
	return idle < 0 ? find_shortest(v) : (unsigned int)idle;
}

static void ask_cpu(struct cpu *c)
{
	__atomic_fetch_or(&c->work, CPU_WORK_SCHED, __ATOMIC_SEQ_CST);
	machine_kick(c->id);
}

/* Is v so far behind the one that runs on c that it should take over now? */
static bool preempts(const struct cpu *c, const struct vcpu *v)
{
	const struct vcpu *now = c->current;

	return !now ||
	       v->vtime + GRANULARITY_NS < now->vtime + (int64_t)(machine_now() - now->run_start);
}

/*
 * The queue's own time is brought up to date first: it stands still while one vCPU runs alone. A
 * vCPU that has never run did not sleep either: it gets no bonus.
 */
static void enqueue_woken(struct cpu *c, struct vcpu *v)
{
	if (c->current)
		charge(c, c->current);
	v->vtime = MAX(v->vtime, c->min_vtime - (v->run_start ? WAKE_BONUS_NS : 0));
	enqueue(c, v);
	vcpu_update_runstate(v, RUNSTATE_runnable);
	if (preempts(c, v) || !timer_armed(c->slice_timer))
		ask_cpu(c);
}

void sched_wake(struct vcpu *v)
{
	struct cpu *c = sched_lock_cpu_of(v);

	if (!v->queued && !v->running && vcpu_runnable(v)) {
		unsigned int target = choose_cpu(v);

		if (target != v->cpu) {
			v->vtime += machine_cpu(target)->min_vtime - c->min_vtime;
			__atomic_store_n(&v->cpu, target, __ATOMIC_RELAXED);
			spin_unlock(&c->run_lock);
			c = sched_lock_cpu_of(v);
		}
		if (!v->queued && !v->running && vcpu_runnable(v))
			enqueue_woken(c, v);
	}
	spin_unlock(&c->run_lock);
}

void sched_sleep(struct vcpu *v)
{
	struct cpu *c = sched_lock_cpu_of(v);

	if (v->queued && !vcpu_runnable(v)) {
		dequeue(c, v);
		vcpu_update_runstate(v, RUNSTATE_offline);
	}
	if (v->running)
		ask_cpu(c);
	spin_unlock(&c->run_lock);
}

void sched_yield(struct vcpu *v)
{
	struct cpu *c = sched_lock_cpu_of(v);
	struct vcpu *first = list_first(&c->run_queue, struct vcpu, run_link);

	charge(c, v);
	if (first)
		v->vtime = MAX(v->vtime, first->vtime + GRANULARITY_NS + 1);
	__atomic_fetch_or(&c->work, CPU_WORK_SCHED, __ATOMIC_SEQ_CST);
	spin_unlock(&c->run_lock);
}

/* If it waits, it is placed anew; if it runs where it may not any more, it leaves at the next exit.
 */
void sched_set_affinity(struct vcpu *v, cpumask_t allowed)
{
	struct cpu *c = sched_lock_cpu_of(v);
	bool waits = v->queued;

	v->affinity = allowed;
	if (waits)
		dequeue(c, v);
	else if (v->running && !cpu_allowed(v, c->id))
		ask_cpu(c);
	spin_unlock(&c->run_lock);
	if (waits)
		sched_wake(v);
}

void sched_destroy_vcpu(struct vcpu *v)
{
	struct cpu *c = sched_lock_cpu_of(v);

	if (v->queued)
		dequeue(c, v);
	spin_unlock(&c->run_lock);
}

/* Take the first waiting vCPU that may run on CPU `to` away from c. */
static struct vcpu *steal_one(struct cpu *c, unsigned int to)
{
	struct vcpu *v, *found = NULL;

	spin_lock(&c->run_lock);
	list_for_each(v, &c->run_queue, run_link)
	{
		if (cpu_allowed(v, to)) {
			found = v;
			dequeue(c, v);
			v->vtime -= c->min_vtime - machine_cpu(to)->min_vtime;
			__atomic_store_n(&v->cpu, to, __ATOMIC_RELAXED);
			break;
		}
	}
	spin_unlock(&c->run_lock);
	return found;
}

/* This CPU has nothing to do: look at the others' queues. No lock held. */
static void steal(struct cpu *c)
{
	for (unsigned int i = 1; i < machine_cpu_count(); i++) {
		struct cpu *other = machine_cpu((c->id + i) % machine_cpu_count());
		struct vcpu *v;

		if (!__atomic_load_n(&other->run_count, __ATOMIC_RELAXED))
			continue;
		v = steal_one(other, c->id);
		if (!v)
			continue;
		sched_wake(v);
		return;
	}
}

/* Under run_lock: take the running vCPU off the CPU. */
static void leave(struct cpu *c, struct vcpu *v)
{
	machine_vcpu_save(v);
	c->loaded = NULL;
	__atomic_store_n(&v->running, false, __ATOMIC_RELEASE);
}

/* The one that runs goes on while it is not ahead of the next by more than is worth a switch. */
static struct vcpu *pick(struct cpu *c, struct vcpu *prev)
{
	struct vcpu *next = list_first(&c->run_queue, struct vcpu, run_link);
	bool prev_ready = prev && vcpu_runnable(prev) && cpu_allowed(prev, c->id);

	if (!next || (prev_ready && prev->vtime <= next->vtime + GRANULARITY_NS))
		return prev_ready ? prev : NULL;
	return next;
}

static void switch_vcpu(struct cpu *c, struct vcpu *prev, struct vcpu *next)
{
	if (prev) {
		leave(c, prev);
		if (vcpu_runnable(prev)) {
			if (cpu_allowed(prev, c->id)) /* else sched_schedule() finds another */
				enqueue(c, prev);
			vcpu_update_runstate(prev, RUNSTATE_runnable);
		} else {
			vcpu_update_runstate(prev, prev->pause_flags == VPAUSE_BLOCKED
							   ? RUNSTATE_blocked
							   : RUNSTATE_offline);
		}
	}
	if (next) {
		dequeue(c, next);
		next->running = true;
		next->run_start = machine_now();
		c->min_vtime = MAX(c->min_vtime, next->vtime);
		vcpu_update_runstate(next, RUNSTATE_running);
	}
	__atomic_store_n(&c->current, next, __ATOMIC_RELAXED);
}

static void arm_slice(struct cpu *c)
{
	if (c->current && c->run_count)
		timer_set(c->slice_timer, machine_now() + SCHED_SLICE_NS);
	else if (timer_armed(c->slice_timer))
		timer_stop(c->slice_timer);
}

/* prev, which left c and could go on, waits on c: an idle CPU may take it. Under run_lock. */
static void ask_for_help(const struct vcpu *prev)
{
	int idle = find_idle(prev->affinity);

	if (idle >= 0)
		ask_cpu(machine_cpu((unsigned int)idle));
}

/* prev may not wait on c: it is on no queue, and must be put on one. Its domain is referenced. */
static void move_away(struct vcpu *prev)
{
	sched_wake(prev);
	domain_put(prev->domain);
}

void sched_schedule(struct cpu *c)
{
	struct vcpu *prev, *next;
	bool homeless = false;

	spin_lock(&c->run_lock);
	prev = c->current;
	if (prev)
		charge(c, prev);
	next = pick(c, prev);
	if (next != prev) {
		switch_vcpu(c, prev, next);
		homeless = prev && !prev->queued && vcpu_runnable(prev);
		if (homeless)
			domain_ref(prev->domain);
		else if (prev && prev->queued)
			ask_for_help(prev);
	}
	arm_slice(c);
	spin_unlock(&c->run_lock);
	if (homeless)
		move_away(prev);
	if (!next)
		steal(c);
}
