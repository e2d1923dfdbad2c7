/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine-to-phys table: each frame's number in its owner's own counting. All guests can read
 * it, and the hypervisor believes nothing of it: it is a service, not a source of truth.
 */
#include "core/mm.h"

extern uint64_t *m2p_table; /* of the machine layer */

void m2p_set(mfn_t m, uint64_t gpfn)
{
	if (m.n < frame_max)
		__atomic_store_n(&m2p_table[m.n], gpfn, __ATOMIC_RELAXED);
}

uint64_t m2p_get(mfn_t m)
{
	return m.n < frame_max ? __atomic_load_n(&m2p_table[m.n], __ATOMIC_RELAXED) : ~0ULL;
}
