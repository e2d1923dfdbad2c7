/* SPDX-License-Identifier: GPL-2.0-only */
/* Where entry.S arrives in C. Usable from assembly (constants only). */
#ifndef SHOJI_MACHINE_TRAPS_H
#define SHOJI_MACHINE_TRAPS_H

/* Error code of a page fault. */
#define PF_PRESENT  1
#define PF_WRITE    2
#define PF_USER	    4
#define PF_RESERVED 8

#ifndef __ASSEMBLER__
#include "core/vcpu.h"

/* On the CPU's empty stack; v is current, its registers are saved. System calls arrive in
 * abi_hypercall(), inject_system_call() and inject_system_call32(). */
void trap_from_guest(struct vcpu *v);
/* A fault or interrupt hit the hypervisor; on return the frame is resumed. */
void trap_in_hypervisor(struct xen_cpu_user_regs *frame);
/* #DB NMI #DF #MC: the vCPU it concerns, with its registers filled in, or NULL: resume the frame.
 */
struct vcpu *trap_ist(struct xen_cpu_user_regs *frame);
/* v's frame could not be loaded by iret. */
void trap_exit_failed(struct vcpu *v);
/* v is in kernel mode, and its kernel's stack could not be written. */
void trap_bounce_failed(struct vcpu *v);

_Noreturn void stack_restart(void (*function)(void)); /* entry.S */
_Noreturn void exit_to_guest(void);		      /* entry.S; the stack is empty */
#endif

#endif
