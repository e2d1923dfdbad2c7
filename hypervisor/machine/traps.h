/* SPDX-License-Identifier: GPL-2.0-only */
/* Where entry.S arrives in C. */
#ifndef SHOJI_MACHINE_TRAPS_H
#define SHOJI_MACHINE_TRAPS_H

#include "core/vcpu.h"

/* On the CPU's empty stack; v is current, its registers are saved. */
void trap_syscall(struct vcpu *v);
void trap_from_guest(struct vcpu *v);
/* A fault or interrupt hit the hypervisor; on return the frame is resumed. */
void trap_in_hypervisor(struct xen_cpu_user_regs *frame);
/* #DB NMI #DF #MC: the vCPU it concerns, with its registers filled in, or NULL: resume the frame.
 */
struct vcpu *trap_ist(struct xen_cpu_user_regs *frame);
/* The guest's frame could not be loaded by iret. */
_Noreturn void trap_exit_failed(void);

_Noreturn void stack_restart(void (*function)(void)); /* entry.S */
_Noreturn void exit_to_guest(void);		      /* entry.S; the stack is empty */

#endif
