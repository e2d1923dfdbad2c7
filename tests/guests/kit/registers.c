/* SPDX-License-Identifier: GPL-2.0-only */
/* A program that looks at all its registers, over and over. */
#include "kit.h"

uint64_t registers_rounds = 100, registers_bad;

/* clang-format off */
__asm__(
	".pushsection .text\n"
	/* every register keeps its value over system calls, but RCX, R11 and what is passed */
	"	.globl registers_program\n"
	"registers_program:\n"
	"	mov $0x1111, %rbx\n	mov $0x2222, %rdx\n	mov $0x3333, %rsi\n"
	"	mov $0x4444, %rdi\n	mov $0x5555, %rbp\n	mov $0x8888, %r8\n"
	"	mov $0x9999, %r9\n	mov $0xaaaa, %r10\n	mov $0xcccc, %r12\n"
	"	mov $0xdddd, %r13\n	mov $0xeeee, %r14\n	mov $0xffff, %r15\n"
	"	mov registers_rounds(%rip), %rax\n"
	"1:	mov %rax, %rcx\n"
	"	syscall\n" /* the handler takes 1 from RAX */
	"	cmp $0x1111, %rbx\n	jne 2f\n	cmp $0x2222, %rdx\n	jne 2f\n"
	"	cmp $0x3333, %rsi\n	jne 2f\n	cmp $0x4444, %rdi\n	jne 2f\n"
	"	cmp $0x5555, %rbp\n	jne 2f\n	cmp $0x8888, %r8\n	jne 2f\n"
	"	cmp $0x9999, %r9\n	jne 2f\n	cmp $0xaaaa, %r10\n	jne 2f\n"
	"	cmp $0xcccc, %r12\n	jne 2f\n	cmp $0xdddd, %r13\n	jne 2f\n"
	"	cmp $0xeeee, %r14\n	jne 2f\n	cmp $0xffff, %r15\n	jne 2f\n"
	"	cmp $0x7777, %rcx\n	jne 2f\n	cmp $0x6666, %r11\n	jne 2f\n"
	"	mov %rsp, %rcx\n	cmp $user_stack_end, %rcx\n	jne 2f\n"
	"	test %eax, %eax\n	jnz 1b\n"
	"	ud2\n"
	"2:	mov %rax, registers_bad(%rip)\n	int3\n"
	"	.globl registers_handler\n"
	"registers_handler:\n" /* RAX - 1, and RCX and R11 of its choice */
	"	pop %rcx\n	pop %r11\n"
	"	push $0\n	push $0x7777\n	push $0x6666\n"
	"	dec %rax\n	push %rax\n"
	"	mov $23, %eax\n	syscall\n"
	".popsection\n");
/* clang-format on */
