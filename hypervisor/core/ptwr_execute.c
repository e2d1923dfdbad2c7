/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the instructions of ptwr_decode.c do to their operands and to the flags. Pure: the state is
 * the caller's copy, which he keeps or throws away.
 */
#include "core/ptwr_decode.h"

#define FLAG_CF 0x001ULL
#define FLAG_PF 0x004ULL
#define FLAG_AF 0x010ULL
#define FLAG_ZF 0x040ULL
#define FLAG_SF 0x080ULL
#define FLAG_DF 0x400ULL
#define FLAG_OF 0x800ULL
#define ALL	(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

static uint64_t mask_of(unsigned int size)
{
	return size == 8 ? ~0ULL : (1ULL << (8 * size)) - 1;
}

static uint64_t sign_of(unsigned int size)
{
	return 1ULL << (8 * size - 1);
}

/* --- registers --- */

static uint64_t get_register(const struct ptwr_insn *i, const struct ptwr_state *s)
{
	uint64_t value = s->reg[i->reg & 15];

	return (i->high ? value >> 8 : value) & mask_of(i->size);
}

/* 32-bit results clear the upper half, shorter ones leave the rest. */
static void put(uint64_t *reg, unsigned int size, uint64_t value)
{
	uint64_t keep = size >= 4 ? 0 : ~mask_of(size);

	*reg = (*reg & keep) | (value & mask_of(size));
}

static void put_register(const struct ptwr_insn *i, struct ptwr_state *s, uint64_t value)
{
	uint64_t *reg = &s->reg[i->reg & 15];

	if (i->high)
		*reg = (*reg & ~0xff00ULL) | (value & 0xff) << 8;
	else
		put(reg, i->size, value);
}

/* --- flags --- */

static void set_flags(struct ptwr_state *s, uint64_t which, uint64_t value)
{
	s->rflags = (s->rflags & ~which) | (value & which);
}

static uint64_t result_flags(uint64_t result, unsigned int size)
{
	return (__builtin_parity((unsigned int)result & 0xff) ? 0 : FLAG_PF) |
	       (result & mask_of(size) ? 0 : FLAG_ZF) | (result & sign_of(size) ? FLAG_SF : 0);
}

/* a + b + carry; the carries out of each bit tell CF, AF and OF. */
static uint64_t add(struct ptwr_state *s, unsigned int size, uint64_t a, uint64_t b, bool carry,
		    uint64_t which)
{
	uint64_t r = (a + b + carry) & mask_of(size), carries = (a & b) | ((a | b) & ~r);

	set_flags(s, which,
		  result_flags(r, size) | (carries & sign_of(size) ? FLAG_CF : 0) |
			  (carries & 8 ? FLAG_AF : 0) |
			  ((a ^ r) & (b ^ r) & sign_of(size) ? FLAG_OF : 0));
	return r;
}

static uint64_t subtract(struct ptwr_state *s, unsigned int size, uint64_t a, uint64_t b,
			 bool borrow, uint64_t which)
{
	uint64_t r = (a - b - borrow) & mask_of(size), borrows = (~a & b) | ((~a | b) & r);

	set_flags(s, which,
		  result_flags(r, size) | (borrows & sign_of(size) ? FLAG_CF : 0) |
			  (borrows & 8 ? FLAG_AF : 0) |
			  ((a ^ b) & (a ^ r) & sign_of(size) ? FLAG_OF : 0));
	return r;
}

static uint64_t logic(struct ptwr_state *s, unsigned int size, uint64_t r)
{
	set_flags(s, ALL, result_flags(r, size));
	return r;
}

/* --- kinds --- */

static uint64_t arithmetic(const struct ptwr_insn *i, struct ptwr_state *s, uint64_t b)
{
	uint64_t a = s->memory;
	bool carry = s->rflags & FLAG_CF;

	switch (i->op) {
	case PTWR_ADD:
		return add(s, i->size, a, b, false, ALL);
	case PTWR_ADC:
		return add(s, i->size, a, b, carry, ALL);
	case PTWR_SUB:
		return subtract(s, i->size, a, b, false, ALL);
	case PTWR_SBB:
		return subtract(s, i->size, a, b, carry, ALL);
	case PTWR_OR:
		return logic(s, i->size, a | b);
	case PTWR_AND:
		return logic(s, i->size, a & b);
	default:
		return logic(s, i->size, a ^ b);
	}
}

static uint64_t unary(const struct ptwr_insn *i, struct ptwr_state *s)
{
	switch (i->op) {
	case PTWR_INC:
		return add(s, i->size, s->memory, 1, false, ALL & ~FLAG_CF);
	case PTWR_DEC:
		return subtract(s, i->size, s->memory, 1, false, ALL & ~FLAG_CF);
	case PTWR_NEG:
		return subtract(s, i->size, 0, s->memory, false, ALL);
	default:
		return ~s->memory;
	}
}

static uint64_t bits(const struct ptwr_insn *i, struct ptwr_state *s, uint64_t number)
{
	uint64_t bit = 1ULL << (number & (8u * i->size - 1));

	set_flags(s, FLAG_CF, s->memory & bit ? FLAG_CF : 0);
	if (i->op == PTWR_BTS)
		return s->memory | bit;
	return i->op == PTWR_BTR ? s->memory & ~bit : s->memory ^ bit;
}

static uint64_t compare_exchange(const struct ptwr_insn *i, struct ptwr_state *s, uint64_t value)
{
	uint64_t expected = s->reg[PTWR_RAX] & mask_of(i->size);

	(void)subtract(s, i->size, expected, s->memory, false, ALL);
	if (s->memory == expected)
		return value;
	put(&s->reg[PTWR_RAX], i->size, s->memory);
	return s->memory;
}

static uint64_t compare_exchange_8(struct ptwr_state *s)
{
	uint64_t *r = s->reg, expected = r[PTWR_RDX] << 32 | (uint32_t)r[PTWR_RAX];
	bool same = s->memory == expected;

	set_flags(s, FLAG_ZF, same ? FLAG_ZF : 0);
	if (same)
		return r[PTWR_RCX] << 32 | (uint32_t)r[PTWR_RBX];
	r[PTWR_RDX] = s->memory >> 32;
	r[PTWR_RAX] = (uint32_t)s->memory;
	return s->memory;
}

static uint64_t exchange(const struct ptwr_insn *i, struct ptwr_state *s, uint64_t value)
{
	uint64_t old = s->memory;

	if (i->op == PTWR_XADD)
		value = add(s, i->size, old, value, false, ALL);
	put_register(i, s, old);
	return value;
}

/* One step of (rep) stos. True: there are more. */
static bool store_string(const struct ptwr_insn *i, struct ptwr_state *s)
{
	unsigned int width = i->address32 ? 4 : 8;
	uint64_t step = s->rflags & FLAG_DF ? 0ULL - i->size : i->size;

	s->memory = s->reg[PTWR_RAX] & mask_of(i->size);
	put(&s->reg[PTWR_RDI], width, s->reg[PTWR_RDI] + step);
	if (!i->rep)
		return false;
	put(&s->reg[PTWR_RCX], width, s->reg[PTWR_RCX] - 1);
	return s->reg[PTWR_RCX] & mask_of(width);
}

static uint64_t result_of(const struct ptwr_insn *i, struct ptwr_state *s)
{
	uint64_t other = i->immediate ? i->imm & mask_of(i->size) : get_register(i, s);

	switch (i->op) {
	case PTWR_MOV:
		return other;
	case PTWR_XCHG:
	case PTWR_XADD:
		return exchange(i, s, other);
	case PTWR_CMPXCHG:
		return compare_exchange(i, s, other);
	case PTWR_CMPXCHG8:
		return compare_exchange_8(s);
	case PTWR_BTS:
	case PTWR_BTR:
	case PTWR_BTC:
		return bits(i, s, other);
	case PTWR_INC:
	case PTWR_DEC:
	case PTWR_NOT:
	case PTWR_NEG:
		return unary(i, s);
	default:
		return arithmetic(i, s, other);
	}
}

bool ptwr_execute(const struct ptwr_insn *i, struct ptwr_state *s)
{
	if (i->op == PTWR_STOS)
		return store_string(i, s);
	s->memory = result_of(i, s) & mask_of(i->size);
	return false;
}
