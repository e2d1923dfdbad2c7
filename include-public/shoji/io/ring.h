/* SPDX-License-Identifier: MIT */
/*
 * The shared ring of the split drivers: a header and a power-of-two number of slots in one (or
 * more) granted pages. A slot holds a request until its consumer overwrites it, or another, with a
 * response.
 *
 * Indices run freely over all 32 bits; slot = index & (slots - 1). The frontend writes req_prod and
 * rsp_event, the backend rsp_prod and req_event. To publish: fill slots, write barrier, move the
 * producer index, full barrier, then notify only if the other side's *_event lies in (old, new].
 * To sleep: set one's *_event to the consumer index + 1, full barrier, look once more. The peer's
 * indices are claims: producer - consumer above the number of slots is an error, and a slot is
 * copied before it is looked at.
 */
#ifndef SHOJI_PUBLIC_IO_RING_H
#define SHOJI_PUBLIC_IO_RING_H

#include "../types.h"

struct xen_sring {
	uint32_t req_prod;  /* requests produced, by the frontend */
	uint32_t req_event; /* notify the backend when req_prod passes this */
	uint32_t rsp_prod;  /* responses produced, by the backend */
	uint32_t rsp_event; /* notify the frontend when rsp_prod passes this */
	uint8_t pad[48];
};
SHOJI_ABI_SIZE(struct xen_sring, 64);
SHOJI_ABI_OFFSET(struct xen_sring, pad, 16);
/* The first slot follows the header; a new ring has both *_event 1 and all else 0. */
#define XEN_SRING_HEADER 64

#endif
