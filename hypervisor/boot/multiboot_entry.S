/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry from a multiboot 1 loader: 32-bit protected mode, paging off, EAX = magic, EBX = information.
 *
 * Goes to long mode with the first 4 GiB mapped to themselves, the stack below, SSE on (the
 * decompressors use it), and calls multiboot_main(magic, information).
 */
#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x00000003	/* modules on page boundaries; memory information */

	.section .multiboot, "a"
	.balign	4
	.long	MULTIBOOT_MAGIC
	.long	MULTIBOOT_FLAGS
	.long	-(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.text
	.code32
	.globl	multiboot_entry
multiboot_entry:
	cli
	cld
	mov	$boot_stack_end, %esp
	mov	%eax, %edi
	mov	%ebx, %esi

	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	no_long_mode
	mov	$0x80000001, %eax
	cpuid
	bt	$29, %edx
	jnc	no_long_mode

	/* 2048 large pages in four second-level tables. */
	mov	$0x83, %eax
	mov	$first_l2, %ebx
	mov	$2048, %ecx
1:	mov	%eax, (%ebx)
	movl	$0, 4(%ebx)
	add	$0x200000, %eax
	add	$8, %ebx
	loop	1b
	movl	$first_l2 + 0x0003, first_l3
	movl	$first_l2 + 0x1003, first_l3 + 8
	movl	$first_l2 + 0x2003, first_l3 + 16
	movl	$first_l2 + 0x3003, first_l3 + 24
	movl	$first_l3 + 3, first_l4

	mov	$first_l4, %eax
	mov	%eax, %cr3
	mov	$0x620, %eax		/* PAE, OSFXSR, OSXMMEXCPT */
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax		/* LME */
	wrmsr
	mov	$0x80000033, %eax	/* PG, NE, ET, MP, PE */
	mov	%eax, %cr0
	lgdt	entry_gdt_pointer
	ljmp	$0x08, $long_mode

no_long_mode:
	mov	$no_long_mode_text, %esi
2:	mov	$0x3fd, %dx
3:	in	%dx, %al
	test	$0x20, %al
	jz	3b
	lodsb
	test	%al, %al
	jz	4f
	mov	$0x3f8, %dx
	out	%al, %dx
	jmp	2b
4:	hlt
	jmp	4b

	.code64
long_mode:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%edi, %edi
	mov	%esi, %esi
	xor	%ebp, %ebp
	call	multiboot_main
5:	hlt
	jmp	5b

	.section .rodata
no_long_mode_text:
	.asciz	"shoji: cannot boot: this CPU has no 64-bit mode\r\n"
	.balign	8
entry_gdt:
	.quad	0
	.quad	0x00af9a000000ffff	/* 0x08: 64-bit code */
	.quad	0x00cf92000000ffff	/* 0x10: data */
entry_gdt_pointer:
	.word	. - entry_gdt - 1
	.long	entry_gdt

	.bss
	.balign	4096
first_l4:
	.skip	4096
first_l3:
	.skip	4096
first_l2:
	.skip	4 * 4096
boot_stack:
	.skip	65536
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
