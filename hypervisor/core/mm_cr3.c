/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's top-level tables: one for its kernel, one for its user mode.
 *
 * Each root holds a reference and an L4 type. The old root is given back after the new one is in
 * use; if that takes long, the vCPU goes on with it (v->partial_root) and the call is repeated,
 * which then finds its root already set. Frame 0 stands for "none".
 */
#include "core/domain.h"
#include "core/machine.h"
#include "core/mm.h"
#include "shoji/errno.h"

static int take_root(struct vcpu *v, mfn_t m)
{
	return mfn_valid(m) ? frame_get_and_type(mfn_frame(m), v->domain, FRAME_L4) : -XEN_EINVAL;
}

static int drop_root(struct vcpu *v, mfn_t m)
{
	int rc;

	if (!m.n)
		return 0;
	rc = frame_put_type(mfn_frame(m));
	if (rc)
		v->partial_root = m;
	else
		frame_put(mfn_frame(m));
	return rc;
}

int mm_set_cr3(struct vcpu *v, mfn_t root)
{
	mfn_t old = v->cr3_kernel;
	int rc = mm_finish_partial(v);

	if (!rc && !mfn_eq(root, old))
		rc = take_root(v, root);
	if (rc)
		return rc;
	v->cr3_kernel = root;
	machine_vcpu_reload_cr3(v); /* also when it is the same: the guest expects a flush */
	return mfn_eq(root, old) ? 0 : drop_root(v, old);
}

int mm_set_user_cr3(struct vcpu *v, mfn_t root)
{
	mfn_t old = v->cr3_user;
	int rc = mm_finish_partial(v);

	if (rc || mfn_eq(root, old))
		return rc;
	if (root.n)
		rc = take_root(v, root);
	if (rc)
		return rc;
	v->cr3_user = root;
	return drop_root(v, old);
}

static void abandon(mfn_t *m, mfn_t none)
{
	if (!mfn_eq(*m, none))
		frame_abandon_type(mfn_frame(*m));
	*m = none;
}

void mm_drop_vcpu(struct vcpu *v)
{
	(void)mm_set_gdt(v, NULL, 0);
	(void)mm_set_ldt(v, 0, 0);
	abandon(&v->partial_root, INVALID_MFN);
	abandon(&v->cr3_kernel, mfn(0));
	abandon(&v->cr3_user, mfn(0));
}
