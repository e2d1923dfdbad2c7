/* SPDX-License-Identifier: MIT */
/*
 * CPUID leaves of the hypervisor. Usable from assembly.
 *
 * 0x40000000  EAX highest leaf, EBX ECX EDX signature "XenVMMXenVMM" (so that kernels find the base
 *             ABI)
 * 0x40000001  EAX version, major << 16 | minor
 * 0x40000002  EAX number of hypercall pages, EBX base MSR: writing a machine address into it fills
 *             that page; ECX features 1
 * 0x40000003  time. Sub-leaf 0: EAX bit 0 RDTSC is emulated, bit 1 host TSC is reliable, bit 2
 *             RDTSCP; EBX TSC mode, ECX guest kHz, EDX incarnation. Sub-leaf 1: EAX, EBX offset,
 *             ECX multiplier, EDX shift. Sub-leaf 2: EAX host kHz
 * 0x40000005  PV: EBX width of machine addresses
 * 0x40000100  the extension ABI: extension.h
 */
#ifndef SHOJI_PUBLIC_CPUID_H
#define SHOJI_PUBLIC_CPUID_H

#define XEN_CPUID_FIRST_LEAF	 0x40000000
#define XEN_CPUID_LEAF(i)	 (XEN_CPUID_FIRST_LEAF + (i))
#define XEN_CPUID_MAX_NUM_LEAVES 5

#define XEN_CPUID_SIGNATURE_EBX 0x566e6558 /* "XenV" */
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d /* "MMXe" */
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e /* "nVMM" */

#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 1    /* leaf 2, ECX */
#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK	  0xff /* leaf 5, EBX */

#define SHOJI_CPUID_FIRST_LEAF	  0x40000100
#define SHOJI_CPUID_SIGNATURE_EBX 0x6a6f6853 /* "Shoj" */
#define SHOJI_CPUID_SIGNATURE_ECX 0x6f685369 /* "iSho" */
#define SHOJI_CPUID_SIGNATURE_EDX 0x6853696a /* "jiSh" */

#endif
