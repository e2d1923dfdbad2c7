/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First instructions of another CPU, copied to a page below 1 MiB (smp.c), which is mapped to itself
 * meanwhile. State: real mode, CS = page * 256, IP = 0, interrupts off, caches off (CR0.CD, NW).
 *
 * Real mode to long mode in one step: PAE, CR3 and EFER.LME first, then PE and PG together. The boot CPU
 * fills in the parameters at the end; addresses in them that depend on the page, too.
 */
#include "machine/desc.h"

#define AT(label) ((label) - trampoline)
#define CR0_START 0x80010033	/* PG WP NE ET MP PE: caches on */
#define CR4_START 0x20		/* PAE */
#define EFER_START 0x900	/* LME NXE */

	.section .rodata, "a", @progbits
	.balign	16
	.globl	trampoline, trampoline_end, trampoline_parameters
trampoline:
	.code16
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	AT(gdt_pointer)
	mov	$CR4_START, %eax
	mov	%eax, %cr4
	movl	AT(parameter_cr3), %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	mov	$EFER_START, %eax
	xor	%edx, %edx
	wrmsr
	mov	$CR0_START, %eax
	mov	%eax, %cr0
	ljmpl	*AT(parameter_long_jump)

	.code64
long_mode:
	mov	$0x10, %eax
	mov	%eax, %ss
	mov	%eax, %ds
	mov	%eax, %es
	mov	parameter_stack(%rip), %rsp
	mov	parameter_cpu(%rip), %rdi
	xor	%ebp, %ebp
	push	%rbp
	jmp	*parameter_entry(%rip)

	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* 0x08: 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x10: data */
gdt_end:
	/* struct trampoline_parameters in smp.c */
	.balign	8
trampoline_parameters:
parameter_cr3:		.quad	0
parameter_stack:	.quad	0
parameter_cpu:		.quad	0
parameter_entry:	.quad	0
parameter_long_jump:	.long	AT(long_mode), 0x08	/* + page */
gdt_pointer:		.word	gdt_end - gdt - 1
			.long	AT(gdt)			/* + page */
trampoline_end:

	.section .note.GNU-stack, "", @progbits
