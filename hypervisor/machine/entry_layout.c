/* SPDX-License-Identifier: GPL-2.0-only */
/* Proves entry_layout.h: no code, no data. */
#include "machine/entry_layout.h"

#include "core/vcpu.h"
#include "machine/desc.h"
#include "machine/paging.h"

#define HOLDS(name, type, field) _Static_assert((name) == offsetof(type, field), #name)
#define ENTRY(name, field)	 HOLDS(name, struct vcpu_entry, field)

ENTRY(E_REGS, regs);
ENTRY(E_RDX, regs.rdx);
ENTRY(E_RSI, regs.rsi);
ENTRY(E_RDI, regs.rdi);
ENTRY(E_ERROR, regs.error_code);
ENTRY(E_VECTOR, regs.entry_vector);
ENTRY(E_RIP, regs.rip);
ENTRY(E_CS, regs.cs);
ENTRY(E_RFLAGS, regs.rflags);
ENTRY(E_RSP, regs.rsp);
ENTRY(E_SS, regs.ss);
ENTRY(E_END, regs.es);
ENTRY(E_CPU_STACK, cpu_stack);
ENTRY(E_USER_MODE, user_mode);
ENTRY(E_SLOW, slow);
ENTRY(E_SYSCALL_MASKS, syscall_masks);
ENTRY(E_FAULT_MASKS, fault_masks);
ENTRY(E_VCPU, vcpu);
ENTRY(E_ROOT, root);
ENTRY(E_FULL_ROOT, full_root);
ENTRY(E_INFO, info);
ENTRY(E_CR2, cr2);
ENTRY(E_SYSCALL_HANDLER, syscall_handler);
ENTRY(E_SYSCALL_SP, syscall_sp);
ENTRY(E_FAULT_HANDLER, fault_handler);
ENTRY(E_FAULT_SP, fault_sp);
ENTRY(E_IRETS, irets);
ENTRY(E_FAULTS, faults);
ENTRY(E_SCRATCH, scratch);
_Static_assert(E_END % 16 == 0, "the CPU aligns its stack to 16 bytes");
_Static_assert(E_SLOW == E_USER_MODE + 1, "both are tested at once");
_Static_assert(sizeof(struct vcpu_entry) <= PAGE_SIZE, "it has one page");

HOLDS(V_ENTRY, struct vcpu, entry);
HOLDS(V_ENTRY_WINDOW, struct vcpu, entry_window);

HOLDS(INFO_PENDING, struct xen_vcpu_info, evtchn_upcall_pending);
HOLDS(INFO_MASK, struct xen_vcpu_info, evtchn_upcall_mask);
HOLDS(INFO_CR2, struct xen_vcpu_info, arch.cr2);

HOLDS(IRET_RAX, struct xen_iret_context, rax);
HOLDS(IRET_R11, struct xen_iret_context, r11);
HOLDS(IRET_RCX, struct xen_iret_context, rcx);
HOLDS(IRET_FLAGS, struct xen_iret_context, flags);
HOLDS(IRET_RIP, struct xen_iret_context, rip);
HOLDS(IRET_CS, struct xen_iret_context, cs);
HOLDS(IRET_RFLAGS, struct xen_iret_context, rflags);
HOLDS(IRET_RSP, struct xen_iret_context, rsp);
HOLDS(IRET_SS, struct xen_iret_context, ss);
_Static_assert(IRET_BYTES == sizeof(struct xen_iret_context), "IRET_BYTES");

_Static_assert(STACK_ROOT ==
		       offsetof(struct entry_stack, root) - offsetof(struct entry_stack, stack),
	       "STACK_ROOT");

_Static_assert(ENTRY_STUBS == STUB_BASE, "ENTRY_STUBS");
_Static_assert(ENTRY_STUBS_BYTES == MAX_CPUS * STUB_BYTES, "ENTRY_STUBS_BYTES");

HOLDS(STUB_DATA_RSP, struct stub_data, guest_rsp);
HOLDS(STUB_DATA_FRAME, struct stub_data, frame);
HOLDS(STUB_DATA_ENTRY, struct stub_data, entry);
HOLDS(STUB_DATA_ENTRY32, struct stub_data, entry32);
