/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speculation: what the processor does before it knows whether it should.
 *
 * All indirect branches go through thunks (thunks.S), whose form is chosen at boot; the choice of
 * everything is a pure function of what the processor says and the option spec-ctrl wants. What is
 * covered and what is not: docs/security.md.
 */
#ifndef SHOJI_MACHINE_SPEC_H
#define SHOJI_MACHINE_SPEC_H

#ifdef __ASSEMBLER__
/* clang-format off */
/* A jump to where a word in memory says, no register touched: the processor is given a return
 * address of ours to guess with. The stack must have room for one word. */
	.macro JUMP_TO_WORD word:vararg
	call	772f
771:	pause
	lfence
	jmp	771b
772:	pushq	\word
	popq	(%rsp)
	ret
	int3
	.endm
/* clang-format on */
#else
#include "lib/types.h"

enum spec_thunk { THUNK_RETPOLINE, THUNK_LFENCE, THUNK_JUMP };

/* From the option; < 0: as the processor needs. */
struct spec_wish {
	int thunk; /* enum spec_thunk */
	int ibpb, rsb, lock;
};

/* What CPUID and the MSR behind it say. */
struct spec_cpu {
	uint32_t leaf7_edx, leaf7_2_edx, leaf80000008_ebx, leaf80000021_eax;
	uint64_t arch_capabilities;
};

struct spec_plan {
	enum spec_thunk thunk;
	bool ibpb;	    /* forget branches when another vCPU comes */
	bool rsb;	    /* and return addresses */
	bool lock;	    /* no guess passes a lock that is not ours yet */
	bool auto_ibrs;	    /* AMD's way to keep the rings' branches apart: EFER */
	uint64_t spec_ctrl; /* Intel's: this register, once; 0: leave it */
};

void spec_choose(const struct spec_cpu *cpu, const struct spec_wish *wish, struct spec_plan *plan);

extern struct spec_plan spec_plan; /* what was chosen */

struct vcpu;
void spec_init(void);		     /* boot CPU, options read, text still writable */
void spec_init_cpu(void);	     /* each CPU */
void spec_log(void);		     /* what was chosen */
void spec_switch_to(struct vcpu *v); /* before its state is loaded */
#endif

#endif
