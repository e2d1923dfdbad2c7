/* SPDX-License-Identifier: GPL-2.0-only */
/* The two byte streams of a guest's console page, seen from dom0. Pure: tests and the fuzzer own
 * the page. The guest may change any byte of it at any time. */
#ifndef SHOJI_CONSOLE_RING_H
#define SHOJI_CONSOLE_RING_H

#include <stddef.h>
#include <sys/types.h>

#include "shoji/io_console.h"

/* Bytes that the guest has written, at most size; -1: its indices cannot be true. */
ssize_t console_ring_take(struct xen_xencons_interface *page, char *data, size_t size);

/* How many of the bytes fitted for the guest to read; -1 as above. */
ssize_t console_ring_put(struct xen_xencons_interface *page, const char *data, size_t size);

#endif
