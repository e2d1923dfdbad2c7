/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking for a faulting instruction among those that may fault. A few dozen rows in no order, and
 * faults here are rare: a plain walk.
 */
#include "machine/extable.h"

extern const int32_t extable_start[], extable_end[];

static uint64_t target(const int32_t *offset)
{
	return (uint64_t)offset + (uint64_t)(int64_t)*offset;
}

uint64_t extable_lookup(uint64_t rip)
{
	for (const int32_t *row = extable_start; row < extable_end; row += 2)
		if (target(row) == rip)
			return target(row + 1);
	return 0;
}
