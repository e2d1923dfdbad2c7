/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only way to a guest's memory by address. Every address and length is checked against the
 * hypervisor's hole before it is followed; a fault inside is an error, never a crash.
 * Copy once into a local, check the local, use the local.
 */
#ifndef SHOJI_CORE_GUEST_ACCESS_H
#define SHOJI_CORE_GUEST_ACCESS_H

#include "core/machine.h"
#include "lib/types.h"
#include "shoji/errno.h"

#define HV_VIRT_START 0xffff800000000000ULL /* slots 256-271 of every L4 are ours (arch.h) */
#define HV_VIRT_END   0xffff880000000000ULL
#define GUEST_LOW_END (1ULL << 47) /* end of the lower canonical half */

/* True if [addr, addr + bytes) lies outside the hypervisor's slots and does not wrap. */
static inline bool guest_range_ok(gva_t addr, uint64_t bytes)
{
	if (likely(addr.a >= HV_VIRT_END))
		return bytes <= 0 - addr.a; /* up to the very top */
	return addr.a <= GUEST_LOW_END && bytes <= GUEST_LOW_END - addr.a;
}

/* 0, or -XEN_EFAULT (possibly after a partial copy). */
int guest_read_bytes(void *dst, gva_t src, size_t bytes);
int guest_write_bytes(gva_t dst, const void *src, size_t bytes);
int guest_clear(gva_t dst, size_t bytes);

/* A few words, as many as the compiler knows, go without a loop. */
#define GUEST_WORDS(bytes) (__builtin_constant_p(bytes) && (bytes) % 8 == 0 && (bytes) <= 64)

static always_inline int guest_read(void *dst, gva_t src, size_t bytes)
{
	if (!GUEST_WORDS(bytes))
		return guest_read_bytes(dst, src, bytes);
	return guest_range_ok(src, bytes) &&
			       machine_get_words(dst, src.a, (unsigned int)(bytes / 8))
		       ? 0
		       : -XEN_EFAULT;
}

static always_inline int guest_write(gva_t dst, const void *src, size_t bytes)
{
	if (!GUEST_WORDS(bytes))
		return guest_write_bytes(dst, src, bytes);
	return guest_range_ok(dst, bytes) &&
			       machine_put_words(dst.a, src, (unsigned int)(bytes / 8))
		       ? 0
		       : -XEN_EFAULT;
}

/* Element i of an array of elements at base; checks the multiplication too. */
int guest_read_at(void *dst, gva_t base, uint64_t i, size_t size);
int guest_write_at(gva_t base, uint64_t i, const void *src, size_t size);

/* A virtual address a guest may run code at or use as a stack: canonical and outside our slots. */
static inline bool guest_canonical(uint64_t a)
{
	return (uint64_t)((int64_t)(a << 16) >> 16) == a;
}
static inline bool guest_code_ok(uint64_t a)
{
	return a < GUEST_LOW_END || a >= HV_VIRT_END;
}

#endif
