/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory maps that domains ask for: the machine's, and those given to single domains. */
#ifndef SHOJI_CORE_MEMORY_MAP_H
#define SHOJI_CORE_MEMORY_MAP_H

#include "shoji/memory.h"

#define MEMORY_MAP_MAX 256

struct memory_map {
	uint32_t count;
	struct xen_e820_entry entries[MEMORY_MAP_MAX];
};

extern struct memory_map machine_memory; /* filled at start-up */

#endif
