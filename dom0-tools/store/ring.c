/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Byte streams in a shared page. Data: the page, which the other side may change at any moment.
 * Lock: none; ordering is by acquire on the other side's index and release on ours.
 * The indices that are ours are written there and not read back, but when a page is attached.
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

void ring_attach(struct ring *r, struct xen_xenstore_domain_interface *page)
{
	r->page = page;
	r->read = load(&page->req_cons);
	r->written = load(&page->rsp_prod);
}

ssize_t ring_take(struct ring *r, void *data, size_t size)
{
	const struct xen_xenstore_domain_interface *page = r->page;
	uint32_t cons = r->read, prod = load(&page->req_prod);
	size_t at = cons % SIZE, n, first;

	if (prod - cons > SIZE)
		return -EPROTO;
	n = smaller(size, prod - cons);
	first = smaller(n, SIZE - at);
	memcpy(data, page->req + at, first);
	memcpy((char *)data + first, page->req, n - first);
	r->read += (uint32_t)n;
	return (ssize_t)n;
}

ssize_t ring_put(struct ring *r, const void *data, size_t size)
{
	struct xen_xenstore_domain_interface *page = r->page;
	uint32_t cons = load(&page->rsp_cons), prod = r->written;
	size_t at = prod % SIZE, n, first;

	if (prod - cons > SIZE)
		return -EPROTO;
	n = smaller(size, SIZE - (prod - cons));
	first = smaller(n, SIZE - at);
	memcpy(page->rsp + at, data, first);
	memcpy(page->rsp, (const char *)data + first, n - first);
	r->written += (uint32_t)n;
	return (ssize_t)n;
}

void ring_publish(const struct ring *r)
{
	store(&r->page->req_cons, r->read);
	store(&r->page->rsp_prod, r->written);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* for who looks at the guest's indices now */
}

/*
 * A guest tells of input only if the ring was empty as far as it could see, and of room only if
 * it was full. It writes its index first and looks at ours then; we do the same, so one of both
 * sees the other.
 */
bool ring_has_input(const struct ring *r)
{
	return load(&r->page->req_prod) != r->read;
}

bool ring_has_room(const struct ring *r)
{
	return r->written - load(&r->page->rsp_cons) != SIZE;
}

bool ring_is_sane(const struct ring *r)
{
	return load(&r->page->req_prod) - r->read <= SIZE &&
	       r->written - load(&r->page->rsp_cons) <= SIZE;
}

void ring_reset(struct ring *r)
{
	r->read = r->written = 0;
	store(&r->page->req_prod, 0);
	store(&r->page->rsp_cons, 0);
	ring_publish(r);
}
