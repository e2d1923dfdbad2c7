/* SPDX-License-Identifier: GPL-2.0-only */
/* System time from the TSC, as init/time_init.c measured it, and as long as it can be trusted
 * (core/clock.c). */
#include "machine/time.h"

#include "core/log.h"
#include "machine/apic.h"
#include "machine/clocksource.h"
#include "machine/cpu_ops.h"
#include "machine/time_internal.h"

struct clocks time_clocks;
uint64_t time_wallclock_boot;

/* The best of a few tries. */
struct clock_sample time_sample(void)
{
	struct clock_sample best = {0, 0};
	uint64_t best_gap = ~0ULL;

	for (int i = 0; i < 5; i++) {
		uint64_t before = cpu_rdtsc(), reference = clocksource.read(), after = cpu_rdtsc();

		if (after - before < best_gap) {
			best_gap = after - before;
			best = (struct clock_sample){before + (after - before) / 2, reference};
		}
	}
	return best;
}

nsec_t machine_now(void)
{
	return clock_now(&time_clocks, this_clock(), cpu_rdtsc());
}

void machine_tsc_stamp(uint64_t *tsc, nsec_t *now)
{
	*tsc = cpu_rdtsc();
	*now = clock_now(&time_clocks, this_clock(), *tsc);
}

const struct tsc_scale *machine_tsc_scale(void)
{
	return &time_clocks.scale;
}

bool machine_clock_check(void)
{
	enum clock_verdict verdict;

	if (likely(!clock_due(&time_clocks, this_clock(), cpu_rdtsc())))
		return false;
	verdict = clock_check(&time_clocks, this_clock(), time_sample());
	if (verdict == CLOCK_LOST)
		log_warn("time: TSC of CPU %u and %s disagree: not used as a stable clock any more",
			 this_cpu()->id, clocksource.name);
	return verdict != CLOCK_GOOD;
}

uint64_t machine_wallclock_boot(void)
{
	return time_wallclock_boot;
}

void machine_timer_arm(nsec_t deadline)
{
	nsec_t now = machine_now();

	if (!deadline)
		apic_timer_start(0);
	else
		apic_timer_start(deadline > now ? deadline - now : 1);
}

void time_udelay(unsigned int us)
{
	nsec_t end = machine_now() + us * 1000ULL;

	while (machine_now() < end)
		cpu_pause();
}
