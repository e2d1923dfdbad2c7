/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPUs a guest's flush request concerns: those where a vCPU of it is loaded now. A vCPU that
 * is loaded later starts with empty TLBs. */
#ifndef SHOJI_CORE_MM_FLUSH_H
#define SHOJI_CORE_MM_FLUSH_H

#include "core/domain.h"
#include "core/guest_access.h"
#include "core/machine.h"
#include "shoji/errno.h"

static inline cpumask_t mm_this_cpu_mask(void)
{
	return 1ULL << this_cpu()->id;
}

static inline cpumask_t mm_domain_cpus(const struct domain *d)
{
	return __atomic_load_n(&d->dirty_cpus, __ATOMIC_SEQ_CST);
}

/* CPUs of the vCPUs in the guest's bit map at `address`. 0 or -XEN_EFAULT. */
static inline int mm_vcpu_mask(struct domain *d, uint64_t address, cpumask_t *out)
{
	uint64_t vcpus;

	if (guest_read(&vcpus, gva(address), MIN(sizeof(vcpus), (d->max_vcpus + 7UL) / 8)))
		return -XEN_EFAULT;
	if (d->max_vcpus <= 56)
		vcpus &= (1ULL << (d->max_vcpus + 7UL) / 8 * 8) - 1;
	*out = 0;
	for (; vcpus; vcpus &= vcpus - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(vcpus);
		struct vcpu *v = i < d->max_vcpus ? d->vcpu[i] : NULL;

		if (v)
			*out |= 1ULL << __atomic_load_n(&v->cpu, __ATOMIC_RELAXED);
	}
	*out &= mm_domain_cpus(d);
	return 0;
}

/* Addresses of ours are never a guest's to flush. */
static inline void mm_flush_address(cpumask_t cpus, uint64_t va)
{
	if (guest_code_ok(va))
		machine_flush_page(cpus, va);
}

#endif
