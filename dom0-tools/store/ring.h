/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page a guest shares with the store, from the store's side. Nothing in it is believed: each
 * index is read once, checked, and the copy is used. All functions return bytes moved, or -EPROTO
 * when an index makes no sense.
 */
#ifndef SHOJI_STORE_RING_H
#define SHOJI_STORE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shoji/io_store.h"

/* Takes at most size bytes of what the guest has sent. */
ssize_t ring_take(struct xen_xenstore_domain_interface *page, void *data, size_t size);
/* Puts as much as there is room for. */
ssize_t ring_put(struct xen_xenstore_domain_interface *page, const void *data, size_t size);

/* The indices of both directions make sense. */
bool ring_is_sane(const struct xen_xenstore_domain_interface *page);

/* Empties both directions, as for a guest that connects anew. */
void ring_reset(struct xen_xenstore_domain_interface *page);

#endif
