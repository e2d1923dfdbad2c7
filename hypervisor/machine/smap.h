/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STAC and CLAC where the CPU has SMAP: entry code and guest copies carry three-byte no-ops at the
 * places listed in sections .smap_stac and .smap_clac, and smap_init() overwrites them before the
 * text becomes read-only.
 */
#ifndef SHOJI_MACHINE_SMAP_H
#define SHOJI_MACHINE_SMAP_H

#ifdef __ASSEMBLER__
/* clang-format off */
	.macro SMAP_SITE section
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection \section, "a", @progbits
	.long	771b - .
	.popsection
	.endm
	.macro SMAP_CLAC
	SMAP_SITE .smap_clac
	.endm
	.macro SMAP_STAC
	SMAP_SITE .smap_stac
	.endm
/* clang-format on */
#else
#include "lib/types.h"

void smap_init(bool present);
#endif

#endif
