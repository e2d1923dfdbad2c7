/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPUs that are on line, and what of the boot CPU's is part of the image. */
#include "machine/percpu.h"

struct gate idt[256] __attribute__((aligned(4096), section(".sealed")));
char boot_cpu_block[CPU_BLOCK_BYTES] __attribute__((aligned(CPU_BLOCK_BYTES)));
struct entry_area boot_cpu_area;

static struct percpu *cpus[MAX_CPUS];
static unsigned int cpu_count;

unsigned int machine_cpu_count(void)
{
	return __atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE);
}

struct cpu *machine_cpu(unsigned int cpu)
{
	return &cpus[cpu]->cpu;
}

void percpu_online(struct cpu *c)
{
	cpus[c->id] = (struct percpu *)c;
	__atomic_store_n(&cpu_count, c->id + 1, __ATOMIC_RELEASE);
}
