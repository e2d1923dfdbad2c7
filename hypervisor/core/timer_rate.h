/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast a timer's counter counts, known ever better. Pure.
 *
 * A timer that is set by a rate too low comes early and must be set again: an interrupt for
 * nothing. The longer a time is in which ticks were counted, the better the rate is known from it;
 * so each one that came early teaches. What is learnt is a lower bound, because the time is
 * measured from before the timer was set until after it came: the rate only goes up, and not beyond
 * the true one.
 */
#ifndef SHOJI_CORE_TIMER_RATE_H
#define SHOJI_CORE_TIMER_RATE_H

#include "lib/types.h"

struct timer_rate {
	uint64_t per_ns_32; /* ticks per ns, 32.32 fixed point */
	uint64_t most;	    /* it never gets higher: a clock that goes wrong teaches nonsense */
};

#define TIMER_RATE_DOUBT_SHIFT 10 /* the first measurement is wrong by a thousandth at most */

/* What was counted in so many ns, 1 to 2^31 of them. False: nothing. */
static inline bool timer_rate_init(struct timer_rate *r, uint32_t ticks, uint64_t ns)
{
	r->per_ns_32 = ((uint64_t)ticks << 32) / ns;
	r->most = r->per_ns_32 + (r->per_ns_32 >> TIMER_RATE_DOUBT_SHIFT);
	return r->per_ns_32;
}

/* So many ticks took at most so many ns, less than 2^48. Several CPUs may learn at once: one of
 * them is heard. */
static inline void timer_rate_learn(struct timer_rate *r, uint64_t ticks, uint64_t ns)
{
	uint64_t rate;

	if (!ns || ticks / ns > UINT16_MAX)
		return;
	rate = ticks / ns;
	for (unsigned int digit = 0; digit < 2; digit++) { /* 16 bits each */
		ticks = ticks % ns << 16;
		rate = rate << 16 | ticks / ns;
	}
	rate = MIN(rate + 1, r->most);
	if (rate > __atomic_load_n(&r->per_ns_32, __ATOMIC_RELAXED))
		__atomic_store_n(&r->per_ns_32, rate, __ATOMIC_RELAXED);
}

/* Ticks until ns, up to 2^40, are over; never too few by a rate that is not too low. */
static inline uint64_t timer_rate_ticks(const struct timer_rate *r, uint64_t ns)
{
	uint64_t rate = __atomic_load_n(&r->per_ns_32, __ATOMIC_RELAXED);

	return (uint64_t)((unsigned __int128)ns * rate >> 32) + 1;
}

#endif
