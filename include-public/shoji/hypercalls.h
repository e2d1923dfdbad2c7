/* SPDX-License-Identifier: MIT */
/*
 * Hypercall numbers and the calls that need no header of their own. Usable from assembly.
 *
 * Calling convention (64-bit paravirtual kernel, ring 3): number in EAX, arguments in RDI, RSI,
 * RDX, R10, R8, R9, then `syscall`. The result is in RAX: >= 0 success, < 0 a negated XEN_E…
 * number. RCX and R11 are destroyed, and argument registers may be; all else is kept. A kernel may
 * execute `syscall` itself or call entry n at n * 32 of its hypercall page. Only the guest's kernel
 * can make hypercalls: from its user mode the same instruction enters the guest kernel.
 */
#ifndef SHOJI_PUBLIC_HYPERCALLS_H
#define SHOJI_PUBLIC_HYPERCALLS_H

#include "types.h"

#ifdef __ASSEMBLER__
#define HYPERCALL(number, name, since, nargs, who, preemptible) .equ HYPERCALL_##name, number;
#include "hypercalls.def"
#undef HYPERCALL
#else
enum xen_hypercall {
#define HYPERCALL(number, name, since, nargs, who, preemptible) HYPERCALL_##name = number,
#include "hypercalls.def"
#undef HYPERCALL
};
#endif

#define HYPERCALL_MAX	     128 /* numbers are below this; a hypercall page has that many entries */
#define HYPERCALL_PAGE_ENTRY 32	 /* bytes per entry of the hypercall page */

/* Numbers of the older, struct-carrying forms, which answer -XEN_ENOSYS. */
#define HYPERCALL_sched_op_compat	  6
#define HYPERCALL_event_channel_op_compat 16
#define HYPERCALL_physdev_op_compat	  19

/*
 * Calls with plain arguments, all about the calling vCPU. EINVAL: an argument makes no sense;
 * EFAULT.
 *
 * set_gdt(frames, entries)        frames: handle of uint64_t machine frames, 512 descriptors each;
 *                                 entries below FIRST_RESERVED_GDT_ENTRY; 0 removes the GDT
 * stack_switch(ss, sp)            kernel stack on entry from user mode
 * set_callbacks(event, failsafe, syscall)   as three callback_op registrations (callback.h)
 * fpu_taskswitch(set)             1: the next use of the FPU raises #NM (CR0.TS); 0: not
 * set_debugreg(reg, value)        DR0..DR7; watched addresses must be the guest's
 * get_debugreg(reg)               returns the value (an address may look like an error)
 * update_descriptor(address, descriptor)   address: machine address of an entry of a GDT or LDT
 * set_timer_op(time)              VIRQ_TIMER once system time has reached it, in ns; 0: none
 */

/* vm_assist(cmd, type). Errors: EINVAL unknown command or type. */
#define VMASST_CMD_enable  0
#define VMASST_CMD_disable 1

#define VMASST_TYPE_4gb_segments	 0  /* 32-bit kernels only: accepted, no effect */
#define VMASST_TYPE_4gb_segments_notify	 1  /* 32-bit kernels only: accepted, no effect */
#define VMASST_TYPE_writable_pagetables	 2  /* plain writes to L1 tables are trapped and emulated */
#define VMASST_TYPE_pae_extended_cr3	 3  /* 32-bit kernels only */
#define VMASST_TYPE_architectural_iopl	 4  /* IOPL is the one in the iret frame's flags */
#define VMASST_TYPE_runstate_update_flag 5  /* see XEN_RUNSTATE_UPDATE in vcpu.h */
#define VMASST_TYPE_m2p_strict		 32 /* no machine-to-phys table in the user's page tables */

/*
 * console_io(cmd, count, handle): the hypervisor's own console. Control domain; others may write
 * (rate limited), and only where the hypervisor was started so. write returns 0, read the number
 * of bytes read.
 */
#define CONSOLEIO_write 0 /* count bytes at handle go to the console */
#define CONSOLEIO_read	1 /* up to count bytes of input arrive at handle */

#ifndef __ASSEMBLER__
/*
 * multicall(handle of struct xen_multicall_entry[], count): runs the calls in order. Each result
 * lands in its own entry; the multicall itself fails only if the list cannot be read or written
 * (EFAULT) or from within a multicall (EINVAL). Not every call makes sense inside: iret does not.
 */
struct xen_multicall_entry {
	uint64_t op;	  /* in: hypercall number */
	uint64_t result;  /* out: what that call returned */
	uint64_t args[6]; /* in: its arguments; may be changed when the call was interrupted */
};
SHOJI_ABI_SIZE(struct xen_multicall_entry, 64);
SHOJI_ABI_OFFSET(struct xen_multicall_entry, args, 16);
#endif /* __ASSEMBLER__ */

#endif
