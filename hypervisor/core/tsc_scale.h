/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic of TSC and nanoseconds, in the form the ABI gives to guests. Pure. */
#ifndef SHOJI_CORE_TSC_SCALE_H
#define SHOJI_CORE_TSC_SCALE_H

#include "lib/types.h"

/* ns = (ticks shifted left by shift, or right by -shift) * mul >> 32. hz: 1 kHz .. 1 THz. */
void tsc_scale_from_hz(uint64_t hz, uint32_t *mul, int8_t *shift);

static inline uint64_t tsc_scale_ns(uint64_t ticks, uint32_t mul, int8_t shift)
{
	ticks = shift < 0 ? ticks >> -shift : ticks << shift;
	return (uint64_t)(((unsigned __int128)ticks * mul) >> 32);
}

#endif
