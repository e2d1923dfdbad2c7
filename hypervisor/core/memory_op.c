/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_op: which operation. */
#include "core/memory_op.h"

long mm_memory_op(struct vcpu *v, unsigned int cmd, gva_t arg, uint64_t *start_extent)
{
	switch (cmd) {
	case XENMEM_increase_reservation:
		return memory_increase(v, arg, start_extent);
	case XENMEM_decrease_reservation:
		return memory_decrease(v, arg, start_extent);
	case XENMEM_populate_physmap:
		return memory_populate(v, arg, start_extent);
	case XENMEM_exchange:
		return memory_exchange(v, arg);
	default:
		return memory_query(v, cmd, arg, start_extent);
	}
}
