/* SPDX-License-Identifier: GPL-2.0-only */
/* The inline part of core/machine.h on a host: each thread plays the CPU of its choice. */
#ifndef SHOJI_FAKE_MACHINE_INLINE_H
#define SHOJI_FAKE_MACHINE_INLINE_H

#include "core/cpu.h"
#include "lib/types.h"

extern struct cpu fake_cpus[MAX_CPUS];
extern __thread unsigned int fake_cpu_id;

static inline struct cpu *this_cpu(void)
{
	return &fake_cpus[fake_cpu_id];
}

static inline void machine_fence_guesses(void)
{
}

static inline uint64_t machine_clamp(uint64_t index, uint64_t size)
{
	return index < size ? index : 0;
}

void *machine_map(mfn_t m);
size_t machine_copy_from_guest(void *dst, uint64_t guest_va, size_t bytes);
size_t machine_copy_to_guest(uint64_t guest_va, const void *src, size_t bytes);

static inline bool machine_get_words(void *dst, uint64_t guest_va, unsigned int words)
{
	return !machine_copy_from_guest(dst, guest_va, words * 8UL);
}

static inline bool machine_put_words(uint64_t guest_va, const void *src, unsigned int words)
{
	return !machine_copy_to_guest(guest_va, src, words * 8UL);
}

#endif
