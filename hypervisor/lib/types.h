/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types that keep machine frames, guest frames, guest addresses and domain ids apart.
 * Each is a one-member struct, so that mixing them up does not compile and costs nothing.
 */
#ifndef SHOJI_LIB_TYPES_H
#define SHOJI_LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame number of real memory: physical address >> 12. */
typedef struct {
	uint64_t n;
} mfn_t;

/* A frame number in a guest's own numbering (pseudo-physical). */
typedef struct {
	uint64_t n;
} gfn_t;

/* A virtual address that a guest gave us. Only the guest-access helpers may follow it. */
typedef struct {
	uint64_t a;
} gva_t;

/* A domain's number, as in the ABI (xen_domid_t). */
typedef struct {
	uint16_t id;
} domid_t;

typedef uint64_t paddr_t; /* a physical address of the machine */
typedef uint64_t nsec_t;  /* nanoseconds of system time since boot */

static inline mfn_t mfn(uint64_t n)
{
	return (mfn_t){n};
}

static inline gfn_t gfn(uint64_t n)
{
	return (gfn_t){n};
}

static inline gva_t gva(uint64_t a)
{
	return (gva_t){a};
}

static inline gva_t gva_add(gva_t g, uint64_t offset)
{
	return (gva_t){g.a + offset};
}

static inline domid_t domid(uint16_t id)
{
	return (domid_t){id};
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.n == b.n;
}

static inline bool domid_eq(domid_t a, domid_t b)
{
	return a.id == b.id;
}

#define INVALID_MFN (mfn(~0ULL))

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)	 ((a) < (b) ? (a) : (b))
#define MAX(a, b)	 ((a) > (b) ? (a) : (b))
#define ROUND_UP(x, n)	 (((x) + (n)-1) & ~((__typeof__(x))(n)-1))
#define ROUND_DOWN(x, n) ((x) & ~((__typeof__(x))(n)-1))

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define always_inline inline __attribute__((always_inline)) /* the caller is a hot path */

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#endif
