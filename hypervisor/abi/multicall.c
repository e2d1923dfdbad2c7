/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall: a list of hypercalls in one.
 *
 * Entries are carried out in order, each result written back at once. A sub-call that must be
 * continued has its own entry rewritten, and the list goes on from there. The list ends early if a
 * sub-call took the caller out of kernel mode.
 */
#include "abi/abi.h"

/* False: stop; *result is what the hypercall returns. */
static bool do_entry(struct vcpu *v, uint64_t list, uint64_t left, long *result)
{
	struct cpu *c = this_cpu();
	struct xen_multicall_entry e;

	*result = -XEN_EFAULT;
	if (ABI_READ(&e, list))
		return false;
	c->continued = false;
	e.result = (uint64_t)abi_call(v, e.op, e.args);
	if (c->continued) {
		for (unsigned int i = 0; i < 4; i++)
			e.args[i] = c->call_args[i];
		c->continued = false;
		if (!ABI_WRITE(list, &e))
			*result = abi_continue(list, left, 0, 0);
		return false;
	}
	if (v->entry->user_mode) {
		*result = (long)vcpu_regs(v)->rax;
		return false;
	}
	return guest_write(gva(list + offsetof(struct xen_multicall_entry, result)), &e.result,
			   sizeof(e.result)) == 0;
}

long abi_multicall(uint64_t list, uint64_t count)
{
	struct cpu *c = this_cpu();
	struct vcpu *v = current_vcpu();
	long result = 0;

	if (c->in_multicall)
		return -XEN_EINVAL;
	if (count &&
	    !guest_range_ok(gva(list), MIN(count, 1ULL << 32) * sizeof(struct xen_multicall_entry)))
		return -XEN_EFAULT;
	c->in_multicall = true;
	for (; count; count--, list += sizeof(struct xen_multicall_entry)) {
		if (!do_entry(v, list, count, &result))
			break;
		preempt_charge(200);
		if (preempt_due() && count > 1) {
			result = abi_continue(list + sizeof(struct xen_multicall_entry), count - 1,
					      0, 0);
			break;
		}
		result = 0;
	}
	c->in_multicall = false;
	return result;
}
