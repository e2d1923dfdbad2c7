/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/core/ptwr_decode.c hypervisor/core/ptwr_execute.c */
/*
 * Instructions that write to page tables: their lengths and operands, what is refused, and what
 * they do. For the last, this CPU is asked: each instruction runs here with random operands, and
 * the registers, flags and memory afterwards must be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "core/ptwr_decode.h"

static struct ptwr_insn i;

/* Decodes and takes all of the bytes; cut by one byte it does not decode. */
#define good(...)                                                  \
	do {                                                       \
		const uint8_t b[] = {__VA_ARGS__};                 \
		struct ptwr_insn cut;                              \
		assert_true(ptwr_decode(b, sizeof(b), &i));        \
		assert_int_equal(i.length, sizeof(b));             \
		assert_false(ptwr_decode(b, sizeof(b) - 1, &cut)); \
	} while (0)

#define bad(...)                                             \
	do {                                                 \
		const uint8_t b[] = {__VA_ARGS__};           \
		assert_false(ptwr_decode(b, sizeof(b), &i)); \
	} while (0)

static void moves(void **state)
{
	(void)state;
	good(0x48, 0x89, 0x07); /* mov %rax, (%rdi) */
	assert_true(i.op == PTWR_MOV && i.size == 8 && i.reg == 0 && !i.immediate);
	good(0x4c, 0x89, 0x24, 0xc8); /* mov %r12, (%rax,%rcx,8) */
	assert_true(i.size == 8 && i.reg == 12);
	good(0x48, 0xc7, 0x45, 0xf8, 0xff, 0xff, 0xff, 0xff); /* movq $-1, -8(%rbp) */
	assert_true(i.op == PTWR_MOV && i.immediate && i.imm == ~0ULL && i.size == 8);
	good(0x66, 0xc7, 0x00, 0x34, 0x12); /* movw $0x1234, (%rax) */
	assert_true(i.size == 2 && i.imm == 0x1234);
	good(0xc6, 0x80, 0, 0, 0, 0, 0x7f); /* movb $0x7f, 0(%rax), long displacement */
	assert_true(i.size == 1 && i.imm == 0x7f);
	good(0x88, 0x27); /* mov %ah, (%rdi) */
	assert_true(i.size == 1 && i.reg == 0 && i.high);
	good(0x40, 0x88, 0x27); /* mov %spl, (%rdi) */
	assert_true(i.size == 1 && i.reg == 4 && !i.high);
	good(0x48, 0xa3, 1, 2, 3, 4, 5, 6, 7, 8); /* movabs %rax, address */
	assert_true(i.op == PTWR_MOV && i.size == 8 && i.reg == 0);
	good(0x48, 0x0f, 0xc3, 0x07); /* movnti %rax, (%rdi) */
	assert_true(i.op == PTWR_MOV && i.size == 8);
}

/* As in Linux' ptep_set_wrprotect, ptep_get_and_clear, set_pte_atomic, set_bit. */
static void as_kernels_do(void **state)
{
	(void)state;
	good(0xf0, 0x80, 0x27, 0xfd); /* lock andb $-3, (%rdi) */
	assert_true(i.op == PTWR_AND && i.size == 1 && i.imm == ~2ULL);
	good(0x48, 0x87, 0x07); /* xchg %rax, (%rdi) */
	assert_true(i.op == PTWR_XCHG && i.size == 8);
	good(0xf0, 0x48, 0x0f, 0xb1, 0x0e); /* lock cmpxchg %rcx, (%rsi) */
	assert_true(i.op == PTWR_CMPXCHG && i.size == 8 && i.reg == 1);
	good(0xf0, 0x48, 0x0f, 0xba, 0x37, 0x05); /* lock btrq $5, (%rdi) */
	assert_true(i.op == PTWR_BTR && i.size == 8 && i.immediate && i.imm == 5);
	good(0xf0, 0x49, 0x0f, 0xab, 0x04, 0x24); /* lock bts %rax, (%r12) */
	assert_true(i.op == PTWR_BTS && i.size == 8 && !i.immediate);
	good(0x3e, 0x48, 0x81, 0x0d, 0, 0, 0, 0, 0x42, 0, 0, 0); /* orq $0x42, ds:x(%rip) */
	assert_true(i.op == PTWR_OR && i.imm == 0x42);
	good(0xf3, 0x48, 0xab); /* rep stosq */
	assert_true(i.op == PTWR_STOS && i.size == 8 && i.rep);
}

static void others_are_refused(void **state)
{
	(void)state;
	bad(0x48, 0x8b, 0x07);		   /* a load */
	bad(0x48, 0x89, 0xc7);		   /* to a register */
	bad(0x02, 0x07);		   /* add (%rdi), %al: a load, too */
	bad(0x48, 0x39, 0x07);		   /* cmp */
	bad(0x48, 0x83, 0x3f, 0x00);	   /* cmp with an immediate */
	bad(0xf0, 0x48, 0x89, 0x07);	   /* lock mov */
	bad(0xf0, 0xf3, 0x48, 0xab);	   /* lock rep stos */
	bad(0x48, 0x0f, 0xba, 0x27, 0x05); /* bt */
	bad(0x48, 0x0f, 0xc7, 0x0f);	   /* cmpxchg16b */
	bad(0x0f, 0xc7, 0x37);		   /* rdrand's group */
	bad(0xff, 0x17);		   /* call *(%rdi) */
	bad(0xff, 0x37);		   /* push (%rdi) */
	bad(0xf7, 0x07, 1, 0, 0, 0);	   /* test */
	bad(0x0f, 0x11, 0x07);		   /* movups */
	bad(0xc7, 0x0f, 0, 0, 0, 0);	   /* c7 /1 */
	bad(0x48, 0x66, 0x89);		   /* ends inside; REX not in front of the opcode */
	bad(0x0f);
	assert_false(ptwr_decode((const uint8_t *)"", 0, &i));
}

static void no_bytes_beyond_the_end(void **state)
{
	uint8_t *b = malloc(20);

	(void)state;
	for (unsigned int n = 0; n < 200000; n++) {
		size_t count = (size_t)rand() % 17;
		uint8_t *exact = malloc(count + 1); /* the sanitizer watches its end */

		for (size_t k = 0; k < count; k++)
			exact[k] = (uint8_t)(rand() % 4 ? rand() : "\xf0\x48\x66\x0f"[rand() % 4]);
		if (count && ptwr_decode(exact, count, &i)) {
			assert_true(i.length <= count && i.length <= PTWR_INSN_MAX);
			assert_true(i.size == 1 || i.size == 2 || i.size == 4 || i.size == 8);
		}
		free(exact);
	}
	memset(b, 0x66, 20); /* too many prefixes */
	b[15] = 0x89;
	assert_false(ptwr_decode(b, 20, &i));
	free(b);
}

/* The short way knows only what the long one says, too. */
static void the_short_way_says_the_same(void **state)
{
	unsigned int taken = 0;

	(void)state;
	for (unsigned int n = 0; n < 1 << 22; n++) {
		const uint8_t b[PTWR_INSN_MAX] = {
			(uint8_t)(n & 1 ? 0x48 | (n >> 1 & 7) : 0x40 | (n >> 1 & 15)),
			(uint8_t)((n >> 5 & 1) ? 0x86 | (n >> 6 & 3) : 0x88 + (n >> 6 & 3)),
			(uint8_t)(n >> 8), (uint8_t)(n >> 16)};
		size_t count = n % 19 ? PTWR_INSN_MAX : 1 + n / 19 % 15;
		struct ptwr_insn one, other;
		bool ok;

		memset(&one, 0x55, sizeof(one));
		memset(&other, 0xaa, sizeof(other));
		ok = ptwr_decode(b, count, &one);
		assert_int_equal(ok, ptwr_decode_any(b, count, &other));
		if (!ok)
			continue;
		assert_int_equal(one.op, other.op);
		assert_int_equal(one.length, other.length);
		assert_int_equal(one.size, other.size);
		assert_int_equal(one.reg, other.reg);
		assert_int_equal(one.high, other.high);
		assert_int_equal(one.immediate, other.immediate);
		assert_int_equal(one.rep, other.rep);
		assert_int_equal(one.address32, other.address32);
		taken++;
	}
	assert_true(taken > 1 << 16);
}

/* --- against this CPU --- */

#define FLAGS_SEEN 0x8d5ULL /* OF SF ZF AF PF CF */

/* What the stub below loads and stores, at fixed places. */
struct {
	uint64_t reg[16], rflags, memory, host_rsp;
	void *code;
} cpu __attribute__((used));

void run_on_cpu(void);
__asm__(".text\n.globl run_on_cpu\nrun_on_cpu:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"mov %rsp, cpu+144(%rip)\n"
	"pushq cpu+128(%rip); popfq\n"
	"mov cpu+0(%rip), %rax; mov cpu+8(%rip), %rcx; mov cpu+16(%rip), %rdx\n"
	"mov cpu+24(%rip), %rbx; mov cpu+40(%rip), %rbp; mov cpu+48(%rip), %rsi\n"
	"mov cpu+56(%rip), %rdi; mov cpu+64(%rip), %r8; mov cpu+72(%rip), %r9\n"
	"mov cpu+80(%rip), %r10; mov cpu+88(%rip), %r11; mov cpu+96(%rip), %r12\n"
	"mov cpu+104(%rip), %r13; mov cpu+112(%rip), %r14; mov cpu+120(%rip), %r15\n"
	"jmp *cpu+152(%rip)\n"
	".globl back_from_cpu\nback_from_cpu:\n"
	"mov %rax, cpu+0(%rip); mov %rcx, cpu+8(%rip); mov %rdx, cpu+16(%rip)\n"
	"mov %rbx, cpu+24(%rip); mov %rbp, cpu+40(%rip); mov %rsi, cpu+48(%rip)\n"
	"mov %rdi, cpu+56(%rip); mov %r8, cpu+64(%rip); mov %r9, cpu+72(%rip)\n"
	"mov %r10, cpu+80(%rip); mov %r11, cpu+88(%rip); mov %r12, cpu+96(%rip)\n"
	"mov %r13, cpu+104(%rip); mov %r14, cpu+112(%rip); mov %r15, cpu+120(%rip)\n"
	"mov cpu+144(%rip), %rsp\n"
	"pushfq; popq cpu+128(%rip); cld\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"ret\n");
extern char back_from_cpu[];

static uint8_t *page; /* code, and in its second half the operand */

static uint64_t *operand(void)
{
	return (uint64_t *)(page + 2048);
}

/* `head` opcode bytes, ModRM for memory relative to RIP, an immediate. Returns the length. */
static unsigned int assemble(const uint8_t *head, unsigned int n, uint8_t group, bool has_modrm,
			     unsigned int imm_bytes)
{
	unsigned int at = n, end;
	int32_t displacement;

	memcpy(page, head, n);
	end = at + (has_modrm ? 5 : 0) + imm_bytes;
	if (has_modrm) {
		page[at++] = (uint8_t)(group << 3 | 5);
		displacement = (int32_t)(2048 - end);
		memcpy(page + at, &displacement, 4);
		at += 4;
	}
	while (at < end)
		page[at++] = (uint8_t)rand();
	memcpy(page + end, "\xff\x25\0\0\0\0", 6); /* jmp *back */
	memcpy(page + end + 6, &(void *){back_from_cpu}, sizeof(void *));
	return end;
}

static uint64_t interesting(void)
{
	static const uint64_t values[] = {0,	      1,      0x7f,	  0x80,
					  0xff,	      0xffff, 0x7fffffff, 0x80000000,
					  0xffffffff, ~0ULL,  1ULL << 63, ~0ULL >> 1};
	uint64_t r = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();

	return rand() % 2 ? values[(size_t)rand() % ARRAY_SIZE(values)] : r;
}

static void random_state(struct ptwr_state *s)
{
	for (unsigned int r = 0; r < 16; r++)
		s->reg[r] = r == 4 ? 0 : interesting();
	s->memory = interesting();
	if (rand() % 2)
		s->reg[PTWR_RAX] = s->memory; /* so that comparisons succeed, too */
	if (rand() % 2)
		s->reg[PTWR_RDX] = s->memory >> 32;
	s->rflags = 0x202 | ((uint64_t)rand() & FLAGS_SEEN);
}

static void on_cpu(struct ptwr_state *s)
{
	memcpy(cpu.reg, s->reg, sizeof(cpu.reg));
	cpu.rflags = s->rflags;
	cpu.code = page;
	*operand() = s->memory;
	run_on_cpu();
	memcpy(s->reg, cpu.reg, sizeof(cpu.reg));
	s->rflags = cpu.rflags;
	s->memory = *operand();
}

static void compare(const char *name, unsigned int length)
{
	struct ptwr_state ours, theirs;
	uint64_t mask;

	assert_true(ptwr_decode(page, PTWR_INSN_MAX, &i));
	assert_int_equal(i.length, length);
	random_state(&ours);
	if (i.op == PTWR_STOS) {
		ours.reg[PTWR_RDI] = (uint64_t)operand();
		ours.reg[PTWR_RCX] = 1;
	} else if (!i.immediate && i.op >= PTWR_BTS && i.op <= PTWR_BTC) {
		ours.reg[i.reg] &= 8u * i.size - 1; /* else it is another address */
	}
	theirs = ours;
	mask = i.size == 8 ? ~0ULL : (1ULL << 8 * i.size) - 1;
	ours.memory &= mask;
	assert_false(ptwr_execute(&i, &ours));
	ours.memory |= theirs.memory & ~mask;
	on_cpu(&theirs);
	/* AF is undefined after AND, OR, XOR; all but CF after BTx */
	uint64_t seen = i.op == PTWR_AND || i.op == PTWR_OR || i.op == PTWR_XOR
				? FLAGS_SEEN & ~0x10ULL
			: i.op >= PTWR_BTS && i.op <= PTWR_BTC ? 1
							       : FLAGS_SEEN;

	if (memcmp(ours.reg, theirs.reg, sizeof(ours.reg)) || ours.memory != theirs.memory ||
	    (ours.rflags ^ theirs.rflags) & seen)
		fail_msg("%s, operation %d, size %d: memory %lx instead of %lx, flags %lx, %lx",
			 name, i.op, i.size, ours.memory, theirs.memory, ours.rflags & seen,
			 theirs.rflags & seen);
}

struct shape {
	uint8_t opcode[2];
	unsigned int opcode_bytes;
	int group;	  /* < 0: a register */
	unsigned int imm; /* bytes of the immediate; 4: as the operand */
	bool byte, no_modrm;
};

static const struct shape shapes[] = {
	{{0x86}, 1, -1, 0, true, false},	{{0x87}, 1, -1, 0, false, false},
	{{0x88}, 1, -1, 0, true, false},	{{0x89}, 1, -1, 0, false, false},
	{{0xaa}, 1, 0, 0, true, true},		{{0xab}, 1, 0, 0, false, true},
	{{0xc6}, 1, 0, 1, true, false},		{{0xc7}, 1, 0, 4, false, false},
	{{0xf6}, 1, 2, 0, true, false},		{{0xf7}, 1, 2, 0, false, false},
	{{0xf6}, 1, 3, 0, true, false},		{{0xf7}, 1, 3, 0, false, false},
	{{0xfe}, 1, 0, 0, true, false},		{{0xff}, 1, 0, 0, false, false},
	{{0xfe}, 1, 1, 0, true, false},		{{0xff}, 1, 1, 0, false, false},
	{{0x0f, 0xab}, 2, -1, 0, false, false}, {{0x0f, 0xb3}, 2, -1, 0, false, false},
	{{0x0f, 0xbb}, 2, -1, 0, false, false}, {{0x0f, 0xba}, 2, 5, 1, false, false},
	{{0x0f, 0xba}, 2, 6, 1, false, false},	{{0x0f, 0xba}, 2, 7, 1, false, false},
	{{0x0f, 0xb0}, 2, -1, 0, true, false},	{{0x0f, 0xb1}, 2, -1, 0, false, false},
	{{0x0f, 0xc0}, 2, -1, 0, true, false},	{{0x0f, 0xc1}, 2, -1, 0, false, false},
};

/* Prefixes for operands of 1 << size_log bytes, and a register that is not RSP. */
static unsigned int head(const struct shape *s, unsigned int size_log, uint8_t *out, uint8_t *reg)
{
	unsigned int n = 0;
	uint8_t rex = 0;

	if (size_log == 1)
		out[n++] = 0x66;
	*reg = s->group >= 0 ? (uint8_t)s->group : (uint8_t)(rand() % 16);
	if (s->group < 0 && *reg == 4 && !s->byte)
		*reg = 5;
	if (*reg >= 8)
		rex |= 0x44;
	if (size_log == 3)
		rex |= 0x48;
	if (rex)
		out[n++] = rex;
	*reg &= 7;
	memcpy(out + n, s->opcode, s->opcode_bytes);
	return n + s->opcode_bytes;
}

static void try(const char *name, const struct shape *s)
{
	unsigned int size_log = s->byte ? 0 : 1 + (unsigned int)rand() % 3, n, imm;
	uint8_t bytes[8], reg;

	n = head(s, size_log, bytes, &reg);
	imm = s->imm == 4 && size_log == 1 ? 2 : s->imm;
	compare(name, assemble(bytes, n, reg, !s->no_modrm, imm));
}

static void this_cpu_agrees(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < ARRAY_SIZE(shapes); k++)
		for (unsigned int n = 0; n < 4000; n++)
			try("table", &shapes[k]);
}

static void this_cpu_agrees_on_arithmetic(void **state)
{
	(void)state;
	for (uint8_t op = 0; op < 7; op++) {
		const struct shape all[] = {
			{{(uint8_t)(op << 3)}, 1, -1, 0, true, false},
			{{(uint8_t)(op << 3 | 1)}, 1, -1, 0, false, false},
			{{0x80}, 1, op, 1, true, false},
			{{0x81}, 1, op, 4, false, false},
			{{0x83}, 1, op, 1, false, false},
		};

		for (unsigned int k = 0; k < ARRAY_SIZE(all); k++)
			for (unsigned int n = 0; n < 4000; n++)
				try("arithmetic", &all[k]);
	}
}

static void this_cpu_agrees_on_cmpxchg8b(void **state)
{
	static const uint8_t bytes[] = {0x0f, 0xc7};

	(void)state;
	for (unsigned int n = 0; n < 4000; n++)
		compare("cmpxchg8b", assemble(bytes, 2, 1, true, 0));
}

static void repeated_stores_go_step_by_step(void **state)
{
	struct ptwr_state s = {.rflags = 0x202};

	(void)state;
	good(0xf3, 0x48, 0xab);
	s.reg[PTWR_RCX] = 3;
	s.reg[PTWR_RDI] = 0x1000;
	s.reg[PTWR_RAX] = 0x77;
	assert_true(ptwr_execute(&i, &s));
	assert_true(s.reg[PTWR_RCX] == 2 && s.reg[PTWR_RDI] == 0x1008 && s.memory == 0x77);
	assert_true(ptwr_execute(&i, &s));
	assert_false(ptwr_execute(&i, &s));
	assert_int_equal(s.reg[PTWR_RCX], 0);
	s.rflags |= 0x400; /* downwards */
	s.reg[PTWR_RCX] = 1;
	assert_false(ptwr_execute(&i, &s));
	assert_int_equal(s.reg[PTWR_RDI], 0x1010);
}

static int make_page(void **state)
{
	(void)state;
	srand(1);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	return page == MAP_FAILED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves),
		cmocka_unit_test(as_kernels_do),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(no_bytes_beyond_the_end),
		cmocka_unit_test(the_short_way_says_the_same),
		cmocka_unit_test(this_cpu_agrees),
		cmocka_unit_test(this_cpu_agrees_on_arithmetic),
		cmocka_unit_test(this_cpu_agrees_on_cmpxchg8b),
		cmocka_unit_test(repeated_stores_go_step_by_step),
	};

	return cmocka_run_group_tests(tests, make_page, NULL);
}
