/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways in and ways out. State at each step:
 *
 * In, from a guest by exception or interrupt: the CPU switched to TSS.rsp0, which is the end of the
 * hardware frame inside the current struct vcpu. Pushing the other registers fills its register record.
 * By system call: the per-CPU stub (reached by LSTAR, found RIP-relative: both GS bases are the
 * guest's) builds the same frame by hand. Then the CPU's own stack, empty, and C.
 *
 * In, from the hypervisor itself (faults in guest copies, interrupts while idle): the frame is on the
 * stack in use; C decides whether there is a fixup; return by the same frame.
 *
 * In, on a stack of its own (#DB NMI #DF #MC may hit at any instruction): C says whether it concerns a
 * guest; then the frame has been copied to its vCPU and we go on as from a guest.
 *
 * Out: always core_exit() on the empty stack; it returns the vCPU. Registers are popped from its record.
 * Flat selectors and a canonical address cannot fault; everything else returns by a copy on the
 * CPU's stack, where a fault finds a fixup.
 *
 * Interrupts are off throughout.
 */
#include "machine/desc.h"
#include "machine/smap.h"
#include "machine/spec.h"

	.section .text, "ax", @progbits

	.macro push_registers
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	.endm

	.macro pop_registers
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	.endm

/* --- the system-call stub: one page, mapped once per CPU before that CPU's data page --- */
	.balign	4096
	.globl	stub_code, stub_syscall, stub_syscall32
stub_code:
#define STUB(what) (stub_code + 4096 + what)(%rip)
stub_syscall:
	mov	%rsp, STUB(STUB_DATA_RSP)
	mov	STUB(STUB_DATA_FRAME), %rsp
	pushq	$SEL_GUEST_SS
	pushq	STUB(STUB_DATA_RSP)
	pushq	%r11
	pushq	$SEL_GUEST_CS
	pushq	%rcx
	pushq	$0
	movl	$ENTRY_SYSCALL, 4(%rsp)
	JUMP_TO_WORD STUB(STUB_DATA_ENTRY)
stub_syscall32:
	mov	%rsp, STUB(STUB_DATA_RSP)
	mov	STUB(STUB_DATA_FRAME), %rsp
	pushq	$SEL_GUEST_SS
	pushq	STUB(STUB_DATA_RSP)
	pushq	%r11
	pushq	$SEL_GUEST_C32
	pushq	%rcx
	pushq	$0
	movl	$ENTRY_SYSCALL32, 4(%rsp)
	JUMP_TO_WORD STUB(STUB_DATA_ENTRY)
	.balign	4096

/* --- from a guest --- */
	.globl	entry_syscall
entry_syscall:
	push_registers
	lea	-ENTRY_REGS(%rsp), %rdi
	mov	REGS_CPUSTACK(%rsp), %rsp
	call	trap_syscall
	jmp	exit_to_guest

entry_common:
	testb	$3, REGS_CS - REGS_ERROR(%rsp)
	jz	entry_from_hypervisor
	push_registers
	cld
	SMAP_CLAC
	lea	-ENTRY_REGS(%rsp), %rdi
	mov	REGS_CPUSTACK(%rsp), %rsp
	call	trap_from_guest

	.globl	exit_to_guest
exit_to_guest:
	call	core_exit
	lea	ENTRY_REGS(%rax), %rsp
	cmpw	$SEL_GUEST_CS, REGS_CS(%rsp)
	jne	exit_slowly
	cmpw	$SEL_GUEST_SS, REGS_SS(%rsp)
	jne	exit_slowly
	mov	REGS_RIP(%rsp), %rcx
	mov	%rcx, %rdx
	shl	$16, %rdx
	sar	$16, %rdx
	cmp	%rcx, %rdx
	jne	exit_slowly
	cmpl	$ENTRY_SYSCALL, REGS_VECTOR(%rsp)
	je	exit_by_sysret
	pop_registers
	add	$8, %rsp
	iretq

exit_by_sysret:
	pop_registers
	mov	REGS_RIP - REGS_ERROR(%rsp), %rcx
	mov	REGS_RFLAGS - REGS_ERROR(%rsp), %r11
	mov	REGS_RSP - REGS_ERROR(%rsp), %rsp
	sysretq

/* Selectors or an address of the guest's choice: return from a copy, so that a fault is harmless. */
exit_slowly:
	mov	%rsp, %rsi
	mov	REGS_CPUSTACK(%rsi), %rsp
	sub	$REGS_END, %rsp
	mov	%rsp, %rdi
	mov	$REGS_END / 8, %ecx
	cld
	rep movsq
	pop_registers
	add	$8, %rsp
1:	iretq
2:	and	$-16, %rsp
	call	trap_exit_failed /* noreturn: empties the stack and leaves anew */
	.pushsection .extable, "a"
	.long	1b - .
	.long	2b - .
	.popsection

/* Empty this CPU's stack and call the function in RDI, which does not return. */
	.globl	stack_restart
stack_restart:
	and	$-0x10000, %rsp
	add	$0x10000 - 64, %rsp
	xor	%ebp, %ebp
	call	__x86_indirect_thunk_rdi
	ud2

/* --- from the hypervisor --- */
entry_from_hypervisor:
	push_registers
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	trap_in_hypervisor
	mov	%rbp, %rsp
	pop_registers
	add	$8, %rsp
	iretq

/* --- on a stack of its own --- */
entry_ist:
	push_registers
	cld
	SMAP_CLAC
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	trap_ist
	test	%rax, %rax
	jz	1f
	mov	%rax, %rdi
	mov	ENTRY_REGS + REGS_CPUSTACK(%rax), %rsp
	call	trap_from_guest
	jmp	exit_to_guest
1:	mov	%rbp, %rsp
	pop_registers
	add	$8, %rsp
	iretq

/* --- one stub per vector; entry_vectors lists them for the IDT --- */
	.macro vector_stub number, has_error, target
	.balign	16
entry_vector_\number:
	.if !\has_error
	pushq	$0
	.endif
	movl	$\number, 4(%rsp)
	jmp	\target
	.pushsection .rodata, "a", @progbits
	.quad	entry_vector_\number
	.popsection
	.endm

	.pushsection .rodata, "a", @progbits
	.balign	8
	.globl	entry_vectors
entry_vectors:
	.popsection

	.altmacro
	.set	n, 0
	.rept	256
	.if (n == 8)
	vector_stub %n, 1, entry_ist
	.elseif (n == 1) || (n == 2) || (n == 18)
	vector_stub %n, 0, entry_ist
	.elseif (n == 10) || (n == 11) || (n == 12) || (n == 13) || (n == 14) || (n == 17) || (n == 21) || (n == 29) || (n == 30)
	vector_stub %n, 1, entry_common
	.else
	vector_stub %n, 0, entry_common
	.endif
	.set	n, n + 1
	.endr

	.section .note.GNU-stack, "", @progbits
