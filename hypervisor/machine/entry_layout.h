/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where entry code (entry.S) finds things: offsets into struct vcpu_entry, struct vcpu, the guest's
 * vcpu_info and the data of the system-call stub. Checked against the structures by entry_layout.c.
 * Usable from assembly.
 */
#ifndef SHOJI_MACHINE_ENTRY_LAYOUT_H
#define SHOJI_MACHINE_ENTRY_LAYOUT_H

/* struct vcpu_entry: the register record ... */
#define E_REGS	 8
#define E_RDX	 104
#define E_RSI	 112
#define E_RDI	 120
#define E_ERROR	 128
#define E_VECTOR 132
#define E_RIP	 136
#define E_CS	 144
#define E_RFLAGS 152
#define E_RSP	 160
#define E_SS	 168
#define E_END	 176 /* what the CPU pushes ends here */
/* ... and what is behind it */
#define E_CPU_STACK	  208
#define E_USER_MODE	  216
#define E_SLOW		  217
#define E_SYSCALL_MASKS	  218
#define E_FAULT_MASKS	  219
#define E_VCPU		  224
#define E_ROOT		  232
#define E_FULL_ROOT	  248
#define E_INFO		  264
#define E_CR2		  272
#define E_SYSCALL_HANDLER 280
#define E_SYSCALL_SP	  288
#define E_FAULT_HANDLER	  296
#define E_FAULT_SP	  304
#define E_IRETS		  312
#define E_FAULTS	  320
#define E_SCRATCH	  328

/* struct entry_stack, from where an exception's stack starts */
#define STACK_STACK 0
#define STACK_ROOT  8

/* Where the stubs of all CPUs are (paging.h). */
#define ENTRY_STUBS	  0xffff820080000000
#define ENTRY_STUBS_BYTES 0xc0000

/* struct vcpu */
#define V_ENTRY	       0
#define V_ENTRY_WINDOW 8

/* struct xen_vcpu_info */
#define INFO_PENDING 0
#define INFO_MASK    1
#define INFO_CR2     16

/* struct xen_iret_context, on the guest kernel's stack */
#define IRET_RAX    0
#define IRET_R11    8
#define IRET_RCX    16
#define IRET_FLAGS  24
#define IRET_RIP    32
#define IRET_CS	    40
#define IRET_RFLAGS 48
#define IRET_RSP    56
#define IRET_SS	    64
#define IRET_BYTES  72

/* Frames that entry code writes to it (inject.c builds the same): system call, page fault. */
#define SYSCALL_FRAME_BYTES 56
#define FAULT_FRAME_BYTES   64

/* struct stub_data */
#define STUB_DATA_RSP	  0
#define STUB_DATA_FRAME	  8
#define STUB_DATA_ENTRY	  16
#define STUB_DATA_ENTRY32 24

/* entry_vector of the ways in that are no vectors; also: the way out may lose RCX and R11 */
#define ENTRY_SYSCALL	0x100
#define ENTRY_SYSCALL32 0x101

#endif
