/* SPDX-License-Identifier: GPL-2.0-only */
/* See tsc_scale.h. The multiplier is kept as large as 32 bits allow, for precision. */
#include "core/tsc_scale.h"

#define NSEC_PER_SEC 1000000000ULL

void tsc_scale_from_hz(uint64_t hz, uint32_t *mul, int8_t *shift)
{
	int8_t s = 0;
	uint64_t scaled = hz; /* ticks per second after the shift */

	while (scaled > 2 * NSEC_PER_SEC) { /* ticks shorter than 0.5 ns: drop low bits */
		scaled >>= 1;
		s--;
	}
	while (scaled <= NSEC_PER_SEC) { /* a tick of 1 ns or more would need more than 32 bits */
		scaled <<= 1;
		s++;
	}
	*mul = (uint32_t)((NSEC_PER_SEC << 32) / scaled); /* 2^31 .. 2^32 - 1 */
	*shift = s;
}
