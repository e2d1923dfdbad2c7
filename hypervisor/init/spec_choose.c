/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done against speculation on which processor. Pure.
 *
 * Where the processor keeps the predictions of the rings apart by itself (Intel: enhanced IBRS,
 * AMD: automatic IBRS), that is switched on once, and indirect branches are plain. Everywhere else
 * they are retpolines. Registers: Intel's guidance on branch target injection; AMD APM volume 2,
 * 3.2.9.
 */
#include "machine/spec.h"

#define LEAF7_IBRS_IBPB	   (1u << 26)
#define LEAF7_ARCH_CAPS	   (1u << 29)
#define LEAF7_2_BHI	   (1u << 4)
#define EXT8_IBPB	   (1u << 12)
#define EXT21_AUTO_IBRS	   (1u << 8)
#define CAPS_ENHANCED_IBRS (1u << 1)
#define CTRL_IBRS	   (1u << 0)
#define CTRL_BHI_DISABLE   (1u << 10)

static bool enhanced_ibrs(const struct spec_cpu *c)
{
	return (c->leaf7_edx & LEAF7_IBRS_IBPB) && (c->leaf7_edx & LEAF7_ARCH_CAPS) &&
	       (c->arch_capabilities & CAPS_ENHANCED_IBRS);
}

static bool wanted(int wish)
{
	return wish != 0;
}

void spec_choose(const struct spec_cpu *c, const struct spec_wish *w, struct spec_plan *p)
{
	*p = (struct spec_plan){
		.ibpb = ((c->leaf7_edx & LEAF7_IBRS_IBPB) || (c->leaf80000008_ebx & EXT8_IBPB)) &&
			wanted(w->ibpb),
		.rsb = wanted(w->rsb),
		.lock = wanted(w->lock),
		.thunk = THUNK_RETPOLINE,
	};
	if (w->thunk >= 0)
		p->thunk = (enum spec_thunk)w->thunk;
	if (w->thunk >= 0 && p->thunk != THUNK_JUMP)
		return;
	if (enhanced_ibrs(c))
		p->spec_ctrl = CTRL_IBRS | (c->leaf7_2_edx & LEAF7_2_BHI ? CTRL_BHI_DISABLE : 0);
	else
		p->auto_ibrs = c->leaf80000021_eax & EXT21_AUTO_IBRS;
	if (p->spec_ctrl || p->auto_ibrs)
		p->thunk = THUNK_JUMP;
}
