/* SPDX-License-Identifier: MIT */
/*
 * x86-64: registers, segments, the address-space layout, and the state a vCPU starts from.
 * Usable from assembly (constants only).
 *
 * A paravirtual 64-bit kernel runs in ring 3 like its user programs. The two differ by mode, not
 * by ring: in kernel mode the CR3 set by MMUEXT_NEW_BASEPTR is live, in user mode the one set by
 * MMUEXT_NEW_USER_BASEPTR. Writable page-table entries carry the User bit in the hardware tables.
 */
#ifndef SHOJI_PUBLIC_ARCH_H
#define SHOJI_PUBLIC_ARCH_H

#include "types.h"

/*
 * Selectors of the hypervisor's flat segments. They live in the reserved part of every GDT and can
 * be used without asking. RPL 3; L is set in CS64.
 */
#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_DS64 0x0000 /* the null selector */
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_SS64 0xe02b

#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_CS32 FLAT_RING3_CS32
#define FLAT_KERNEL_CS	 FLAT_KERNEL_CS64
#define FLAT_KERNEL_DS64 FLAT_RING3_DS64
#define FLAT_KERNEL_DS32 FLAT_RING3_DS32
#define FLAT_KERNEL_DS	 FLAT_KERNEL_DS64
#define FLAT_KERNEL_SS64 FLAT_RING3_SS64
#define FLAT_KERNEL_SS32 FLAT_RING3_SS32
#define FLAT_KERNEL_SS	 FLAT_KERNEL_SS64
#define FLAT_USER_CS64	 FLAT_RING3_CS64
#define FLAT_USER_CS32	 FLAT_RING3_CS32
#define FLAT_USER_CS	 FLAT_USER_CS64
#define FLAT_USER_DS64	 FLAT_RING3_DS64
#define FLAT_USER_DS32	 FLAT_RING3_DS32
#define FLAT_USER_DS	 FLAT_USER_DS64
#define FLAT_USER_SS64	 FLAT_RING3_SS64
#define FLAT_USER_SS32	 FLAT_RING3_SS32
#define FLAT_USER_SS	 FLAT_USER_SS64

/* The guest owns GDT frames 0..13 (set_gdt); entries from here on are the hypervisor's. */
#define FIRST_RESERVED_GDT_PAGE	 14
#define FIRST_RESERVED_GDT_BYTE	 (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/*
 * The hole: L4 slots 256..271 of every guest table are not the guest's. At its start lies the
 * machine-to-phys table, read only, one uint64_t per machine frame: the owner's number for it, or
 * INVALID_M2P_ENTRY.
 */
#define HYPERVISOR_VIRT_START 0xFFFF800000000000
#define HYPERVISOR_VIRT_END   0xFFFF880000000000
#define MACH2PHYS_VIRT_START  0xFFFF800000000000
#define MACH2PHYS_VIRT_END    0xFFFF804000000000
#define MACH2PHYS_NR_ENTRIES  ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)
#define INVALID_M2P_ENTRY     0xFFFFFFFFFFFFFFFF
#define HYPERVISOR_FIRST_SLOT 256 /* first L4 slot of the hole */
#define HYPERVISOR_LAST_SLOT  271 /* last L4 slot of the hole */

/* set_segment_base(which, base). Errors: EINVAL for an unknown one or a non-canonical base. */
#define SEGBASE_FS	    0
#define SEGBASE_GS_USER	    1
#define SEGBASE_GS_KERNEL   2
#define SEGBASE_GS_USER_SEL 3 /* base is a selector, loaded into the user's GS */

/* Flags of xen_vcpu_guest_context.flags; VGCF_in_syscall is a flag of the iret frame. */
#define VGCF_i387_valid		      (1 << 0) /* fpu_ctxt is meaningful */
#define VGCF_in_kernel		      (1 << 2) /* the vCPU is in kernel mode */
#define VGCF_failsafe_disables_events (1 << 3) /* the failsafe callback masks events */
#define VGCF_syscall_disables_events  (1 << 4) /* the syscall callback masks events */
#define VGCF_online		      (1 << 5) /* the vCPU runs */
#define VGCF_in_syscall		      (1 << 8) /* iret may return by sysret: RCX, R11 are lost */

#define XEN_LEGACY_MAX_VCPUS 32 /* vCPUs with a vcpu_info inside the shared info page */

/*
 * A prefix before `cpuid` asks the hypervisor for the filtered view; in a PV kernel a plain cpuid
 * shows the raw processor where it cannot be trapped.
 */
#ifdef __ASSEMBLER__
#define XEN_EMULATE_PREFIX .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e;
#define XEN_CPUID	   XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX  ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID	    XEN_EMULATE_PREFIX "cpuid"

/*
 * What the guest kernel pushes on its stack before hypercall iret: from the lowest address up. The
 * call never returns. A bad frame (non-canonical RIP, unusable selectors) enters the failsafe
 * callback or kills the domain; RPLs are forced to 3, IOPL and IF are the hypervisor's.
 */
struct xen_iret_context {
	uint64_t rax;
	uint64_t r11;
	uint64_t rcx;
	uint64_t flags; /* VGCF_in_syscall or 0 */
	uint64_t rip;
	uint64_t cs; /* RPL 0: back to kernel mode; RPL 3: to user mode */
	uint64_t rflags;
	uint64_t rsp;
	uint64_t ss;
};
SHOJI_ABI_SIZE(struct xen_iret_context, 72);
SHOJI_ABI_OFFSET(struct xen_iret_context, ss, 64);

/* A vCPU's integer registers. The upper bytes of selectors and all _pad fields read as 0. */
struct xen_cpu_user_regs {
	uint64_t r15;
	uint64_t r14;
	uint64_t r13;
	uint64_t r12;
	uint64_t rbp;
	uint64_t rbx;
	uint64_t r11;
	uint64_t r10;
	uint64_t r9;
	uint64_t r8;
	uint64_t rax;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rsi;
	uint64_t rdi;
	uint32_t error_code;   /* of the last exception; not state */
	uint32_t entry_vector; /* not state */
	uint64_t rip;
	uint16_t cs;
	uint16_t _pad0[1];
	uint8_t saved_upcall_mask; /* vcpu_info.evtchn_upcall_mask at entry */
	uint8_t _pad1[3];
	uint64_t rflags; /* IF mirrors !saved_upcall_mask */
	uint64_t rsp;
	uint16_t ss;
	uint16_t _pad2[3];
	uint16_t es;
	uint16_t _pad3[3];
	uint16_t ds;
	uint16_t _pad4[3];
	uint16_t fs;
	uint16_t _pad5[3];
	uint16_t gs;
	uint16_t _pad6[3];
};
SHOJI_ABI_SIZE(struct xen_cpu_user_regs, 200);
SHOJI_ABI_OFFSET(struct xen_cpu_user_regs, _pad6, 194);

/*
 * One row of set_trap_table's list, which ends with a row whose address is 0; a null list clears
 * the whole table. Vectors not set kill the domain when they happen in kernel mode.
 */
struct xen_trap_info {
	uint8_t vector;	  /* 0..255 */
	uint8_t flags;	  /* bits 0-1: lowest ring that may raise it by `int`; bit 2: mask events */
	uint16_t cs;	  /* code selector, RPL 3 */
	uint64_t address; /* of the handler */
};
SHOJI_ABI_SIZE(struct xen_trap_info, 16);
SHOJI_ABI_OFFSET(struct xen_trap_info, address, 8);

/*
 * A vCPU's whole state: in VCPUOP_initialise and setvcpucontext, out getvcpucontext. Frames of the
 * GDT and CR3 are validated and referenced when the context is set.
 */
struct xen_vcpu_guest_context {
	struct {
		char x[512];
	} fpu_ctxt;	/* FXSAVE image, if VGCF_i387_valid */
	uint64_t flags; /* VGCF_… */
	struct xen_cpu_user_regs user_regs;
	struct xen_trap_info trap_ctxt[256]; /* indexed by vector */
	uint64_t ldt_base, ldt_ents;	     /* virtual address, number of descriptors */
	uint64_t gdt_frames[16], gdt_ents;   /* machine frames, number of descriptors */
	uint64_t kernel_ss, kernel_sp;	     /* as set by stack_switch */
	uint64_t ctrlreg[8];		     /* CR0..CR7: [1] is the user's L4, [3] the kernel's,
						both as frame << 12; [4] CR4 bits the guest owns */
	uint64_t debugreg[8];		     /* DR0..DR7 */
	uint64_t event_callback_eip;
	uint64_t failsafe_callback_eip;
	uint64_t syscall_callback_eip;
	uint64_t vm_assist; /* bit map of VMASST_TYPE_… */
	uint64_t fs_base;
	uint64_t gs_base_kernel;
	uint64_t gs_base_user;
};
SHOJI_ABI_SIZE(struct xen_vcpu_guest_context, 5168);
SHOJI_ABI_OFFSET(struct xen_vcpu_guest_context, gs_base_user, 5160);

/* Frame number to the CR3 value in ctrlreg[], and back: plain shifts on x86-64. */
#define xen_pfn_to_cr3(pfn) ((uint64_t)(pfn) << 12)
#define xen_cr3_to_pfn(cr3) ((uint64_t)(cr3) >> 12)

/* Per-vCPU part of vcpu_info. */
struct xen_arch_vcpu_info {
	uint64_t cr2; /* faulting address, written before the page-fault handler is entered */
	uint64_t pad;
};
SHOJI_ABI_SIZE(struct xen_arch_vcpu_info, 16);
SHOJI_ABI_OFFSET(struct xen_arch_vcpu_info, pad, 8);

/* Written by the guest, read by tools that save it. The hypervisor interprets only nmi_reason. */
struct xen_arch_shared_info {
	uint64_t max_pfn;		      /* entries in the phys-to-machine list */
	xen_pfn_t pfn_to_mfn_frame_list_list; /* root of the three-level list, as mfn */
	uint64_t nmi_reason;		      /* XEN_NMIREASON_…, written by the hypervisor */
	uint64_t p2m_cr3;		      /* L4 that maps the list at p2m_vaddr; 0: none */
	uint64_t p2m_vaddr;		      /* virtual address of the linear list */
	uint64_t p2m_generation;	      /* odd while the guest changes the list's mapping */
};
SHOJI_ABI_SIZE(struct xen_arch_shared_info, 48);
SHOJI_ABI_OFFSET(struct xen_arch_shared_info, p2m_generation, 40);

#define XEN_NMIREASON_io_error 1
#define XEN_NMIREASON_pci_serr 2
#define XEN_NMIREASON_unknown  4

/* Architecture part of createdomain and getdomaininfo. PV: emulation_flags 0. */
struct xen_arch_domainconfig {
	uint32_t emulation_flags; /* emulated devices: none for PV */
	uint32_t misc_flags;	  /* XEN_X86_MSR_RELAXED or 0 */
};
SHOJI_ABI_SIZE(struct xen_arch_domainconfig, 8);
SHOJI_ABI_OFFSET(struct xen_arch_domainconfig, misc_flags, 4);
#define XEN_X86_MSR_RELAXED    (1u << 0) /* reads of unknown MSRs give 0 instead of #GP */

#define XEN_CPUID_NO_SUBLEAF 0xffffffffu
/* One CPUID leaf of a policy (domctl, sysctl). */
struct xen_cpuid_leaf {
	uint32_t leaf, subleaf; /* subleaf is XEN_CPUID_NO_SUBLEAF where none exist */
	uint32_t a, b, c, d;	/* EAX, EBX, ECX, EDX */
};
SHOJI_ABI_SIZE(struct xen_cpuid_leaf, 24);
SHOJI_ABI_OFFSET(struct xen_cpuid_leaf, d, 20);

/* One MSR of a policy. */
struct xen_msr_entry {
	uint32_t idx;
	uint32_t flags; /* 0 */
	uint64_t val;
};
SHOJI_ABI_SIZE(struct xen_msr_entry, 16);
SHOJI_ABI_OFFSET(struct xen_msr_entry, val, 8);
#endif /* __ASSEMBLER__ */

#endif
