/* SPDX-License-Identifier: GPL-2.0-only */
/* The order in which the machine comes up. */
#ifndef SHOJI_INIT_MAIN_H
#define SHOJI_INIT_MAIN_H

#include "boot/boot_info.h"
#include "core/cpu.h"

extern paddr_t smp_trampoline; /* a page below 1 MiB for starting CPUs; 0: none */

_Noreturn void init_main(const struct boot_info *info); /* from start.S */
/* A started CPU arrives here, on its own stack, with the hypervisor's tables loaded. */
_Noreturn void ap_main(struct cpu *c);

#endif
