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
#include "core/mm_internal.h"

/* Nearly always it has its type already: a guest pins its roots. */
static int take_root(struct vcpu *v, mfn_t m)
{
	struct frame *f = ram_frame(m.n);
	int rc;

	if (!f || !ref_take(f, v->domain))
		return -XEN_EINVAL;
	if (likely(type_take_again(f, FRAME_L4)))
		return 0;
	rc = frame_get_type(f, FRAME_L4);
	if (rc)
		ref_drop(f);
	return rc;
}

static int drop_root(struct vcpu *v, mfn_t m)
{
	int rc;

	if (!m.n)
		return 0;
	if (likely(type_drop_again(mfn_frame(m)))) {
		ref_drop(mfn_frame(m));
		return 0;
	}
	rc = frame_put_type(mfn_frame(m));
	if (rc)
		v->partial_root = m;
	else
		ref_drop(mfn_frame(m));
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
	machine_vcpu_user_cr3_changed(v);
	return drop_root(v, old);
}

static int take_unless(struct vcpu *v, mfn_t m, mfn_t has)
{
	return mfn_eq(m, has) ? 0 : take_root(v, m);
}

/* Of two old roots, one can be let go slowly; the other is then left to whoever wants the frame. */
static int drop_both(struct vcpu *v, mfn_t kernel, mfn_t user)
{
	int rc = drop_root(v, kernel);

	if (!rc)
		return drop_root(v, user);
	if (user.n)
		frame_abandon_type(mfn_frame(user));
	return rc;
}

int mm_set_roots(struct vcpu *v, mfn_t kernel, mfn_t user)
{
	mfn_t old = v->cr3_kernel, old_user = v->cr3_user;
	int rc = mm_finish_partial(v);

	if (!rc)
		rc = take_unless(v, kernel, old);
	if (rc)
		return rc;
	if (user.n)
		rc = take_unless(v, user, old_user);
	if (rc) {
		if (!mfn_eq(kernel, old))
			frame_abandon_type(mfn_frame(kernel));
		return rc;
	}

	v->cr3_kernel = kernel;
	v->cr3_user = user;
	machine_vcpu_reload_cr3(v);
	return drop_both(v, mfn_eq(kernel, old) ? mfn(0) : old,
			 mfn_eq(user, old_user) ? mfn(0) : old_user);
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
