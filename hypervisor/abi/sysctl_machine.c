/* SPDX-License-Identifier: GPL-2.0-only */
/* sysctl: processors, memory and their arrangement. One socket, one memory node. */
#include "abi/sysctl.h"

#include "core/frame.h"
#include "lib/string.h"

#define LEAVES_MAX	 256
#define FEATURE_WORDS	 22 /* of Xen 4.17's feature sets */
#define LOCAL_DISTANCE	 10
#define PHYSCAP		 (XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1)
#define MAX_WANTED(n, m) MIN((uint32_t)(n), (uint32_t)(m))

long sysctl_physinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *p = &op->u.physinfo;

	memset(p, 0, sizeof(*p));
	p->threads_per_core = 1;
	p->cores_per_socket = machine_cpu_count();
	p->nr_cpus = machine_cpu_count();
	p->max_cpu_id = machine_cpu_count() - 1;
	p->nr_nodes = 1;
	p->cpu_khz = (uint32_t)machine_tsc_scale()->khz;
	p->capabilities = PHYSCAP;
	p->total_pages = hv.total_frames;
	p->free_pages = frames_free();
	p->max_mfn = frame_max - 1;
	machine_cpu_features(p->hw_cap);
	return 0;
}

static uint64_t idle_ns(const struct cpu *c)
{
	uint64_t since = __atomic_load_n(&c->idle_since, __ATOMIC_RELAXED), now = machine_now();

	return c->idle_total + (since && now > since ? now - since : 0);
}

long sysctl_cpu_times(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
	uint32_t n = MAX_WANTED(g->max_cpus, machine_cpu_count());

	for (uint32_t i = 0; i < n; i++) {
		struct xen_sysctl_cpuinfo info = {idle_ns(machine_cpu(i))};

		if (guest_write_at(gva(g->info), i, &info, sizeof(info)))
			return -XEN_EFAULT;
	}
	g->nr_cpus = n;
	return 0;
}

long sysctl_heap(struct xen_sysctl *op)
{
	op->u.availheap.avail_bytes = op->u.availheap.node > 0 ? 0 : frames_free() << PAGE_SHIFT;
	return 0;
}

long sysctl_cpu_topology(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
	uint32_t n = MAX_WANTED(t->num_cpus, machine_cpu_count());

	for (uint32_t i = 0; t->cputopo && i < n; i++) {
		struct xen_sysctl_cputopo cpu = {.core = i};

		if (guest_write_at(gva(t->cputopo), i, &cpu, sizeof(cpu)))
			return -XEN_EFAULT;
	}
	t->num_cpus = t->cputopo ? n : machine_cpu_count();
	return 0;
}

long sysctl_numa(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *n = &op->u.numainfo;
	struct xen_sysctl_meminfo memory = {hv.total_frames << PAGE_SHIFT, frames_free()
										   << PAGE_SHIFT};
	uint32_t distance = LOCAL_DISTANCE;

	if (n->num_nodes && n->meminfo && ABI_WRITE(n->meminfo, &memory))
		return -XEN_EFAULT;
	if (n->num_nodes && n->distance && ABI_WRITE(n->distance, &distance))
		return -XEN_EFAULT;
	n->num_nodes = 1;
	return 0;
}

/* Every device is near the one node. */
long sysctl_pci_topology(struct xen_sysctl *op)
{
	struct xen_sysctl_pcitopoinfo *p = &op->u.pcitopoinfo;
	uint32_t node = 0, i = 0;

	if (!p->devs || !p->nodes)
		return -XEN_EINVAL;
	for (; i < p->num_devs && !preempt_due(); i++, preempt_charge(50))
		if (guest_write_at(gva(p->nodes), i, &node, sizeof(node)))
			return -XEN_EFAULT;
	p->num_devs = i;
	return 0;
}

/* Each domain's view is filtered where it asks for it; nothing is set in the CPU. */
long sysctl_levelling_caps(struct xen_sysctl *op)
{
	op->u.cpu_levelling_caps.caps = 0;
	return 0;
}

long sysctl_featureset(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
	uint32_t words[FEATURE_WORDS] = {0}, n = MAX_WANTED(f->nr_features, FEATURE_WORDS);

	if (f->index > XEN_SYSCTL_cpu_featureset_hvm_max)
		return -XEN_EINVAL;
	machine_cpu_features(words);
	if (f->features && guest_write(gva(f->features), words, n * sizeof(words[0])))
		return -XEN_EFAULT;
	n = f->features && f->nr_features < FEATURE_WORDS ? f->nr_features : FEATURE_WORDS;
	if (f->features && f->nr_features < FEATURE_WORDS)
		return -XEN_ENOBUFS;
	f->nr_features = n;
	return 0;
}

static long write_policy(struct xen_sysctl_cpu_policy *p, struct xen_cpuid_leaf *leaves)
{
	unsigned int n = machine_cpu_policy(NULL, leaves, LEAVES_MAX);

	if (p->leaves && p->nr_leaves < n)
		return -XEN_ENOBUFS;
	if (p->leaves && guest_write(gva(p->leaves), leaves, n * sizeof(*leaves)))
		return -XEN_EFAULT;
	p->nr_leaves = n;
	p->nr_msrs = 0;
	return 0;
}

long sysctl_cpu_policy(struct xen_sysctl *op)
{
	struct xen_cpuid_leaf *leaves;
	long rc;

	if (op->u.cpu_policy.index > XEN_SYSCTL_cpu_policy_hvm_default)
		return -XEN_EINVAL;
	leaves = hv_alloc(LEAVES_MAX * sizeof(*leaves));
	if (!leaves)
		return -XEN_ENOMEM;
	rc = write_policy(&op->u.cpu_policy, leaves);
	hv_free(leaves);
	return rc;
}
