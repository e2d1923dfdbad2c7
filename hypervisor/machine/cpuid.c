/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID of one guest: the policy for paravirtual guests, less what the tools took away from this
 * domain, plus what is the vCPU's own; and the leaves of the hypervisor itself. The tools' list is
 * set while the domain is being built and does not change once it runs.
 */
#include "machine/cpuid.h"

#include "core/domain.h"
#include "core/extension.h"
#include "core/frame.h"
#include "lib/string.h"
#include "machine/context.h"
#include "machine/cpu_ops.h"
#include "machine/cpuid_policy.h"
#include "machine/fpu.h"
#include "shoji/cpuid.h"
#include "shoji/errno.h"

#define XEN_VERSION (4u << 16 | 17)
#define XSAVE_1C    (1u << 26)
#define OSXSAVE_1C  (1u << 27)
#define LEAVES_MAX  256
#define HOST_TSC_OK 2u /* leaf 3 */

static struct cpuid_host host(void)
{
	return (struct cpuid_host){
		.read = cpu_cpuid,
		.xcr0 = fpu_host_xcr0(),
		.tsc_stable = machine_tsc_scale()->stable,
	};
}

/* --- what the tools took away --- */

static const struct xen_cpuid_leaf *find_override(const struct domain *d, uint32_t leaf,
						  uint32_t sub)
{
	const struct domain_machine *m = d ? d->machine_private : NULL;

	for (unsigned int i = 0; m && i < m->cpuid_count; i++)
		if (m->cpuid[i].leaf == leaf &&
		    (m->cpuid[i].subleaf == sub || m->cpuid[i].subleaf == XEN_CPUID_NO_SUBLEAF))
			return &m->cpuid[i];
	return NULL;
}

static void domain_policy(const struct domain *d, uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	const struct cpuid_host h = host();
	unsigned int features = cpuid_feature_registers(leaf, sub);
	const struct xen_cpuid_leaf *o;

	cpuid_policy(&h, leaf, sub, out);
	o = features ? find_override(d, leaf, sub) : NULL;
	if (!o)
		return;
	out[EAX] &= features & 1u << EAX ? o->a : ~0u;
	out[EBX] &= features & 1u << EBX ? o->b : ~0u;
	out[ECX] &= features & 1u << ECX ? o->c : ~0u;
	out[EDX] &= features & 1u << EDX ? o->d : ~0u;
}

/* --- the hypervisor's leaves --- */

static uint32_t address_bits(void)
{
	return 64 - (uint32_t)__builtin_clzll(frame_max - 1) + PAGE_SHIFT;
}

static void time_leaf(const struct domain *d, uint32_t sub, uint32_t out[4])
{
	const struct tsc_scale *s = machine_tsc_scale();

	switch (sub) {
	case 0:
		out[EAX] = s->stable ? HOST_TSC_OK : 0;
		out[EBX] = d->tsc_mode;
		out[ECX] = (uint32_t)s->khz;
		break;
	case 1:
		out[ECX] = s->mul;
		out[EDX] = (uint32_t)(int32_t)s->shift;
		break;
	case 2:
		out[EAX] = (uint32_t)s->khz;
		break;
	}
}

static void xen_leaf(const struct domain *d, uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	switch (leaf - XEN_CPUID_FIRST_LEAF) {
	case 0:
		out[EAX] = XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES);
		out[EBX] = XEN_CPUID_SIGNATURE_EBX;
		out[ECX] = XEN_CPUID_SIGNATURE_ECX;
		out[EDX] = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		out[EAX] = XEN_VERSION;
		break;
	case 2: /* no MSR for the hypercall page: PV guests have a note for that */
		out[ECX] = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	case 3:
		time_leaf(d, sub, out);
		break;
	case 5:
		out[EBX] = address_bits();
		break;
	}
}

static void shoji_leaf(uint32_t leaf, uint32_t out[4])
{
	switch (leaf - SHOJI_CPUID_FIRST_LEAF) {
	case 0:
		out[EAX] = SHOJI_CPUID_FIRST_LEAF + 1;
		out[EBX] = SHOJI_CPUID_SIGNATURE_EBX;
		out[ECX] = SHOJI_CPUID_SIGNATURE_ECX;
		out[EDX] = SHOJI_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		out[EAX] = SHOJI_ABI_VERSION;
		out[EBX] = (uint32_t)extension_features();
		break;
	}
}

/* --- a vCPU's view --- */

static void own_leaf(const struct vcpu *v, uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	const struct cpuid_host h = host();
	uint32_t apic_id = v->id * 2;

	switch (leaf) {
	case 1:
		out[EBX] |= apic_id << 24;
		if (out[ECX] & XSAVE_1C)
			out[ECX] |= OSXSAVE_1C;
		break;
	case 0xb:
		out[ECX] = sub & 0xff;
		out[EDX] = apic_id;
		break;
	case 0xd:
		if (sub <= 1 && h.xcr0)
			out[EBX] = cpuid_xsave_bytes(&h, fpu_guest_xcr0(v), sub == 1);
		break;
	}
}

void cpuid_guest(const struct vcpu *v, uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	memset(out, 0, 4 * sizeof(*out));
	if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x100) {
		xen_leaf(v->domain, leaf, sub, out);
	} else if (leaf >= SHOJI_CPUID_FIRST_LEAF && leaf < SHOJI_CPUID_FIRST_LEAF + 0x100) {
		shoji_leaf(leaf, out);
	} else {
		domain_policy(v->domain, leaf, sub, out);
		own_leaf(v, leaf, sub, out);
	}
}

/* --- the tools' view --- */

struct list_out {
	const struct domain *d;
	struct xen_cpuid_leaf *to;
	unsigned int count, room;
};

static void add(struct list_out *l, uint32_t leaf, uint32_t sub)
{
	uint32_t r[4];

	if (l->count >= l->room)
		return;
	domain_policy(l->d, leaf, sub == XEN_CPUID_NO_SUBLEAF ? 0 : sub, r);
	l->to[l->count++] = (struct xen_cpuid_leaf){leaf, sub, r[EAX], r[EBX], r[ECX], r[EDX]};
}

static void add_subleaves(struct list_out *l, uint32_t leaf, uint32_t count)
{
	for (uint32_t sub = 0; sub < count; sub++)
		add(l, leaf, sub);
}

unsigned int machine_cpu_policy(const struct domain *d, struct xen_cpuid_leaf *out,
				unsigned int room)
{
	struct list_out l = {d, out, 0, room};

	for (uint32_t leaf = 0; leaf <= 0xd; leaf++) {
		if (leaf == 4)
			add_subleaves(&l, leaf, 6);
		else if (leaf == 7 || leaf == 0xb)
			add_subleaves(&l, leaf, 2);
		else if (leaf == 0xd)
			add_subleaves(&l, leaf, 10);
		else
			add(&l, leaf, XEN_CPUID_NO_SUBLEAF);
	}
	for (uint32_t leaf = 0x80000000; leaf <= 0x80000008; leaf++)
		add(&l, leaf, XEN_CPUID_NO_SUBLEAF);
	return l.count;
}

/*
 * Toolstacks write back what they read, with topology bits of the host added, which other
 * hypervisors show: so what is too much is ignored, not refused.
 */
int machine_set_cpu_policy(struct domain *d, const struct xen_cpuid_leaf *leaves,
			   unsigned int count, uint32_t *bad_leaf, uint32_t *bad_subleaf)
{
	struct domain_machine *m = d->machine_private;
	struct xen_cpuid_leaf *copy;

	if (count > LEAVES_MAX) {
		*bad_leaf = leaves[LEAVES_MAX].leaf;
		*bad_subleaf = leaves[LEAVES_MAX].subleaf;
		return -XEN_EINVAL;
	}
	copy = hv_alloc(MAX(count, 1u) * sizeof(*copy));
	if (!copy)
		return -XEN_ENOMEM;
	memcpy(copy, leaves, count * sizeof(*copy));
	if (m->cpuid)
		hv_free(m->cpuid);
	m->cpuid = copy;
	m->cpuid_count = count;
	return 0;
}

void machine_cpu_features(uint32_t words[8])
{
	uint32_t r[4];

	cpu_cpuid(1, 0, r);
	words[0] = r[EDX];
	words[1] = r[ECX];
	cpu_cpuid(0x80000001, 0, r);
	words[2] = r[EDX];
	words[3] = r[ECX];
	cpu_cpuid(0xd, 1, r);
	words[4] = fpu_host_xcr0() ? r[EAX] : 0;
	cpu_cpuid(7, 0, r);
	words[5] = r[EBX];
	words[6] = r[ECX];
	cpu_cpuid(0x80000007, 0, r);
	words[7] = r[EDX];
}
