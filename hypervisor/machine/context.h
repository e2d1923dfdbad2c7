/* SPDX-License-Identifier: GPL-2.0-only */
/* What the machine layer keeps per vCPU and per domain. */
#ifndef SHOJI_MACHINE_CONTEXT_H
#define SHOJI_MACHINE_CONTEXT_H

#include "core/domain.h"

struct vcpu_machine {
	uint64_t serial;       /* never used again */
	unsigned int last_cpu; /* where it was loaded last */
	void *fpu;
	uint64_t xcr0;		 /* as the guest set it */
	uint64_t *window;	 /* the 64 entries of its part of the domain's slot */
	uint64_t gdt_page_entry; /* current content of the entry of our own GDT page */
};

struct domain_machine {
	uint64_t *l3, *l2;
	uint64_t *l1[8];	      /* 8 vCPUs each */
	struct xen_cpuid_leaf *cpuid; /* what the tools left of each feature leaf, or NULL */
	unsigned int cpuid_count;
};

static inline struct vcpu_machine *vcpu_machine(const struct vcpu *v)
{
	return v->machine_private;
}

/* Is va in the window of v's LDT? Then *page is which of its 16 pages. */
bool context_is_ldt_address(const struct vcpu *v, uint64_t va, unsigned int *page);
/* Its own part of the GDT, where no page may be. */
bool context_is_gdt_address(const struct vcpu *v, uint64_t va, uint16_t *offset);

#endif
