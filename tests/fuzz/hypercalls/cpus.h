/* SPDX-License-Identifier: GPL-2.0-only */
/* The two CPUs of the world, one thread. */
#ifndef SHOJI_FUZZ_CPUS_H
#define SHOJI_FUZZ_CPUS_H

#include "machine.h"

void cpus_reset(void);
/* The way out of the hypervisor on `cpu`: the vCPU whose guest runs there now. NULL: it idles. */
struct vcpu *cpu_exit(unsigned int cpu);
void cpus_finish(void); /* whoever was let in while another waited comes to his end */

#endif
