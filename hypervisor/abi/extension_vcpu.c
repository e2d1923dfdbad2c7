/* SPDX-License-Identifier: GPL-2.0-only */
/* shoji_switch: from one thread of the guest's to another. */
#include "shoji/extension_vcpu.h"

#include "abi/abi.h"
#include "core/mm.h"

#define KNOWN (SHOJI_SWITCH_roots | SHOJI_SWITCH_stack | SHOJI_SWITCH_fs_base)

long abi_shoji_switch(uint64_t l4, uint64_t user_l4, uint64_t sp, uint64_t fs_base, uint64_t what)
{
	struct vcpu *v = current_vcpu();
	int rc = 0;

	if ((what & ~(uint64_t)KNOWN) ||
	    ((what & SHOJI_SWITCH_fs_base) && !guest_canonical(fs_base)))
		return -XEN_EINVAL;

	if (what & SHOJI_SWITCH_roots)
		rc = mm_set_roots(v, mfn(l4), mfn(user_l4));
	if (rc)
		return rc == -XEN_ERESTART ? abi_continue(l4, user_l4, sp, fs_base) : rc;

	if (what & SHOJI_SWITCH_stack) {
		v->kernel_ss = FLAT_KERNEL_SS;
		v->kernel_sp = sp;
		machine_vcpu_handlers_changed(v);
	}
	if (what & SHOJI_SWITCH_fs_base)
		machine_set_segment_base(v, SEGBASE_FS, fs_base);
	return 0;
}
