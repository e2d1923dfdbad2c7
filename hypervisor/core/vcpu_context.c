/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context record: set and read all of a vCPU's state at once (domctl, VCPUOP_initialise).
 *
 * v does not run, and is claimed: of two vCPUs that would set it up at once, one is refused.
 * Everything is checked before the first change, except the references to page tables and
 * descriptor frames, which are taken last and dropped again if one of them is refused.
 */
#include "core/domain.h"
#include "core/guest_access.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/mm.h"
#include "core/rflags.h"
#include "lib/string.h"
#include "shoji/callback.h"
#include "shoji/errno.h"

uint64_t vcpu_clean_rflags(uint64_t rflags)
{
	return (rflags & GUEST_RFLAGS_FREE) | GUEST_RFLAGS_MUST;
}

static bool traps_ok(const struct xen_vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < 256; i++)
		if (!guest_canonical(c->trap_ctxt[i].address))
			return false;
	return true;
}

/* The root of the mode that it starts in. */
static bool has_root(const struct xen_vcpu_guest_context *c)
{
	return c->ctrlreg[3] >> PAGE_SHIFT &&
	       (c->flags & VGCF_in_kernel || c->ctrlreg[1] >> PAGE_SHIFT);
}

static bool context_ok(const struct xen_vcpu_guest_context *c)
{
	return has_root(c) && traps_ok(c) && guest_canonical(c->fs_base) &&
	       guest_canonical(c->gs_base_kernel) && guest_canonical(c->gs_base_user) &&
	       guest_canonical(c->event_callback_eip) &&
	       guest_canonical(c->failsafe_callback_eip) &&
	       guest_canonical(c->syscall_callback_eip) && guest_canonical(c->user_regs.rip) &&
	       c->gdt_ents <= 512 * ARRAY_SIZE(c->gdt_frames) && c->ldt_ents <= 8192;
}

static void fix_selectors(struct xen_cpu_user_regs *r)
{
	r->cs |= 3;
	r->ss |= 3;
}

static void set_registers(struct vcpu *v, const struct xen_vcpu_guest_context *c)
{
	*vcpu_regs(v) = c->user_regs;
	fix_selectors(vcpu_regs(v));
	vcpu_regs(v)->rflags = vcpu_clean_rflags(c->user_regs.rflags);
	v->iopl = c->user_regs.rflags >> 12 & 3;
	v->entry->user_mode = !(c->flags & VGCF_in_kernel);
	v->fs_base = c->fs_base;
	v->gs_base_kernel = c->gs_base_kernel;
	v->gs_base_user = c->gs_base_user;
	v->kernel_ss = (uint16_t)(c->kernel_ss | 3);
	v->kernel_sp = c->kernel_sp;
	v->cr0_guest = c->ctrlreg[0];
	v->cr4_guest = c->ctrlreg[4];
	machine_vcpu_set_fpu(v, c->flags & VGCF_i387_valid ? &c->fpu_ctxt : NULL);
}

static void set_callbacks(struct vcpu *v, const struct xen_vcpu_guest_context *c)
{
	memcpy(v->traps, c->trap_ctxt, sizeof(v->traps));
	v->callback_event = c->event_callback_eip;
	v->callback_failsafe = c->failsafe_callback_eip;
	v->callback_syscall = c->syscall_callback_eip;
	v->callback_mask = 0;
	if (c->flags & VGCF_failsafe_disables_events)
		v->callback_mask |= 1u << CALLBACKTYPE_failsafe;
	if (c->flags & VGCF_syscall_disables_events)
		v->callback_mask |= 1u << CALLBACKTYPE_syscall;
}

static int set_tables(struct vcpu *v, const struct xen_vcpu_guest_context *c)
{
	uint64_t frames[ARRAY_SIZE(c->gdt_frames)];
	int rc;

	for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = c->gdt_frames[i];
	rc = mm_set_gdt(v, frames, (unsigned int)c->gdt_ents);
	if (!rc)
		rc = mm_set_ldt(v, c->ldt_base, (unsigned int)c->ldt_ents);
	if (!rc)
		rc = mm_set_cr3(v, mfn(c->ctrlreg[3] >> PAGE_SHIFT));
	if (!rc && c->ctrlreg[1] >> PAGE_SHIFT)
		rc = mm_set_user_cr3(v, mfn(c->ctrlreg[1] >> PAGE_SHIFT));
	return rc;
}

/* Breakpoints, and what DR6 shows. DR4 and DR5 are no registers. */
static int set_breakpoints(struct vcpu *v, const struct xen_vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < 8; i++) {
		int rc = i == 4 || i == 5 ? 0 : machine_set_debugreg(v, i, c->debugreg[i]);

		if (rc)
			return -XEN_EINVAL;
	}
	return 0;
}

static int set_context(struct vcpu *v, const struct xen_vcpu_guest_context *c)
{
	int rc = context_ok(c) ? set_breakpoints(v, c) : -XEN_EINVAL;

	if (rc)
		return rc;
	rc = set_tables(v, c);
	if (rc == -XEN_ERESTART)
		return rc; /* what was taken so far stays; the same call goes on */
	if (rc) {	   /* it lost the tables it had: it must not run */
		v->is_initialised = false;
		vcpu_down(v);
		mm_drop_vcpu(v);
		return rc;
	}
	set_registers(v, c);
	set_callbacks(v, c);
	v->is_initialised = true;
	return 0;
}

int vcpu_set_context(struct vcpu *v, const struct xen_vcpu_guest_context *c)
{
	int rc;

	if (!vcpu_claim(v))
		return -XEN_EBUSY;
	rc = set_context(v, c);
	vcpu_release(v);
	return rc;
}

int vcpu_first_context(struct vcpu *v, const struct xen_vcpu_guest_context *c)
{
	int rc;

	if (!vcpu_claim(v))
		return -XEN_EBUSY;
	rc = v->is_initialised ? -XEN_EEXIST : set_context(v, c);
	vcpu_release(v);
	return rc;
}

static void get_flags(const struct vcpu *v, struct xen_vcpu_guest_context *c)
{
	c->flags = VGCF_i387_valid;
	if (!v->entry->user_mode)
		c->flags |= VGCF_in_kernel;
	if (v->callback_mask & (1u << CALLBACKTYPE_failsafe))
		c->flags |= VGCF_failsafe_disables_events;
	if (v->callback_mask & (1u << CALLBACKTYPE_syscall))
		c->flags |= VGCF_syscall_disables_events;
	if (!(v->pause_flags & VPAUSE_DOWN))
		c->flags |= VGCF_online;
}

static void get_tables(const struct vcpu *v, struct xen_vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(c->gdt_frames); i++)
		c->gdt_frames[i] = v->gdt_frames[i].n;
	c->gdt_ents = v->gdt_entries;
	c->ldt_base = v->ldt_base;
	c->ldt_ents = v->ldt_entries;
	c->ctrlreg[0] = v->cr0_guest;
	c->ctrlreg[1] = v->cr3_user.n << PAGE_SHIFT;
	c->ctrlreg[3] = v->cr3_kernel.n << PAGE_SHIFT;
	c->ctrlreg[4] = v->cr4_guest;
}

void vcpu_get_context(struct vcpu *v, struct xen_vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	c->user_regs = v->entry->regs;
	memcpy(c->trap_ctxt, v->traps, sizeof(c->trap_ctxt));
	memcpy(c->debugreg, v->debugreg, sizeof(v->debugreg));
	c->event_callback_eip = v->callback_event;
	c->failsafe_callback_eip = v->callback_failsafe;
	c->syscall_callback_eip = v->callback_syscall;
	c->fs_base = v->fs_base;
	c->gs_base_kernel = v->gs_base_kernel;
	c->gs_base_user = v->gs_base_user;
	c->kernel_ss = v->kernel_ss;
	c->kernel_sp = v->kernel_sp;
	get_flags(v, c);
	get_tables(v, c);
	machine_vcpu_get_fpu(v, &c->fpu_ctxt);
}
