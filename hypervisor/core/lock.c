/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spinlocks with ranks.
 *
 * Duty: mutual exclusion between CPUs, first come first served, and, in debug builds, proof that
 * the order written in lock.h is kept. Data: the lock itself and this CPU's list of held ranks. It
 * does not touch interrupts: hypervisor code always runs with them off.
 */
#include "core/lock.h"

#include "core/cpu.h"
#include "core/log.h"
#include "core/machine.h"

static void check_take(const struct spinlock *l, bool same_rank_ok)
{
#ifdef SHOJI_DEBUG
	struct cpu *c = this_cpu();

	if (c->lock_depth) {
		uint8_t held = c->lock_ranks[c->lock_depth - 1];

		if (l->rank < held || (l->rank == held && !same_rank_ok))
			panic("lock order: taking rank %u while holding rank %u", l->rank, held);
	}
	if (c->lock_depth == ARRAY_SIZE(c->lock_ranks))
		panic("lock order: more than %zu locks held", ARRAY_SIZE(c->lock_ranks));
	c->lock_ranks[c->lock_depth++] = l->rank;
#else
	(void)l;
	(void)same_rank_ok;
#endif
}

static void check_drop(const struct spinlock *l)
{
#ifdef SHOJI_DEBUG
	struct cpu *c = this_cpu();
	unsigned int i = c->lock_depth;

	while (i && c->lock_ranks[i - 1] != l->rank)
		i--;
	if (!i)
		panic("lock order: dropping rank %u, which is not held", l->rank);
	for (; i < c->lock_depth; i++)
		c->lock_ranks[i - 1] = c->lock_ranks[i];
	c->lock_depth--;
#else
	(void)l;
#endif
}

void spin_init(struct spinlock *l, enum lock_rank rank)
{
	*l = SPINLOCK((uint8_t)rank);
}

static __attribute__((noinline, cold)) void wait_for(const struct spinlock *l, uint16_t ticket)
{
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		machine_relax();
}

static always_inline void take(struct spinlock *l)
{
	uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket))
		wait_for(l, ticket);
	machine_fence_guesses();
	l->holder = (uint8_t)(this_cpu()->id + 1);
}

void spin_lock(struct spinlock *l)
{
	check_take(l, false);
	take(l);
}

bool spin_trylock(struct spinlock *l)
{
	uint16_t owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);
	uint16_t expected = owner;

	if (!__atomic_compare_exchange_n(&l->next, &expected, (uint16_t)(owner + 1), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	machine_fence_guesses();
	check_take(l, true);
	l->holder = (uint8_t)(this_cpu()->id + 1);
	return true;
}

void spin_unlock(struct spinlock *l)
{
	check_drop(l);
	l->holder = 0;
	__atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}

void spin_lock_pair(struct spinlock *a, struct spinlock *b, bool a_first)
{
	struct spinlock *first = a_first ? a : b, *second = a_first ? b : a;

	spin_lock(first);
	if (first == second)
		return;
	check_take(second, true);
	take(second);
}

void spin_unlock_pair(struct spinlock *a, struct spinlock *b)
{
	spin_unlock(a);
	if (a != b)
		spin_unlock(b);
}

void locks_assert_none(void)
{
#ifdef SHOJI_DEBUG
	if (this_cpu()->lock_depth)
		panic("a lock of rank %u is held on the way to a guest", this_cpu()->lock_ranks[0]);
#endif
}
