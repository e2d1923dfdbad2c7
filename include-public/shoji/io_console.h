/* SPDX-License-Identifier: MIT */
/*
 * The console page that a guest shares with the control domain: two streams of bytes.
 *
 * Indices run freely and are masked on use. The guest writes in_cons and out_prod, the console
 * daemon in_prod and out_cons; whoever moves an index notifies the event channel. Neither side
 * may believe the other's indices: more than a ring's size between the two is a lie.
 */
#ifndef SHOJI_IO_CONSOLE_H
#define SHOJI_IO_CONSOLE_H

#include <stdint.h>

#define XENCONS_IN_SIZE	 1024
#define XENCONS_OUT_SIZE 2048

struct xen_xencons_interface {
	uint8_t in[XENCONS_IN_SIZE];   /* to the guest */
	uint8_t out[XENCONS_OUT_SIZE]; /* from the guest */
	uint32_t in_cons, in_prod;
	uint32_t out_cons, out_prod;
};

#ifdef __cplusplus
static_assert(sizeof(struct xen_xencons_interface) == 3088, "console page");
#else
_Static_assert(sizeof(struct xen_xencons_interface) == 3088, "console page");
#endif

#endif
