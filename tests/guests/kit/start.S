/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry points of the test kernels: boot, exceptions, events, failsafe, system calls; and the way
 * back, hypercall iret. Frames are described in shoji/arch.h.
 */
#include "shoji/arch.h"
#include "shoji/elfnote.h"
#include "shoji/hypercalls.h"

#define VIRT_BASE 0xffffffff80000000

	.macro NOTE_TEXT type, text
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	.asciz "\text"
2:
	.endm
	.macro NOTE_NUMBER type, value
	.balign 4
	.long 4, 8, \type
	.asciz "Xen"
	.quad \value
	.endm

	.section .note.Xen, "a", @note
	NOTE_TEXT XEN_ELFNOTE_GUEST_OS, "shoji-test"
	NOTE_TEXT XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
	NOTE_TEXT XEN_ELFNOTE_LOADER, "generic"
	NOTE_NUMBER XEN_ELFNOTE_VIRT_BASE, VIRT_BASE
	NOTE_NUMBER XEN_ELFNOTE_PADDR_OFFSET, 0
	NOTE_NUMBER XEN_ELFNOTE_ENTRY, kernel_start
	NOTE_NUMBER XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page

	.text
	.globl kernel_start
kernel_start:
	cld
	lea boot_stack_end(%rip), %rsp
	mov %rsi, %rdi
	xor %ebp, %ebp
	call kernel_main
1:	jmp 1b

	.balign 4096
	.globl hypercall_page
hypercall_page:
	.skip 4096

	/* long hypercall6(number, a1, a2, a3, a4, a5, a6 on the stack) */
	.globl hypercall6
hypercall6:
	mov %rdi, %rax
	mov %rsi, %rdi
	mov %rdx, %rsi
	mov %rcx, %rdx
	mov %r8, %r10
	mov %r9, %r8
	mov 8(%rsp), %r9
	syscall
	ret

	.macro SAVE_REGISTERS
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	.endm

	/* exceptions: (rcx) (r11) [error] rip cs rflags rsp ss */
	.macro STUB vector, has_error
	.balign 16
	pop %rcx
	pop %r11
	.if !\has_error
	push $0
	.endif
	push $\vector
	jmp trap_common
	.endm

	.balign 16
	.globl trap_stubs
trap_stubs:
	.set v, 0
	.rept 256
	.if v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21 || v == 29 || v == 30
	STUB v, 1
	.else
	STUB v, 0
	.endif
	.set v, v + 1
	.endr
	.balign 16
	.globl trap_stubs_end
trap_stubs_end:

trap_common:
	SAVE_REGISTERS
	mov %rsp, %rdi
	mov %rsp, %rbp
	and $-16, %rsp
	call trap_handler
	mov %rbp, %rsp
return_from_trap:
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	add $16, %rsp		/* vector, error: at RIP now */
	push $0
	push %rcx
	push %r11
	push %rax
	mov $HYPERCALL_iret, %eax
	syscall
	ud2

	.globl event_entry, failsafe_entry, syscall_entry, nmi_entry
event_entry:
	pop %rcx
	pop %r11
	push $0
	push $256
	jmp trap_common
nmi_entry:
	pop %rcx
	pop %r11
	push $0
	push $257
	jmp trap_common
syscall_entry:
	pop %rcx
	pop %r11
	push $0
	push $258
	jmp trap_common
failsafe_entry:			/* ds es fs gs below the frame, behind rcx and r11 */
	pop %rcx
	pop %r11
	add $32, %rsp
	pop %rcx
	pop %r11
	push $0
	push $259
	jmp trap_common

	/* void iret_to(const struct xen_iret_context *frame): no return */
	.globl iret_to
iret_to:
	mov %rdi, %rsp
	mov $HYPERCALL_iret, %eax
	syscall
	ud2

	/* int remember(uint64_t where[8]), void jump_back(uint64_t where[8], int value) */
	.globl remember
remember:
	mov %rbx, 0(%rdi)
	mov %rbp, 8(%rdi)
	mov %r12, 16(%rdi)
	mov %r13, 24(%rdi)
	mov %r14, 32(%rdi)
	mov %r15, 40(%rdi)
	mov %rsp, 48(%rdi)
	mov (%rsp), %rax
	mov %rax, 56(%rdi)
	xor %eax, %eax
	ret
	.globl jump_back
jump_back:
	mov %esi, %eax
	mov 0(%rdi), %rbx
	mov 8(%rdi), %rbp
	mov 16(%rdi), %r12
	mov 24(%rdi), %r13
	mov 32(%rdi), %r14
	mov 40(%rdi), %r15
	mov 48(%rdi), %rsp
	add $8, %rsp
	jmp *56(%rdi)

	.bss
	.balign 4096
boot_stack:
	.skip 32768
boot_stack_end:
	.globl user_stack_end, entry_stack_end
	.skip 8192
user_stack_end:
	.skip 16384
entry_stack_end:

	.section .note.GNU-stack, "", @progbits
