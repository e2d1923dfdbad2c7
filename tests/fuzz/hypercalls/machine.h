/* SPDX-License-Identifier: GPL-2.0-only */
/* What the world sees of its machine beside core/machine.h. */
#ifndef SHOJI_FUZZ_MACHINE_H
#define SHOJI_FUZZ_MACHINE_H

#include "world.h"

extern bool machine_kicked[CPUS];
extern nsec_t machine_alarm[CPUS]; /* 0: none */
extern bool machine_bios;	   /* it was not booted by UEFI */
extern bool machine_good_clock;
extern bool machine_talks; /* the log goes to stderr */

void machine_reset(void);
void machine_enter_kernel(struct vcpu *v); /* from its user mode, as by a system call */

#endif
