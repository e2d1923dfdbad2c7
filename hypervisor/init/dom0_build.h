/* SPDX-License-Identifier: GPL-2.0-only */
/* Making the control domain from what the boot program loaded. Runs once, on the boot CPU. */
#ifndef SHOJI_INIT_DOM0_BUILD_H
#define SHOJI_INIT_DOM0_BUILD_H

#include "boot/boot_info.h"
#include "lib/types.h"

struct dom0_options {
	uint64_t memory_bytes; /* 0: all but a reserve */
	uint64_t max_bytes;    /* 0: no limit */
	unsigned int vcpus;    /* 0: one per CPU */
};

/* dom0 is ready to run when this returns; what cannot be done ends in a panic that says why. */
void dom0_build(const struct boot_info *info, const struct dom0_options *options);

#endif
