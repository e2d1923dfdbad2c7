/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time from the TSC.
 *
 * The TSC is measured once against the board's reference counter; its scale never changes
 * afterwards, so that guests may keep it. It is called stable as long as no CPU sees it go
 * backwards relative to another (warp test at the start of each CPU) and it agrees with the
 * reference counter (core/clock.c), whatever the CPU's invariant bit says; the options `tsc=stable`
 * and `tsc=unstable` override both.
 */
#include "machine/time.h"

#include "core/clock.h"
#include "core/log.h"
#include "machine/apic.h"
#include "machine/clocksource.h"
#include "machine/cpu_ops.h"
#include "machine/options.h"
#include "machine/percpu.h"

#define MEASURE_MS  10
#define WARP_ROUNDS 20000

static struct clocks clocks;
static const struct clocksource *source;
static uint64_t wallclock_boot;

/* Read both counters as close together as we can: the best of a few tries. */
static struct clock_sample take_sample(const struct clocksource *c)
{
	struct clock_sample best = {0, 0};
	uint64_t best_gap = ~0ULL;

	for (int i = 0; i < 5; i++) {
		uint64_t before = cpu_rdtsc(), reference = c->read(), after = cpu_rdtsc();

		if (after - before < best_gap) {
			best_gap = after - before;
			best = (struct clock_sample){before + (after - before) / 2, reference};
		}
	}
	return best;
}

/* a * b / c, by the CPU's 128-bit product; the result fits in 64 bits. */
static uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t high, result;

	__asm__("mulq %4\n\tdivq %3" : "=a"(result), "=&d"(high) : "0"(a), "r"(c), "r"(b) : "cc");
	return result;
}

/* TSC ticks per second; *first is where the measurement began. */
static uint64_t measure_hz(const struct clocksource *c, struct clock_sample *first)
{
	struct clock_sample a = take_sample(c), b;
	uint64_t wanted = c->hz * MEASURE_MS / 1000;

	do {
		cpu_pause();
		b = take_sample(c);
	} while (((b.reference - a.reference) & c->mask) < wanted);
	*first = a;
	return mul_div(b.tsc - a.tsc, c->hz, (b.reference - a.reference) & c->mask);
}

static struct clock *this_clock(void)
{
	return &this_percpu()->clock;
}

void time_init_bsp(void)
{
	struct clock_sample first;
	uint64_t hz;

	source = clocksource_init();
	hz = measure_hz(source, &first);
	clocks_init(&clocks, hz, source->hz, source->mask, first);
	clock_start(&clocks, this_clock(), take_sample(source));
	clocks.forced = options.tsc_stable;
	if (options.tsc_unstable)
		clocks_distrust(&clocks, machine_now());
	wallclock_boot = rtc_read_ns();
	log_info("time: TSC %lu.%03lu MHz by %s", (unsigned long)(hz / 1000000),
		 (unsigned long)(hz / 1000 % 1000), source->name);
}

nsec_t machine_now(void)
{
	return clock_now(&clocks, this_clock(), cpu_rdtsc());
}

void machine_tsc_stamp(uint64_t *tsc, nsec_t *now)
{
	*tsc = cpu_rdtsc();
	*now = clock_now(&clocks, this_clock(), *tsc);
}

const struct tsc_scale *machine_tsc_scale(void)
{
	return &clocks.scale;
}

bool machine_clock_check(void)
{
	enum clock_verdict verdict;

	if (likely(!clock_due(&clocks, this_clock(), cpu_rdtsc())))
		return false;
	verdict = clock_check(&clocks, this_clock(), take_sample(source));
	if (verdict == CLOCK_LOST)
		log_warn("time: TSC of CPU %u and %s disagree: not used as a stable clock any more",
			 this_cpu()->id, source->name);
	return verdict != CLOCK_GOOD;
}

uint64_t machine_wallclock_boot(void)
{
	return wallclock_boot;
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

/* --- warp test: two CPUs take turns in raising one value; either must never see it above its TSC
 * --- */
static struct {
	uint32_t lock;
	uint32_t arrived, done, judged;
	uint64_t last, worst;
} warp;

static void warp_loop(void)
{
	for (int i = 0; i < WARP_ROUNDS; i++) {
		uint64_t now;

		while (__atomic_exchange_n(&warp.lock, 1, __ATOMIC_ACQUIRE))
			cpu_pause();
		now = cpu_rdtsc();
		if (now < warp.last && warp.last - now > warp.worst)
			warp.worst = warp.last - now;
		warp.last = now;
		__atomic_store_n(&warp.lock, 0, __ATOMIC_RELEASE);
	}
}

static void wait_for_both(uint32_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) & 1)
		cpu_pause();
}

void time_init_ap(void)
{
	clock_start(&clocks, this_clock(), take_sample(source));
}

void time_warp_test_ap(void)
{
	wait_for_both(&warp.arrived);
	warp_loop();
	wait_for_both(&warp.done);
	wait_for_both(&warp.judged);
	time_init_ap();
}

void time_warp_test_bsp(unsigned int cpu)
{
	warp.worst = warp.last = 0;
	(void)clock_check(&clocks, this_clock(), take_sample(source));
	wait_for_both(&warp.arrived);
	warp_loop();
	wait_for_both(&warp.done);
	if (warp.worst && clocks_distrust(&clocks, machine_now()))
		log_warn("time: TSC of CPU %u is up to %lu ticks off: not used as a stable clock",
			 cpu, (unsigned long)warp.worst);
	wait_for_both(&warp.judged);
}
