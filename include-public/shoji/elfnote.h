/* SPDX-License-Identifier: MIT */
/*
 * ELF notes of a PV kernel, owner name "Xen". Usable from assembly. Numbers are 4 or 8 bytes,
 * strings end with a zero byte.
 */
#ifndef SHOJI_PUBLIC_ELFNOTE_H
#define SHOJI_PUBLIC_ELFNOTE_H

#define XEN_ELFNOTE_INFO	       0
#define XEN_ELFNOTE_ENTRY	       1  /* virtual address of the entry point */
#define XEN_ELFNOTE_HYPERCALL_PAGE     2  /* virtual address of the page to be filled in */
#define XEN_ELFNOTE_VIRT_BASE	       3  /* virtual address of pfn 0 */
#define XEN_ELFNOTE_PADDR_OFFSET       4  /* what to subtract from ELF physical addresses */
#define XEN_ELFNOTE_XEN_VERSION	       5  /* "xen-3.0" */
#define XEN_ELFNOTE_GUEST_OS	       6  /* string */
#define XEN_ELFNOTE_GUEST_VERSION      7  /* string */
#define XEN_ELFNOTE_LOADER	       8  /* "generic" */
#define XEN_ELFNOTE_PAE_MODE	       9  /* 32-bit kernels; "yes" in 64-bit ones is ignored */
#define XEN_ELFNOTE_FEATURES	       10 /* names joined by "|"; "!" before a required one */
#define XEN_ELFNOTE_BSD_SYMTAB	       11 /* "yes": keep the symbol table after the kernel */
#define XEN_ELFNOTE_HV_START_LOW       12 /* lowest start of the hole; ignored in 64-bit kernels */
#define XEN_ELFNOTE_L1_MFN_VALID       13 /* pairs mask, value: when an L1 entry holds an mfn */
#define XEN_ELFNOTE_SUSPEND_CANCEL     14 /* 1: a suspend may be called off, see SCHEDOP_shutdown */
#define XEN_ELFNOTE_INIT_P2M	       15 /* virtual address where the p2m list goes */
#define XEN_ELFNOTE_MOD_START_PFN      16 /* 1: understands SIF_MOD_START_PFN */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17 /* bit map of XENFEAT_… the kernel can live with */
#define XEN_ELFNOTE_PHYS32_ENTRY       18 /* physical entry point in 32-bit mode (PVH) */
#define XEN_ELFNOTE_MAX		       XEN_ELFNOTE_PHYS32_ENTRY

#endif
