/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CLAC where the CPU has SMAP: entry code carries three-byte no-ops at the places listed in section
 * .smap_sites, and smap_init() overwrites them before the text becomes read-only.
 */
#ifndef SHOJI_MACHINE_SMAP_H
#define SHOJI_MACHINE_SMAP_H

#ifdef __ASSEMBLER__
/* clang-format off */
	.macro SMAP_CLAC
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection .smap_sites, "a", @progbits
	.long	771b - .
	.popsection
	.endm
/* clang-format on */
#else
#include "lib/types.h"

extern uint8_t cpu_smap_on; /* guest copies must bracket themselves with STAC and CLAC */
void smap_init(bool present);
#endif

#endif
