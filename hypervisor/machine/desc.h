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

/* What the system-call stub of a CPU needs (machine/entry_layout.h). */
struct stub_data {
	uint64_t guest_rsp; /* scratch */
	uint64_t frame;	    /* end of the current vCPU's hardware frame, as TSS.rsp[0] */
	uint64_t entry;	    /* where a 64-bit SYSCALL goes on */
	uint64_t entry32;   /* the same for one from 32-bit code */
};

/* An exception that may hit anywhere arrives here, whichever tables are loaded; entry code goes on
 * at once on the stack and the tables that the last two words name, and leaves no registers here.
 */
struct entry_stack {
	uint64_t words[126];
	uint64_t stack;
	uint64_t root; /* CR3 */
};

/* What guests' tables show of a CPU (paging_map_stub), right behind the stub's code. */
struct entry_area {
	struct stub_data stub;
	struct tss tss;
	struct entry_stack stacks[4] __attribute__((aligned(4096)));
};
_Static_assert(sizeof(struct entry_area) == 8192, "two pages");
_Static_assert(offsetof(struct entry_stack, stack) % 16 == 0, "the CPU aligns its stack");

extern struct gate idt[256];
void idt_init(void);
void idt_load(void);
#endif

#endif
