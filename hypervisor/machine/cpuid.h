/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUID as a guest sees it. The tools' view of policies is in core/machine.h. */
#ifndef SHOJI_MACHINE_CPUID_H
#define SHOJI_MACHINE_CPUID_H

#include "core/vcpu.h"

/* What `cpuid` with the emulation prefix answers to vCPU v: EAX EBX ECX EDX. */
void cpuid_guest(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

#endif
