/* SPDX-License-Identifier: GPL-2.0-only */
/* Bitmaps of 64-bit words, plain and atomic. Bit n is bit n % 64 of word n / 64. */
#ifndef SHOJI_LIB_BITS_H
#define SHOJI_LIB_BITS_H

#include "lib/types.h"

#define BITS_WORDS(bits) (((bits) + 63) / 64)

static inline bool bit_test(const uint64_t *map, unsigned int n)
{
	return (map[n / 64] >> (n % 64)) & 1;
}

static inline void bit_set(uint64_t *map, unsigned int n)
{
	map[n / 64] |= 1ULL << (n % 64);
}

static inline void bit_clear(uint64_t *map, unsigned int n)
{
	map[n / 64] &= ~(1ULL << (n % 64));
}

/* The atomic forms order like acquire-release and return the bit's former value. */
static inline bool bit_test_and_set(uint64_t *map, unsigned int n)
{
	uint64_t m = 1ULL << (n % 64);

	return __atomic_fetch_or(&map[n / 64], m, __ATOMIC_SEQ_CST) & m;
}

static inline bool bit_test_and_clear(uint64_t *map, unsigned int n)
{
	uint64_t m = 1ULL << (n % 64);

	return __atomic_fetch_and(&map[n / 64], ~m, __ATOMIC_SEQ_CST) & m;
}

static inline unsigned int bits_count(uint64_t word)
{
	unsigned int n = 0;

	for (; word; word &= word - 1)
		n++;
	return n;
}

/* The first set (clear) bit at or after `from`, or `bits` if there is none. */
static inline unsigned int bits_next_set(const uint64_t *map, unsigned int bits, unsigned int from)
{
	while (from < bits) {
		uint64_t w = map[from / 64] >> (from % 64);

		if (w) {
			from += (unsigned int)__builtin_ctzll(w);
			return from < bits ? from : bits;
		}
		from = (from | 63) + 1;
	}
	return bits;
}

static inline unsigned int bits_next_clear(const uint64_t *map, unsigned int bits,
					   unsigned int from)
{
	while (from < bits && bit_test(map, from))
		from++;
	return from;
}

#endif
