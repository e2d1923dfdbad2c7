/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding the privileged instructions that a guest kernel may execute although it runs in ring 3.
 * Pure: bytes in, description out.
 */
#ifndef SHOJI_MACHINE_EMULATE_DECODE_H
#define SHOJI_MACHINE_EMULATE_DECODE_H

#include "lib/types.h"

#define INSN_MAX 15 /* longest instruction */

enum insn_op {
	INSN_IN, /* port in imm or DX, by `port_imm` */
	INSN_OUT,
	INSN_INS,
	INSN_OUTS,
	INSN_CLI,
	INSN_STI,
	INSN_HLT,
	INSN_CLTS,
	INSN_INVD,
	INSN_WBINVD,
	INSN_INVLPG,   /* mem */
	INSN_SMSW,     /* mem or rm */
	INSN_LMSW,     /* mem or rm */
	INSN_READ_CR,  /* rm = CR(reg) */
	INSN_WRITE_CR, /* CR(reg) = rm */
	INSN_READ_DR,
	INSN_WRITE_DR,
	INSN_RDMSR,
	INSN_WRMSR,
	INSN_RDTSC,
	INSN_RDTSCP,
	INSN_RDPMC,
	INSN_XSETBV,
	INSN_SWAPGS,
	INSN_CPUID,
};

enum insn_segment { SEGMENT_NONE, SEGMENT_FS, SEGMENT_GS }; /* the others have base 0 */

struct insn {
	enum insn_op op;
	uint8_t length;
	uint8_t size;	      /* bytes of the operand: 1, 2, 4, 8 */
	uint8_t address_size; /* 4, 8 */
	bool rep;
	bool port_imm;
	uint8_t imm; /* the port */
	enum insn_segment segment;
	uint8_t reg; /* ModRM.reg, with REX: the control or debug register */
	uint8_t rm;  /* ModRM.rm, with REX: a general register, unless `mem` */
	bool mem;
	/* address = base + index << scale + displacement, or relative to the next instruction */
	int8_t base, index; /* general registers; < 0: none */
	uint8_t scale;
	bool rip_relative;
	int32_t displacement;
};

/* False: none of the above, or more bytes are needed than there are. */
bool insn_decode(const uint8_t *bytes, size_t count, bool long_mode, struct insn *out);

#endif
