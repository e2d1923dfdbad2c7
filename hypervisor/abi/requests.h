/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's list of requests, of which it wants to know how many were carried out (a handle that
 * may be null).
 *
 * A list that is interrupted goes on behind what was done; bit 31 of its count tells the second
 * part to add to the number already reported.
 */
#ifndef SHOJI_ABI_REQUESTS_H
#define SHOJI_ABI_REQUESTS_H

#include "abi/abi.h"

#define REQUESTS_CONTINUED 0x80000000ULL

struct requests {
	uint64_t at, count, done_at, foreign;
	size_t size; /* of an element */
};

static inline unsigned int requests_count(const struct requests *l)
{
	return (unsigned int)(l->count & (REQUESTS_CONTINUED - 1));
}

static inline bool requests_ok(const struct requests *l)
{
	return guest_range_ok(gva(l->at), requests_count(l) * l->size);
}

/* The rest is the guest's next call. */
static inline long requests_go_on(const struct requests *l, unsigned int done)
{
	return abi_continue(l->at + done * l->size, (requests_count(l) - done) | REQUESTS_CONTINUED,
			    l->done_at, l->foreign);
}

/* Report how many were done; what the call returns. */
static inline long requests_finish(const struct requests *l, unsigned int done, int rc)
{
	uint32_t total = 0;

	if (l->done_at && (l->count & REQUESTS_CONTINUED) && ABI_READ(&total, l->done_at))
		return -XEN_EFAULT;
	total += done;
	if (l->done_at && ABI_WRITE(l->done_at, &total))
		return -XEN_EFAULT;
	return rc == -XEN_ERESTART ? requests_go_on(l, done) : rc;
}

#endif
