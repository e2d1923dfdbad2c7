/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl: what CPUID shows to a domain. MSRs of a policy: none. */
#include "abi/domctl.h"

#include "core/frame.h"

#define LEAVES_MAX 256

long domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	struct xen_cpuid_leaf *leaves = hv_alloc(LEAVES_MAX * sizeof(*leaves));
	unsigned int n;
	long rc = 0;

	if (!leaves)
		return -XEN_ENOMEM;
	n = machine_cpu_policy(d, leaves, LEAVES_MAX);
	if (p->leaves && p->nr_leaves < n)
		rc = -XEN_ENOBUFS;
	else if (p->leaves && guest_write(gva(p->leaves), leaves, n * sizeof(*leaves)))
		rc = -XEN_EFAULT;
	p->nr_leaves = n;
	p->nr_msrs = 0;
	hv_free(leaves);
	return rc;
}

long domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	struct xen_cpuid_leaf *leaves;
	long rc = -XEN_EFAULT;

	p->err_leaf = p->err_subleaf = p->err_msr = ~0u;
	if (p->nr_leaves > LEAVES_MAX)
		return -XEN_E2BIG;
	if (d->created)
		return -XEN_EEXIST;
	leaves = hv_alloc(LEAVES_MAX * sizeof(*leaves));
	if (!leaves)
		return -XEN_ENOMEM;
	if (!guest_read(leaves, gva(p->leaves), p->nr_leaves * sizeof(*leaves)))
		rc = machine_set_cpu_policy(d, leaves, p->nr_leaves, &p->err_leaf, &p->err_subleaf);
	hv_free(leaves);
	return rc;
}
