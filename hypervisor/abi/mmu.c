/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_update, mmuext_op, update_va_mapping: who is meant, bounds of the lists, continuation.
 * core/mm_update.c and core/mmuext.c do the work.
 */
#include "abi/abi.h"
#include "abi/requests.h"

#include "core/mm.h"
#include "shoji/types.h"

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

/* --- the general case --- */

static __attribute__((noinline)) long update_any(struct requests l)
{
	unsigned int done = 0;
	uint16_t tables_of = (uint16_t)(l.foreign >> 16);
	struct domain *pages = resolve((uint16_t)l.foreign), *tables;
	int rc;

	if (!pages)
		return -XEN_ESRCH;
	tables = resolve(tables_of ? (uint16_t)(tables_of - 1) : DOMID_SELF);
	rc = tables ? -XEN_EFAULT : -XEN_ESRCH;
	if (tables && requests_ok(&l))
		rc = mm_mmu_update(current_vcpu(), gva(l.at), requests_count(&l), &done, tables,
				   pages);
	if (tables)
		domain_put(tables);
	domain_put(pages);
	return requests_finish(&l, done, rc);
}

static __attribute__((noinline)) long ext_any(struct requests l)
{
	unsigned int done = 0;
	struct domain *d = resolve((uint16_t)l.foreign);
	int rc = -XEN_EFAULT;

	if (!d)
		return -XEN_ESRCH;
	if (requests_ok(&l))
		rc = mm_mmuext_op(current_vcpu(), gva(l.at), requests_count(&l), &done, d);
	domain_put(d);
	return requests_finish(&l, done, rc);
}

/* --- nearly every call: a new list, about the caller's own memory, and no count wanted --- */

static always_inline bool is_plain(uint64_t at, uint64_t count, uint64_t done_at, uint64_t foreign,
				   size_t size)
{
	return likely(foreign == DOMID_SELF) && likely(!done_at) &&
	       likely(count < REQUESTS_CONTINUED) && likely(guest_range_ok(gva(at), count * size));
}

static long more_of(uint64_t at, uint64_t count, unsigned int done, size_t size)
{
	return abi_continue(at + done * size, (count - done) | REQUESTS_CONTINUED, 0, DOMID_SELF);
}

static __attribute__((noinline)) long update_list(uint64_t reqs, uint64_t count, uint64_t done_at,
						  uint64_t foreign)
{
	struct vcpu *v = current_vcpu();
	unsigned int done;
	int rc;

	if (!is_plain(reqs, count, done_at, foreign, sizeof(struct xen_mmu_update)))
		return update_any((struct requests){reqs, (uint32_t)count, done_at,
						    (uint32_t)foreign,
						    sizeof(struct xen_mmu_update)});
	rc = mm_mmu_update(v, gva(reqs), (unsigned int)count, &done, v->domain, v->domain);
	return likely(rc != -XEN_ERESTART)
		       ? rc
		       : more_of(reqs, count, done, sizeof(struct xen_mmu_update));
}

static __attribute__((noinline)) long ext_list(uint64_t ops, uint64_t count, uint64_t done_at,
					       uint64_t foreign)
{
	struct vcpu *v = current_vcpu();
	unsigned int done;
	int rc;

	if (!is_plain(ops, count, done_at, foreign, sizeof(struct xen_mmuext_op)))
		return ext_any((struct requests){ops, (uint32_t)count, done_at, foreign,
						 sizeof(struct xen_mmuext_op)});
	rc = mm_mmuext_op(v, gva(ops), (unsigned int)count, &done, v->domain);
	return likely(rc != -XEN_ERESTART)
		       ? rc
		       : more_of(ops, count, done, sizeof(struct xen_mmuext_op));
}

/* --- and most lists have one element --- */

static always_inline bool is_single(uint64_t count, uint64_t done_at, uint64_t foreign)
{
	return likely(foreign == DOMID_SELF) && likely(count == 1) && likely(!done_at);
}

static __attribute__((noinline)) long again(uint64_t at)
{
	return abi_continue(at, 1, 0, DOMID_SELF);
}

long abi_mmu_update(uint64_t reqs, uint64_t count, uint64_t done_at, uint64_t foreign)
{
	int rc;

	if (!is_single(count, done_at, foreign))
		return update_list(reqs, count, done_at, foreign);
	rc = mm_mmu_update_one(current_vcpu(), gva(reqs));
	return likely(rc != -XEN_ERESTART) ? rc : again(reqs);
}

long abi_mmuext_op(uint64_t ops, uint64_t count, uint64_t done_at, uint64_t foreign)
{
	int rc;

	if (!is_single(count, done_at, foreign))
		return ext_list(ops, count, done_at, foreign);
	rc = mm_mmuext_one(current_vcpu(), gva(ops));
	return likely(rc != -XEN_ERESTART) ? rc : again(ops);
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
	struct vcpu *v = current_vcpu();
	long rc = mm_update_va_mapping(v, va, value, flags, v->domain);

	return rc == -XEN_ERESTART ? abi_continue(va, value, flags, 0) : rc;
}

long abi_update_va_mapping_otherdomain(uint64_t va, uint64_t value, uint64_t flags, uint64_t owner)
{
	long rc = update_va(va, value, flags, (uint16_t)owner);

	return rc == -XEN_ERESTART ? abi_continue(va, value, flags, owner) : rc;
}
