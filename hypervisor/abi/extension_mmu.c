/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shoji_mmu_update, shoji_set_entry, shoji_space: bounds, continuation. core/mm_list.c and
 * core/mm_space.c do the work.
 */
#include "shoji/extension_mmu.h"

#include "abi/abi.h"
#include "core/mm_list.h"
#include "core/mm_space.h"

#define CONTINUED 0x80000000ULL /* of a count: add to what was reported already */

static long report(uint64_t done_at, bool continued, uint32_t done)
{
	uint32_t before = 0;

	if (!done_at)
		return 0;
	if (continued && ABI_READ(&before, done_at))
		return -XEN_EFAULT;
	before += done;
	return ABI_WRITE(done_at, &before);
}

long abi_shoji_mmu_update(uint64_t list, uint64_t count, uint64_t done_at)
{
	unsigned int n = (unsigned int)(count & (CONTINUED - 1)), done = 0;
	int rc = -XEN_EFAULT;

	if (guest_range_ok(gva(list), n * sizeof(struct xen_mmu_update)))
		rc = mm_request_list(current_vcpu(), gva(list), n, &done);
	if (report(done_at, count & CONTINUED, done))
		return -XEN_EFAULT;
	if (rc != -XEN_ERESTART)
		return rc;
	return abi_continue(list + done * sizeof(struct xen_mmu_update), (n - done) | CONTINUED,
			    done_at, 0);
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
