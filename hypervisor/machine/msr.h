/* SPDX-License-Identifier: GPL-2.0-only */
/* Model-specific registers as guests see them. False: the access faults. v is current. */
#ifndef SHOJI_MACHINE_MSR_H
#define SHOJI_MACHINE_MSR_H

#include "core/vcpu.h"

bool msr_guest_read(const struct vcpu *v, uint32_t msr, uint64_t *value);
bool msr_guest_write(struct vcpu *v, uint32_t msr, uint64_t value);

#endif
