/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping and unmapping granted frames.
 *
 * A mapping is three things made in this order and undone in the reverse: the use of the grant
 * (grant_begin), the page-table entry with its own references (mm_grant_map), the handle. A device
 * mapping has no entry: it only counts, for there is no IOMMU of ours.
 */
#include "core/grant_internal.h"
#include "core/mm.h"

#define AVAIL_BITS(flags) ((uint64_t)(flags) >> 16 & 7) /* GNTMAP_guest_avail_mask */

static int16_t use_grant(struct domain *owner, struct domain *user, uint32_t ref, uint32_t flags,
			 struct frame **frame)
{
	bool readonly = flags & GNTMAP_readonly;
	int16_t status = GNTST_okay;

	if (flags & GNTMAP_host_map)
		status = grant_begin(owner, ref, user, readonly, frame);
	if (status == GNTST_okay && (flags & GNTMAP_device_map)) {
		status = grant_begin(owner, ref, user, readonly, frame);
		if (status != GNTST_okay && (flags & GNTMAP_host_map))
			grant_end(owner, ref, readonly);
	}
	return status;
}

static void drop_grant(struct domain *owner, uint32_t ref, uint32_t flags)
{
	if (flags & GNTMAP_host_map)
		grant_end(owner, ref, flags & GNTMAP_readonly);
	if (flags & GNTMAP_device_map)
		grant_end(owner, ref, flags & GNTMAP_readonly);
}

static int16_t map_entry(struct vcpu *v, const struct xen_gnttab_map_grant_ref *op,
			 struct domain *owner, struct frame *f)
{
	int rc;

	if (!(op->flags & GNTMAP_host_map))
		return GNTST_okay;
	rc = mm_grant_map(v, op->flags & GNTMAP_contains_pte, op->host_addr, frame_mfn(f), owner,
			  op->flags & GNTMAP_readonly, AVAIL_BITS(op->flags));
	return rc ? GNTST_general_error : GNTST_okay;
}

static void fill_handle(struct domain *d, uint32_t handle, struct domain *owner,
			const struct xen_gnttab_map_grant_ref *op, struct frame *f)
{
	struct maptrack *m = maptrack_find(d->grants, handle);

	m->ref = op->ref;
	m->flags = (uint16_t)(op->flags & (GNTMAP_host_map | GNTMAP_device_map | GNTMAP_readonly));
	m->contains_pte = op->flags & GNTMAP_contains_pte;
	m->frame = f;
	domain_ref(owner);
	m->owner = owner;
	__atomic_store_n(&m->claimed, false, __ATOMIC_RELEASE);
}

static int16_t map_from(struct vcpu *v, struct domain *owner, struct xen_gnttab_map_grant_ref *op)
{
	struct frame *f = NULL;
	uint32_t handle;
	int16_t status;

	if (maptrack_new(v->domain, &handle))
		return GNTST_no_device_space;
	status = use_grant(owner, v->domain, op->ref, op->flags, &f);
	if (status == GNTST_okay) {
		status = map_entry(v, op, owner, f);
		if (status != GNTST_okay)
			drop_grant(owner, op->ref, op->flags);
	}
	if (status != GNTST_okay) {
		maptrack_release(v->domain, handle);
		return status;
	}
	fill_handle(v->domain, handle, owner, op, f);
	op->handle = handle;
	op->dev_bus_addr = frame_mfn(f).n << PAGE_SHIFT;
	return GNTST_okay;
}

int16_t grant_map_one(struct vcpu *v, struct xen_gnttab_map_grant_ref *op)
{
	struct domain *owner;
	int16_t status;

	if (!(op->flags & (GNTMAP_host_map | GNTMAP_device_map)))
		return GNTST_bad_gntref;
	owner = domain_get(domid(op->dom));
	if (!owner)
		return GNTST_bad_domain;
	status = map_from(v, owner, op);
	domain_put(owner);
	return status;
}

static int16_t unmap_claimed(struct vcpu *v, struct maptrack *m,
			     const struct xen_gnttab_unmap_grant_ref *op)
{
	bool readonly = m->flags & GNTMAP_readonly;
	uint64_t bus = frame_mfn(m->frame).n << PAGE_SHIFT;

	if (op->dev_bus_addr && op->dev_bus_addr != bus)
		return GNTST_bad_dev_addr;
	if (op->host_addr && (m->flags & GNTMAP_host_map)) {
		if (mm_grant_unmap(v, m->contains_pte, op->host_addr, frame_mfn(m->frame),
				   readonly))
			return GNTST_general_error;
		m->flags &= (uint16_t)~GNTMAP_host_map;
		grant_end(m->owner, m->ref, readonly);
	}
	if (op->dev_bus_addr && (m->flags & GNTMAP_device_map)) {
		m->flags &= (uint16_t)~GNTMAP_device_map;
		grant_end(m->owner, m->ref, readonly);
	}
	return GNTST_okay;
}

int16_t grant_unmap_one(struct vcpu *v, const struct xen_gnttab_unmap_grant_ref *op)
{
	struct maptrack *m = maptrack_claim(v->domain, op->handle);
	struct domain *owner;
	int16_t status;

	if (!m)
		return GNTST_bad_handle;
	owner = m->owner;
	status = unmap_claimed(v, m, op);
	if (m->flags & (GNTMAP_host_map | GNTMAP_device_map)) {
		__atomic_store_n(&m->claimed, false, __ATOMIC_RELEASE);
		return status;
	}
	maptrack_release(v->domain, op->handle);
	domain_put(owner);
	return status;
}
