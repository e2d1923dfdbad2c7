/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking a guest's live tables.
 *
 * Other vCPUs may change the tables meanwhile, so what is found is a hint: each step is checked to
 * lie in RAM, and who goes on to write to the table found checks its type then.
 */
#include "core/machine.h"
#include "core/guest_access.h"
#include "core/mm_internal.h"

uint64_t mm_walk_root(mfn_t root, uint64_t va, mfn_t *l1_frame)
{
	return walk_root(root, va, l1_frame);
}

uint64_t mm_walk_l1(struct vcpu *v, uint64_t va, mfn_t *l1_frame)
{
	return mm_walk_root(v->entry->user_mode ? v->cr3_user : v->cr3_kernel, va, l1_frame);
}
