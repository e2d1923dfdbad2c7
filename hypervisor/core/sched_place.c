/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On which CPU a vCPU waits, so that no CPU idles while one waits and shares hold over all CPUs.
 *
 * Duty: a woken vCPU goes to its last CPU if that idles, else to any that does, else to the least
 * loaded of a few. A CPU that comes to idle takes from those that have more than they can do. And
 * every CPU's queue has a common time: the service that a unit of weight got there. Where it is
 * behind, vCPUs get less than elsewhere: such a CPU hands some of them to one that is ahead, each
 * with its own time, so that it is served there first. If nothing can be handed over (who runs
 * alone wants more than one CPU can give), being behind is forgiven beyond a bound. Data: other
 * CPUs' cpu.seen and cpu.current, read without a lock: they are hints; what is moved is checked
 * under both run_locks. Nothing is written by all CPUs but the mask of those on line.
 */
#include "core/log.h"
#include "core/machine.h"
#include "core/sched_internal.h"
#include "shoji/errno.h"

#define PERIOD_NS   2000000ULL /* between two comparisons */
#define BEHIND_NS   2000000ULL /* behind by less is nothing; in time at the CPU's own pace */
#define FORGIVEN_NS 16000000ULL
#define STALE_NS    10000000ULL /* what was seen of a CPU is older than this */
#define PROBES	    4		/* CPUs looked at in one comparison, or by one that wakes */
#define MOVES	    8		/* vCPUs handed over at a time */

static cpumask_t online; /* atomic */
static uint32_t homes[MAX_CPUS];

cpumask_t sched_online(void)
{
	return __atomic_load_n(&online, __ATOMIC_RELAXED);
}

void sched_add_cpu(unsigned int cpu)
{
	__atomic_fetch_or(&online, 1ULL << cpu, __ATOMIC_SEQ_CST);
}

/* Those that may run nowhere else, and ran elsewhere meanwhile, come back. */
void sched_cpu_online(unsigned int cpu)
{
	cpumask_t others = __atomic_fetch_or(&online, 1ULL << cpu, __ATOMIC_SEQ_CST);

	for (; others; others &= others - 1)
		sched_ask_cpu(machine_cpu((unsigned int)__builtin_ctzll(others)));
	sched_ask_cpu(machine_cpu(cpu));
}

int sched_cpu_offline(unsigned int cpu)
{
	cpumask_t old = sched_online();

	do {
		if (!(old & ~(1ULL << cpu)))
			return -XEN_EBUSY;
	} while (!__atomic_compare_exchange_n(&online, &old, old & ~(1ULL << cpu), false,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	sched_ask_cpu(machine_cpu(cpu));
	return 0;
}

/* If all its CPUs are off line, it may run anywhere until one comes back. */
cpumask_t sched_allowed(const struct vcpu *v)
{
	cpumask_t on = sched_online();

	return v->affinity & on ? v->affinity & on : on;
}

bool sched_may_run_on(const struct vcpu *v, unsigned int cpu)
{
	return sched_allowed(v) >> cpu & 1;
}

static bool cpu_is_idle(const struct cpu *c)
{
	return !__atomic_load_n(&c->current, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&c->queue.waiting_count, __ATOMIC_RELAXED);
}

/* An idle CPU out of these, or -1. */
static int find_idle(cpumask_t cpus)
{
	for (; cpus; cpus &= cpus - 1) {
		int cpu = __builtin_ctzll(cpus);

		if (cpu_is_idle(machine_cpu((unsigned int)cpu)))
			return cpu;
	}
	return -1;
}

static uint64_t load_of(unsigned int cpu)
{
	return __atomic_load_n(&machine_cpu(cpu)->seen.weight, __ATOMIC_RELAXED);
}

/* The next CPU of the mask behind `cpu`, round and round; the mask is not empty. */
static unsigned int next_cpu(cpumask_t cpus, unsigned int cpu)
{
	cpumask_t above = cpu < 63 ? cpus & ~0ULL << (cpu + 1) : 0;

	return (unsigned int)__builtin_ctzll(above ? above : cpus);
}

/* The least loaded of a few; its last one unless another is better even with v there. */
static unsigned int find_light(const struct vcpu *v, cpumask_t cpus)
{
	unsigned int best = cpus >> v->cpu & 1 ? v->cpu : next_cpu(cpus, v->cpu);
	unsigned int other = this_cpu()->probe % MAX_CPUS;
	uint64_t least = load_of(best);

	for (unsigned int i = 0; i < PROBES; i++) {
		other = next_cpu(cpus, other);
		if (load_of(other) + v->run.weight < least) {
			best = other;
			least = load_of(other);
		}
	}
	this_cpu()->probe = other;
	return best;
}

unsigned int sched_choose_cpu(const struct vcpu *v)
{
	cpumask_t allowed = sched_allowed(v), liked = allowed & v->preferred;
	int idle;

	if (sched_static)
		return v->home;
	liked = liked ? liked : allowed;
	if ((liked >> v->cpu & 1) && cpu_is_idle(machine_cpu(v->cpu)))
		return v->cpu;
	idle = find_idle(liked);
	if (idle < 0)
		idle = find_idle(allowed & ~liked);
	return idle >= 0 ? (unsigned int)idle : find_light(v, liked);
}

bool sched_prefers_other(const struct vcpu *v)
{
	cpumask_t liked = sched_allowed(v) & v->preferred;

	return liked && !(liked >> v->cpu & 1) && !sched_static && find_idle(liked) >= 0;
}

/* The CPU that has been given to the fewest. */
void sched_take_home(struct vcpu *v)
{
	cpumask_t cpus = sched_allowed(v);
	unsigned int best = MAX_CPUS;

	for (; cpus; cpus &= cpus - 1) {
		unsigned int cpu = (unsigned int)__builtin_ctzll(cpus);

		if (best == MAX_CPUS || homes[cpu] < homes[best])
			best = cpu;
	}
	__atomic_fetch_add(&homes[best], 1, __ATOMIC_RELAXED);
	v->home = best;
}

/* --- the common time --- */

/* c's common time now, by what it let be seen. False: it idles. */
static bool common_time(const struct cpu *c, nsec_t now, uint64_t *time)
{
	uint64_t weight = __atomic_load_n(&c->seen.weight, __ATOMIC_RELAXED);
	nsec_t stamp = __atomic_load_n(&c->seen.stamp, __ATOMIC_RELAXED);

	if (!weight)
		return false;
	*time = __atomic_load_n(&c->seen.time, __ATOMIC_RELAXED);
	if (now > stamp)
		*time += vtime_of(now - stamp, weight);
	return true;
}

void sched_join_clock(struct cpu *c)
{
	unsigned int other = c->id;
	uint64_t time;

	for (unsigned int i = 0; i < PROBES; i++) {
		other = next_cpu(sched_online(), other);
		if (other == c->id)
			return;
		if (common_time(machine_cpu(other), machine_now(), &time)) {
			c->queue.offset = time - c->queue.vtime;
			return;
		}
	}
}

/* --- moving --- */

/* v, which waits on `from`, waits on `to`, at the same common time. Both run_locks are held. */
static void move(struct cpu *from, struct cpu *to, struct vcpu *v, nsec_t now)
{
	uint64_t old = v->run.vruntime, time = old + from->queue.offset;

	sched_dequeue(from, v);
	queue_leave(&from->queue, &v->run);
	sched_charge(to, now);
	if (!to->queue.weight)
		to->queue.offset = time - to->queue.vtime;
	v->run.vruntime = time - to->queue.offset;
	v->run.deadline += v->run.vruntime - old;
	__atomic_store_n(&v->cpu, to->id, __ATOMIC_RELAXED);
	queue_join(&to->queue, &v->run);
	sched_enqueue(to, v);
	count_one(to, MOVE);
}

/* --- idle CPUs --- */

void sched_ask_for_help(const struct vcpu *v)
{
	int idle = sched_static ? -1 : find_idle(sched_allowed(v));

	if (idle >= 0)
		sched_ask_cpu(machine_cpu((unsigned int)idle));
}

enum stolen { NOTHING, ONE, BUSY };

/* Who waits for a lock in its turn holds up those behind it, so nobody stands in line for what may
 * be gone by then: idle CPUs, all at once, least of all. */
static enum stolen steal_from(struct cpu *c, struct cpu *other)
{
	nsec_t now = machine_now();
	struct entity *e;

	spin_lock(&c->run_lock);
	if (!spin_trylock(&other->run_lock)) {
		spin_unlock(&c->run_lock);
		return BUSY;
	}
	e = queue_first_for(&other->queue, c->id, true);
	if (!e)
		e = queue_first_for(&other->queue, c->id, false);
	if (e && !c->queue.weight) {
		sched_charge(other, now);
		move(other, c, vcpu_of(e), now);
		sched_publish(other, now);
		sched_publish(c, now);
		__atomic_fetch_or(&c->work, CPU_WORK_SCHED, __ATOMIC_SEQ_CST);
	}
	spin_unlock_pair(&c->run_lock, &other->run_lock);
	return e ? ONE : NOTHING;
}

/* Once round the others. */
static enum stolen try_to_steal(struct cpu *c)
{
	enum stolen result = NOTHING;
	unsigned int other = c->id;

	while ((other = next_cpu(sched_online(), other)) != c->id) {
		struct cpu *o = machine_cpu(other);

		if (!__atomic_load_n(&o->queue.waiting_count, __ATOMIC_RELAXED))
			continue;
		switch (steal_from(c, o)) {
		case ONE:
			return ONE;
		case BUSY:
			result = BUSY;
			break;
		case NOTHING:
			break;
		}
	}
	return result;
}

/* It does not go to sleep past a queue that it could not look at. */
void sched_steal(struct cpu *c)
{
	if (sched_static)
		return;
	while (try_to_steal(c) == BUSY && !__atomic_load_n(&c->work, __ATOMIC_RELAXED))
		machine_relax();
}

/* --- shares over all CPUs --- */

/* c is behind all others beyond measure, and cannot be helped: it is brought up to the bound. */
static void forgive(struct cpu *c, uint64_t time)
{
	uint64_t bound = time - vtime_of(FORGIVEN_NS, MAX(c->queue.weight, 1));

	if (vtime_after(bound, queue_common_time(&c->queue)))
		c->queue.offset = bound - c->queue.vtime;
}

/* Where one vCPU runs alone there are no ticks: who looks brings its time and weight up to date. */
static void visit(struct cpu *other, nsec_t now, uint64_t mine)
{
	if (__atomic_load_n(&other->queue.waiting_count, __ATOMIC_RELAXED) ||
	    now - __atomic_load_n(&other->seen.stamp, __ATOMIC_RELAXED) < STALE_NS)
		return;
	if (!spin_trylock(&other->run_lock))
		return;
	if (other->current && !other->queue.waiting_count) {
		sched_charge(other, now);
		sched_reweigh(other, other->current, now);
		forgive(other, mine);
		sched_publish(other, now);
	}
	spin_unlock(&other->run_lock);
}

/* Of a few CPUs, the one whose time is the furthest; NULL: all idle. */
static struct cpu *find_ahead(struct cpu *c, nsec_t now, uint64_t *time)
{
	struct cpu *found = NULL;
	uint64_t t;

	for (unsigned int i = 0; i < PROBES; i++) {
		c->probe = next_cpu(sched_online(), c->probe % MAX_CPUS);
		if (c->probe == c->id)
			continue;
		visit(machine_cpu(c->probe), now, queue_common_time(&c->queue));
		if (!common_time(machine_cpu(c->probe), now, &t))
			continue;
		if (!found || vtime_after(t, *time)) {
			found = machine_cpu(c->probe);
			*time = t;
		}
	}
	return found;
}

/* Both run_locks are held. The first is moved if c has no less to do than `to`, more of them to
 * make both equal. */
static void hand_over(struct cpu *c, struct cpu *to, nsec_t now)
{
	for (unsigned int i = 0; i < MOVES && c->queue.weight >= to->queue.weight; i++) {
		struct entity *e = queue_first_for(&c->queue, to->id, true);

		if (!e || (i && c->queue.weight - to->queue.weight < 2ULL * e->weight))
			return;
		move(c, to, vcpu_of(e), now);
		sched_tell(to, vcpu_of(e));
	}
}

void sched_balance(struct cpu *c, nsec_t now)
{
	uint64_t ahead, mine;
	struct cpu *to;

	if (!c->queue.waiting_count || now < c->balance_at || sched_static)
		return;
	c->balance_at = now + PERIOD_NS;
	to = find_ahead(c, now, &ahead);
	mine = queue_common_time(&c->queue);
	if (!to || !vtime_after(ahead, mine + vtime_of(BEHIND_NS, MAX(c->queue.weight, 1))))
		return;
	spin_lock(&c->run_lock);
	if (!spin_trylock(&to->run_lock)) { /* next time */
		spin_unlock(&c->run_lock);
		return;
	}
	forgive(c, ahead);
	hand_over(c, to, now);
	sched_publish(c, now);
	sched_publish(to, now);
	spin_unlock_pair(&c->run_lock, &to->run_lock);
}
