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

/* Our positions are our own; the guest sees them when they are published. */
struct ring {
	struct xen_xenstore_domain_interface *page;
	uint32_t read, written;
};

/* From where the page's indices say that the last one who served it stopped. */
void ring_attach(struct ring *r, struct xen_xenstore_domain_interface *page);

/* Takes at most size bytes of what the guest has sent. */
ssize_t ring_take(struct ring *r, void *data, size_t size);
/* Puts as much as there is room for. */
ssize_t ring_put(struct ring *r, const void *data, size_t size);
void ring_publish(const struct ring *r);

/* After publishing: what the guest did before it saw that, for which it tells nobody. */
bool ring_has_input(const struct ring *r);
bool ring_has_room(const struct ring *r);

/* The indices of both directions make sense. */
bool ring_is_sane(const struct ring *r);

/* Empties both directions, as for a guest that connects anew. */
void ring_reset(struct ring *r);

#endif
