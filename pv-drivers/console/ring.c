/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moves bytes between a guest's console page and dom0. Each index of the guest is read once and
 * believed only when no more than a ring's size lies between it and ours; a guest that lies loses
 * its console, nobody else loses anything.
 * Data: none of its own. Lock: none; one thread. It does not notify: guest.c does.
 */
#include "ring.h"

ssize_t console_ring_take(struct xen_xencons_interface *page, char *data, size_t size)
{
	uint32_t prod = __atomic_load_n(&page->out_prod, __ATOMIC_ACQUIRE);
	uint32_t cons = __atomic_load_n(&page->out_cons, __ATOMIC_RELAXED);
	uint32_t used = prod - cons;

	if (used > XENCONS_OUT_SIZE)
		return -1;
	if (used > size)
		used = (uint32_t)size;
	for (uint32_t i = 0; i < used; i++)
		data[i] = (char)page->out[(cons + i) % XENCONS_OUT_SIZE];
	__atomic_store_n(&page->out_cons, cons + used, __ATOMIC_RELEASE);
	return (ssize_t)used;
}

ssize_t console_ring_put(struct xen_xencons_interface *page, const char *data, size_t size)
{
	uint32_t cons = __atomic_load_n(&page->in_cons, __ATOMIC_ACQUIRE);
	uint32_t prod = __atomic_load_n(&page->in_prod, __ATOMIC_RELAXED);
	uint32_t room = XENCONS_IN_SIZE - (prod - cons);

	if (room > XENCONS_IN_SIZE)
		return -1;
	if (room > size)
		room = (uint32_t)size;
	for (uint32_t i = 0; i < room; i++)
		page->in[(prod + i) % XENCONS_IN_SIZE] = (uint8_t)data[i];
	__atomic_store_n(&page->in_prod, prod + room, __ATOMIC_RELEASE);
	return (ssize_t)room;
}
