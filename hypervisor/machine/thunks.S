/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Indirect branches. The compiler calls or jumps here with the target in a register; there is one
 * thunk per register, in the order of their numbers, 32 bytes each. As built they are retpolines: the
 * processor guesses with the return address of the CALL, where nothing happens, while the true
 * target takes its place on the stack. spec.c may overwrite them with plain jumps.
 */
	.section .text, "ax", @progbits

	.macro thunk register
	.balign	32, 0xcc
	.globl	__x86_indirect_thunk_\register
	.type	__x86_indirect_thunk_\register, @function
__x86_indirect_thunk_\register:
	call	2f
1:	pause
	lfence
	jmp	1b
2:	mov	%\register, (%rsp)
	ret
	int3
	.size	__x86_indirect_thunk_\register, . - __x86_indirect_thunk_\register
	.endm

	.balign	32, 0xcc
	.globl	thunks_start, thunks_end
thunks_start:
	thunk	rax
	thunk	rcx
	thunk	rdx
	thunk	rbx
	.balign	32, 0xcc
	.fill	32, 1, 0xcc	/* nobody jumps by the stack pointer */
	thunk	rbp
	thunk	rsi
	thunk	rdi
	thunk	r8
	thunk	r9
	thunk	r10
	thunk	r11
	thunk	r12
	thunk	r13
	thunk	r14
	thunk	r15
	.balign	32, 0xcc
thunks_end:

	.section .note.GNU-stack, "", @progbits
