/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding (Intel SDM volume 2, chapter 2 and appendix A): prefixes, one or two bytes of opcode
 * found in a table, ModRM with what follows it. Bytes come from a guest: every read is bounded.
 */
#include "machine/emulate_decode.h"

struct cursor {
	const uint8_t *at, *end;
	bool ended; /* asked for more than there is */
};

struct prefixes {
	bool operand16, address32, rep, lock;
	enum insn_segment segment;
	uint8_t rex;
};

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

/* How to decode the operands of a row. */
enum form {
	PORT_DX_BYTE,
	PORT_DX,
	PORT_IMM_BYTE,
	PORT_IMM,
	STRING_BYTE,
	STRING,
	PLAIN,
	REGISTER_CR, /* ModRM with a special register; mod is ignored */
};

struct row {
	uint8_t opcode;
	uint8_t op, form;
};

static const struct row one_byte[] = {
	{0x6c, INSN_INS, STRING_BYTE},	 {0x6d, INSN_INS, STRING},
	{0x6e, INSN_OUTS, STRING_BYTE},	 {0x6f, INSN_OUTS, STRING},
	{0xe4, INSN_IN, PORT_IMM_BYTE},	 {0xe5, INSN_IN, PORT_IMM},
	{0xe6, INSN_OUT, PORT_IMM_BYTE}, {0xe7, INSN_OUT, PORT_IMM},
	{0xec, INSN_IN, PORT_DX_BYTE},	 {0xed, INSN_IN, PORT_DX},
	{0xee, INSN_OUT, PORT_DX_BYTE},	 {0xef, INSN_OUT, PORT_DX},
	{0xf4, INSN_HLT, PLAIN},	 {0xfa, INSN_CLI, PLAIN},
	{0xfb, INSN_STI, PLAIN},
};

static const struct row two_byte[] = {
	/* behind 0f */
	{0x06, INSN_CLTS, PLAIN},	    {0x08, INSN_INVD, PLAIN},
	{0x09, INSN_WBINVD, PLAIN},	    {0x20, INSN_READ_CR, REGISTER_CR},
	{0x21, INSN_READ_DR, REGISTER_CR},  {0x22, INSN_WRITE_CR, REGISTER_CR},
	{0x23, INSN_WRITE_DR, REGISTER_CR}, {0x30, INSN_WRMSR, PLAIN},
	{0x31, INSN_RDTSC, PLAIN},	    {0x32, INSN_RDMSR, PLAIN},
	{0x33, INSN_RDPMC, PLAIN},	    {0xa2, INSN_CPUID, PLAIN},
};

static const struct row group_7[] = {
	/* 0f 01 with mod 3: the whole ModRM byte */
	{0xd1, INSN_XSETBV, PLAIN},
	{0xf8, INSN_SWAPGS, PLAIN},
	{0xf9, INSN_RDTSCP, PLAIN},
};

static uint8_t next(struct cursor *c)
{
	if (c->at == c->end) {
		c->ended = true;
		return 0;
	}
	return *c->at++;
}

static int32_t next_signed(struct cursor *c, unsigned int bytes)
{
	uint32_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint32_t)next(c) << (8 * i);
	return bytes == 1 ? (int8_t)v : (int32_t)v;
}

static const struct row *find(const struct row *table, size_t rows, uint8_t opcode)
{
	for (size_t i = 0; i < rows; i++)
		if (table[i].opcode == opcode)
			return &table[i];
	return NULL;
}

/* One legacy prefix; false: byte is not one. */
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
	case 0x64:
		p->segment = SEGMENT_FS;
		return true;
	case 0x65:
		p->segment = SEGMENT_GS;
		return true;
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		p->segment = SEGMENT_NONE;
		return true;
	default:
		return false;
	}
}

/* Returns the first byte of the opcode. A REX counts only right in front of it. */
static uint8_t take_prefixes(struct cursor *c, bool long_mode, struct prefixes *p)
{
	uint8_t byte = next(c);

	while (legacy_prefix(p, byte) && !c->ended)
		byte = next(c);
	if (long_mode && (byte & 0xf0) == 0x40) {
		p->rex = byte;
		byte = next(c);
	}
	return byte;
}

/* SIB and displacement of a memory operand in 64- or 32-bit addressing. */
static void take_address(struct cursor *c, const struct prefixes *p, uint8_t modrm, bool long_mode,
			 struct insn *out)
{
	unsigned int mod = modrm >> 6, rm = modrm & 7;
	bool sib = rm == 4;

	out->base = (int8_t)(rm | (p->rex & REX_B ? 8 : 0));
	if (sib) {
		uint8_t byte = next(c);
		unsigned int index = (byte >> 3 & 7u) | (p->rex & REX_X ? 8u : 0);

		out->scale = byte >> 6;
		out->index = index == 4 ? -1 : (int8_t)index;
		rm = byte & 7;
		out->base = (int8_t)(rm | (p->rex & REX_B ? 8 : 0));
	}
	if (mod == 0 && rm == 5) { /* no base; without SIB in 64-bit code, RIP */
		out->base = -1;
		out->rip_relative = long_mode && !sib;
		out->displacement = next_signed(c, 4);
	} else if (mod == 1) {
		out->displacement = next_signed(c, 1);
	} else if (mod == 2) {
		out->displacement = next_signed(c, 4);
	}
}

static bool take_group_7(struct cursor *c, const struct prefixes *p, bool long_mode,
			 struct insn *out)
{
	uint8_t modrm = next(c);
	const struct row *row = modrm >= 0xc0 ? find(group_7, ARRAY_SIZE(group_7), modrm) : NULL;

	if (row) {
		out->op = row->op;
		return true;
	}
	out->mem = modrm < 0xc0;
	out->rm = (uint8_t)((modrm & 7) | (p->rex & REX_B ? 8 : 0));
	switch (modrm >> 3 & 7) {
	case 4:
		out->op = INSN_SMSW;
		break;
	case 6:
		out->op = INSN_LMSW;
		break;
	case 7:
		out->op = INSN_INVLPG;
		break;
	default:
		return false;
	}
	if (out->mem)
		take_address(c, p, modrm, long_mode, out);
	return out->mem || out->op != INSN_INVLPG;
}

static void take_operands(struct cursor *c, const struct prefixes *p, const struct row *row,
			  bool long_mode, struct insn *out)
{
	uint8_t modrm;

	switch (row->form) {
	case PORT_IMM_BYTE:
	case PORT_IMM:
		out->port_imm = true;
		out->imm = next(c);
		break;
	case REGISTER_CR:
		modrm = next(c);
		out->reg = (uint8_t)((modrm >> 3 & 7) | (p->rex & REX_R ? 8 : 0));
		out->rm = (uint8_t)((modrm & 7) | (p->rex & REX_B ? 8 : 0));
		out->size = long_mode ? 8 : 4;
		return;
	default:
		break;
	}
	switch (row->form) {
	case PORT_DX_BYTE:
	case PORT_IMM_BYTE:
	case STRING_BYTE:
		out->size = 1;
		break;
	case PORT_DX:
	case PORT_IMM:
	case STRING:
		out->size = p->operand16 && !(p->rex & REX_W) ? 2 : 4;
		break;
	default:
		break;
	}
}

bool insn_decode(const uint8_t *bytes, size_t count, bool long_mode, struct insn *out)
{
	struct cursor c = {bytes, bytes + MIN(count, (size_t)INSN_MAX), false};
	struct prefixes p = {0};
	uint8_t opcode = take_prefixes(&c, long_mode, &p);
	const struct row *row;

	*out = (struct insn){.base = -1, .index = -1, .rep = p.rep, .segment = p.segment};
	out->address_size = long_mode && !p.address32 ? 8 : 4;
	out->size = p.rex & REX_W ? 8 : p.operand16 ? 2 : 4;
	if (opcode != 0x0f) {
		row = find(one_byte, ARRAY_SIZE(one_byte), opcode);
	} else {
		opcode = next(&c);
		if (opcode == 0x01) {
			bool ok = take_group_7(&c, &p, long_mode, out);

			out->length = (uint8_t)(c.at - bytes);
			return ok && !c.ended && !p.lock;
		}
		row = find(two_byte, ARRAY_SIZE(two_byte), opcode);
	}
	if (!row)
		return false;
	out->op = row->op;
	take_operands(&c, &p, row, long_mode, out);
	out->length = (uint8_t)(c.at - bytes);
	return !c.ended && !p.lock;
}
