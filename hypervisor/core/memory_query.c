/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_op: how much, where, and which frames the hypervisor shares. */
#include "core/grant.h"
#include "core/memory_map.h"
#include "core/memory_op.h"

struct memory_map machine_memory;

/* --- numbers --- */

static uint64_t highest_pfn(const struct domain *d)
{
	uint64_t max = d->shared_info ? d->shared_info->arch.max_pfn : 0;

	return max ? max - 1 : 0;
}

static long domain_number(struct vcpu *v, unsigned int cmd, gva_t arg)
{
	struct xen_memory_domain a;
	struct domain *d;
	uint64_t n;

	if (guest_read(&a, arg, sizeof(a)))
		return -XEN_EFAULT;
	d = domain_resolve(v->domain, a.domid);
	if (!d)
		return -XEN_ESRCH;
	if (cmd == XENMEM_current_reservation)
		n = d->page_count;
	else if (cmd == XENMEM_maximum_reservation)
		n = d->max_pages;
	else
		n = highest_pfn(d);
	domain_put(d);
	return (long)n;
}

static long machphys_mapping(gva_t arg)
{
	struct xen_machphys_mapping m = {MACH2PHYS_VIRT_START, MACH2PHYS_VIRT_END, frame_max - 1};

	return guest_write(arg, &m, sizeof(m));
}

/* --- maps --- */

static long write_map(const struct memory_map *map, gva_t arg)
{
	struct xen_memory_map a;
	uint32_t n;

	if (guest_read(&a, arg, sizeof(a)))
		return -XEN_EFAULT;
	n = a.buffer ? MIN(a.nr_entries, map->count) : map->count;
	if (a.buffer && guest_write(gva(a.buffer), map->entries, n * sizeof(map->entries[0])))
		return -XEN_EFAULT;
	a.nr_entries = n;
	return guest_write(arg, &a, sizeof(a));
}

static long own_map(struct vcpu *v, gva_t arg)
{
	return v->domain->memory_map ? write_map(v->domain->memory_map, arg) : -XEN_ENOSYS;
}

static long machine_map_op(struct vcpu *v, gva_t arg)
{
	return v->domain->privileged ? write_map(&machine_memory, arg) : -XEN_EPERM;
}

static int read_map(const struct xen_memory_map *from, struct memory_map **out)
{
	struct memory_map *m;

	if (from->nr_entries > MEMORY_MAP_MAX)
		return -XEN_E2BIG;
	m = hv_alloc(sizeof(*m));
	if (!m)
		return -XEN_ENOMEM;
	m->count = from->nr_entries;
	if (guest_read(m->entries, gva(from->buffer), m->count * sizeof(m->entries[0]))) {
		hv_free(m);
		return -XEN_EFAULT;
	}
	*out = m;
	return 0;
}

/* Before the domain first runs, so that nobody reads the old one meanwhile. */
static long set_map(struct vcpu *v, gva_t arg)
{
	struct xen_foreign_memory_map a;
	struct memory_map *m = NULL;
	struct domain *d;
	long rc;

	if (guest_read(&a, arg, sizeof(a)))
		return -XEN_EFAULT;
	if (!v->domain->privileged)
		return -XEN_EPERM;
	d = domain_resolve(v->domain, a.domid);
	if (!d)
		return -XEN_ESRCH;
	rc = d->created || d == v->domain ? -XEN_EBUSY : read_map(&a.map, &m);
	if (!rc) {
		spin_lock(&d->lock);
		hv_free(d->memory_map);
		d->memory_map = m;
		spin_unlock(&d->lock);
	}
	domain_put(d);
	return rc;
}

/* --- the control domain's --- */

/* Nothing is set aside: whether there is enough now is all that is told. */
static long claim(struct vcpu *v, gva_t arg)
{
	struct xen_memory_reservation r;

	if (guest_read(&r, arg, sizeof(r)))
		return -XEN_EFAULT;
	if (!v->domain->privileged)
		return -XEN_EPERM;
	if (r.extent_order)
		return -XEN_EINVAL;
	return r.nr_extents > frames_free() ? -XEN_ENOMEM : 0;
}

/* *at: where an interrupted call goes on. */
static long grant_frames(struct domain *d, struct xen_mem_acquire_resource *a, gva_t arg,
			 uint64_t *at)
{
	struct grant_usage usage;

	grant_get_usage(d, &usage);
	if (!a->nr_frames && !a->frame_list) {
		a->nr_frames = usage.max_frames;
		return guest_write(arg, a, sizeof(*a));
	}
	if (a->frame + a->nr_frames < a->frame || a->frame + a->nr_frames > usage.max_frames)
		return -XEN_EINVAL;
	for (; *at < a->nr_frames; ++*at) {
		mfn_t m;
		int rc = preempt_due() ? -XEN_ERESTART
				       : grant_table_frame(d, (uint32_t)(a->frame + *at), &m);

		if (rc)
			return rc;
		if (guest_write_at(gva(a->frame_list), *at, &m.n, sizeof(m.n)))
			return -XEN_EFAULT;
		preempt_charge(COST_FRAME);
	}
	return 0;
}

static long acquire_resource(struct vcpu *v, gva_t arg, uint64_t *at)
{
	struct xen_mem_acquire_resource a;
	struct domain *d;
	long rc = -XEN_EOPNOTSUPP;

	if (guest_read(&a, arg, sizeof(a)))
		return -XEN_EFAULT;
	if (a.pad)
		return -XEN_EINVAL;
	if (!v->domain->privileged)
		return -XEN_EPERM;
	d = domain_resolve(v->domain, a.domid);
	if (!d)
		return -XEN_ESRCH;
	if (a.type == XENMEM_resource_grant_table && a.id == XENMEM_resource_grant_table_id_shared)
		rc = grant_frames(d, &a, arg, at);
	domain_put(d);
	return rc;
}

static long no_device_memory(gva_t arg)
{
	struct xen_reserved_device_memory_map a;

	if (guest_read(&a, arg, sizeof(a)))
		return -XEN_EFAULT;
	a.nr_entries = 0;
	return guest_write(arg, &a, sizeof(a));
}

long memory_query(struct vcpu *v, unsigned int cmd, gva_t arg, uint64_t *at)
{
	switch (cmd) {
	case XENMEM_maximum_ram_page:
		return (long)frame_max;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return domain_number(v, cmd, arg);
	case XENMEM_machphys_mapping:
		return machphys_mapping(arg);
	case XENMEM_memory_map:
		return own_map(v, arg);
	case XENMEM_machine_memory_map:
		return machine_map_op(v, arg);
	case XENMEM_set_memory_map:
		return set_map(v, arg);
	case XENMEM_claim_pages:
		return claim(v, arg);
	case XENMEM_acquire_resource:
		return acquire_resource(v, arg, at);
	case XENMEM_reserved_device_memory_map:
		return no_device_memory(arg);
	case XENMEM_add_to_physmap:
		return -XEN_EACCES; /* PV guests have no physmap of ours */
	case XENMEM_get_vnumainfo:
		return -XEN_EOPNOTSUPP;
	default:
		return -XEN_ENOSYS;
	}
}
