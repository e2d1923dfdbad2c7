/* SPDX-License-Identifier: GPL-2.0-only */
/* Data-segment selectors of a guest: loading one may fault, then it is loaded as null. */
#ifndef SHOJI_MACHINE_SEGMENTS_H
#define SHOJI_MACHINE_SEGMENTS_H

#include "lib/types.h"
#include "shoji/arch.h"

void segments_read(struct xen_cpu_user_regs *r);
bool segments_load(const struct xen_cpu_user_regs *r); /* DS ES FS GS; false: one was refused */
bool segments_load_gs(uint16_t selector);

#endif
