/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot timers.
 *
 * Duty: call a function on a given CPU at or after a deadline, never before it. Data: a pairing
 * heap in each struct cpu, under that CPU's timer_lock. A timer armed from another
 * CPU kicks the owner, which alone programs its hardware. It does not know what time is for:
 * guests' timers, slices and polls are its users.
 */
#include "core/timer.h"

#include "core/cpu.h"
#include "core/log.h"
#include "core/machine.h"

#define AT_ONCE	     16 /* timers; more that are due wait for the next interrupt, which is at once */
#define LATE_NS	     1000000000ULL   /* worth a line in the log of a debug build */
#define FORGOTTEN_NS 100000000000ULL /* more than this was never meant to be in time */

/* Join two heaps, either may be empty; the roots have no siblings. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	if (!a || !b)
		return a ? a : b;
	if (b->deadline < a->deadline) {
		struct timer *swap = a;

		a = b;
		b = swap;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Take the first off a list of siblings. */
static struct timer *pop_sibling(struct timer **list)
{
	struct timer *t = *list;

	if (t) {
		*list = t->next;
		t->next = t->prev = NULL;
	}
	return t;
}

/* Join a list of siblings in two passes, which is what keeps removal O(log n) on average. */
static struct timer *meld_children(struct timer *list)
{
	struct timer *pairs = NULL, *root = NULL, *t;

	while ((t = pop_sibling(&list)) != NULL) {
		t = meld(t, pop_sibling(&list));
		t->next = pairs;
		pairs = t;
	}
	while ((t = pop_sibling(&pairs)) != NULL)
		root = meld(root, t);
	return root;
}

static void heap_insert(struct cpu *c, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	t->armed = true;
	c->timer_first = meld(c->timer_first, t);
}

static void heap_remove(struct cpu *c, struct timer *t)
{
	struct timer *rest = meld_children(t->child);

	t->armed = false;
	if (t == c->timer_first) {
		c->timer_first = rest;
		__atomic_store_n(&c->timer_stale, true, __ATOMIC_RELAXED);
		return;
	}
	if (t->prev->child == t)
		t->prev->child = t->next;
	else
		t->prev->next = t->next;
	if (t->next)
		t->next->prev = t->prev;
	c->timer_first = meld(c->timer_first, rest);
}

/* Lock the queue that t is on; it may be moved while we wait. */
static struct cpu *lock_queue(struct timer *t)
{
	for (;;) {
		unsigned int cpu = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);
		struct cpu *c = machine_cpu(cpu);

		spin_lock(&c->timer_lock);
		if (t->cpu == cpu)
			return c;
		spin_unlock(&c->timer_lock);
	}
}

static void unlock_and_tell(struct cpu *c, bool earlier)
{
	spin_unlock(&c->timer_lock);
	if (!earlier)
		return;
	__atomic_fetch_or(&c->work, CPU_WORK_TIMER, __ATOMIC_SEQ_CST);
	machine_kick(c->id);
}

void timer_init(struct timer *t, void (*fire)(void *), void *data, unsigned int cpu)
{
	*t = (struct timer){.fire = fire, .data = data, .cpu = cpu};
}

void timer_set(struct timer *t, nsec_t deadline)
{
	struct cpu *c = lock_queue(t);

	if (t->armed)
		heap_remove(c, t);
	t->deadline = deadline;
	heap_insert(c, t);
	unlock_and_tell(c, c->timer_first == t);
}

void timer_stop(struct timer *t)
{
	struct cpu *c = lock_queue(t);

	if (t->armed)
		heap_remove(c, t);
	spin_unlock(&c->timer_lock);
}

/* Its callback may be running on a CPU that it has been moved away from meanwhile. */
static void wait_for_callback(const struct timer *t)
{
	for (unsigned int i = 0; i < machine_cpu_count(); i++) {
		struct cpu *c = machine_cpu(i);

		while (c != this_cpu() && __atomic_load_n(&c->timer_running, __ATOMIC_ACQUIRE) == t)
			machine_relax();
	}
}

void timer_stop_sync(struct timer *t)
{
	timer_stop(t);
	wait_for_callback(t);
	if (timer_armed(t)) /* again, by that */
		timer_stop(t);
}

void timer_move(struct timer *t, unsigned int cpu)
{
	struct cpu *c = lock_queue(t);
	bool armed = t->armed;

	if (armed)
		heap_remove(c, t);
	__atomic_store_n(&t->cpu, cpu, __ATOMIC_RELAXED);
	spin_unlock(&c->timer_lock);
	if (armed)
		timer_set(t, t->deadline);
}

bool timer_armed(const struct timer *t)
{
	return __atomic_load_n(&t->armed, __ATOMIC_RELAXED);
}

/* The machine stood still, or an interrupt of its timer went astray. */
static void check_late(const struct cpu *c, const struct timer *t, nsec_t now)
{
#ifdef SHOJI_DEBUG
	if (t->deadline && now - t->deadline > LATE_NS && now - t->deadline < FORGOTTEN_NS)
		log_warn("CPU %u: a timer is %lu ms late; the hardware's was set for %ld ms ago",
			 c->id, (unsigned long)((now - t->deadline) / 1000000),
			 (long)(now - c->timer_armed) / 1000000);
#else
	(void)c, (void)t, (void)now;
#endif
}

/* The earliest timer if it is due, taken off the queue. */
static struct timer *take_due(struct cpu *c, nsec_t now)
{
	struct timer *t = c->timer_first;

	if (!t || t->deadline > now)
		return NULL;
	heap_remove(c, t);
	check_late(c, t, now);
	__atomic_store_n(&c->timer_running, t, __ATOMIC_RELAXED);
	return t;
}

static void arm(struct cpu *c)
{
	c->timer_armed = c->timer_first ? MAX(c->timer_first->deadline, 1ULL) : 0;
	__atomic_store_n(&c->timer_stale, false, __ATOMIC_RELAXED);
	machine_timer_arm(c->timer_armed);
}

void timers_run(void)
{
	struct cpu *c = this_cpu();
	unsigned int left = AT_ONCE;
	struct timer *t;

	spin_lock(&c->timer_lock);
	while (left-- && (t = take_due(c, machine_now())) != NULL) {
		spin_unlock(&c->timer_lock);
		t->fire(t->data);
		__atomic_store_n(&c->timer_running, NULL, __ATOMIC_RELEASE);
		spin_lock(&c->timer_lock);
	}
	arm(c);
	spin_unlock(&c->timer_lock);
}

void timers_settle(void)
{
	struct cpu *c = this_cpu();

	if (likely(!__atomic_load_n(&c->timer_stale, __ATOMIC_RELAXED)))
		return;
	spin_lock(&c->timer_lock);
	arm(c);
	spin_unlock(&c->timer_lock);
}
