/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding instructions that write to memory (Intel SDM volume 2, chapter 2 and appendix A), in
 * 64-bit mode: prefixes, an opcode found in a table, ModRM with what follows it, an immediate.
 * Bytes come from a guest: every read is bounded. No data, no lock. What they do: ptwr_execute.c.
 */
#include "core/ptwr_decode.h"

#define REX_W 8
#define REX_R 4
#define REX_B 1

struct cursor {
	const uint8_t *at, *end;
	bool ended; /* asked for more than there is */
};

struct prefixes {
	bool operand16, address32, rep, lock;
	uint8_t rex;
};

enum form {
	NONE,	/* no such instruction */
	REG,	/* ModRM.reg is the other operand */
	IMM,	/* ModRM and an immediate of the operand's size, at most 4 bytes */
	IMM8,	/* ModRM and a byte, sign-extended */
	UNARY,	/* ModRM alone */
	STRING, /* no ModRM; the other operand is rAX */
	MOFFS,	/* no ModRM, but an address; the other operand is rAX */
};

#define BYTE	 1 /* operand is one byte */
#define LOCKABLE 2

struct row {
	uint8_t opcode;
	int8_t group; /* ModRM.reg must be this; < 0: no group */
	uint8_t op, form, flags;
};

static const struct row one_byte[] = {
	{0x86, -1, PTWR_XCHG, REG, BYTE | LOCKABLE},
	{0x87, -1, PTWR_XCHG, REG, LOCKABLE},
	{0x88, -1, PTWR_MOV, REG, BYTE},
	{0x89, -1, PTWR_MOV, REG, 0},
	{0xa2, -1, PTWR_MOV, MOFFS, BYTE},
	{0xa3, -1, PTWR_MOV, MOFFS, 0},
	{0xaa, -1, PTWR_STOS, STRING, BYTE},
	{0xab, -1, PTWR_STOS, STRING, 0},
	{0xc6, 0, PTWR_MOV, IMM, BYTE},
	{0xc7, 0, PTWR_MOV, IMM, 0},
	{0xf6, 2, PTWR_NOT, UNARY, BYTE | LOCKABLE},
	{0xf6, 3, PTWR_NEG, UNARY, BYTE | LOCKABLE},
	{0xf7, 2, PTWR_NOT, UNARY, LOCKABLE},
	{0xf7, 3, PTWR_NEG, UNARY, LOCKABLE},
	{0xfe, 0, PTWR_INC, UNARY, BYTE | LOCKABLE},
	{0xfe, 1, PTWR_DEC, UNARY, BYTE | LOCKABLE},
	{0xff, 0, PTWR_INC, UNARY, LOCKABLE},
	{0xff, 1, PTWR_DEC, UNARY, LOCKABLE},
};

static const struct row two_byte[] = {
	/* behind 0f */
	{0xab, -1, PTWR_BTS, REG, LOCKABLE},
	{0xb0, -1, PTWR_CMPXCHG, REG, BYTE | LOCKABLE},
	{0xb1, -1, PTWR_CMPXCHG, REG, LOCKABLE},
	{0xb3, -1, PTWR_BTR, REG, LOCKABLE},
	{0xba, 5, PTWR_BTS, IMM8, LOCKABLE},
	{0xba, 6, PTWR_BTR, IMM8, LOCKABLE},
	{0xba, 7, PTWR_BTC, IMM8, LOCKABLE},
	{0xbb, -1, PTWR_BTC, REG, LOCKABLE},
	{0xc0, -1, PTWR_XADD, REG, BYTE | LOCKABLE},
	{0xc1, -1, PTWR_XADD, REG, LOCKABLE},
	{0xc3, -1, PTWR_MOV, REG, 0}, /* movnti */
	{0xc7, 1, PTWR_CMPXCHG8, UNARY, LOCKABLE},
};

static uint8_t next(struct cursor *c)
{
	if (c->at == c->end) {
		c->ended = true;
		return 0;
	}
	return *c->at++;
}

static uint64_t next_signed(struct cursor *c, unsigned int bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)next(c) << (8 * i);
	if (bytes == 1)
		return (uint64_t)(int8_t)v;
	return bytes == 2 ? (uint64_t)(int16_t)v : (uint64_t)(int32_t)v;
}

static bool legacy_prefix(struct prefixes *p, uint8_t byte)
{
	switch (byte) {
	case 0x66:
		p->operand16 = true;
		return true;
	case 0x67:
		p->address32 = true;
		return true;
	case 0xf0:
		p->lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		p->rep = true;
		return true;
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
		return true; /* segments: the address is known */
	default:
		return false;
	}
}

/* Returns the first byte of the opcode. A REX counts only right in front of it. */
static uint8_t take_prefixes(struct cursor *c, struct prefixes *p)
{
	uint8_t byte = next(c);

	while (legacy_prefix(p, byte) && !c->ended)
		byte = next(c);
	if ((byte & 0xf0) == 0x40) {
		p->rex = byte;
		byte = next(c);
	}
	return byte;
}

static void skip(struct cursor *c, unsigned int bytes)
{
	while (bytes--)
		(void)next(c);
}

/* SIB and displacement of a memory operand. */
static void skip_address(struct cursor *c, uint8_t modrm)
{
	unsigned int mod = modrm >> 6, base = modrm & 7;

	if (base == 4)
		base = next(c) & 7;
	if (mod == 1)
		skip(c, 1);
	else if (mod == 2 || base == 5)
		skip(c, 4);
}

/* Rows 00-3f are regular: ADD OR ADC SBB AND SUB XOR CMP, eight opcodes each, of which the first
 * two write to memory. */
static bool arithmetic(uint8_t opcode, struct row *out)
{
	if (opcode >= 0x40 || (opcode & 7) >= 2 || opcode >> 3 == PTWR_CMP)
		return false;
	*out = (struct row){opcode, -1, opcode >> 3, REG, LOCKABLE | (opcode & 1 ? 0 : BYTE)};
	return true;
}

/* 80, 81, 83: the same with immediates, the operation in ModRM.reg. */
static bool arithmetic_group(uint8_t opcode, uint8_t group, struct row *out)
{
	if ((opcode != 0x80 && opcode != 0x81 && opcode != 0x83) || group == PTWR_CMP)
		return false;
	*out = (struct row){opcode, (int8_t)group, group, opcode == 0x83 ? IMM8 : IMM,
			    LOCKABLE | (opcode == 0x80 ? BYTE : 0)};
	return true;
}

static bool find(const struct row *table, size_t rows, uint8_t opcode, uint8_t group,
		 struct row *out)
{
	for (size_t i = 0; i < rows; i++) {
		if (table[i].opcode != opcode || (table[i].group >= 0 && table[i].group != group))
			continue;
		*out = table[i];
		return true;
	}
	return false;
}

static bool find_row(struct cursor *c, uint8_t opcode, struct row *out)
{
	bool two = opcode == 0x0f;

	if (two)
		opcode = next(c);
	/* ModRM, if there is one, follows: look without taking it */
	uint8_t group = c->at < c->end ? *c->at >> 3 & 7 : 0;

	if (two)
		return find(two_byte, ARRAY_SIZE(two_byte), opcode, group, out);
	return arithmetic(opcode, out) || arithmetic_group(opcode, group, out) ||
	       find(one_byte, ARRAY_SIZE(one_byte), opcode, group, out);
}

static void set_register(struct ptwr_insn *out, uint8_t number, const struct prefixes *p)
{
	out->high = out->size == 1 && !p->rex && number >= 4 && number < 8;
	out->reg = out->high ? (uint8_t)(number - 4) : number;
}

/* False: the operand is a register, so that nothing is written to memory. */
static bool take_operands(struct cursor *c, const struct prefixes *p, const struct row *row,
			  struct ptwr_insn *out)
{
	uint8_t modrm;

	if (row->form == STRING || row->form == MOFFS) {
		skip(c, row->form == STRING ? 0 : p->address32 ? 4 : 8);
		return true;
	}
	modrm = next(c);
	if (modrm >= 0xc0)
		return false;
	skip_address(c, modrm);
	out->immediate = row->form == IMM || row->form == IMM8;
	if (row->form == REG)
		set_register(out, (uint8_t)((modrm >> 3 & 7) | (p->rex & REX_R ? 8 : 0)), p);
	else if (out->immediate)
		out->imm = next_signed(c, row->form == IMM8 ? 1u : MIN(out->size, 4u));
	return true;
}

static uint8_t operand_size(const struct row *row, const struct prefixes *p)
{
	if (row->flags & BYTE)
		return 1;
	if (row->op == PTWR_CMPXCHG8)
		return p->rex & REX_W ? 16 : 8;
	return p->rex & REX_W ? 8 : p->operand16 ? 2 : 4;
}

bool ptwr_decode_any(const uint8_t *bytes, size_t count, struct ptwr_insn *out)
{
	struct cursor c = {bytes, bytes + MIN(count, (size_t)PTWR_INSN_MAX), false};
	struct prefixes p = {0};
	uint8_t opcode = take_prefixes(&c, &p);
	struct row row = {0};

	*out = (struct ptwr_insn){0};
	if (!find_row(&c, opcode, &row) || (p.lock && !(row.flags & LOCKABLE)))
		return false;
	out->op = row.op;
	out->size = operand_size(&row, &p);
	out->rep = p.rep && row.form == STRING;
	out->address32 = p.address32;
	if (out->size > 8 || !take_operands(&c, &p, &row, out))
		return false;
	out->length = (uint8_t)(c.at - bytes);
	return !c.ended;
}

#define REX_WRB 0x48 /* and the low bits for R, X (which only an index has) and B */

/* Most are `xchg reg, (base)` and `mov reg, (base)` of 8 bytes, with or without a byte of
 * displacement. */
static bool decode_short(const uint8_t *bytes, struct ptwr_insn *out)
{
	uint8_t op = bytes[1], modrm = bytes[2], base = modrm & 7;

	if ((bytes[0] & 0xf8) != REX_WRB || (op != 0x87 && op != 0x89) || modrm >= 0x80 ||
	    base == 4 || (base == 5 && modrm < 0x40))
		return false;
	*out = (struct ptwr_insn){
		.op = op == 0x87 ? PTWR_XCHG : PTWR_MOV,
		.length = modrm < 0x40 ? 3 : 4,
		.size = 8,
		.reg = (uint8_t)((modrm >> 3 & 7) | (bytes[0] & REX_R) << 1),
	};
	return true;
}

bool ptwr_decode(const uint8_t *bytes, size_t count, struct ptwr_insn *out)
{
	return (count >= 4 && decode_short(bytes, out)) || ptwr_decode_any(bytes, count, out);
}
