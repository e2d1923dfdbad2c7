/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU's block: 64 KiB, aligned to its size, so that any stack pointer in it finds struct cpu at
 * its bottom. From the bottom: data, one stack per kind of exception that may hit anywhere, and the
 * stack of everything else.
 */
#ifndef SHOJI_MACHINE_PERCPU_H
#define SHOJI_MACHINE_PERCPU_H

#include "core/clock.h"
#include "core/machine.h"
#include "core/timer.h"
#include "machine/desc.h"

#define IST_NMI		  1
#define IST_MACHINE_CHECK 2
#define IST_DOUBLE_FAULT  3
#define IST_DEBUG	  4
#define IST_COUNT	  4

#define PERCPU_DATA_BYTES 0x3000UL /* gdt included, page-aligned */
#define IST_STACK_BYTES	  0x1800UL
#define CPU_STACK_TOP	  (CPU_BLOCK_BYTES - 64)

/* What the machine layer keeps per CPU; cpu.machine_private. */
struct percpu {
	struct cpu cpu;
	struct timer slice_timer;
	struct clock clock;
	struct entry_area *area; /* what entry code needs at any time */
	uint64_t area_address;	 /* its address for the CPU */
	uint64_t cr3;		 /* as loaded */
	paddr_t gdt_phys;	 /* of gdt below */
	uint64_t dr7;		 /* as loaded */
	bool ts;		 /* CR0.TS as loaded */
	bool timer_slow;	 /* the APIC's timer counts in large steps */
	uint64_t xcr0;		 /* as loaded */
	uint64_t last_vcpu;	 /* serial of the last one that was loaded; 0: none */
	void (*stopper)(void);	 /* NMI: what to do (panic stops the others) */
	uint64_t gdt[512] __attribute__((aligned(4096)));
};
_Static_assert(sizeof(struct percpu) <= PERCPU_DATA_BYTES, "per-CPU data overlaps the stacks");

static inline struct percpu *this_percpu(void)
{
	return (struct percpu *)this_cpu();
}

static inline void *percpu_stack_top(struct percpu *p)
{
	return (char *)p + CPU_STACK_TOP;
}

extern char boot_cpu_block[]; /* the boot CPU's, part of the image, as is its area */
extern struct entry_area boot_cpu_area;

/* A new CPU's block, filled in; NULL: no memory. It is known to machine_cpu() when it is online. */
struct cpu *percpu_alloc(unsigned int id, uint32_t apic_id);
void percpu_init(struct percpu *p, unsigned int id, uint32_t apic_id, struct entry_area *area);
/* On the CPU itself: its GDT, IDT, TSS, system-call entry, control registers. */
void percpu_load(struct percpu *p);
void percpu_load_tables(struct percpu *p); /* only what exceptions need */
void percpu_online(struct cpu *c);	   /* count it: machine_cpu(id), machine_cpu_count() */

#endif
