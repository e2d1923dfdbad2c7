/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID for paravirtual guests: a white list. A feature is shown if the processor has it, it works
 * unprivileged (guest kernels run in ring 3) and it needs no register that we do not switch. So
 * there are no paging features, no MSR-based mitigations, no FSGSBASE, no RDTSCP. Every leaf not
 * named here reads as 0. Guests see one thread per core and one core per package.
 */
#include "machine/cpuid_policy.h"

#define BASIC_MAX    0xdu
#define EXTENDED_MAX 0x80000008u
#define CACHE_MAX    6
#define XSTATE_FIRST 2
#define XSTATE_LAST  62
#define XSAVE_LEGACY 576 /* FXSAVE image and header */

#define XCR0_YMM    (1ULL << 2)
#define XCR0_AVX512 0xe0ULL

/* White lists (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E). */
#define SHOW_1D	   0x0f898375u /* no VME PSE MCE SEP MTRR PGE MCA PSE36 ACPI HTT */
#define SHOW_1C	   0x76d83203u /* no MONITOR VMX PCID X2APIC TSC-deadline OSXSAVE */
#define SHOW_7B	   0xfdaf2368u /* no FSGSBASE SMEP INVPCID TSX MPX SMAP */
#define SHOW_7C	   0x02005f42u /* no UMIP PKU shadow stacks RDPID; PREFETCHWT1 is Phi's */
#define SHOW_7D	   0x0000441cu /* MD_CLEAR and SERIALIZE, no speculation MSRs */
#define SHOW_7A1   0x00001c30u
#define SHOW_DA1   0x00000007u /* no XSAVES */
#define SHOW_E1D   0xe0500800u /* no 1-GiB pages, RDTSCP */
#define SHOW_E1C   0x002109e1u /* no SVM and its kin */
#define SHOW_E8B   0x24000005u
#define SHARED_E1D 0x0183f3ffu /* of leaf 1, repeated by AMD */

#define BIT(n)		(1u << (n))
#define HYPERVISOR	BIT(31) /* 1.ECX */
#define ITSC		BIT(8)	/* 80000007.EDX */
#define YMM_1C		(BIT(12) | BIT(28) | BIT(29))
#define YMM_7B		BIT(5)
#define YMM_7C		(BIT(9) | BIT(10))
#define YMM_7A1		BIT(4)
#define YMM_E1C		(BIT(11) | BIT(16))
#define ZMM_7B		0xdc230000u
#define ZMM_7C		0x00005842u
#define ZMM_7D		0x0000000cu
#define ZMM_7A1		BIT(5)
#define XSAVE_1C	BIT(26)
#define LEVEL_CACHE_EAX 0x3fffu /* type, level, flags: without the sharing counts */

static void leaf_of_host(const struct cpuid_host *h, uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	uint32_t max[4];

	h->read(leaf & 0x80000000u, 0, max);
	if (leaf > max[EAX])
		out[EAX] = out[EBX] = out[ECX] = out[EDX] = 0;
	else
		h->read(leaf, sub, out);
}

/* Clear in *word what needs vector registers that guests cannot have. */
static void mask_vectors(const struct cpuid_host *h, uint32_t *word, uint32_t ymm, uint32_t zmm)
{
	if (!(h->xcr0 & XCR0_YMM))
		*word &= ~(ymm | zmm);
	if ((h->xcr0 & XCR0_AVX512) != XCR0_AVX512)
		*word &= ~zmm;
}

static void leaf_1(const struct cpuid_host *h, uint32_t out[4])
{
	out[EBX] &= 0xff00; /* size of a cache line */
	out[ECX] &= SHOW_1C;
	out[EDX] &= SHOW_1D;
	mask_vectors(h, &out[ECX], YMM_1C, 0);
	if (!h->xcr0)
		out[ECX] &= ~XSAVE_1C;
	out[ECX] |= HYPERVISOR;
}

static void leaf_4(uint32_t sub, uint32_t out[4])
{
	if (!(out[EAX] & 0x1f) || sub >= CACHE_MAX)
		out[EAX] = out[EBX] = out[ECX] = out[EDX] = 0;
	out[EAX] &= LEVEL_CACHE_EAX;
}

static void leaf_7(const struct cpuid_host *h, uint32_t sub, uint32_t out[4])
{
	if (sub == 0) {
		out[EAX] = MIN(out[EAX], 1u);
		out[EBX] &= SHOW_7B;
		out[ECX] &= SHOW_7C;
		out[EDX] &= SHOW_7D;
		mask_vectors(h, &out[EBX], YMM_7B, ZMM_7B);
		mask_vectors(h, &out[ECX], YMM_7C, ZMM_7C);
		mask_vectors(h, &out[EDX], 0, ZMM_7D);
		return;
	}
	out[EAX] &= sub == 1 ? SHOW_7A1 : 0;
	mask_vectors(h, &out[EAX], YMM_7A1, ZMM_7A1);
	out[EBX] = out[ECX] = out[EDX] = 0;
}

static void leaf_d(const struct cpuid_host *h, uint32_t sub, uint32_t out[4])
{
	bool component = sub >= XSTATE_FIRST && sub <= XSTATE_LAST && (h->xcr0 >> sub & 1);

	switch (sub) {
	case 0:
		out[EAX] = (uint32_t)h->xcr0;
		out[EDX] = (uint32_t)(h->xcr0 >> 32);
		out[EBX] = out[ECX] = h->xcr0 ? cpuid_xsave_bytes(h, h->xcr0, false) : 0;
		break;
	case 1:
		out[EAX] &= h->xcr0 ? SHOW_DA1 : 0;
		out[EBX] = out[ECX] = out[EDX] = 0;
		break;
	default:
		if (!component)
			out[EAX] = out[EBX] = out[ECX] = 0;
		out[EDX] = 0;
		break;
	}
}

static void leaf_e1(const struct cpuid_host *h, uint32_t out[4])
{
	uint32_t show = SHOW_E1D, basic[4];

	if (out[EDX] & BIT(0)) { /* AMD's: repeats leaf 1 */
		h->read(1, 0, basic);
		show |= SHARED_E1D & SHOW_1D & basic[EDX];
	}
	out[EBX] = 0;
	out[ECX] &= SHOW_E1C;
	out[EDX] &= show;
	mask_vectors(h, &out[ECX], YMM_E1C, 0);
}

static void leaf_e8(uint32_t out[4])
{
	out[EAX] &= 0xffff; /* widths of addresses */
	out[EBX] &= SHOW_E8B;
	out[ECX] = out[EDX] = 0;
}

void cpuid_policy(const struct cpuid_host *h, uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	leaf_of_host(h, leaf, sub, out);
	switch (leaf) {
	case 0:
		out[EAX] = MIN(out[EAX], BASIC_MAX);
		break;
	case 1:
		leaf_1(h, out);
		break;
	case 4:
		leaf_4(sub, out);
		break;
	case 7:
		leaf_7(h, sub, out);
		break;
	case 0xd:
		leaf_d(h, sub, out);
		break;
	case 0x80000000:
		out[EAX] = MIN(out[EAX], EXTENDED_MAX);
		break;
	case 0x80000001:
		leaf_e1(h, out);
		break;
	case 0x80000007:
		out[EAX] = out[EBX] = out[ECX] = 0;
		out[EDX] = h->tsc_stable ? ITSC : 0;
		break;
	case 0x80000008:
		leaf_e8(out);
		break;
	case 2:				/* caches, Intel's way */
	case 0x80000002 ... 0x80000006: /* name; caches, AMD's way */
		break;
	default:
		out[EAX] = out[EBX] = out[ECX] = out[EDX] = 0;
		break;
	}
}

uint32_t cpuid_xsave_bytes(const struct cpuid_host *h, uint64_t xcr0, bool compacted)
{
	uint32_t end = XSAVE_LEGACY;

	for (unsigned int i = XSTATE_FIRST; i <= XSTATE_LAST; i++) {
		uint32_t r[4]; /* EAX size, EBX offset, ECX bit 1: aligned when compacted */

		if (!(xcr0 >> i & 1))
			continue;
		h->read(0xd, i, r);
		if (!compacted)
			end = MAX(end, r[EAX] + r[EBX]);
		else
			end = ((r[ECX] & 2) ? ROUND_UP(end, 64u) : end) + r[EAX];
	}
	return end;
}

unsigned int cpuid_feature_registers(uint32_t leaf, uint32_t sub)
{
	switch (leaf) {
	case 1:
	case 0x80000001:
		return BIT(ECX) | BIT(EDX);
	case 7:
		return sub == 0 ? BIT(EBX) | BIT(ECX) | BIT(EDX) : BIT(EAX);
	case 0xd:
		return sub == 1 ? BIT(EAX) : 0;
	case 0x80000007:
		return BIT(EDX);
	case 0x80000008:
		return BIT(EBX);
	default:
		return 0;
	}
}
