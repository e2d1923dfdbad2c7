/* SPDX-License-Identifier: GPL-2.0-only */
/* FPU state: kept for each vCPU, clean at its start, and nobody else's business. */
#include "kit.h"

#define REGISTERS 16

static void set_xmm(uint64_t value)
{
	__asm__ volatile("movq %0, %%xmm0; punpcklqdq %%xmm0, %%xmm0\n"
			 ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
			 "movdqa %%xmm0, %%xmm\\n\n"
			 ".endr"
			 :
			 : "r"(value));
}

static void get_xmm(uint64_t out[REGISTERS * 2])
{
	__asm__ volatile(".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
			 "movdqu %%xmm\\n, 16*\\n(%0)\n"
			 ".endr"
			 :
			 : "r"(out)
			 : "memory");
}

static bool all_are(const uint64_t *values, uint64_t value)
{
	for (unsigned int i = 0; i < REGISTERS * 2; i++)
		if (values[i] != value)
			return false;
	return true;
}

static bool has_avx(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (c >> 26 & 3) == 3 && (c >> 28 & 1);
}

static bool set_xcr0(uint64_t value)
{
	return !CATCH(
		__asm__ volatile("xsetbv"
				 :
				 : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))));
}

static void set_ymm0(const uint64_t *value)
{
	__asm__ volatile("vmovdqu (%0), %%ymm0" : : "r"(value) : "memory");
}

static void get_ymm0(uint64_t *value)
{
	__asm__ volatile("vmovdqu %%ymm0, (%0)" : : "r"(value) : "memory");
}

/* --- two vCPUs --- */

static uint64_t worker_seen[REGISTERS * 2];
static volatile uint32_t worker_mxcsr;
static volatile uint16_t worker_fcw;
static volatile bool worker_kept;

static void use_the_fpu(void)
{
	uint32_t mxcsr = 0x1fa0, after;

	get_xmm(worker_seen); /* what is there before we touch it */
	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(worker_mxcsr), "=m"(worker_fcw));
	set_xmm(0x2222222222222222);
	__asm__ volatile("ldmxcsr %0; fninit; fldpi" : : "m"(mxcsr));
	worker_kept = true;
	for (unsigned int i = 0; i < 50; i++) {
		uint64_t now_seen[REGISTERS * 2];

		yield();
		get_xmm(now_seen);
		__asm__ volatile("stmxcsr %0" : "=m"(after));
		if (!all_are(now_seen, 0x2222222222222222) || after != mxcsr)
			worker_kept = false;
	}
}

TEST(registers_of_two_vcpus)
{
	uint64_t seen[REGISTERS * 2];
	uint32_t mxcsr = 0x1f80 | 3 << 13, after;
	uint16_t fcw = 0x27f, fcw_after;

	set_xmm(0x1111111111111111);
	__asm__ volatile("fninit; fldcw %0; fldl2t; fldl2t; ldmxcsr %1" : : "m"(fcw), "m"(mxcsr));
	start_work(use_the_fpu); /* the worker's first instructions of this kind */
	for (unsigned int i = 0; i < 60; i++) {
		yield();
		get_xmm(seen);
		__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(after), "=m"(fcw_after));
		CHECK(all_are(seen, 0x1111111111111111));
		EQUAL(after, mxcsr);
		EQUAL(fcw_after, fcw);
	}
	await_work();
	CHECK(worker_kept);
	CHECK(all_are(worker_seen, 0));
	EQUAL(worker_mxcsr, 0x1f80);
	EQUAL(worker_fcw, 0x37f);
	__asm__ volatile("fninit; ldmxcsr %0" : : "m"((uint32_t){0x1f80}));
}

static uint64_t worker_ymm[4];

static void use_ymm(void)
{
	static const uint64_t mine[4] = {9, 9, 9, 9};

	if (set_xcr0(7)) {
		get_ymm0(worker_ymm);
		set_ymm0(mine);
	}
}

/* The upper halves, too, also while a vCPU has them switched off. */
TEST(wide_registers_of_two_vcpus)
{
	static const uint64_t mine[4] = {0x11, 0x22, 0x33, 0x44};
	uint64_t seen[4];

	if (!has_avx())
		return;
	CHECK(set_xcr0(7));
	set_ymm0(mine);
	memset(worker_ymm, 0xff, sizeof(worker_ymm));
	CHECK(set_xcr0(3));
	yield();
	start_work(use_ymm);
	await_work();
	CHECK(set_xcr0(7));
	get_ymm0(seen);
	EQUAL(memcmp(seen, mine, sizeof(mine)), 0);
	CHECK(worker_ymm[2] == 0 && worker_ymm[3] == 0); /* nothing of ours */
	set_xmm(0);
}

static uint64_t fresh_seen[REGISTERS * 2];
static volatile bool fresh_ran;
static volatile uint32_t fresh_mxcsr;

static void look_at_fresh_registers(void)
{
	get_xmm(fresh_seen);
	__asm__ volatile("stmxcsr %0" : "=m"(fresh_mxcsr));
	fresh_ran = true;
	for (;;)
		yield();
}

/* A state that a vCPU begins with is loaded for it, and cannot hurt. */
TEST(registers_that_a_context_gives)
{
	unsigned int id = spare_vcpu();
	struct xen_vcpu_guest_context *c = new_context(id, look_at_fresh_registers);
	uint32_t mxcsr = 0xffffffff; /* reserved bits would fault when loaded */

	c->flags |= VGCF_i387_valid;
	memset(&c->fpu_ctxt, 0x33, sizeof(c->fpu_ctxt));
	memcpy((char *)&c->fpu_ctxt + 24, &mxcsr, 4);
	EQUAL(vcpu_initialise(id, c), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), 0);
	for (unsigned int i = 0; i < 10000 && !fresh_ran; i++)
		yield();
	CHECK(fresh_ran);
	CHECK(all_are(fresh_seen, 0x3333333333333333));
	EQUAL(fresh_mxcsr & 0xffff0000, 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_down, id, 0), 0);
}

TEST(values_of_xcr0)
{
	uint64_t bad[] = {
		0, 2, 4, 5, 6, 1UL << 63 | 3, 0x23, 0x43, 0xe3, 1UL << 9 | 3, 1UL << 62 | 3, ~0UL};

	if (!set_xcr0(3))
		return; /* no XSAVE */
	for (unsigned int i = 0; i < ARRAY(bad); i++) {
		CHECK(!set_xcr0(bad[i]));
		EQUAL(caught.vector, 13);
	}
	CHECK(CATCH(__asm__ volatile("xsetbv" : : "c"(1), "a"(3), "d"(0))));
	CHECK(CATCH(__asm__ volatile("xsetbv" : : "c"(~0u), "a"(3), "d"(0))));
	CHECK(set_xcr0(1) && set_xcr0(3));
}

/* The guest's own TS: one exception, which clears it. */
TEST(task_switched_flag)
{
	EQUAL(CALL(HYPERCALL_fpu_taskswitch, 1), 0);
	CHECK(CATCH(__asm__ volatile("pxor %xmm0, %xmm0")));
	EQUAL(caught.vector, 7);
	CHECK(!CATCH(__asm__ volatile("pxor %xmm0, %xmm0")));
	EQUAL(CALL(HYPERCALL_fpu_taskswitch, 1), 0);
	yield();
	CHECK(CATCH(__asm__ volatile("fninit")));
	EQUAL(CALL(HYPERCALL_fpu_taskswitch, 1), 0);
	EQUAL(CALL(HYPERCALL_fpu_taskswitch, 0), 0);
	CHECK(!CATCH(__asm__ volatile("fninit")));
	CHECK(!CATCH(__asm__ volatile("clts")));
}
