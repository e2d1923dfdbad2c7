/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TLB clock (tlb.h).
 *
 * Duty: flush the CPUs that need it, and no others. Data: the clock and each CPU's note, atomic; a
 * note that is too old costs a flush, one that is too new cannot be. How a flush reaches another
 * CPU is the machine layer's.
 */
#include "core/tlb.h"

#include "lib/bits.h"

uint64_t tlb_clock;

static cpumask_t online_cpus(void)
{
	return ~0ULL >> (64 - machine_cpu_count());
}

/* Of `cpus`, those whose note is older than the stamp; how many are not. */
static cpumask_t stale_cpus(cpumask_t cpus, uint64_t stamp, unsigned int *others)
{
	cpumask_t stale = 0;

	for (*others = 0; cpus; cpus &= cpus - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(cpus);

		if (__atomic_load_n(&machine_cpu(i)->tlb_seen, __ATOMIC_ACQUIRE) < stamp)
			stale |= 1ULL << i;
		else
			++*others;
	}
	return stale;
}

static void note_flushed(cpumask_t cpus, uint64_t clock)
{
	for (; cpus; cpus &= cpus - 1) {
		uint64_t *seen = &machine_cpu((unsigned int)__builtin_ctzll(cpus))->tlb_seen;

		/* The CPU's own note of the same time may be lost: an older one is safe. */
		if (__atomic_load_n(seen, __ATOMIC_RELAXED) < clock)
			__atomic_store_n(seen, clock, __ATOMIC_RELEASE);
	}
}

void tlb_flush_before(cpumask_t cpus, uint64_t stamp)
{
	unsigned int others;
	cpumask_t stale = stale_cpus(cpus & online_cpus(), stamp, &others);
	uint64_t clock;

	count_add(this_cpu(), FLUSH_AVOIDED, others);
	if (!stale)
		return;
	count_add(this_cpu(), FLUSH_SENT, bits_count(stale));
	clock = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
	machine_flush_all(stale);
	note_flushed(stale, clock);
}
