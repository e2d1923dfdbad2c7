/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/machine/cpuid_policy.c */
/* What paravirtual guests are told of a processor that has everything, or nearly nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/cpuid_policy.h"

/* A processor with all bits set, save for counts and sizes. */
static void read_full(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	memset(out, 0xff, 4 * sizeof(*out));
	if (leaf == 0)
		out[EAX] = 0x20;
	else if (leaf == 0x80000000)
		out[EAX] = 0x80000021;
	else if (leaf == 0xd && sub == 2) /* AVX: 256 bytes behind the header */
		out[EAX] = 256, out[EBX] = 576, out[ECX] = out[EDX] = 0;
	else if (leaf == 0xd && sub >= 5 && sub <= 7)
		out[EAX] = sub == 5   ? 64
			   : sub == 6 ? 512
				      : 1024,
		out[EBX] = sub == 5   ? 1088
			   : sub == 6 ? 1152
				      : 1664,
		out[ECX] = sub == 6 ? 2 : 0, out[EDX] = 0;
}

static void read_old(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	read_full(leaf, sub, out);
	if (leaf == 0)
		out[EAX] = 4;
	else if (leaf == 0x80000000)
		out[EAX] = 0x80000004;
}

static const struct cpuid_host full = {read_full, 0xe7, true}, plain = {read_full, 0, false},
			       avx = {read_full, 7, true}, old = {read_old, 0, false};

static uint32_t word(const struct cpuid_host *h, uint32_t leaf, uint32_t sub, unsigned int reg)
{
	uint32_t out[4];

	cpuid_policy(h, leaf, sub, out);
	return out[reg];
}

static int shows(const struct cpuid_host *h, uint32_t leaf, unsigned int reg, unsigned int bit)
{
	return word(h, leaf, 0, reg) >> bit & 1;
}

static void paging_features_are_hidden(void **state)
{
	(void)state;
	assert_false(shows(&full, 1, EDX, 3));		 /* PSE */
	assert_false(shows(&full, 1, EDX, 13));		 /* PGE */
	assert_false(shows(&full, 1, EDX, 17));		 /* PSE36 */
	assert_false(shows(&full, 1, ECX, 17));		 /* PCID */
	assert_false(shows(&full, 7, EBX, 7));		 /* SMEP */
	assert_false(shows(&full, 7, EBX, 10));		 /* INVPCID */
	assert_false(shows(&full, 7, EBX, 20));		 /* SMAP */
	assert_false(shows(&full, 7, ECX, 2));		 /* UMIP */
	assert_false(shows(&full, 7, ECX, 3));		 /* PKU */
	assert_false(shows(&full, 0x80000001, EDX, 26)); /* 1-GiB pages */
	assert_false(word(&full, 0xd, 1, EAX) >> 3 & 1); /* XSAVES */
}

static void what_needs_our_help_is_hidden(void **state)
{
	(void)state;
	assert_false(shows(&full, 7, EBX, 0));		   /* FSGSBASE */
	assert_false(shows(&full, 0x80000001, EDX, 27));   /* RDTSCP */
	assert_false(shows(&full, 1, ECX, 5));		   /* VMX */
	assert_false(shows(&full, 0x80000001, ECX, 2));	   /* SVM */
	assert_false(shows(&full, 1, ECX, 3));		   /* MONITOR */
	assert_false(shows(&full, 1, ECX, 21));		   /* X2APIC */
	assert_int_equal(word(&full, 7, 0, EDX) >> 26, 0); /* speculation MSRs */
	assert_int_equal(word(&full, 0xa, 0, EAX), 0);	   /* performance counters */
}

static void what_guests_need_is_there(void **state)
{
	(void)state;
	assert_true(shows(&full, 1, EDX, 6));		/* PAE */
	assert_true(shows(&full, 1, EDX, 26));		/* SSE2 */
	assert_true(shows(&full, 1, ECX, 31));		/* under a hypervisor */
	assert_true(shows(&full, 1, ECX, 26));		/* XSAVE */
	assert_true(shows(&full, 0x80000001, EDX, 29)); /* long mode */
	assert_true(shows(&full, 0x80000001, EDX, 20)); /* NX */
	assert_true(shows(&full, 0x80000001, EDX, 11)); /* SYSCALL */
	assert_true(shows(&full, 0x80000007, EDX, 8));	/* invariant TSC */
	assert_false(shows(&plain, 0x80000007, EDX, 8));
}

static void vectors_follow_xcr0(void **state)
{
	(void)state;
	assert_true(shows(&full, 7, EBX, 16) && shows(&full, 7, EBX, 5) &&
		    shows(&full, 1, ECX, 28));
	assert_true(shows(&avx, 7, EBX, 5) && !shows(&avx, 7, EBX, 16));
	assert_true(shows(&avx, 1, ECX, 28) && !shows(&avx, 7, ECX, 11));
	assert_false(shows(&plain, 1, ECX, 26));	  /* XSAVE */
	assert_false(shows(&plain, 1, ECX, 28));	  /* AVX */
	assert_false(shows(&plain, 7, EBX, 5));		  /* AVX2 */
	assert_false(shows(&plain, 0x80000001, ECX, 16)); /* FMA4 */
	assert_int_equal(word(&plain, 0xd, 0, EAX) | word(&plain, 0xd, 0, EBX), 0);
}

static void xsave_areas_have_their_sizes(void **state)
{
	(void)state;
	assert_int_equal(cpuid_xsave_bytes(&full, 3, false), 576);
	assert_int_equal(cpuid_xsave_bytes(&full, 7, false), 832);
	assert_int_equal(cpuid_xsave_bytes(&full, 0xe7, false), 1664 + 1024);
	/* compacted: 576 + 256 + 64 = 896, already aligned, + 512 + 1024 */
	assert_int_equal(cpuid_xsave_bytes(&full, 0xe7, true), 896 + 512 + 1024);
	assert_int_equal(cpuid_xsave_bytes(&full, 0x43, true), 576 + 512);
	assert_int_equal(word(&full, 0xd, 0, EAX), 0xe7);
	assert_int_equal(word(&full, 0xd, 0, ECX), 1664 + 1024);
	assert_int_equal(word(&full, 0xd, 2, EAX), 256);
	assert_int_equal(word(&full, 0xd, 9, EAX), 0); /* PKRU */
}

static void leaves_end_where_we_say(void **state)
{
	(void)state;
	assert_int_equal(word(&full, 0, 0, EAX), 0xd);
	assert_int_equal(word(&full, 0x80000000, 0, EAX), 0x80000008);
	assert_int_equal(word(&full, 0x14, 0, EBX), 0);
	assert_int_equal(word(&full, 0x80000021, 0, EAX), 0);
	assert_int_equal(word(&old, 0, 0, EAX), 4);
	assert_int_equal(word(&old, 7, 0, EBX), 0);
	assert_int_equal(word(&old, 0x80000008, 0, EAX), 0);
	assert_int_equal(word(&full, 4, 6, EAX), 0);
	assert_int_equal(word(&full, 4, 0, EAX) >> 14, 0); /* sharing counts */
	assert_int_equal(word(&full, 1, 0, EBX), 0xff00);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paging_features_are_hidden),
		cmocka_unit_test(what_needs_our_help_is_hidden),
		cmocka_unit_test(what_guests_need_is_there),
		cmocka_unit_test(vectors_follow_xcr0),
		cmocka_unit_test(xsave_areas_have_their_sizes),
		cmocka_unit_test(leaves_end_where_we_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
