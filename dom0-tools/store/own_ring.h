/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring between the store and the kernel it runs on. */
#ifndef SHOJI_STORE_OWN_RING_H
#define SHOJI_STORE_OWN_RING_H

#include <stdint.h>

struct own_ring {
	void *page;    /* mapped; munmap it */
	uint32_t port; /* the kernel's end of the channel */
};

/* 0 or -errno. */
int own_ring_open(struct own_ring *r);

#endif
