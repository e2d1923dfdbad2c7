/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Floating-point and vector state of vCPUs, switched eagerly with XSAVE, or FXSAVE where that is
 * all there is. The hypervisor itself uses no such register.
 */
#ifndef SHOJI_MACHINE_FPU_H
#define SHOJI_MACHINE_FPU_H

#include "lib/types.h"

struct percpu;
struct vcpu;

#define XCR0_X87 (1ULL << 0)
#define XCR0_SSE (1ULL << 1)
#define XCR0_AVX (1ULL << 2)

void fpu_init_cpu(struct percpu *p);
uint64_t fpu_host_xcr0(void); /* what guests may enable; 0: no XSAVE */
size_t fpu_area_bytes(void);  /* of one vCPU's area, which is aligned to 64 */
void fpu_reset(void *area);   /* state after reset: FCW 0x37f, MXCSR 0x1f80 */
void fpu_save(void *area);
void fpu_restore(const void *area);

uint64_t fpu_guest_xcr0(const struct vcpu *v);
int fpu_set_xcr0(struct vcpu *v, uint64_t value); /* v is current; -XEN_EINVAL: refused */

#endif
