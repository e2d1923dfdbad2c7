/* SPDX-License-Identifier: GPL-2.0-only */
/* Single instructions as functions. Only hypervisor/machine/ includes this. */
#ifndef SHOJI_MACHINE_CPU_OPS_H
#define SHOJI_MACHINE_CPU_OPS_H

#include "lib/types.h"

/* Model-specific registers (Intel SDM volume 4, AMD APM volume 2 appendix A). */
#define MSR_APIC_BASE	   0x1b
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_PAT		   0x277

#define EFER_SCE (1ULL << 0)
#define EFER_LME (1ULL << 8)
#define EFER_NXE (1ULL << 11)

#define CR0_MP (1UL << 1)
#define CR0_EM (1UL << 2)
#define CR0_TS (1UL << 3)
#define CR0_NE (1UL << 5)
#define CR0_WP (1UL << 16)

#define CR4_TSD	       (1UL << 2)
#define CR4_DE	       (1UL << 3)
#define CR4_PAE	       (1UL << 5)
#define CR4_MCE	       (1UL << 6)
#define CR4_PGE	       (1UL << 7)
#define CR4_OSFXSR     (1UL << 9)
#define CR4_OSXMMEXCPT (1UL << 10)
#define CR4_UMIP       (1UL << 11)
#define CR4_FSGSBASE   (1UL << 16)
#define CR4_OSXSAVE    (1UL << 18)
#define CR4_SMEP       (1UL << 20)
#define CR4_SMAP       (1UL << 21)

#define RFLAGS_TF   (1UL << 8)
#define RFLAGS_IF   (1UL << 9)
#define RFLAGS_DF   (1UL << 10)
#define RFLAGS_IOPL (3UL << 12)
#define RFLAGS_NT   (1UL << 14)
#define RFLAGS_RF   (1UL << 16)
#define RFLAGS_VM   (1UL << 17)
#define RFLAGS_AC   (1UL << 18)

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void cpu_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(subleaf));
}

/* --- ports --- */
static inline uint8_t cpu_inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint16_t cpu_inw(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint32_t cpu_inl(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void cpu_outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static inline void cpu_outw(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(port));
}

static inline void cpu_outl(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port));
}

/* --- MSRs and counters --- */
static inline uint64_t cpu_rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void cpu_wrmsr(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

/* As the two above, but false if the CPU refuses (extable.h). */
bool cpu_rdmsr_safe(uint32_t msr, uint64_t *v);
bool cpu_wrmsr_safe(uint32_t msr, uint64_t v);

static inline uint64_t cpu_rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

/* --- control and debug registers --- */
#define CPU_CONTROL_REGISTER(name)                                        \
	static inline uint64_t cpu_read_##name(void)                      \
	{                                                                 \
		uint64_t v;                                               \
                                                                          \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(v));        \
		return v;                                                 \
	}                                                                 \
	static inline void cpu_write_##name(uint64_t v)                   \
	{                                                                 \
		__asm__ volatile("mov %0, %%" #name ::"r"(v) : "memory"); \
	}
CPU_CONTROL_REGISTER(cr0)
CPU_CONTROL_REGISTER(cr2)
CPU_CONTROL_REGISTER(cr3)
CPU_CONTROL_REGISTER(cr4)
CPU_CONTROL_REGISTER(dr0)
CPU_CONTROL_REGISTER(dr1)
CPU_CONTROL_REGISTER(dr2)
CPU_CONTROL_REGISTER(dr3)
CPU_CONTROL_REGISTER(dr6)
CPU_CONTROL_REGISTER(dr7)
#undef CPU_CONTROL_REGISTER

static inline void cpu_clts(void)
{
	__asm__ volatile("clts");
}

static inline void cpu_invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static inline void cpu_wbinvd(void)
{
	__asm__ volatile("wbinvd" ::: "memory");
}

static inline void cpu_swapgs(void)
{
	__asm__ volatile("swapgs" ::: "memory");
}

static inline uint64_t cpu_flags(void)
{
	uint64_t f;

	__asm__ volatile("pushfq; popq %0" : "=r"(f));
	return f;
}

#endif
