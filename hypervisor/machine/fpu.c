/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPU state (Intel SDM volume 1, chapter 13). An area is always saved and restored in full, with
 * all components that the machine enables, whatever the guest's XCR0 says, so that nothing leaks
 * from one vCPU to the next.
 */
#include "machine/fpu.h"

#include "core/vcpu.h"
#include "lib/string.h"
#include "machine/context.h"
#include "machine/cpu_ops.h"
#include "machine/percpu.h"
#include "shoji/errno.h"

#define CPUID1_ECX_XSAVE (1u << 26)
#define FXSAVE_BYTES	 512
#define XSTATE_BV	 512 /* offset of the header's first word */
#define FCW_RESET	 0x37f
#define MXCSR_RESET	 0x1f80
#define MXCSR_OFFSET	 24

#define FSW_OFFSET    2
#define FSW_EXCEPTION 0x80 /* ES: one is pending */

static uint64_t host_xcr0;
static bool leaves_pointers; /* restoring does not touch the x87 exception pointers */
static size_t area_bytes = FXSAVE_BYTES;

static void write_xcr0(uint64_t value)
{
	__asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* AMD's processors restore the addresses of the last x87 instruction and its operand only if an
 * exception is pending, unless they say otherwise (AMD APM 3, CPUID 8000_0008 EBX[2]). */
static void find_leak(void)
{
	uint32_t r[4];

	cpu_cpuid(0, 0, r);
	if (r[2] != 0x444d4163 && r[2] != 0x656e6975) /* "cAMD", Hygon's "uine" */
		return;
	cpu_cpuid(0x80000000, 0, r);
	if (r[0] >= 0x80000008)
		cpu_cpuid(0x80000008, 0, r);
	else
		r[1] = 0;
	leaves_pointers = !(r[1] & 4);
}

void fpu_init_cpu(struct percpu *p)
{
	uint32_t r[4];

	find_leak();
	cpu_cpuid(1, 0, r);
	if (!(r[2] & CPUID1_ECX_XSAVE))
		return;
	cpu_write_cr4(cpu_read_cr4() | CR4_OSXSAVE);
	cpu_cpuid(0xd, 0, r);
	host_xcr0 = r[0] & (XCR0_X87 | XCR0_SSE | XCR0_AVX | 0xe0ULL /* AVX-512 */);
	if ((host_xcr0 & 0xe0) != 0xe0)
		host_xcr0 &= ~0xe0ULL;
	write_xcr0(host_xcr0);
	p->xcr0 = host_xcr0;
	cpu_cpuid(0xd, 0, r); /* EBX: size for what is enabled now */
	area_bytes = r[1];
}

uint64_t fpu_host_xcr0(void)
{
	return host_xcr0;
}

size_t fpu_area_bytes(void)
{
	return area_bytes;
}

void fpu_reset(void *area)
{
	uint16_t fcw = FCW_RESET;
	uint32_t mxcsr = MXCSR_RESET;
	uint64_t present = XCR0_X87 | XCR0_SSE;

	memset(area, 0, area_bytes);
	memcpy(area, &fcw, sizeof(fcw));
	memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	if (host_xcr0)
		memcpy((char *)area + XSTATE_BV, &present, sizeof(present));
}

/* XSAVE and XRSTOR take no component that XCR0 lacks. */
static void enable_all(void)
{
	struct percpu *p = this_percpu();

	if (p->xcr0 != host_xcr0) {
		write_xcr0(host_xcr0);
		p->xcr0 = host_xcr0;
	}
}

void fpu_save(void *area)
{
	if (!host_xcr0) {
		__asm__ volatile("fxsave64 (%0)" ::"r"(area) : "memory");
		return;
	}
	enable_all();
	__asm__ volatile("xsave64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
}

/* Addresses of ours, always the same ones, in place of the last vCPU's. */
static void forget_pointers(const void *area)
{
	static const int32_t zero;
	uint16_t fsw;

	memcpy(&fsw, (const char *)area + FSW_OFFSET, sizeof(fsw));
	if (!(fsw & FSW_EXCEPTION))
		__asm__ volatile("fnclex; ffree %%st(7); fildl %0" ::"m"(zero));
}

void fpu_restore(const void *area)
{
	if (leaves_pointers)
		forget_pointers(area);
	if (!host_xcr0) {
		__asm__ volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
		return;
	}
	enable_all();
	__asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
}

uint64_t fpu_guest_xcr0(const struct vcpu *v)
{
	return vcpu_machine(v)->xcr0;
}

static bool xcr0_ok(uint64_t value)
{
	if (!(value & XCR0_X87) || (value & ~host_xcr0))
		return false;
	if ((value & XCR0_AVX) && !(value & XCR0_SSE))
		return false;
	return !(value & 0xe0) || ((value & 0xe0) == 0xe0 && (value & XCR0_AVX));
}

int fpu_set_xcr0(struct vcpu *v, uint64_t value)
{
	if (!xcr0_ok(value))
		return -XEN_EINVAL;
	vcpu_machine(v)->xcr0 = value;
	write_xcr0(value);
	this_percpu()->xcr0 = value;
	return 0;
}

void machine_vcpu_set_fpu(struct vcpu *v, const void *fxsave)
{
	void *area = vcpu_machine(v)->fpu;
	uint32_t mxcsr;

	fpu_reset(area);
	if (!fxsave)
		return;
	memcpy(area, fxsave, FXSAVE_BYTES);
	memcpy(&mxcsr, (char *)area + MXCSR_OFFSET, sizeof(mxcsr));
	mxcsr &= 0xffff; /* reserved bits would fault */
	memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

void machine_vcpu_get_fpu(struct vcpu *v, void *fxsave)
{
	memcpy(fxsave, vcpu_machine(v)->fpu, FXSAVE_BYTES);
}

void machine_set_ts(bool on)
{
	struct percpu *p = this_percpu();

	if (p->ts == on)
		return;
	p->ts = on;
	if (on)
		cpu_write_cr0(cpu_read_cr0() | CR0_TS);
	else
		cpu_clts();
}
