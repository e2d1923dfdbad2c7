/* SPDX-License-Identifier: MIT */
/*
 * Page tables: mmu_update, mmuext_op, update_va_mapping.
 *
 * A frame has one type at a time: L1..L4 table, descriptor table, or writable. Making a frame a
 * table of level n checks every entry in it; from then on the guest can read it but only the
 * hypervisor writes it. A frame's type can change when nothing refers to it as the old type.
 */
#ifndef SHOJI_PUBLIC_MMU_H
#define SHOJI_PUBLIC_MMU_H

#include "types.h"

/*
 * mmu_update(handle of struct xen_mmu_update[], count, handle of uint32_t done, foreigndom).
 * Requests are carried out in order until one fails; *done (handle may be null) is how many were.
 * foreigndom: low 16 bits: the owner of the frames *mapped* by new entries (DOMID_SELF; another
 * domain, or DOMID_IO, if privileged); high 16 bits: 0, or 1 + the owner of the *tables* changed.
 * Errors: EINVAL bad entry, frame or command, EPERM not allowed to map, ESRCH no such domain,
 * EFAULT. The low two bits of ptr are the command:
 */
#define MMU_NORMAL_PT_UPDATE	   0 /* ptr: machine address of an entry of a table; val: new entry */
#define MMU_MACHPHYS_UPDATE	   1 /* ptr: machine address in a frame; val: its new pfn */
#define MMU_PT_UPDATE_PRESERVE_AD  2 /* as 0, but keep Accessed and Dirty, atomically */
#define MMU_PT_UPDATE_NO_TRANSLATE 3 /* as 0: val already holds a machine frame */

struct xen_mmu_update {
	uint64_t ptr; /* in: machine address | command */
	uint64_t val; /* in */
};
SHOJI_ABI_SIZE(struct xen_mmu_update, 16);
SHOJI_ABI_OFFSET(struct xen_mmu_update, val, 8);

/*
 * mmuext_op(handle of struct xen_mmuext_op[], count, handle of uint32_t done, foreigndom).
 * foreigndom is the domain whose frames are pinned or unpinned. Errors as mmu_update's.
 *
 *                              arg1          arg2
 *   PIN_L1..L4_TABLE           mfn                       check it and keep it a table
 *   UNPIN_TABLE                mfn                       let go
 *   NEW_BASEPTR                mfn                       kernel's L4 of this vCPU
 *   NEW_USER_BASEPTR           mfn (0: none)             user's L4 of this vCPU
 *   TLB_FLUSH_LOCAL                                      this vCPU
 *   INVLPG_LOCAL               linear_addr               this vCPU
 *   TLB_FLUSH_MULTI                          vcpumask    handle of a bit map of vCPUs
 *   INVLPG_MULTI               linear_addr   vcpumask
 *   TLB_FLUSH_ALL                                        all vCPUs of the domain
 *   INVLPG_ALL                 linear_addr
 *   FLUSH_CACHE                                          only domains with devices; EACCES
 *   FLUSH_CACHE_GLOBAL                                   likewise, all processors
 *   SET_LDT                    linear_addr   nr_ents     descriptors; 0: none
 *   CLEAR_PAGE                 mfn                       fill with zeros
 *   COPY_PAGE                  mfn           src_mfn
 */
#define MMUEXT_PIN_L1_TABLE	  0
#define MMUEXT_PIN_L2_TABLE	  1
#define MMUEXT_PIN_L3_TABLE	  2
#define MMUEXT_PIN_L4_TABLE	  3
#define MMUEXT_UNPIN_TABLE	  4
#define MMUEXT_NEW_BASEPTR	  5
#define MMUEXT_TLB_FLUSH_LOCAL	  6
#define MMUEXT_INVLPG_LOCAL	  7
#define MMUEXT_TLB_FLUSH_MULTI	  8
#define MMUEXT_INVLPG_MULTI	  9
#define MMUEXT_TLB_FLUSH_ALL	  10
#define MMUEXT_INVLPG_ALL	  11
#define MMUEXT_FLUSH_CACHE	  12
#define MMUEXT_SET_LDT		  13
#define MMUEXT_NEW_USER_BASEPTR	  15
#define MMUEXT_CLEAR_PAGE	  16
#define MMUEXT_COPY_PAGE	  17
#define MMUEXT_FLUSH_CACHE_GLOBAL 18
#define MMUEXT_MARK_SUPER	  19 /* large pages: not offered, EOPNOTSUPP */
#define MMUEXT_UNMARK_SUPER	  20

struct xen_mmuext_op {
	uint32_t cmd; /* in: MMUEXT_… */
	union {
		xen_pfn_t mfn;
		uint64_t linear_addr; /* page-aligned for SET_LDT */
	} arg1;
	union {
		uint32_t nr_ents;
		uint64_t vcpumask; /* handle */
		xen_pfn_t src_mfn;
	} arg2;
};
SHOJI_ABI_SIZE(struct xen_mmuext_op, 24);
SHOJI_ABI_OFFSET(struct xen_mmuext_op, arg1, 8);
SHOJI_ABI_OFFSET(struct xen_mmuext_op, arg2, 16);

/*
 * update_va_mapping(va, new L1 entry, flags): changes the entry that maps va in the live tables.
 * update_va_mapping_otherdomain has a fourth argument: the owner of the mapped frame. flags is one
 * of NONE, TLB_FLUSH, INVLPG, with LOCAL, ALL, or MULTI | handle of a vCPU bit map (8-aligned).
 */
#define UVMF_NONE	    0ul
#define UVMF_TLB_FLUSH	    1ul
#define UVMF_INVLPG	    2ul
#define UVMF_FLUSHTYPE_MASK 3ul
#define UVMF_MULTI	    0ul
#define UVMF_LOCAL	    0ul
#define UVMF_ALL	    4ul

#endif
