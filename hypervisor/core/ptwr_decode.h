/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that write to memory, as far as kernels use them on page-table entries: bytes in,
 * description out; old value in, new value and flags out. Pure.
 */
#ifndef SHOJI_CORE_PTWR_DECODE_H
#define SHOJI_CORE_PTWR_DECODE_H

#include "lib/types.h"

#define PTWR_INSN_MAX 15

enum ptwr_op {
	/* in the order of the instruction set's numbering */
	PTWR_ADD,
	PTWR_OR,
	PTWR_ADC,
	PTWR_SBB,
	PTWR_AND,
	PTWR_SUB,
	PTWR_XOR,
	PTWR_CMP, /* writes nothing: never decoded */
	PTWR_MOV,
	PTWR_XCHG,
	PTWR_XADD,
	PTWR_CMPXCHG,
	PTWR_CMPXCHG8, /* EDX:EAX with ECX:EBX */
	PTWR_BTS,
	PTWR_BTR,
	PTWR_BTC,
	PTWR_INC,
	PTWR_DEC,
	PTWR_NOT,
	PTWR_NEG,
	PTWR_STOS,
};

struct ptwr_insn {
	uint8_t op; /* enum ptwr_op */
	uint8_t length;
	uint8_t size; /* bytes of the operand: 1, 2, 4, 8 */
	uint8_t reg;  /* the other operand, unless `immediate` */
	bool high;    /* AH, CH, DH, BH: bits 8-15 of `reg` - 4 */
	bool immediate;
	bool rep; /* stos */
	bool address32;
	uint64_t imm;
};

/* False: none of these in 64-bit code, or more bytes are needed than there are. The memory
 * operand's address is skipped: who asks knows it from the fault. */
bool ptwr_decode(const uint8_t *bytes, size_t count, struct ptwr_insn *out);
bool ptwr_decode_any(const uint8_t *bytes, size_t count, struct ptwr_insn *out); /* the long way */

/* General registers by their number in the instruction set: rax rcx rdx rbx rsp rbp rsi rdi r8… */
#define PTWR_RAX 0
#define PTWR_RCX 1
#define PTWR_RDX 2
#define PTWR_RBX 3
#define PTWR_RDI 7

struct ptwr_state {
	uint64_t reg[16];
	uint64_t rflags;
	uint64_t memory; /* the operand, `size` bytes */
};

/* Carry out i on s, all but RIP. `memory` is what is to be written (cmpxchg that fails: what was
 * there). True: repeated instructions are not finished, RIP stays. */
bool ptwr_execute(const struct ptwr_insn *i, struct ptwr_state *s);

#endif
