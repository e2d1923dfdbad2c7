/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways in and ways out. Interrupts are off throughout. State at each step:
 *
 * In, from a guest by exception or interrupt: the CPU switched to TSS.rsp0, which is the end of the
 * hardware frame inside the current vCPU's page (struct vcpu_entry), at its address in the domain's
 * window. By system call: the per-CPU stub (reached by LSTAR, found RIP-relative: both GS bases are
 * the guest's) goes to the same place. What is common never gets to C, see "without C" below. The
 * rest pushes all registers, which fills the vCPU's register record, and goes on in C on the CPU's
 * own stack, which is empty.
 *
 * In, from the hypervisor itself (faults in guest copies, interrupts while idle): the frame is on the
 * stack in use; C decides whether there is a fixup; return by the same frame. A fault of entry code
 * itself is looked up here (fault_places): its stack is a guest's page, and C has no part in it.
 *
 * In, on a stack of its own (#DB NMI #DF #MC may hit at any instruction, on any tables): CR3 is saved
 * and set to our own. C says whether it concerns a guest; then the frame has been copied to its vCPU
 * and we go on as from a guest.
 *
 * Out: always core_exit() on the empty stack; it returns the vCPU. Registers are popped from its record.
 * SYSRET only with flat selectors and a canonical address, where it cannot fault. IRET may: then the
 * CPU still has all registers, and they go back into the record.
 *
 * With page-table isolation (core/mm_companion.h) guests run on tables that have, besides their own
 * memory, only what is in this file, the vCPU's page and the CPU's area (struct entry_area). The ways
 * without C need no more. The way into C loads the companion of the table in use, the way out the
 * table again; E_FULL_ROOT is 0 where there are no companions.
 */
#include "core/rflags.h"
#include "machine/desc.h"
#include "machine/entry_layout.h"
#include "machine/smap.h"
#include "machine/spec.h"
#include "machine/traps.h"
#include "shoji/arch.h"
#include "shoji/hypercalls.h"

#define GUEST_STACK_LOW HYPERVISOR_VIRT_END /* kernels' stacks are above it; others go through C */
#define SCRATCH(n) (E_SCRATCH + 8 * (n))

	.section .entry.text, "ax", @progbits

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

/* RSP at the record's error code, everything from there on is filled: the rest, and on to C with the
 * vCPU as argument, on the CPU's empty stack. With page-table isolation, on C's tables. */
	.macro enter_c function
	push_registers
	cld
	SMAP_CLAC
	movzbl	E_USER_MODE - E_REGS(%rsp), %eax
	mov	E_FULL_ROOT - E_REGS(%rsp, %rax, 8), %rcx
	test	%rcx, %rcx
	jz	88f
	mov	%rcx, %cr3
88:	mov	E_VCPU - E_REGS(%rsp), %rdi
	mov	E_CPU_STACK - E_REGS(%rsp), %rsp
	call	\function
	.endm

/* A fault from one label up to another goes on at the third: registers and stack as they were. */
	.macro fault_place from, to, fixup
	.pushsection .entry.table, "a", @progbits
	.long	\from - fault_places, \to - fault_places, \fixup - fault_places
	.popsection
	.endm

	.pushsection .entry.table, "a", @progbits
	.balign	4
fault_places:
	.popsection

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
	JUMP_TO_WORD STUB(STUB_DATA_ENTRY)
stub_syscall32:
	mov	%rsp, STUB(STUB_DATA_RSP)
	mov	STUB(STUB_DATA_FRAME), %rsp
	pushq	$SEL_GUEST_SS
	pushq	STUB(STUB_DATA_RSP)
	JUMP_TO_WORD STUB(STUB_DATA_ENTRY32)
	.balign	4096

/*
 * --- without C: a program's system call ---
 * RSP is at the record's rsp, which is filled, as is ss. RCX is the RIP to go back to, R11 the flags,
 * in which IF is set and IOPL is 0. AT(x) is field x of the vCPU's page.
 */
#define AT(field) (field - E_RSP)(%rsp)
	.globl	entry_syscall, entry_syscall32
entry_syscall:
	cmpw	$1, AT(E_USER_MODE) /* user mode and not E_SLOW */
	jne	syscall_of_kernel
	mov	%rax, AT(SCRATCH(0))
	mov	%rdx, AT(SCRATCH(1))
	mov	AT(E_SYSCALL_SP), %rax
	mov	AT(E_INFO), %rdx
	test	%rax, %rax
	jz	syscall_slowly
	cmpb	$0, INFO_MASK(%rdx) /* nearly always: then the frame says IF, as R11 does */
	jne	syscall_slowly

	movb	$0, AT(E_USER_MODE)
	swapgs
	mov	AT(E_ROOT), %rdx
	mov	%rdx, %cr3
	SMAP_STAC
syscall_frame:
	mov	%rcx, 0(%rax)
	mov	%r11, 8(%rax)
	mov	%rcx, 16(%rax)
	movq	$SEL_GUEST_CS, 24(%rax)
	mov	%r11, 32(%rax)
	mov	(%rsp), %rdx
	mov	%rdx, 40(%rax)
	movq	$SEL_GUEST_SS, 48(%rax)
syscall_frame_end:
	mov	AT(E_INFO), %rdx
	movzbl	AT(E_SYSCALL_MASKS), %ecx
	mov	%cl, INFO_MASK(%rdx)
	mov	AT(E_SYSCALL_HANDLER), %rcx /* canonical: SYSRET cannot fault */
	and	$~GUEST_RFLAGS_HANDLER_CLEARS, %r11d
	mov	AT(SCRATCH(0)), %rax
	mov	AT(SCRATCH(1)), %rdx
	mov	AT(E_SYSCALL_SP), %rsp
	sysretq

	fault_place syscall_frame, syscall_frame_end, syscall_frame_failed
syscall_frame_failed: /* the vCPU is in kernel mode by now */
	mov	AT(SCRATCH(0)), %rax
	mov	AT(SCRATCH(1)), %rdx
	push	%r11
	pushq	$SEL_GUEST_CS
	push	%rcx
	pushq	$0
	enter_c	trap_bounce_failed
	jmp	exit_to_guest

/*
 * --- without C: hypercall iret ---
 * State as above. Until everything is read from the guest's stack and decided, nothing changes but
 * the event mask, which C would set to the same value; then the frame is complete in the record.
 */
syscall_of_kernel:
	cmpb	$0, AT(E_USER_MODE)
	jne	syscall_to_c
	cmp	$HYPERCALL_iret, %eax
	jne	hypercall_to_c
	mov	(%rsp), %rax
	mov	%rcx, AT(SCRATCH(0)) /* should it be C's after all */
	mov	%r11, AT(SCRATCH(1))
	mov	%rax, AT(SCRATCH(2))
	movabs	$GUEST_STACK_LOW, %rcx
	cmp	%rcx, %rax
	jb	iret_slowly
	cmp	$-IRET_BYTES, %rax
	ja	iret_slowly
	SMAP_STAC
iret_frame:
	testl	$VGCF_in_syscall, IRET_FLAGS(%rax)
	jnz	iret_slowly
	mov	IRET_RAX(%rax), %rcx
	mov	%rcx, AT(SCRATCH(3))
	mov	IRET_R11(%rax), %rcx
	mov	%rcx, AT(SCRATCH(4))
	mov	IRET_RCX(%rax), %rcx
	mov	%rcx, AT(SCRATCH(5))
	mov	IRET_RIP(%rax), %rcx
	mov	%rcx, AT(E_RIP)
	mov	IRET_RSP(%rax), %rcx
	mov	%rcx, (%rsp)
	movzwl	IRET_SS(%rax), %ecx
	or	$3, %ecx
	mov	%rcx, AT(E_SS)
	mov	IRET_RFLAGS(%rax), %r11
	movzwl	IRET_CS(%rax), %eax
iret_frame_end:
	mov	%r11d, %ecx
	and	$GUEST_RFLAGS_FREE, %ecx
	or	$GUEST_RFLAGS_MUST, %ecx
	mov	%rcx, AT(E_RFLAGS)
	mov	AT(E_INFO), %rcx
	test	$GUEST_RFLAGS_IF, %r11d
	jz	iret_masked
	movb	$0, INFO_MASK(%rcx)
	cmpb	$0, INFO_PENDING(%rcx) /* one that comes later comes with an interrupt */
	jne	iret_slowly
iret_decided:
	mov	%eax, %ecx
	or	$3, %ecx
	mov	%rcx, AT(E_CS)
	cmp	%ecx, %eax /* RPL 3: to user mode */
	jne	1f
	mov	AT(E_ROOT + 8), %rcx
	test	%rcx, %rcx
	jz	iret_slowly
	movb	$1, AT(E_USER_MODE)
	swapgs
	mov	%rcx, %cr3
1:	incq	AT(E_IRETS)
	mov	AT(SCRATCH(5)), %rcx
	mov	AT(SCRATCH(4)), %r11
	mov	AT(SCRATCH(3)), %rax
	sub	$E_RSP - E_RIP, %rsp
	jmp	exit_iret

iret_masked:
	movb	$1, INFO_MASK(%rcx)
	jmp	iret_decided

	fault_place iret_frame, iret_frame_end, iret_slowly
iret_slowly:
	mov	AT(SCRATCH(2)), %rcx
	mov	%rcx, (%rsp)
	movq	$SEL_GUEST_SS, AT(E_SS)
	mov	AT(SCRATCH(0)), %rcx
	mov	AT(SCRATCH(1)), %r11
	mov	$HYPERCALL_iret, %eax
	jmp	hypercall_to_c

/* --- from a guest by system call, with C --- */
entry_syscall32:
	push	%r11
	pushq	$SEL_GUEST_C32
	push	%rcx
	pushq	$0
	movl	$ENTRY_SYSCALL32, 4(%rsp)
	enter_c	inject_system_call32
	jmp	exit_to_guest

syscall_slowly:
	mov	AT(SCRATCH(0)), %rax
	mov	AT(SCRATCH(1)), %rdx
syscall_to_c:
	push	%r11
	pushq	$SEL_GUEST_CS
	push	%rcx
	pushq	$0
	movl	$ENTRY_SYSCALL, 4(%rsp)
	enter_c	inject_system_call
	jmp	exit_to_guest

hypercall_to_c:
	push	%r11
	pushq	$SEL_GUEST_CS
	push	%rcx
	pushq	$0
	movl	$ENTRY_SYSCALL, 4(%rsp)
	enter_c	abi_hypercall

/* --- out --- */
	.globl exit_to_guest
exit_to_guest:
	call	core_exit
	mov	V_ENTRY_WINDOW(%rax), %rsp
	add	$E_REGS, %rsp
#define OUT(field) (field - E_REGS)(%rsp)
	cmpq	$0, OUT(E_FULL_ROOT)
	je	1f
	movzbl	OUT(E_USER_MODE), %eax
	mov	E_ROOT - E_REGS(%rsp, %rax, 8), %rcx
	mov	%rcx, %cr3
1:
	cmpl	$ENTRY_SYSCALL, OUT(E_VECTOR)
	jne	exit_by_iret
	cmpw	$SEL_GUEST_CS, OUT(E_CS)
	jne	exit_by_iret
	cmpw	$SEL_GUEST_SS, OUT(E_SS)
	jne	exit_by_iret
	mov	OUT(E_RIP), %rcx
	mov	%rcx, %rdx
	shl	$16, %rdx
	sar	$16, %rdx
	cmp	%rcx, %rdx
	jne	exit_by_iret
	pop_registers
#undef OUT
	mov	E_RIP - E_ERROR(%rsp), %rcx
	mov	E_RFLAGS - E_ERROR(%rsp), %r11
	mov	E_RSP - E_ERROR(%rsp), %rsp
	sysretq

exit_by_iret:
	pop_registers
	add	$8, %rsp
exit_iret: /* RSP at the record's rip; the other registers are the guest's */
	iretq
exit_iret_end:
	fault_place exit_iret, exit_iret_end, exit_iret_failed
exit_iret_failed:
	pushq	$0
	enter_c	trap_exit_failed
	jmp	exit_to_guest

/*
 * --- without C: page faults that are the guest kernel's own business ---
 * The CPU's frame is in the record, RSP at its error code. Those of the guest's kernel are C's if
 * they may concern a page table (a write that is not allowed); all are if the CPU itself met
 * them (descriptor tables: no user access) or reserved bits.
 */
#define FAULT(field) (field - E_ERROR)(%rsp)
entry_page_fault:
	testb	$3, FAULT(E_CS)
	jz	entry_from_hypervisor
	mov	%rax, FAULT(SCRATCH(0))
	mov	%rcx, FAULT(SCRATCH(1))
	mov	%rdx, FAULT(SCRATCH(2))
	mov	FAULT(E_ERROR), %eax
	mov	%eax, %ecx
	cmpw	$1, FAULT(E_USER_MODE)
	je	fault_of_program
	ja	fault_slowly /* E_SLOW */

	and	$PF_RESERVED | PF_USER | PF_WRITE | PF_PRESENT, %ecx
	sub	$PF_USER, %ecx
	cmp	$PF_WRITE, %ecx /* a user access that is a write, or not allowed, not both */
	ja	fault_slowly
	cmpq	$0, FAULT(E_FAULT_HANDLER)
	je	fault_slowly
	mov	FAULT(E_RSP), %rdx
	and	$-16, %rdx
	sub	$FAULT_FRAME_BYTES, %rdx
	movabs	$GUEST_STACK_LOW, %rcx
	cmp	%rcx, %rdx
	jb	fault_slowly
	cmp	$-FAULT_FRAME_BYTES, %rdx
	ja	fault_slowly
	and	$~PF_USER, %eax /* its own kernel's accesses are no user's */
	movzwl	FAULT(E_CS), %ecx
	and	$~3, %ecx
	jmp	fault_bounce

fault_of_program:
	and	$PF_RESERVED | PF_USER, %ecx
	cmp	$PF_USER, %ecx
	jne	fault_slowly
	mov	FAULT(E_FAULT_SP), %rdx
	test	%rdx, %rdx
	jz	fault_slowly
	movb	$0, FAULT(E_USER_MODE)
	swapgs
	mov	FAULT(E_ROOT), %rcx
	mov	%rcx, %cr3
	movzwl	FAULT(E_CS), %ecx

fault_bounce: /* RDX the frame's place, EAX error code, ECX code selector */
	SMAP_STAC
fault_frame:
	mov	%rax, 16(%rdx)
	mov	%ecx, 32(%rdx)
	mov	FAULT(E_INFO), %rcx
	movzbl	INFO_MASK(%rcx), %ecx
	mov	%ecx, 36(%rdx)
	mov	FAULT(E_RFLAGS), %rax
	test	%ecx, %ecx
	jz	1f
	and	$~GUEST_RFLAGS_IF, %rax
1:	mov	%rax, 40(%rdx)
	mov	FAULT(SCRATCH(1)), %rcx
	mov	%rcx, 0(%rdx)
	mov	%r11, 8(%rdx)
	mov	FAULT(E_RIP), %rcx
	mov	%rcx, 24(%rdx)
	mov	FAULT(E_RSP), %rcx
	mov	%rcx, 48(%rdx)
	movzwl	FAULT(E_SS), %ecx
	mov	%rcx, 56(%rdx)
fault_frame_end:
	incq	FAULT(E_FAULTS)
	mov	FAULT(E_INFO), %rcx
	mov	%cr2, %rax
	mov	%rax, INFO_CR2(%rcx)
	mov	%rax, FAULT(E_CR2)
	movzbl	FAULT(E_FAULT_MASKS), %eax
	or	%al, INFO_MASK(%rcx)
	mov	FAULT(E_FAULT_HANDLER), %rcx /* canonical */
	mov	FAULT(E_RFLAGS), %r11
	and	$~GUEST_RFLAGS_HANDLER_CLEARS, %r11d
	mov	FAULT(SCRATCH(0)), %rax
	mov	%rdx, FAULT(SCRATCH(0))
	mov	FAULT(SCRATCH(2)), %rdx
	mov	FAULT(SCRATCH(0)), %rsp
	sysretq

	fault_place fault_frame, fault_frame_end, fault_frame_failed
fault_frame_failed: /* the vCPU is in kernel mode by now */
	mov	FAULT(SCRATCH(0)), %rax
	mov	FAULT(SCRATCH(1)), %rcx
	mov	FAULT(SCRATCH(2)), %rdx
	enter_c	trap_bounce_failed
	jmp	exit_to_guest

fault_slowly:
	mov	FAULT(SCRATCH(0)), %rax
	mov	FAULT(SCRATCH(1)), %rcx
	mov	FAULT(SCRATCH(2)), %rdx
	jmp	entry_of_guest

/* --- from a guest by exception or interrupt, with C --- */
entry_common:
	testb	$3, FAULT(E_CS)
	jz	entry_from_hypervisor
entry_of_guest:
	enter_c	trap_from_guest
	jmp	exit_to_guest

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
	push	%rax
	push	%rcx
	push	%rdx
	lea	fault_places(%rip), %rdx
	mov	32(%rsp), %rax /* rip: above it three registers and the error code */
	sub	%rdx, %rax
1:	movslq	0(%rdx), %rcx
	cmp	%rcx, %rax
	jl	2f
	movslq	4(%rdx), %rcx
	cmp	%rcx, %rax
	jl	3f
2:	add	$12, %rdx
	lea	fault_places_end(%rip), %rcx
	cmp	%rcx, %rdx
	jne	1b

	pop	%rdx
	pop	%rcx
	pop	%rax
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

3:	movslq	8(%rdx), %rcx
	lea	fault_places(%rip), %rdx
	add	%rdx, %rcx
	mov	%rcx, 32(%rsp)
	andl	$~GUEST_RFLAGS_AC, 48(%rsp)
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$8, %rsp
	iretq

/*
 * --- on a stack of its own ---
 * Any tables may be loaded, so that stack (struct entry_stack) is one that all have; C gets another.
 * The way back to C is by C's stack. The way back to entry code, which may be on a guest's tables, is
 * by the first stack, where R15 is left behind: entry code keeps nothing but a guest's registers.
 */
#define IST(offset) (offset + 64)(%r15) /* R15 is 64 bytes below the stack's start */
entry_ist:
	push	%r15
	mov	%cr3, %r15
	push	%r15
	mov	64 + STACK_ROOT(%rsp), %r15
	mov	%r15, %cr3
	mov	%rsp, %r15
	mov	IST(STACK_STACK), %rsp
	pushq	IST(-8)
	pushq	IST(-16)
	pushq	IST(-24)
	pushq	IST(-32)
	pushq	IST(-40)
	pushq	IST(-48)
	push_registers
	mov	IST(-56), %rax
	mov	%rax, (%rsp)
	movq	$0, IST(-56)
	cld
	SMAP_CLAC
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	trap_ist
	test	%rax, %rax
	jz	1f

	mov	%rax, %rdi /* as in enter_c */
	mov	V_ENTRY(%rax), %rax
	movzbl	E_USER_MODE(%rax), %ecx
	mov	E_FULL_ROOT(%rax, %rcx, 8), %rdx
	test	%rdx, %rdx
	cmovz	E_ROOT(%rax, %rcx, 8), %rdx
	mov	%rdx, %cr3
	mov	E_CPU_STACK(%rax), %rsp
	call	trap_from_guest
	jmp	exit_to_guest

1:	mov	%rbp, %rsp
	mov	IST(-64), %rdx /* CR3 */
	mov	E_RIP - E_REGS(%rsp), %rax
	lea	entry_start(%rip), %rcx
	sub	%rcx, %rax
	cmp	$entry_length, %rax
	jb	2f
	mov	E_RIP - E_REGS(%rsp), %rax
	movabs	$ENTRY_STUBS, %rcx
	sub	%rcx, %rax
	cmp	$ENTRY_STUBS_BYTES, %rax
	jb	2f
	mov	%rdx, %cr3
	pop_registers
	add	$8, %rsp
	iretq

2:	mov	(%rsp), %rax
	mov	%rax, IST(-56)
	mov	%r15, (%rsp)
	pop_registers
	mov	%r15, %rsp
	pop	%r15
	mov	%r15, %cr3
	pop	%r15
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
	.elseif (n == 14)
	vector_stub %n, 1, entry_page_fault
	.elseif (n == 10) || (n == 11) || (n == 12) || (n == 13) || (n == 17) || (n == 21) || (n == 29) || (n == 30)
	vector_stub %n, 1, entry_common
	.else
	vector_stub %n, 0, entry_common
	.endif
	.set	n, n + 1
	.endr

	.pushsection .entry.table, "a", @progbits
fault_places_end:
	.popsection

	.section .note.GNU-stack, "", @progbits
