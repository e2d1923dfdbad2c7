/* SPDX-License-Identifier: GPL-2.0-only */
/* The inline part of core/machine.h on hardware. */
#ifndef SHOJI_MACHINE_INLINE_H
#define SHOJI_MACHINE_INLINE_H

#include "core/cpu.h"
#include "lib/types.h"

#define CPU_BLOCK_BYTES 0x10000UL /* size and alignment of a CPU's block (machine/percpu.h) */

/* struct cpu lies at the bottom of the block that holds all stacks of its CPU. */
static inline struct cpu *this_cpu(void)
{
	uint64_t sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return (struct cpu *)(sp & ~(CPU_BLOCK_BYTES - 1));
}

/* The processor goes on only when it knows that it comes here. A no-op with the option
 * spec-ctrl=no-lock-harden (machine/spec.c). */
static inline void machine_fence_guesses(void)
{
	__asm__ volatile("771: lfence\n\t"
			 ".pushsection .fence_sites, \"a\", @progbits\n\t"
			 ".long 771b - .\n\t"
			 ".popsection" ::
				 : "memory");
}

/* index, or 0 unless index < size, also where the caller's comparison is only being guessed. */
static inline uint64_t machine_clamp(uint64_t index, uint64_t size)
{
	uint64_t mask;

	__asm__ volatile("cmp %2, %1\n\tsbb %0, %0" : "=r"(mask) : "r"(index), "er"(size) : "cc");
	return index & mask;
}

#define DIRECTMAP 0xffff830000000000ULL /* all RAM (machine/paging.h) */

static inline void *machine_map(mfn_t m)
{
	return (void *)(DIRECTMAP + (m.n << PAGE_SHIFT));
}

/* usercopy.S */
bool machine_get_guest_1(void *dst, uint64_t guest_va);
bool machine_get_guest_2(void *dst, uint64_t guest_va);
bool machine_get_guest_3(void *dst, uint64_t guest_va);
bool machine_get_guest_4(void *dst, uint64_t guest_va);
bool machine_get_guest_8(void *dst, uint64_t guest_va);
bool machine_put_guest_1(uint64_t guest_va, const void *src);
bool machine_put_guest_7(uint64_t guest_va, const void *src);
bool machine_put_guest_8(uint64_t guest_va, const void *src);
size_t machine_copy_from_guest(void *dst, uint64_t guest_va, size_t bytes);
size_t machine_copy_to_guest(uint64_t guest_va, const void *src, size_t bytes);

static inline bool machine_get_words(void *dst, uint64_t guest_va, unsigned int words)
{
	switch (words) {
	case 1:
		return machine_get_guest_1(dst, guest_va);
	case 2:
		return machine_get_guest_2(dst, guest_va);
	case 3:
		return machine_get_guest_3(dst, guest_va);
	case 4:
		return machine_get_guest_4(dst, guest_va);
	case 8:
		return machine_get_guest_8(dst, guest_va);
	default:
		return !machine_copy_from_guest(dst, guest_va, words * 8UL);
	}
}

static inline bool machine_put_words(uint64_t guest_va, const void *src, unsigned int words)
{
	switch (words) {
	case 1:
		return machine_put_guest_1(guest_va, src);
	case 7:
		return machine_put_guest_7(guest_va, src);
	case 8:
		return machine_put_guest_8(guest_va, src);
	default:
		return !machine_copy_to_guest(guest_va, src, words * 8UL);
	}
}

#endif
