/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Byte streams in a shared page. Data: the page, which the other side may change at any moment.
 * Lock: none; ordering is by acquire on the other side's index and release on ours.
 * Our own index too lives in memory that the guest can write: it is read back each time, and a
 * guest that changes it confuses only its own stream.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>

#define SIZE XENSTORE_RING_SIZE

static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

ssize_t ring_take(struct xen_xenstore_domain_interface *page, void *data, size_t size)
{
	uint32_t cons = load(&page->req_cons), prod = load(&page->req_prod);
	size_t at = cons % SIZE, n, first;

	if (prod - cons > SIZE)
		return -EPROTO;
	n = smaller(size, prod - cons);
	first = smaller(n, SIZE - at);
	memcpy(data, page->req + at, first);
	memcpy((char *)data + first, page->req, n - first);
	if (n)
		store(&page->req_cons, cons + (uint32_t)n);
	return (ssize_t)n;
}

ssize_t ring_put(struct xen_xenstore_domain_interface *page, const void *data, size_t size)
{
	uint32_t cons = load(&page->rsp_cons), prod = load(&page->rsp_prod);
	size_t at = prod % SIZE, n, first;

	if (prod - cons > SIZE)
		return -EPROTO;
	n = smaller(size, SIZE - (prod - cons));
	first = smaller(n, SIZE - at);
	memcpy(page->rsp + at, data, first);
	memcpy(page->rsp, (const char *)data + first, n - first);
	if (n)
		store(&page->rsp_prod, prod + (uint32_t)n);
	return (ssize_t)n;
}

bool ring_is_sane(const struct xen_xenstore_domain_interface *page)
{
	return load(&page->req_prod) - load(&page->req_cons) <= SIZE &&
	       load(&page->rsp_prod) - load(&page->rsp_cons) <= SIZE;
}

void ring_reset(struct xen_xenstore_domain_interface *page)
{
	store(&page->req_cons, 0);
	store(&page->req_prod, 0);
	store(&page->rsp_cons, 0);
	store(&page->rsp_prod, 0);
}
