/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between the hypervisor and the address space of the running guest, and of whole frames.
 *
 *	size_t machine_copy_from_guest(void *dst, uint64_t guest_va, size_t bytes);
 *	size_t machine_copy_to_guest(uint64_t guest_va, const void *src, size_t bytes);
 *	size_t machine_clear_guest(uint64_t guest_va, size_t bytes);
 *
 * All return the bytes not done. Up to SHORT bytes go in plain 8-byte and 1-byte moves, which start
 * at once; longer blocks by repeated 8-byte moves. A fault ends the copy: RCX then holds the units
 * of the loop that were left, and the fixup makes bytes of them. CLAC runs on every
 * way out, though the trap handler has cleared AC already where a fault was the way.
 */
#include "machine/extable.h"

#define SHORT 64

	.text

.macro OPEN_GUEST
	cmpb $0, cpu_smap_on(%rip)
	je 771f
	stac
771:
.endm

.macro CLOSE_GUEST
	cmpb $0, cpu_smap_on(%rip)
	je 772f
	clac
772:
.endm

/* RDI to, RSI from, RDX bytes -> RAX bytes left. RCX counts units, RDX the bytes behind them. */
.macro COPY
	OPEN_GUEST
	mov %rdx, %rcx
	and $7, %edx
	shr $3, %rcx
	cmp $(SHORT / 8), %rcx
	ja 20f
	test %rcx, %rcx
	jz 12f
10:	mov (%rsi), %rax
11:	mov %rax, (%rdi)
	add $8, %rsi
	add $8, %rdi
	dec %rcx
	jnz 10b
12:	mov %edx, %ecx
	jrcxz 15f
13:	movb (%rsi), %al
14:	movb %al, (%rdi)
	inc %rsi
	inc %rdi
	dec %rcx
	jnz 13b
15:	CLOSE_GUEST
	xor %eax, %eax
	ret
20:	rep movsq
	jmp 12b

	EXTABLE 10b, copy_units_left
	EXTABLE 11b, copy_units_left
	EXTABLE 20b, copy_units_left
	EXTABLE 13b, copy_bytes_left
	EXTABLE 14b, copy_bytes_left
.endm

	.globl machine_copy_from_guest
	.type machine_copy_from_guest, @function
machine_copy_from_guest:
	COPY
	.size machine_copy_from_guest, . - machine_copy_from_guest

	.globl machine_copy_to_guest
	.type machine_copy_to_guest, @function
machine_copy_to_guest:
	COPY
	.size machine_copy_to_guest, . - machine_copy_to_guest

/* Here RSI counts the bytes behind the units; to share the fixups it moves to RDX. */
	.globl machine_clear_guest
	.type machine_clear_guest, @function
machine_clear_guest:
	OPEN_GUEST
	mov %rsi, %rcx
	mov %esi, %edx
	and $7, %edx
	shr $3, %rcx
	xor %eax, %eax
30:	rep stosq
	mov %edx, %ecx
31:	rep stosb
	CLOSE_GUEST
	ret
	EXTABLE 30b, copy_units_left
	EXTABLE 31b, copy_bytes_left
	.size machine_clear_guest, . - machine_clear_guest

	.section .fixup, "ax"
copy_units_left:
	CLOSE_GUEST
	lea (%rdx, %rcx, 8), %rax
	ret
copy_bytes_left:
	CLOSE_GUEST
	mov %rcx, %rax
	ret

	.text
/* void machine_zero_frame(void *va); */
	.globl machine_zero_frame
	.type machine_zero_frame, @function
machine_zero_frame:
	mov $512, %ecx
	xor %eax, %eax
	rep stosq
	ret
	.size machine_zero_frame, . - machine_zero_frame

/* void machine_copy_frame(void *dst, const void *src); */
	.globl machine_copy_frame
	.type machine_copy_frame, @function
machine_copy_frame:
	mov $512, %ecx
	rep movsq
	ret
	.size machine_copy_frame, . - machine_copy_frame

	.section .note.GNU-stack, "", @progbits
