/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build.h: a new domain from a definition: created, filled, paused, ready to be unpaused.
 */
#ifndef SHOJI_LIB_BUILD_H
#define SHOJI_LIB_BUILD_H

#include <stdint.h>

#include "def.h"
#include "failure.h"

struct build_result {
	uint16_t domid;
	uint64_t store_mfn, console_mfn;
	uint32_t store_port, console_port; /* the guest's ends, open for dom0 */
};

/*
 * Builds in a child process and waits for it. A process of its own, because the image parsers then
 * cannot hurt the caller, and because a process that ends gives all its mappings of the guest
 * back at once, which is much cheaper than unmapping them. On failure nothing is left behind.
 */
int build_domain(const struct domain_def *def, struct build_result *result, struct failure *f);

#endif
