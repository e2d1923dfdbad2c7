/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shoji_mmu_update, shoji_set_entry, shoji_space: bounds, continuation. core/mm_list.c and
 * core/mm_space.c do the work.
 */
#include "shoji/extension_mmu.h"

#include "abi/abi.h"
#include "abi/requests.h"
#include "core/mm_list.h"
#include "core/mm_space.h"

long abi_shoji_mmu_update(uint64_t list, uint64_t count, uint64_t done_at)
{
	const struct requests l = {list, count, done_at, 0, sizeof(struct xen_mmu_update)};
	unsigned int done = 0;
	int rc = -XEN_EFAULT;

	if (requests_ok(&l))
		rc = mm_request_list(current_vcpu(), gva(list), requests_count(&l), &done);
	return requests_finish(&l, done, rc);
}

long abi_shoji_set_entry(uint64_t ptr, uint64_t value, uint64_t flush)
{
	int rc = mm_request_one(current_vcpu(), ptr, value, flush);

	return rc == -XEN_ERESTART ? abi_continue(ptr, value, flush, 0) : rc;
}

long abi_shoji_space(uint64_t cmd, uint64_t l4, uint64_t user_l4, uint64_t go_on)
{
	struct mm_space s = {mfn(l4), mfn(user_l4)};
	struct vcpu *v = current_vcpu();
	int rc;

	switch (cmd) {
	case SHOJI_SPACE_direct_map:
		return mm_set_direct_map(v->domain, l4, user_l4);
	case SHOJI_SPACE_pin:
		rc = mm_pin_space(v, &s, &go_on);
		break;
	case SHOJI_SPACE_unpin:
		rc = mm_unpin_space(v, &s, &go_on);
		break;
	default:
		return abi_unknown("shoji_space", cmd);
	}
	return rc == -XEN_ERESTART ? abi_continue(cmd, l4, user_l4, go_on) : rc;
}
