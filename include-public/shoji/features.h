/* SPDX-License-Identifier: MIT */
/*
 * What a guest may rely on: bits of XENVER_get_features, submap 0, and names in the ELF FEATURES
 * note. Usable from assembly.
 */
#ifndef SHOJI_PUBLIC_FEATURES_H
#define SHOJI_PUBLIC_FEATURES_H

#define XENFEAT_writable_page_tables	   0  /* page tables need no validation: never for PV */
#define XENFEAT_writable_descriptor_tables 1  /* never for PV */
#define XENFEAT_auto_translated_physmap	   2  /* the guest uses pfns only: never for PV */
#define XENFEAT_supervisor_mode_kernel	   3  /* the kernel is in ring 0: never for PV */
#define XENFEAT_pae_pgdir_above_4gb	   4  /* tables may be anywhere */
#define XENFEAT_mmu_pt_update_preserve_ad  5  /* MMU_PT_UPDATE_PRESERVE_AD exists; Linux insists */
#define XENFEAT_highmem_assist		   6  /* 32-bit */
#define XENFEAT_gnttab_map_avail_bits	   7  /* GNTMAP_guest_avail works; Linux insists */
#define XENFEAT_hvm_callback_vector	   8  /* not PV */
#define XENFEAT_hvm_safe_pvclock	   9  /* not PV */
#define XENFEAT_hvm_pirqs		   10 /* not PV */
#define XENFEAT_dom0			   11 /* the caller is the control domain */
#define XENFEAT_memory_op_vnode_supported  13 /* XENMEMF_vnode */
#define XENFEAT_ARM_SMCCC_supported	   14
#define XENFEAT_linux_rsdp_unrestricted	   15 /* the RSDP address may be passed in boot params */
#define XENFEAT_not_direct_mapped	   16
#define XENFEAT_direct_mapped		   17
#define XENFEAT_NR_SUBMAPS		   1

#endif
