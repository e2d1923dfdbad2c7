/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest paravirtual kernels, each of which ends badly; -D says how:
 * PANIC tells the hypervisor that it has crashed, FAULT faults without a handler (a triple fault of
 * a paravirtual guest), SPIN never lets go of its CPU and takes no event, REBOOT reboots at once.
 * NO_ENTRY leaves out the note that tells where to begin: no paravirtual kernel at all.
 */
#include "shoji/elfnote.h"
#include "shoji/hypercalls.h"

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
	NOTE_NUMBER XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000
	NOTE_NUMBER XEN_ELFNOTE_PADDR_OFFSET, 0
#ifndef NO_ENTRY
	NOTE_NUMBER XEN_ELFNOTE_ENTRY, kernel_start
#endif

	.text
	.globl kernel_start
kernel_start:
#if defined(PANIC) || defined(REBOOT)
	mov $HYPERCALL_sched_op, %eax
	mov $2, %edi			/* SCHEDOP_shutdown */
	lea reason(%rip), %rsi
	syscall
#elif defined(FAULT)
	ud2
#endif
1:	jmp 1b

	.balign 8
reason:
#ifdef REBOOT
	.long 1				/* SHUTDOWN_reboot */
#else
	.long 3				/* SHUTDOWN_crash */
#endif
