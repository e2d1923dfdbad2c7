/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log's memory: a ring indexed by the count of all bytes ever put, so that a reader who comes
 * too late goes on at the oldest byte still there. Pure.
 */
#include "machine/log_ring.h"

#include "lib/string.h"

static char ring[LOG_RING_BYTES];
static uint64_t ring_first, ring_end; /* counts of bytes: what may still be read */

void ring_put(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		ring[(ring_end + i) % LOG_RING_BYTES] = text[i];
	ring_end += bytes;
	if (ring_end - ring_first > LOG_RING_BYTES)
		ring_first = ring_end - LOG_RING_BYTES;
}

size_t ring_get(char *text, size_t room, uint64_t *index)
{
	size_t n = 0;

	if (*index < ring_first || *index > ring_end)
		*index = ring_first;
	while (n < room && *index < ring_end)
		text[n++] = ring[(*index)++ % LOG_RING_BYTES];
	return n;
}

void ring_clear(void)
{
	ring_first = ring_end;
}
