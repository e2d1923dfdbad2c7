/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptor tables in the CPU's format (Intel SDM volume 3, chapters 3, 6, 7), and our selectors.
 * They lie in the reserved page 14 of every GDT (shoji/arch.h). Usable from assembly.
 */
#ifndef SHOJI_MACHINE_DESC_H
#define SHOJI_MACHINE_DESC_H

#define SEL_HV_CS     0xe008
#define SEL_HV_SS     0xe010
#define SEL_GUEST_C32 0xe023
#define SEL_GUEST_SS  0xe02b
#define SEL_GUEST_CS  0xe033
#define SEL_TSS	      0xe040
#define SEL_LDT	      0xe050
#define GDT_PAGE_BASE 0xe000 /* first selector of the page */
#define GDT_LIMIT     0xefff

/* entry_vector of the ways in that are no vectors; also: the way out may lose RCX and R11 */
#define ENTRY_SYSCALL	0x100
#define ENTRY_SYSCALL32 0x101

/* Offsets from xen_cpu_user_regs.r15, where the stack pointer is after all pushes. */
#define REGS_RDI      112
#define REGS_ERROR    120
#define REGS_VECTOR   124
#define REGS_RIP      128
#define REGS_CS	      136
#define REGS_RFLAGS   144
#define REGS_RSP      152
#define REGS_SS	      160
#define REGS_END      168 /* what the CPU pushes ends here */
#define REGS_CPUSTACK 200 /* vcpu_entry.cpu_stack */
#define ENTRY_REGS    8	  /* vcpu_entry.regs */

#define STUB_DATA_RSP	0
#define STUB_DATA_FRAME 8
#define STUB_DATA_ENTRY 16

#ifndef __ASSEMBLER__
#include "lib/types.h"

struct table_pointer { /* operand of lgdt, lidt */
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t ist[8]; /* [0] is reserved */
	uint64_t reserved1;
	uint16_t reserved2;
	uint16_t iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "the CPU's layout");

struct gate {
	uint64_t low, high;
};

/* What the system-call stub of a CPU needs; STUB_DATA_*. */
struct stub_data {
	uint64_t guest_rsp; /* scratch */
	uint64_t frame;	    /* end of the current vCPU's hardware frame, as TSS.rsp[0] */
	uint64_t entry;	    /* where the common path goes on */
};

void idt_init(void);
void idt_load(void);
#endif

#endif
