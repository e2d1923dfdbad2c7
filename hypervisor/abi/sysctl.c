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

/* Where a list is: so many are written, and the domain that is next. */
struct place {
	uint32_t written;
	uint16_t next;
};

#define GOES_ON	    0x5e51ULL /* in the upper bits of the second argument */
#define COST_DOMAIN 600	      /* in units of preemption */
#define COST_VCPU   200

static uint64_t place_to_word(struct place p)
{
	return GOES_ON << 48 | (uint64_t)p.next << 32 | p.written;
}

static struct place place_of_word(uint64_t word, uint16_t first)
{
	if (word >> 48 != GOES_ON)
		return (struct place){.next = first};
	return (struct place){.written = (uint32_t)word, .next = (uint16_t)(word >> 32)};
}

static long write_domain(struct domain *d, uint64_t buffer, struct place *p)
{
	struct xen_domctl_getdomaininfo info;

	domctl_fill_info(d, &info);
	preempt_charge(COST_DOMAIN + COST_VCPU * d->max_vcpus);
	p->next = (uint16_t)(d->id.id + 1);
	return guest_write_at(gva(buffer), p->written++, &info, sizeof(info));
}

static long domain_list(const struct xen_sysctl_getdomaininfolist *l, struct place *p)
{
	while (p->written < l->max_domains && p->next < DOMID_LIMIT) {
		struct domain *d;
		long rc;

		if (preempt_due())
			return -XEN_ERESTART;
		d = domain_get_from(domid(p->next));
		if (!d)
			break;
		rc = write_domain(d, l->buffer, p);
		domain_put(d);
		if (rc)
			return rc;
	}
	return 0;
}

static long list_call(uint64_t arg, struct xen_sysctl *op, uint64_t more)
{
	struct place p = place_of_word(more, op->u.getdomaininfolist.first_domain);
	long rc = domain_list(&op->u.getdomaininfolist, &p);

	if (rc == -XEN_ERESTART)
		return abi_continue(arg, place_to_word(p), 0, 0);
	op->u.getdomaininfolist.num_domains = p.written;
	return rc ? rc : ABI_WRITE(arg, op);
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
	[XEN_SYSCTL_perfc_op] = sysctl_perfc,
	[XEN_SYSCTL_debug_keys] = debug_keys,
	[XEN_SYSCTL_getcpuinfo] = sysctl_cpu_times,
	[XEN_SYSCTL_availheap] = sysctl_heap,
	[XEN_SYSCTL_cpu_hotplug] = sysctl_cpu_hotplug,
	[XEN_SYSCTL_cputopoinfo] = sysctl_cpu_topology,
	[XEN_SYSCTL_numainfo] = sysctl_numa,
	[XEN_SYSCTL_cpupool_op] = sysctl_cpupool,
	[XEN_SYSCTL_scheduler_op] = sysctl_scheduler,
	[XEN_SYSCTL_pcitopoinfo] = sysctl_pci_topology,
	[XEN_SYSCTL_get_cpu_levelling_caps] = sysctl_levelling_caps,
	[XEN_SYSCTL_get_cpu_featureset] = sysctl_featureset,
	[XEN_SYSCTL_get_cpu_policy] = sysctl_cpu_policy,
};

/* `more`: how an interrupted list goes on; anything else in a new call. */
long abi_sysctl(uint64_t arg, uint64_t more)
{
	struct xen_sysctl op;
	long rc;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	if (op.cmd == XEN_SYSCTL_getdomaininfolist)
		return list_call(arg, &op, more);
	if (op.cmd >= ARRAY_SIZE(rows) || !rows[op.cmd])
		return abi_unknown("sysctl", op.cmd);
	rc = rows[op.cmd](&op);
	if ((rc >= 0 || rc == -XEN_ENOBUFS) && ABI_WRITE(arg, &op))
		return -XEN_EFAULT;
	return rc;
}
