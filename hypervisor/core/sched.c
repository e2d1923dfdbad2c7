/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: who runs next on a CPU, and for how long.
 *
 * Duty: each CPU serves the vCPUs of its queue by the earliest deadline among those that have had
 * no more than their share (sched_queue.c). A vCPU asks for its domain's request at a time and
 * keeps the CPU until that is served, unless one with an earlier deadline wakes. One that wakes and
 * owes nothing is urgent for one request: it goes before those that always run, which costs them no
 * share, since it must be eligible. Data: cpu.queue, and vcpu's part "scheduling". Lock:
 * cpu.run_lock of vcpu.cpu. A vCPU is never queued and running at once. Which CPU it waits on is
 * decided in sched_place.c, a domain's weight and cap are divided in sched_share.c and sched_cap.c.
 */
#include "core/sched.h"

#include "core/log.h"
#include "core/machine.h"
#include "core/sched_internal.h"

#define DEBT_REQUESTS 4		  /* more than this is forgiven */
#define ROUND_NS      20000000ULL /* in this time everybody should have come by */
#define SHORTEST_NS   250000ULL	  /* but nobody is interrupted sooner for that */
#define SOON_NS	      20000ULL	  /* a timer that is earlier is not worth it */

bool sched_static;

static void slice_over(void *data)
{
	struct cpu *c = data;

	__atomic_fetch_or(&c->work, CPU_WORK_SCHED, __ATOMIC_SEQ_CST);
}

void sched_init_cpu(struct cpu *c, struct timer *slice_timer)
{
	spin_init(&c->run_lock, LOCK_RUNQ);
	spin_init(&c->timer_lock, LOCK_TIMER);
	queue_init(&c->queue);
	timer_init(slice_timer, slice_over, c, c->id);
	c->slice_timer = slice_timer;
	c->work = CPU_WORK_SCHED;
	sched_add_cpu(c->id);
}

void sched_init_vcpu(struct vcpu *v)
{
	v->cpu = v->id % machine_cpu_count();
	v->affinity = v->preferred = ~0ULL;
	v->run.cpus = v->run.soft = ~0ULL;
	if (sched_static)
		sched_take_home(v);
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

void sched_ask_cpu(struct cpu *c)
{
	__atomic_fetch_or(&c->work, CPU_WORK_SCHED, __ATOMIC_SEQ_CST);
	machine_kick(c->id);
}

void sched_publish(struct cpu *c, nsec_t now)
{
	__atomic_store_n(&c->seen.time, queue_common_time(&c->queue), __ATOMIC_RELAXED);
	__atomic_store_n(&c->seen.stamp, now, __ATOMIC_RELAXED);
	__atomic_store_n(&c->seen.weight, c->queue.weight, __ATOMIC_RELAXED);
}

/* --- requests --- */

/* Shorter where many wait, so that each comes by in time, but not so short that nothing gets done.
 */
static nsec_t request_on(const struct cpu *c, const struct vcpu *v)
{
	nsec_t fair = ROUND_NS / (c->queue.waiting_count + 1);

	return MIN(sched_request(v), MAX(fair, SHORTEST_NS));
}

/* Of the first one a newcomer gets a part, each another: a domain's vCPUs, which all start at once,
 * would run at once, in turn with those of other domains, and for a while the domain not at all. */
static void new_request(const struct cpu *c, struct vcpu *v)
{
	v->slice_left = request_on(c, v);
	v->run.deadline = v->run.vruntime + vtime_of(v->slice_left, v->run.weight);
	if (!v->run_start)
		v->slice_left -= v->slice_left / 8 * ((v->id * 5 + v->domain->id.id * 3u) % 8);
	v->request = v->slice_left;
}

/* Charge the one that runs for the time since it was last charged. */
void sched_charge(struct cpu *c, nsec_t now)
{
	struct vcpu *v = c->current;
	nsec_t ran;

	if (!v || now <= v->run_start) /* another CPU has charged it up to a later time */
		return;
	ran = now - v->run_start;
	v->run_start = now;
	queue_advance(&c->queue, &v->run, ran);
	v->slice_left -= MIN(ran, v->slice_left);
	if (sched_is_capped(v))
		v->cap_left -= (int64_t)ran;
}

void sched_reweigh(struct cpu *c, struct vcpu *v, nsec_t now)
{
	uint32_t weight;

	sched_share_update(v->domain, now);
	weight = sched_vcpu_weight(v->domain);
	if (weight != v->run.weight)
		queue_set_weight(&c->queue, &v->run, weight);
}

/* The request of v, which runs, is served: here comes the next. */
static void renew(struct cpu *c, struct vcpu *v, nsec_t now)
{
	sched_reweigh(c, v, now);
	v->run.urgent = v->run.granted = false;
	new_request(c, v);
}

/* --- joining and leaving --- */

/* What v is behind (or, < 0, ahead) after its absence. A debt is paid by waiting. */
static int64_t lag_now(const struct vcpu *v, nsec_t now)
{
	int64_t one = (int64_t)vtime_of(sched_request(v), v->run.weight), lag = v->lag;

	if (lag < 0) {
		uint64_t gone = v->left_weight ? vtime_of(now - v->left_at, v->left_weight) : 0;

		if (!v->left_weight || gone >= (uint64_t)-lag)
			return 0;
		lag += (int64_t)gone;
	}
	return MAX(MIN(lag, one), -DEBT_REQUESTS * one);
}

/* Only who slept, or had to, is urgent; a newcomer did not, nor did one that was only moved. */
static void join(struct cpu *c, struct vcpu *v, nsec_t now)
{
	int64_t lag;

	if (!c->queue.weight)
		sched_join_clock(c);
	v->run.weight = sched_vcpu_weight(v->domain);
	lag = lag_now(v, now);
	v->run.vruntime = c->queue.vtime - (uint64_t)lag;
	v->run.urgent = v->run_start && v->slept;
	v->run.granted = v->run.urgent && lag >= 0;
	new_request(c, v);
	queue_join(&c->queue, &v->run);
}

void sched_leave_queue(struct cpu *c, struct vcpu *v, nsec_t now)
{
	queue_leave(&c->queue, &v->run);
	v->lag = (int64_t)(c->queue.vtime - v->run.vruntime);
	v->left_at = now;
	v->left_weight = c->queue.weight;
	v->slept = !vcpu_runnable(v);
}

void sched_enqueue(struct cpu *c, struct vcpu *v)
{
	queue_insert(&c->queue, &v->run);
	v->queued = true;
}

void sched_dequeue(struct cpu *c, struct vcpu *v)
{
	queue_remove(&c->queue, &v->run);
	v->queued = false;
}

/* Should v, which waits on c, take over from the one that runs? */
static bool preempts(const struct cpu *c, const struct vcpu *v)
{
	if (!c->current)
		return true;
	return !sched_static && queue_is_eligible(&c->queue, &v->run) &&
	       entity_before(&v->run, &c->current->run);
}

void sched_tell(struct cpu *c, const struct vcpu *newcomer)
{
	bool needs_timer = newcomer->run.urgent || !timer_armed(c->slice_timer);

	if (preempts(c, newcomer) || (needs_timer && !sched_static))
		sched_ask_cpu(c);
}

/* The queue's time is brought up to date first: it stands still while one vCPU runs alone. */
static void enqueue_woken(struct cpu *c, struct vcpu *v)
{
	nsec_t now = machine_now();

	sched_charge(c, now);
	join(c, v, now);
	sched_enqueue(c, v);
	vcpu_update_runstate(v, RUNSTATE_runnable, now);
	count_one(c, WAKE);
	sched_publish(c, now);
	sched_tell(c, v);
}

/* --- from outside --- */

static bool wants_queue(const struct vcpu *v)
{
	return !v->queued && !v->running && vcpu_runnable(v);
}

void sched_wake(struct vcpu *v)
{
	struct cpu *c = sched_lock_cpu_of(v);

	if (wants_queue(v)) {
		unsigned int target = sched_choose_cpu(v);

		if (target != v->cpu) {
			__atomic_store_n(&v->cpu, target, __ATOMIC_RELAXED);
			spin_unlock(&c->run_lock);
			c = sched_lock_cpu_of(v);
		}
		if (wants_queue(v))
			enqueue_woken(c, v);
	}
	spin_unlock(&c->run_lock);
}

/* One that is on its way between two queues is on none, and still counts as runnable. */
void sched_sleep(struct vcpu *v)
{
	struct cpu *c = sched_lock_cpu_of(v);

	if (!v->running && !vcpu_runnable(v)) {
		nsec_t now = machine_now();

		if (v->queued) {
			sched_dequeue(c, v);
			sched_charge(c, now);
			sched_leave_queue(c, v, now);
			sched_publish(c, now);
		}
		if (v->runstate.state == RUNSTATE_runnable && v->pause_flags != VPAUSE_CAPPED)
			vcpu_update_runstate(v, RUNSTATE_offline, now);
	}
	if (v->running)
		sched_ask_cpu(c);
	spin_unlock(&c->run_lock);
}

void sched_yield(struct vcpu *v)
{
	struct cpu *c = sched_lock_cpu_of(v);

	v->yielded = true;
	__atomic_fetch_or(&c->work, CPU_WORK_SCHED, __ATOMIC_SEQ_CST);
	spin_unlock(&c->run_lock);
}

/* If it waits, it is placed anew; if it runs where it may not any more, it leaves at the next exit.
 */
static void set_masks(struct vcpu *v, cpumask_t allowed, cpumask_t preferred)
{
	struct cpu *c = sched_lock_cpu_of(v);
	bool waits = v->queued;

	if (waits) {
		nsec_t now = machine_now();

		sched_dequeue(c, v);
		sched_charge(c, now);
		sched_leave_queue(c, v, now);
		sched_publish(c, now);
	}
	v->affinity = allowed;
	v->preferred = preferred;
	v->run.cpus = allowed;
	v->run.soft = allowed & preferred ? allowed & preferred : allowed;
	if (sched_static && !sched_may_run_on(v, v->home))
		sched_take_home(v);
	if (v->running)
		sched_ask_cpu(c);
	spin_unlock(&c->run_lock);
	if (waits)
		sched_wake(v);
}

void sched_set_affinity(struct vcpu *v, cpumask_t allowed)
{
	set_masks(v, allowed, v->preferred);
}

void sched_set_preferred(struct vcpu *v, cpumask_t preferred)
{
	set_masks(v, v->affinity, preferred);
}

void sched_destroy_vcpu(struct vcpu *v)
{
	struct cpu *c = sched_lock_cpu_of(v);

	if (v->queued) {
		sched_dequeue(c, v);
		sched_leave_queue(c, v, machine_now());
	}
	spin_unlock(&c->run_lock);
}

/* --- choosing --- */

static bool is_online(const struct cpu *c)
{
	return sched_online() >> c->id & 1;
}

static bool within_request(const struct vcpu *v)
{
	return v->slice_left && v->slice_left != v->request;
}

/* Who goes first: one that waits, or prev, which may stay (or NULL). It stays where it is. */
static struct vcpu *first_of(struct cpu *c, struct vcpu *prev)
{
	struct entity *e = queue_eligible(&c->queue);

	if (!is_online(c))
		return NULL;
	if (!prev || prev->yielded) {
		e = e ? e : queue_first(&c->queue);
		return e ? vcpu_of(e) : prev;
	}
	if (!e || sched_static)
		return prev;
	if (!within_request(prev) && !queue_is_eligible(&c->queue, &prev->run))
		return vcpu_of(e);
	return entity_before(e, &prev->run) ? vcpu_of(e) : prev;
}

/* May prev go on here? At the end of a request it may find that it would rather be elsewhere. */
static bool may_stay(struct cpu *c, struct vcpu *prev, nsec_t now)
{
	if (!vcpu_runnable(prev) || !sched_may_run_on(prev, c->id))
		return false;
	if (!prev->slice_left) {
		renew(c, prev, now);
		return !sched_prefers_other(prev);
	}
	return true;
}

static int state_of(const struct vcpu *v)
{
	uint32_t flags = __atomic_load_n(&v->pause_flags, __ATOMIC_RELAXED);

	if (!flags || flags == VPAUSE_CAPPED)
		return RUNSTATE_runnable;
	return flags == VPAUSE_BLOCKED ? RUNSTATE_blocked : RUNSTATE_offline;
}

/*
 * Under run_lock: take the running vCPU off the CPU. What the switch itself takes is the next one's
 * time, in its run state as in what it is charged: a cap holds by the domain's own account.
 */
static void take_off(struct cpu *c, struct vcpu *v, nsec_t now)
{
	if (c->loaded == v) /* else it was chosen, and another one woke before it was loaded */
		machine_vcpu_save(v);
	c->loaded = NULL;
	sched_cap_return(v, now);
	vcpu_update_runstate(v, state_of(v), now);
	__atomic_store_n(&v->running, false, __ATOMIC_RELEASE);
}

static void put_on(struct cpu *c, struct vcpu *v, nsec_t now)
{
	sched_dequeue(c, v);
	v->running = true;
	v->run_start = now;
	vcpu_update_runstate(v, RUNSTATE_running, now);
	count_one(c, SWITCH);
}

/* Its domain has used up its cap: v stops, on its CPU or in the queue. */
static void stop_capped(struct cpu *c, struct vcpu *v, nsec_t now)
{
	if (v == c->current)
		take_off(c, v, now);
	else
		sched_dequeue(c, v);
	sched_leave_queue(c, v, now);
}

/*
 * Decide, and make it so: c->current is who runs. Returns the previous one if it left the queue
 * although it could go on: it needs a place elsewhere.
 */
static struct vcpu *decide(struct cpu *c, nsec_t now)
{
	struct vcpu *prev = c->current, *homeless = NULL, *stays = prev, *next;

	if (prev && !may_stay(c, prev, now)) {
		take_off(c, prev, now);
		sched_leave_queue(c, prev, now);
		homeless = vcpu_runnable(prev) ? prev : NULL;
		stays = NULL;
	}
	while ((next = first_of(c, stays)) != NULL && !sched_cap_take(next, now)) {
		stop_capped(c, next, now);
		stays = next == stays ? NULL : stays;
	}
	if (stays)
		stays->yielded = false;
	if (stays && stays != next) {
		take_off(c, stays, now);
		sched_enqueue(c, stays);
	}
	if (next && next != stays)
		put_on(c, next, now);
	__atomic_store_n(&c->current, next, __ATOMIC_RELAXED);
	return homeless;
}

/* How long v may go on before another one must be looked at. An urgent one that owes still becomes
 * eligible when the queue's time has come to its own. */
static nsec_t slice_of(const struct cpu *c, const struct vcpu *v)
{
	const struct entity *e = queue_first(&c->queue);
	nsec_t wait;

	if (!e->urgent || v->run.urgent || queue_is_eligible(&c->queue, e))
		return v->slice_left;
	wait = vtime_inverse(e->vruntime - c->queue.vtime, c->queue.weight);
	return MIN(v->slice_left, MAX(wait, SOON_NS));
}

/* Nobody is interrupted while nobody waits, unless its time is limited. */
static void arm_slice(struct cpu *c, nsec_t now)
{
	const struct vcpu *v = c->current;
	nsec_t left = ~0ULL;

	if (v && c->queue.waiting_count && !sched_static)
		left = slice_of(c, v);
	if (v && sched_is_capped(v))
		left = MIN(left, (nsec_t)MAX(v->cap_left, 1));
	if (left != ~0ULL)
		timer_set(c->slice_timer, now + left);
	else if (timer_armed(c->slice_timer))
		timer_stop(c->slice_timer);
}

/* A vCPU that is on no queue and must be put on one. Its domain is referenced. */
static void find_home(struct vcpu *v)
{
	sched_wake(v);
	domain_put(v->domain);
}

/* c goes off line: all that wait here wait elsewhere. */
static void evacuate(struct cpu *c)
{
	for (;;) {
		struct entity *e;

		spin_lock(&c->run_lock);
		e = queue_first(&c->queue);
		if (e) {
			domain_ref(vcpu_of(e)->domain);
			sched_dequeue(c, vcpu_of(e));
			sched_leave_queue(c, vcpu_of(e), machine_now());
		}
		spin_unlock(&c->run_lock);
		if (!e)
			return;
		find_home(vcpu_of(e));
	}
}

/* Under run_lock: the order of things. */
static struct vcpu *schedule_locked(struct cpu *c, nsec_t now)
{
	struct vcpu *prev = c->current, *homeless;

	sched_charge(c, now);
	homeless = decide(c, now);
	if (homeless)
		domain_ref(homeless->domain);
	else if (prev && prev->queued && prev != c->current)
		sched_ask_for_help(prev);
	arm_slice(c, now);
	sched_publish(c, now);
	/* It waited here while no CPU of its own was on line, and now one is: at once, away with
	 * it. */
	if (c->current && unlikely(!sched_may_run_on(c->current, c->id)))
		__atomic_fetch_or(&c->work, CPU_WORK_SCHED, __ATOMIC_SEQ_CST);
	return homeless;
}

void sched_schedule(struct cpu *c)
{
	struct vcpu *homeless;
	nsec_t now;

	spin_lock(&c->run_lock);
	now = machine_now();
	homeless = schedule_locked(c, now);
	spin_unlock(&c->run_lock);
	if (homeless)
		find_home(homeless);
	if (unlikely(!is_online(c)))
		evacuate(c);
	else if (!c->current)
		sched_steal(c);
	else
		sched_balance(c, now);
}
