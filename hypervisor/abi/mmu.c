/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_update, mmuext_op, update_va_mapping: who is meant, bounds of the lists, continuation.
 * core/mm_update.c and core/mmuext.c do the work.
 *
 * A list that is interrupted goes on behind what was done; bit 31 of its count tells the second
 * part to add to the number already reported.
 */
#include "abi/abi.h"

#include "core/mm.h"
#include "shoji/types.h"

#define CONTINUED 0x80000000ULL

/* A domain whose frames the caller names: itself, or as the control domain any, or devices. */
static struct domain *resolve(uint16_t id)
{
	struct domain *self = current_vcpu()->domain, *d = NULL;

	if (id == DOMID_IO || id == DOMID_XEN) {
		if (self->privileged)
			d = id == DOMID_IO ? hv.dom_io : hv.dom_xen;
		if (d)
			domain_ref(d);
		return d;
	}
	return domain_resolve(self, id);
}

struct requests {
	uint64_t at, count, done_at, foreign;
	size_t size; /* of an element */
};

static int read_done_before(const struct requests *l, uint32_t *before)
{
	*before = 0;
	if (!(l->count & CONTINUED) || !l->done_at)
		return 0;
	return ABI_READ(before, l->done_at);
}

/* Report how many were done; the rest, if interrupted, is the guest's next call. */
static long finish(const struct requests *l, unsigned int count, unsigned int done, int rc)
{
	uint32_t total;

	if (read_done_before(l, &total))
		return -XEN_EFAULT;
	total += done;
	if (l->done_at && ABI_WRITE(l->done_at, &total))
		return -XEN_EFAULT;
	if (rc != -XEN_ERESTART)
		return rc;
	return abi_continue(l->at + done * l->size, (count - done) | CONTINUED, l->done_at,
			    l->foreign);
}

static bool list_ok(const struct requests *l)
{
	return guest_range_ok(gva(l->at), (l->count & (CONTINUED - 1)) * l->size);
}

long abi_mmu_update(uint64_t reqs, uint64_t count, uint64_t done_at, uint64_t foreign)
{
	struct requests l = {reqs, (uint32_t)count, done_at, (uint32_t)foreign,
			     sizeof(struct xen_mmu_update)};
	unsigned int n = (unsigned int)(l.count & (CONTINUED - 1)), done = 0;
	struct domain *pages = resolve((uint16_t)foreign), *tables;
	int rc;

	if (!pages)
		return -XEN_ESRCH;
	tables = resolve(foreign >> 16 & 0xffff ? (uint16_t)((foreign >> 16) - 1) : DOMID_SELF);
	rc = tables ? -XEN_EFAULT : -XEN_ESRCH;
	if (tables && list_ok(&l))
		rc = mm_mmu_update(current_vcpu(), gva(reqs), n, &done, tables, pages);
	if (tables)
		domain_put(tables);
	domain_put(pages);
	return finish(&l, n, done, rc);
}

long abi_mmuext_op(uint64_t ops, uint64_t count, uint64_t done_at, uint64_t foreign)
{
	struct requests l = {ops, (uint32_t)count, done_at, foreign, sizeof(struct xen_mmuext_op)};
	unsigned int n = (unsigned int)(l.count & (CONTINUED - 1)), done = 0;
	struct domain *d = resolve((uint16_t)foreign);
	int rc = -XEN_EFAULT;

	if (!d)
		return -XEN_ESRCH;
	if (list_ok(&l))
		rc = mm_mmuext_op(current_vcpu(), gva(ops), n, &done, d);
	domain_put(d);
	return finish(&l, n, done, rc);
}

static long update_va(uint64_t va, uint64_t value, uint64_t flags, uint16_t owner)
{
	struct domain *d = resolve(owner);
	int rc;

	if (!d)
		return -XEN_ESRCH;
	rc = mm_update_va_mapping(current_vcpu(), va, value, flags, d);
	domain_put(d);
	return rc;
}

long abi_update_va_mapping(uint64_t va, uint64_t value, uint64_t flags)
{
	long rc = update_va(va, value, flags, DOMID_SELF);

	return rc == -XEN_ERESTART ? abi_continue(va, value, flags, 0) : rc;
}

long abi_update_va_mapping_otherdomain(uint64_t va, uint64_t value, uint64_t flags, uint64_t owner)
{
	long rc = update_va(va, value, flags, (uint16_t)owner);

	return rc == -XEN_ERESTART ? abi_continue(va, value, flags, owner) : rc;
}
