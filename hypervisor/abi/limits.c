/* SPDX-License-Identifier: GPL-2.0-only */
/* shoji_limits (shoji/extension.h): decoding. */
#include "core/limits.h"

#include "abi/abi.h"

#define COST 3000 /* the event channels are counted */

long abi_shoji_limits(uint64_t id, uint64_t arg)
{
	struct domain *d = id < DOMID_LIMIT ? domain_get(domid((uint16_t)id)) : NULL;
	struct shoji_limits l;

	if (!d)
		return -XEN_ESRCH;
	limits_get(d, &l);
	domain_put(d);
	preempt_charge(COST);
	return ABI_WRITE(arg, &l);
}
