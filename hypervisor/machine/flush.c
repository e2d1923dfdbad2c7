/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLB flushes across CPUs.
 *
 * Each CPU has one outgoing request (what to flush, who has not answered yet) and one incoming word
 * (a bit per CPU that has asked). A CPU that waits for answers gives answers, by machine_relax(),
 * so two CPUs that flush each other at the same time, with interrupts off, both go on.
 */
#include "machine/flush.h"

#include "core/tlb.h"
#include "machine/apic.h"
#include "machine/cpu_ops.h"
#include "machine/percpu.h"
#include "machine/vectors.h"

#define FLUSH_EVERYTHING ~0ULL
#define FLUSH_CACHES	 (~0ULL - 1)

struct mailbox {
	uint64_t asked_by; /* incoming, atomic */
	uint64_t waiting;  /* outgoing: CPUs still to answer, atomic */
	uint64_t address;  /* outgoing: a page, or one of the above */
} __attribute__((aligned(64)));

static struct mailbox boxes[MAX_CPUS];

void flush_local(void)
{
	tlb_note_reload();
	cpu_write_cr3(cpu_read_cr3());
}

static void flush_what(uint64_t address)
{
	if (address == FLUSH_EVERYTHING)
		flush_local();
	else if (address == FLUSH_CACHES)
		cpu_wbinvd();
	else
		cpu_invlpg(address);
}

void flush_answer(void)
{
	unsigned int self = this_cpu()->id;
	uint64_t from = __atomic_exchange_n(&boxes[self].asked_by, 0, __ATOMIC_SEQ_CST);

	while (from) {
		unsigned int n = (unsigned int)__builtin_ctzll(from);

		flush_what(boxes[n].address);
		__atomic_fetch_and(&boxes[n].waiting, ~(1ULL << self), __ATOMIC_RELEASE);
		from &= from - 1;
	}
}

void machine_relax(void)
{
	if (unlikely(__atomic_load_n(&boxes[this_cpu()->id].asked_by, __ATOMIC_RELAXED)))
		flush_answer();
	cpu_pause();
}

static void ask(unsigned int self, unsigned int target)
{
	uint64_t others =
		__atomic_fetch_or(&boxes[target].asked_by, 1ULL << self, __ATOMIC_SEQ_CST);

	if (!others) /* else its interrupt is on the way already */
		apic_send_ipi(machine_cpu(target)->apic_id, VECTOR_FLUSH);
}

static void flush_cpus(cpumask_t cpus, uint64_t address)
{
	unsigned int self = this_cpu()->id;
	struct mailbox *box = &boxes[self];
	cpumask_t others = cpus & ~(1ULL << self);

	if (others) {
		box->address = address;
		__atomic_store_n(&box->waiting, others, __ATOMIC_SEQ_CST);
		for (cpumask_t m = others; m; m &= m - 1)
			ask(self, (unsigned int)__builtin_ctzll(m));
	}
	if (cpus & 1ULL << self)
		flush_what(address);
	while (__atomic_load_n(&box->waiting, __ATOMIC_ACQUIRE) && others)
		machine_relax();
}

void machine_flush_all(cpumask_t cpus)
{
	flush_cpus(cpus, FLUSH_EVERYTHING);
}

void machine_flush_page(cpumask_t cpus, uint64_t va)
{
	flush_cpus(cpus, va);
}

void machine_flush_caches(bool all_cpus)
{
	cpumask_t self = 1ULL << this_cpu()->id;
	cpumask_t all = machine_cpu_count() < 64 ? (1ULL << machine_cpu_count()) - 1 : ~0ULL;

	flush_cpus(all_cpus ? all : self, FLUSH_CACHES);
}
