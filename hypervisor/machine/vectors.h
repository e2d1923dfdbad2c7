/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt vectors. Higher means more urgent to the local APIC. */
#ifndef SHOJI_MACHINE_VECTORS_H
#define SHOJI_MACHINE_VECTORS_H

#define VECTOR_DEVICE_FIRST 0x30
#define VECTOR_DEVICE_LAST  0xef
#define VECTOR_ERROR	    0xf9 /* local APIC error */
#define VECTOR_TIMER	    0xfa /* local APIC timer */
#define VECTOR_KICK	    0xfb /* another CPU set cpu.work */
#define VECTOR_FLUSH	    0xfc /* another CPU wants TLB entries gone */
#define VECTOR_SPURIOUS	    0xff

#endif
