/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysctl: the machine as the tools see it (shoji/sysctl.h). Dispatch, the log, the list of domains.
 */
#include "abi/sysctl.h"

#include "abi/domctl.h"
#include "lib/string.h"

/* --- the log --- */

static long read_console(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	uint64_t index = r->incremental ? r->index : 0;
	uint32_t done = 0;
	char text[512];

	while (done < r->count) {
		size_t n =
			log_ring_read(text, MIN(sizeof(text), (size_t)(r->count - done)), &index);

		if (!n)
			break;
		if (guest_write(gva(r->buffer + done), text, n))
			return -XEN_EFAULT;
		done += (uint32_t)n;
	}
	r->count = done;
	r->index = (uint32_t)index;
	if (r->clear)
		log_ring_clear();
	return 0;
}

/* --- domains --- */

static long domain_list(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	uint32_t next = l->first_domain, n = 0;

	while (n < l->max_domains && next < DOMID_LIMIT) {
		struct domain *d = domain_get_from(domid((uint16_t)next));
		struct xen_domctl_getdomaininfo info;

		if (!d)
			break;
		domctl_fill_info(d, &info);
		next = d->id.id + 1u;
		domain_put(d);
		if (guest_write_at(gva(l->buffer), n, &info, sizeof(info)))
			return -XEN_EFAULT;
		n++;
	}
	l->num_domains = n;
	return 0;
}

/* No keys do anything; they are taken note of. */
static long debug_keys(struct xen_sysctl *op)
{
	char keys[16] = "";

	if (guest_read(keys, gva(op->u.debug_keys.keys),
		       MIN(op->u.debug_keys.nr_keys, (uint32_t)sizeof(keys) - 1)))
		return -XEN_EFAULT;
	log_info("keys from dom0: %s", keys);
	return 0;
}

static long (*const rows[])(struct xen_sysctl *op) = {
	[XEN_SYSCTL_readconsole] = read_console,
	[XEN_SYSCTL_physinfo] = sysctl_physinfo,
	[XEN_SYSCTL_sched_id] = sysctl_sched_id,
	[XEN_SYSCTL_getdomaininfolist] = domain_list,
	[XEN_SYSCTL_debug_keys] = debug_keys,
	[XEN_SYSCTL_getcpuinfo] = sysctl_cpu_times,
	[XEN_SYSCTL_availheap] = sysctl_heap,
	[XEN_SYSCTL_cputopoinfo] = sysctl_cpu_topology,
	[XEN_SYSCTL_numainfo] = sysctl_numa,
	[XEN_SYSCTL_cpupool_op] = sysctl_cpupool,
	[XEN_SYSCTL_scheduler_op] = sysctl_scheduler,
	[XEN_SYSCTL_pcitopoinfo] = sysctl_pci_topology,
	[XEN_SYSCTL_get_cpu_levelling_caps] = sysctl_levelling_caps,
	[XEN_SYSCTL_get_cpu_featureset] = sysctl_featureset,
	[XEN_SYSCTL_get_cpu_policy] = sysctl_cpu_policy,
};

long abi_sysctl(uint64_t arg)
{
	struct xen_sysctl op;
	long rc;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	if (op.cmd >= ARRAY_SIZE(rows) || !rows[op.cmd])
		return abi_unknown("sysctl", op.cmd);
	rc = rows[op.cmd](&op);
	if ((rc >= 0 || rc == -XEN_ENOBUFS) && ABI_WRITE(arg, &op))
		return -XEN_EFAULT;
	return rc;
}
