/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between the hypervisor and the address space of the running guest, and of whole frames.
 *
 *	size_t machine_copy_from_guest(void *dst, uint64_t guest_va, size_t bytes);
 *	size_t machine_copy_to_guest(uint64_t guest_va, const void *src, size_t bytes);
 *	size_t machine_clear_guest(uint64_t guest_va, size_t bytes);
 *	bool machine_get_guest_N(void *dst, uint64_t guest_va);		N 8-byte words, all or false
 *	bool machine_put_guest_N(uint64_t guest_va, const void *src);
 *
 * The first three return the bytes not done. Up to SHORT bytes go in plain 8-byte and 1-byte moves, which start
 * at once; longer blocks by repeated 8-byte moves. A fault ends the copy: RCX then holds the units
 * of the loop that were left, and the fixup makes bytes of them. CLAC runs on every
 * way out, though the trap handler has cleared AC already where a fault was the way.
 */
#include "machine/extable.h"
#include "machine/smap.h"

#define SHORT 64

	.text

/* RDI to, RSI from, RDX bytes -> RAX bytes left. RCX counts units, RDX the bytes behind them. */
.macro COPY
	SMAP_STAC
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
15:	SMAP_CLAC
	xor %eax, %eax
	ret
	int3
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
	SMAP_STAC
	mov %rsi, %rcx
	mov %esi, %edx
	and $7, %edx
	shr $3, %rcx
	xor %eax, %eax
30:	rep stosq
	mov %edx, %ecx
31:	rep stosb
	SMAP_CLAC
	ret
	int3
	EXTABLE 30b, copy_units_left
	EXTABLE 31b, copy_bytes_left
	.size machine_clear_guest, . - machine_clear_guest

/* A few words of the sizes that hypercalls' arguments have, without a loop. RDI to, RSI from. */
.macro WORDS name, n
	.globl \name
	.type \name, @function
\name:
	SMAP_STAC
	.set at, 0
	.rept \n
1:	mov at(%rsi), %rax
2:	mov %rax, at(%rdi)
	EXTABLE 1b, words_failed
	EXTABLE 2b, words_failed
	.set at, at + 8
	.endr
	SMAP_CLAC
	mov $1, %eax
	ret
	int3
	.size \name, . - \name
.endm
	WORDS machine_get_guest_1, 1
	WORDS machine_get_guest_2, 2
	WORDS machine_get_guest_3, 3
	WORDS machine_get_guest_4, 4
	WORDS machine_get_guest_8, 8
	WORDS machine_put_guest_1, 1
	WORDS machine_put_guest_7, 7
	WORDS machine_put_guest_8, 8

	.section .fixup, "ax"
words_failed:
	SMAP_CLAC
	xor %eax, %eax
	ret
	int3
copy_units_left:
	SMAP_CLAC
	lea (%rdx, %rcx, 8), %rax
	ret
	int3
copy_bytes_left:
	SMAP_CLAC
	mov %rcx, %rax
	ret
	int3

	.text
/* void machine_zero_frame(void *va); */
	.globl machine_zero_frame
	.type machine_zero_frame, @function
machine_zero_frame:
	mov $512, %ecx
	xor %eax, %eax
	rep stosq
	ret
	int3
	.size machine_zero_frame, . - machine_zero_frame

/* void machine_copy_frame(void *dst, const void *src); */
	.globl machine_copy_frame
	.type machine_copy_frame, @function
machine_copy_frame:
	mov $512, %ecx
	rep movsq
	ret
	int3
	.size machine_copy_frame, . - machine_copy_frame

	.section .note.GNU-stack, "", @progbits
