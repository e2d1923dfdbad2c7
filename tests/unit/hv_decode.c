/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/machine/emulate_decode.c */
/* Decoding the privileged instructions of guest kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/emulate_decode.h"

static struct insn i;

/* Decodes and takes all of the bytes; cut by one byte it does not decode. */
#define good(...)                                                        \
	do {                                                             \
		const uint8_t b[] = {__VA_ARGS__};                       \
		assert_true(insn_decode(b, sizeof(b), true, &i));        \
		assert_int_equal(i.length, sizeof(b));                   \
		struct insn cut;                                         \
		assert_false(insn_decode(b, sizeof(b) - 1, true, &cut)); \
	} while (0)

#define bad(...)                                                   \
	do {                                                       \
		const uint8_t b[] = {__VA_ARGS__};                 \
		assert_false(insn_decode(b, sizeof(b), true, &i)); \
	} while (0)

static void ports(void **state)
{
	(void)state;
	good(0xec); /* in %dx, %al */
	assert_true(i.op == INSN_IN && i.size == 1 && !i.port_imm);
	good(0x66, 0xed); /* in %dx, %ax */
	assert_true(i.op == INSN_IN && i.size == 2);
	good(0xed);
	assert_int_equal(i.size, 4);
	good(0x48, 0xef); /* REX.W changes nothing */
	assert_true(i.op == INSN_OUT && i.size == 4);
	good(0xe6, 0x80); /* out %al, $0x80 */
	assert_true(i.op == INSN_OUT && i.size == 1 && i.port_imm && i.imm == 0x80);
}

static void strings(void **state)
{
	(void)state;
	good(0xf3, 0x6d); /* rep insl */
	assert_true(i.op == INSN_INS && i.size == 4 && i.rep && i.address_size == 8);
	good(0x64, 0x67, 0xf3, 0x66, 0x6f); /* rep outsw, FS, EDI */
	assert_true(i.op == INSN_OUTS && i.size == 2 && i.rep && i.address_size == 4);
	assert_int_equal(i.segment, SEGMENT_FS);
}

static void special_registers(void **state)
{
	(void)state;
	good(0x0f, 0x20, 0xe0); /* mov %cr4, %rax */
	assert_true(i.op == INSN_READ_CR && i.reg == 4 && i.rm == 0);
	good(0x41, 0x0f, 0x22, 0xdf); /* mov %r15, %cr3 */
	assert_true(i.op == INSN_WRITE_CR && i.reg == 3 && i.rm == 15);
	good(0x44, 0x0f, 0x20, 0xc1); /* mov %cr8, %rcx */
	assert_true(i.op == INSN_READ_CR && i.reg == 8 && i.rm == 1);
	good(0x0f, 0x23, 0xfb); /* mov %rbx, %db7 */
	assert_true(i.op == INSN_WRITE_DR && i.reg == 7 && i.rm == 3);
	good(0x0f, 0x32);
	assert_int_equal(i.op, INSN_RDMSR);
	good(0x0f, 0x30);
	assert_int_equal(i.op, INSN_WRMSR);
	good(0x0f, 0x01, 0xd1);
	assert_int_equal(i.op, INSN_XSETBV);
	good(0xf4);
	assert_int_equal(i.op, INSN_HLT);
	good(0x0f, 0x09);
	assert_int_equal(i.op, INSN_WBINVD);
}

static void memory_operands(void **state)
{
	(void)state;
	good(0x0f, 0x01, 0x38); /* invlpg (%rax) */
	assert_true(i.op == INSN_INVLPG && i.mem && i.base == 0 && i.index == -1);
	assert_int_equal(i.displacement, 0);
	good(0x41, 0x0f, 0x01, 0x7c, 0x24, 0xf8); /* invlpg -8(%r12) */
	assert_true(i.base == 12 && i.index == -1 && i.displacement == -8);
	good(0x42, 0x0f, 0x01, 0xbc, 0xa3, 0x78, 0x56, 0x34, 0x12); /* 0x12345678(%rbx,%r12,4) */
	assert_true(i.base == 3 && i.index == 12 && i.scale == 2);
	assert_int_equal(i.displacement, 0x12345678);
	good(0x0f, 0x01, 0x3d, 0x10, 0x00, 0x00, 0x00); /* invlpg 16(%rip) */
	assert_true(i.rip_relative && i.base == -1 && i.displacement == 16);
	good(0x0f, 0x01, 0x3c, 0x25, 0x00, 0x10, 0x00, 0x00); /* invlpg 0x1000 */
	assert_true(!i.rip_relative && i.base == -1 && i.index == -1);
	good(0x65, 0x0f, 0x01, 0x20); /* smsw %gs:(%rax) */
	assert_true(i.op == INSN_SMSW && i.mem && i.segment == SEGMENT_GS);
	good(0x0f, 0x01, 0xe1); /* smsw %ecx */
	assert_true(i.op == INSN_SMSW && !i.mem && i.rm == 1);
}

static void what_is_not_ours(void **state)
{
	static const uint8_t prefixes[] = {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
					   0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0xec};

	(void)state;
	bad(0x90);
	bad(0x0f, 0x05);	     /* syscall */
	bad(0x0f, 0x01, 0xff);	     /* invlpg of a register */
	bad(0x0f, 0x01, 0x10);	     /* lgdt */
	bad(0xf0, 0x0f, 0x22, 0xc0); /* lock */
	bad(0x0f);
	bad(0x66);
	bad(0x48);
	assert_false(insn_decode(NULL, 0, true, &i));
	assert_false(insn_decode(prefixes, sizeof(prefixes), true, &i)); /* 16 bytes */
	assert_true(insn_decode(prefixes + 1, sizeof(prefixes) - 1, true, &i));
}

static void code_of_32_bits(void **state)
{
	const uint8_t inc_in[] = {0x40, 0xec}, in[] = {0xec},
		      absolute[] = {0x0f, 0x01, 0x3d, 1, 0, 0, 0};

	(void)state;
	assert_false(insn_decode(inc_in, sizeof(inc_in), false, &i)); /* 0x40 is INC, no prefix */
	assert_true(insn_decode(in, sizeof(in), false, &i));
	assert_int_equal(i.address_size, 4);
	assert_true(insn_decode(absolute, sizeof(absolute), false, &i));
	assert_true(!i.rip_relative && i.displacement == 1);
}

/* No bytes make it read behind its end (ASan watches) or claim more than it was given. */
static void any_bytes(void **state)
{
	(void)state;
	srand(1);
	for (unsigned int n = 0; n < 200000; n++) {
		size_t count = (size_t)rand() % 17;
		uint8_t *b = malloc(count ? count : 1);

		for (size_t k = 0; k < count; k++)
			b[k] = rand() % 3 ? (uint8_t)rand() : 0x0f;
		if (insn_decode(b, count, rand() & 1, &i)) {
			assert_true(i.length > 0 && i.length <= count && i.length <= INSN_MAX);
			assert_true(i.reg < 16 && i.rm < 16 && i.base < 16 && i.index < 16);
		}
		free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports),
		cmocka_unit_test(strings),
		cmocka_unit_test(special_registers),
		cmocka_unit_test(memory_operands),
		cmocka_unit_test(what_is_not_ours),
		cmocka_unit_test(code_of_32_bits),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
