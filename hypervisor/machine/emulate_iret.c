/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IRETQ of a guest, which needs no help from a CPU. QEMU's emulation (7.2) reads its frame with the
 * rights of ring 0, and where SMAP is on, the guest's own stack is refused to it. A processor never
 * makes such a fault (Intel SDM 3, 4.6.1: only accesses to system structures are supervisor's at
 * CPL 3), so it is carried out here instead. Linux does one in every sync_core().
 */
#include "core/guest_access.h"
#include "machine/context.h"
#include "machine/emulate.h"

struct frame64 {
	uint64_t rip, cs, rflags, rsp, ss;
};

static bool is_iretq(const struct xen_cpu_user_regs *r)
{
	uint8_t code[2];

	return !guest_read(code, gva(r->rip), sizeof(code)) && code[0] == 0x48 && code[1] == 0xcf;
}

/* Flat segments of ours, or those in use. Anything else would have to be looked up. */
static bool selectors_ok(const struct xen_cpu_user_regs *r, const struct frame64 *f)
{
	return (f->cs == FLAT_RING3_CS64 || f->cs == r->cs) &&
	       (f->ss == FLAT_RING3_SS64 || f->ss == r->ss);
}

bool emulate_iretq(struct vcpu *v)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);
	struct frame64 f;

	if (!is_iretq(r) || guest_read(&f, gva(r->rsp), sizeof(f)) || !selectors_ok(r, &f) ||
	    !guest_code_ok(f.rip))
		return false;
	r->rip = f.rip;
	r->cs = (uint16_t)f.cs;
	r->ss = (uint16_t)f.ss;
	r->rsp = f.rsp;
	r->rflags = vcpu_clean_rflags(f.rflags);
	return true;
}
