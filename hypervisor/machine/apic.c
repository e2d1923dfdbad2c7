/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Local APIC (Intel SDM vol. 3, chapter 11).
 *
 * Duty: this CPU's interrupt controller and one-shot timer, and messages to other CPUs. Data: the
 * mode, chosen once on the boot CPU, and the timer's rate, the same on all CPUs. No lock: each CPU
 * touches its own registers only, with interrupts off.
 */
#include "machine/apic.h"

#include "core/log.h"
#include "machine/acpi.h"
#include "machine/cpu_ops.h"
#include "machine/paging.h"
#include "machine/percpu.h"
#include "machine/time.h"
#include "machine/vectors.h"

#define MSR_APIC_BASE	0x1b
#define APIC_BASE_ON	(1u << 11)
#define APIC_BASE_X2	(1u << 10)
#define MSR_X2APIC_BASE 0x800

enum reg { /* offsets of the memory form; MSR number is offset / 16 + 0x800 */
	   REG_ID = 0x20,
	   REG_TPR = 0x80,
	   REG_EOI = 0xb0,
	   REG_LDR = 0xd0,
	   REG_DFR = 0xe0,
	   REG_SVR = 0xf0,
	   REG_ESR = 0x280,
	   REG_ICR = 0x300,
	   REG_ICR_HIGH = 0x310,
	   REG_LVT_TIMER = 0x320,
	   REG_LVT_LINT0 = 0x350,
	   REG_LVT_LINT1 = 0x360,
	   REG_LVT_ERROR = 0x370,
	   REG_TIMER_INITIAL = 0x380,
	   REG_TIMER_CURRENT = 0x390,
	   REG_TIMER_DIVIDE = 0x3e0,
};

#define LVT_MASKED    (1u << 16)
#define LVT_NMI	      (4u << 8)
#define SVR_ENABLE    (1u << 8)
#define ICR_BUSY      (1u << 12)
#define ICR_ASSERT    (1u << 14)
#define ICR_NMI	      (4u << 8)
#define ICR_SELF      (1u << 18)
#define ICR_INIT      (5u << 8)
#define ICR_STARTUP   (6u << 8)
#define DIVIDE_BY_1   0xb
#define DIVIDE_BY_128 0xa
#define SHIFT_128     7
#define CALIBRATE_NS  10000000ULL
#define LONGEST_NS    (1ULL << 40) /* a far deadline just comes back here */

static volatile uint32_t *window; /* xAPIC registers; NULL in x2APIC mode */
static uint64_t ticks_per_ns_32;  /* timer ticks per ns, 32.32 fixed point */

/*
 * One access to device memory per function that is really called: QEMU 7.2's TCG learns only at the
 * next jump that another CPU moved a device in the address space (as dom0 does when it sizes PCI
 * BARs), and a second access in the same block of code then goes to a wrong device.
 */
static __attribute__((noinline)) void write_window(enum reg r, uint32_t value)
{
	window[r / 4] = value;
}

static __attribute__((noinline)) uint32_t read_window(enum reg r)
{
	return window[r / 4];
}

static uint32_t read(enum reg r)
{
	return window ? read_window(r) : (uint32_t)cpu_rdmsr(MSR_X2APIC_BASE + r / 16);
}

static void write(enum reg r, uint32_t value)
{
	if (window)
		write_window(r, value);
	else
		cpu_wrmsr(MSR_X2APIC_BASE + r / 16, value);
}

bool apic_is_x2(void)
{
	return !window;
}

uint32_t apic_id(void)
{
	return window ? read(REG_ID) >> 24 : read(REG_ID);
}

void apic_eoi(void)
{
	write(REG_EOI, 0);
}

static void send(uint32_t target, uint32_t command)
{
	if (!window) {
		cpu_wrmsr(MSR_X2APIC_BASE + REG_ICR / 16, (uint64_t)target << 32 | command);
		return;
	}
	while (read(REG_ICR) & ICR_BUSY)
		cpu_pause();
	write(REG_ICR_HIGH, target << 24);
	write(REG_ICR, command);
}

void apic_send_ipi(uint32_t target, uint8_t vector)
{
	send(target, ICR_ASSERT | vector);
}

/* Leaves the register of the target alone: an NMI may call this in the middle of send(). */
void apic_send_self(uint8_t vector)
{
	write(REG_ICR, ICR_SELF | ICR_ASSERT | vector);
}

void apic_send_nmi(uint32_t target)
{
	send(target, ICR_ASSERT | ICR_NMI);
}

void apic_send_init(uint32_t target)
{
	send(target, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(uint32_t target, uint8_t page)
{
	send(target, ICR_ASSERT | ICR_STARTUP | page);
}

static bool cpu_has_x2apic(void)
{
	uint32_t r[4];

	cpu_cpuid(1, 0, r);
	return r[2] >> 21 & 1;
}

static void choose_mode(void)
{
	uint64_t base = cpu_rdmsr(MSR_APIC_BASE);

	if ((base & APIC_BASE_X2) || cpu_has_x2apic())
		return;
	window = machine_map_mmio(acpi.lapic_address, 4096);
}

static void enable(void)
{
	uint64_t base = cpu_rdmsr(MSR_APIC_BASE) | APIC_BASE_ON;

	cpu_wrmsr(MSR_APIC_BASE, base);
	if (!window)
		cpu_wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2);
	write(REG_TPR, 0);
	write(REG_LVT_TIMER, LVT_MASKED);
	write(REG_LVT_LINT0, LVT_MASKED);
	write(REG_LVT_LINT1, LVT_NMI);
	write(REG_LVT_ERROR, VECTOR_ERROR);
	write(REG_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
}

struct reading {
	nsec_t at;
	uint32_t count;
};

/* Clock and counter as close together as we can: the best of a few tries. */
static struct reading take_reading(void)
{
	struct reading best = {0, 0};
	nsec_t best_gap = ~0ULL;

	for (int i = 0; i < 5; i++) {
		nsec_t before = machine_now(), gap;
		uint32_t count = read(REG_TIMER_CURRENT);

		gap = machine_now() - before;
		if (gap < best_gap) {
			best_gap = gap;
			best = (struct reading){before + gap / 2, count};
		}
	}
	return best;
}

/* How many ticks does the timer count in a known time? */
static void calibrate(void)
{
	struct reading first, last;
	uint64_t ticks, ns;

	write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	write(REG_TIMER_INITIAL, UINT32_MAX);
	first = take_reading();
	while (machine_now() - first.at < CALIBRATE_NS)
		cpu_pause();
	last = take_reading();
	write(REG_TIMER_INITIAL, 0);
	ticks = first.count - last.count;
	ns = last.at - first.at;
	ticks_per_ns_32 = (ticks << 32) / ns;
	if (!ticks_per_ns_32)
		panic("the local APIC's timer does not count");
	log_info("APIC: %s mode, timer %lu kHz", window ? "xAPIC" : "x2APIC",
		 (unsigned long)(ticks * 1000000 / ns));
}

/* A count of 0 stops it; the vector stays. */
static void start_timer(void)
{
	write(REG_TIMER_INITIAL, 0);
	write(REG_LVT_TIMER, VECTOR_TIMER);
}

void apic_init_bsp(void)
{
	choose_mode();
	enable();
	calibrate();
	start_timer();
}

void apic_init_ap(void)
{
	enable();
	start_timer();
}

/* 0 ns: stop. Rounded up, so that the interrupt is never early; far away it counts in larger steps.
 */
void apic_timer_start(uint64_t ns)
{
	uint64_t ticks =
		(uint64_t)((unsigned __int128)MIN(ns, LONGEST_NS) * ticks_per_ns_32 >> 32) + 1;
	bool far = ticks > UINT32_MAX, *slow = &this_percpu()->timer_slow;

	if (far != *slow) {
		write(REG_TIMER_DIVIDE, far ? DIVIDE_BY_128 : DIVIDE_BY_1);
		*slow = far;
	}
	if (far)
		ticks = MIN((ticks >> SHIFT_128) + 1, (uint64_t)UINT32_MAX);
	write(REG_TIMER_INITIAL, ns ? (uint32_t)ticks : 0);
}
