/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time's beginning.
 *
 * The TSC is measured once against the board's reference counter; its scale never changes
 * afterwards, so that guests may keep it. It is called stable as long as no CPU sees it go
 * backwards relative to another (warp test at the start of each CPU) and it agrees with the
 * reference counter (core/clock.c), whatever the CPU's invariant bit says; the options `tsc=stable`
 * and `tsc=unstable` override both.
 */
#include "machine/time.h"

#include "core/log.h"
#include "machine/clocksource.h"
#include "machine/cpu_ops.h"
#include "machine/options.h"
#include "machine/time_internal.h"

#define MEASURE_MS  10
#define WARP_ROUNDS 20000

/* a * b / c, by the CPU's 128-bit product; the result fits in 64 bits. */
static uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t high, result;

	__asm__("mulq %4\n\tdivq %3" : "=a"(result), "=&d"(high) : "0"(a), "r"(c), "r"(b) : "cc");
	return result;
}

/* TSC ticks per second; *first is where the measurement began. */
static uint64_t measure_hz(struct clock_sample *first)
{
	struct clock_sample a = time_sample(), b;
	uint64_t wanted = clocksource.hz * MEASURE_MS / 1000;

	do {
		cpu_pause();
		b = time_sample();
	} while (((b.reference - a.reference) & clocksource.mask) < wanted);
	*first = a;
	return mul_div(b.tsc - a.tsc, clocksource.hz,
		       (b.reference - a.reference) & clocksource.mask);
}

void time_init_bsp(void)
{
	struct clock_sample first;
	uint64_t hz;

	clocksource_init();
	hz = measure_hz(&first);
	clocks_init(&time_clocks, hz, clocksource.hz, clocksource.mask, first);
	clock_start(&time_clocks, this_clock(), time_sample());
	time_clocks.forced = options.tsc_stable;
	if (options.tsc_unstable)
		clocks_distrust(&time_clocks, machine_now());
	time_wallclock_boot = rtc_read_ns();
	log_info("time: TSC %lu.%03lu MHz by %s", (unsigned long)(hz / 1000000),
		 (unsigned long)(hz / 1000 % 1000), clocksource.name);
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
	clock_start(&time_clocks, this_clock(), time_sample());
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
	(void)clock_check(&time_clocks, this_clock(), time_sample());
	wait_for_both(&warp.arrived);
	warp_loop();
	wait_for_both(&warp.done);
	if (warp.worst && clocks_distrust(&time_clocks, machine_now()))
		log_warn("time: TSC of CPU %u is up to %lu ticks off: not used as a stable clock",
			 cpu, (unsigned long)warp.worst);
	wait_for_both(&warp.judged);
}
