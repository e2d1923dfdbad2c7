/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering the guest kernel: the frame a PV kernel expects on its stack, and its handler's address
 * in the registers. v is current. A stack that cannot be written, or a missing handler, crashes the
 * domain.
 */
#ifndef SHOJI_MACHINE_INJECT_H
#define SHOJI_MACHINE_INJECT_H

#include "core/vcpu.h"

#define VECTOR_PAGE_FAULT 14
#define TRAP_MASKS_EVENTS 4 /* xen_trap_info.flags */

/* Exception `vector` by the guest's trap table; vectors without an error code ignore `error`. */
void inject_trap(struct vcpu *v, unsigned int vector, uint32_t error);
void inject_page_fault(struct vcpu *v, uint64_t address, uint32_t error);
void inject_system_call(struct vcpu *v);   /* 64-bit `syscall` of guest user mode */
void inject_system_call32(struct vcpu *v); /* from 32-bit code */
void inject_failsafe(struct vcpu *v);	   /* a segment or iret frame could not be loaded */

/* Switch between guest kernel and guest user mode: page tables and GS base. */
void context_toggle_mode(struct vcpu *v);

#endif
