/* SPDX-License-Identifier: GPL-2.0-only */
/* The fake machine's memory, CPUs and TLBs (fake.h). */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/tlb.h"

struct fake fake;
struct cpu fake_cpus[MAX_CPUS];
__thread unsigned int fake_cpu_id;
__attribute__((weak)) uint64_t *m2p_table;
static struct frame *table;
static size_t table_bytes;

static void *anywhere(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("fake machine");
		exit(1);
	}
	return p;
}

void fake_stop(void)
{
	uint64_t end = FAKE_FIRST + fake.ram_frames;

	if (!fake.ram)
		return;
	munmap(fake.ram, end * PAGE_SIZE);
	munmap(m2p_table, end * sizeof(*m2p_table));
	munmap(table, table_bytes);
	fake.ram = NULL;
}

static void reset_cpus(void)
{
	memset(fake_cpus, 0, sizeof(fake_cpus));
	for (unsigned int i = 0; i < MAX_CPUS; i++) {
		fake_cpus[i].id = i;
		fake_cpus[i].budget = INT64_MAX / 2;
	}
	fake_cpu_id = 0;
}

void fake_start(uint64_t ram_frames, unsigned int cpus)
{
	uint64_t end = FAKE_FIRST + ram_frames;

	fake_stop();
	memset(&fake, 0, sizeof(fake));
	reset_cpus();
	fake.cpus = cpus;
	fake.ram_frames = ram_frames;
	fake.ram = anywhere(end * PAGE_SIZE);
	m2p_table = anywhere(end * sizeof(*m2p_table));
	table_bytes = end * sizeof(*table);
	table = anywhere(table_bytes);
	tlb_clock = 0;
	frames_init(end, table);
	frames_add_range(mfn(FAKE_FIRST), ram_frames);
}

void fake_restart(void)
{
	uint64_t end = FAKE_FIRST + fake.ram_frames;

	reset_cpus();
	tlb_clock = 0;
	frames_init(end, table);
	frames_add_range(mfn(FAKE_FIRST), fake.ram_frames);
}

/* --- CPUs --- */

unsigned int machine_cpu_count(void)
{
	return fake.cpus;
}

struct cpu *machine_cpu(unsigned int cpu)
{
	return &fake_cpus[cpu];
}

__attribute__((weak)) void machine_relax(void)
{
	syscall(SYS_sched_yield); /* core/ has a function of that name */
}

/* --- memory --- */

void *machine_map(mfn_t m)
{
	return fake.ram + m.n * PAGE_SIZE;
}

mfn_t machine_unmap_addr(const void *va)
{
	return mfn((uint64_t)((const char *)va - fake.ram) / PAGE_SIZE);
}

void machine_zero_frame(void *va)
{
	memset(va, 0, PAGE_SIZE);
	if (fake.on_zero)
		fake.on_zero();
}

void machine_copy_frame(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}

enum mmio_access machine_mmio_access(mfn_t m)
{
	if (m.n == 0xfee00)
		return MMIO_READ;
	return m.n < FAKE_FIRST || m.n >> (40 - PAGE_SHIFT) ? MMIO_NONE : MMIO_ALL;
}

void machine_init_l4(struct domain *d, uint64_t *l4)
{
	(void)d;
	fake.l4_inits++;
	for (unsigned int i = HYPERVISOR_FIRST_SLOT; i <= HYPERVISOR_LAST_SLOT; i++)
		l4[i] = 0x5ee0003;
}

void machine_init_companion(struct domain *d, uint64_t *l4)
{
	(void)d;
	for (unsigned int i = HYPERVISOR_FIRST_SLOT; i <= HYPERVISOR_LAST_SLOT; i++)
		l4[i] = 0xc0ee0003;
}

/* What entry code knows of a vCPU is of no account here. */
void machine_vcpu_user_cr3_changed(struct vcpu *v)
{
	(void)v;
}

void machine_vcpu_info_moved(struct vcpu *v)
{
	(void)v;
}

/* How much of [va, va + bytes) the guest has: from its start, n bytes. */
static size_t guest_room(uint64_t va, size_t bytes)
{
	uint64_t at = va - FAKE_GUEST_VA;

	if (at >= sizeof(fake.guest))
		return 0;
	return MIN(bytes, sizeof(fake.guest) - at);
}

__attribute__((weak)) size_t machine_copy_from_guest(void *dst, uint64_t guest_va, size_t bytes)
{
	size_t n = guest_room(guest_va, bytes);

	if (n)
		memcpy(dst, fake.guest + (guest_va - FAKE_GUEST_VA), n);
	return bytes - n;
}

__attribute__((weak)) size_t machine_copy_to_guest(uint64_t guest_va, const void *src, size_t bytes)
{
	size_t n = guest_room(guest_va, bytes);

	if (n)
		memcpy(fake.guest + (guest_va - FAKE_GUEST_VA), src, n);
	return bytes - n;
}

__attribute__((weak)) size_t machine_clear_guest(uint64_t guest_va, size_t bytes)
{
	size_t n = guest_room(guest_va, bytes);

	if (n)
		memset(fake.guest + (guest_va - FAKE_GUEST_VA), 0, n);
	return bytes - n;
}

/* --- TLBs --- */

__attribute__((weak)) void machine_flush_all(cpumask_t cpus)
{
	__atomic_fetch_add(&fake.flushes, (uint64_t)__builtin_popcountll(cpus), __ATOMIC_RELAXED);
	__atomic_store_n(&fake.last_flush, cpus, __ATOMIC_RELAXED);
}

__attribute__((weak)) void machine_flush_page(cpumask_t cpus, uint64_t va)
{
	(void)cpus;
	(void)va;
	__atomic_fetch_add(&fake.page_flushes, 1, __ATOMIC_RELAXED);
}

/* --- time --- */

nsec_t machine_now(void)
{
	return fake.now;
}

__attribute__((weak)) void machine_timer_arm(nsec_t deadline)
{
	(void)deadline;
}
