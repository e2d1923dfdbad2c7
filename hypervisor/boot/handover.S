/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * handover_jump(const struct handover *h): from the boot program to the run-time image.
 *
 * The state that boot_info.h promises is made here. Both the old and the new tables map this code and
 * its data at their physical addresses, so that CR3 may be changed in the middle of it.
 */
	.text
	.globl	handover_jump
handover_jump:
	cli
	cld
	mov	0(%rdi), %r8		/* cr3 */
	mov	8(%rdi), %r9		/* entry */
	mov	16(%rdi), %r10		/* boot_info */
	mov	24(%rdi), %r11		/* stack */

	lea	gdt(%rip), %rax
	mov	%rax, gdt_pointer+2(%rip)
	lgdt	gdt_pointer(%rip)
	lidt	idt_pointer(%rip)
	xor	%eax, %eax
	lldt	%ax

	/* No global pages of the firmware may survive: CR4.PGE goes before CR3 changes. */
	mov	$0x620, %eax		/* PAE, OSFXSR, OSXMMEXCPT */
	mov	%rax, %cr4
	mov	$0x80010033, %eax	/* PG, WP, NE, ET, MP, PE */
	mov	%rax, %cr0
	mov	%r8, %cr3
	mov	%r11, %rsp

	mov	$0x80000001, %eax
	cpuid
	mov	%edx, %esi
	mov	$0xc0000080, %ecx	/* EFER */
	rdmsr
	and	$~1, %eax		/* SCE */
	bt	$20, %esi		/* has NX */
	jnc	1f
	or	$(1 << 11), %eax
1:	wrmsr

	xor	%eax, %eax
	xor	%edx, %edx
	mov	$0xc0000100, %ecx	/* FS base */
	wrmsr
	inc	%ecx			/* GS base */
	wrmsr

	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	pushq	$2
	popfq
	mov	%r10, %rdi
	pushq	$0x08
	lea	1f(%rip), %rax
	pushq	%rax
	lretq
1:	jmp	*%r9

	.data
	.balign	8
gdt:	.quad	0
	.quad	0x00af9a000000ffff	/* 0x08: 64-bit code */
	.quad	0x00cf92000000ffff	/* 0x10: data */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.quad	0
idt_pointer:
	.word	0
	.quad	0

	.section .note.GNU-stack, "", @progbits
