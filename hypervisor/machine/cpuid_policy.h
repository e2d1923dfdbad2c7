/* SPDX-License-Identifier: GPL-2.0-only */
/* Which parts of the processor's CPUID a paravirtual guest may know. Pure, for tests. */
#ifndef SHOJI_MACHINE_CPUID_POLICY_H
#define SHOJI_MACHINE_CPUID_POLICY_H

#include "lib/types.h"

enum { EAX, EBX, ECX, EDX };

struct cpuid_host {
	void (*read)(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
	uint64_t xcr0;	 /* what guests may enable; 0: no XSAVE */
	bool tsc_stable; /* may guests rely on the TSC? */
};

/* A leaf below 0x40000000 or from 0x80000000 on, the same for all vCPUs. All 0: nothing there. */
void cpuid_policy(const struct cpuid_host *h, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* Bytes of an XSAVE area with these components, in standard or compacted form. */
uint32_t cpuid_xsave_bytes(const struct cpuid_host *h, uint64_t xcr0, bool compacted);

/* The registers of a leaf that are sets of features, as a bit map 1 << EAX …; others are facts. */
unsigned int cpuid_feature_registers(uint32_t leaf, uint32_t subleaf);

#endif
