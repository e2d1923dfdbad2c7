/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt descriptor table: one for all CPUs, filled once, read-only afterwards.
 *
 * Software interrupts of guests other than INT3 and INTO are refused by the gates' privilege level;
 * the general-protection handler then looks at the guest's own table (traps.c).
 */
#include "machine/desc.h"

#include "machine/percpu.h"

#define GATE_INTERRUPT 0x8eULL /* present, DPL 0 */
#define GATE_DPL3      0x60ULL

extern const uint64_t entry_vectors[256];

static unsigned int stack_of(unsigned int vector)
{
	switch (vector) {
	case 1:
		return IST_DEBUG;
	case 2:
		return IST_NMI;
	case 8:
		return IST_DOUBLE_FAULT;
	case 18:
		return IST_MACHINE_CHECK;
	default:
		return 0;
	}
}

static struct gate make_gate(uint64_t entry, unsigned int stack, uint64_t type)
{
	return (struct gate){
		.low = (entry & 0xffff) | (uint64_t)SEL_HV_CS << 16 | (uint64_t)stack << 32 |
		       type << 40 | (entry >> 16 & 0xffff) << 48,
		.high = entry >> 32,
	};
}

void idt_init(void)
{
	for (unsigned int i = 0; i < 256; i++) {
		uint64_t type = GATE_INTERRUPT | (i == 3 || i == 4 ? GATE_DPL3 : 0);

		idt[i] = make_gate(entry_vectors[i], stack_of(i), type);
	}
}

void idt_load(void)
{
	struct table_pointer p = {sizeof(idt) - 1, (uint64_t)idt};

	__asm__ volatile("lidt %0" ::"m"(p));
}
