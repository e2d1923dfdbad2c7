/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of the last bytes of a console. Each viewer has a place of its own in it, so one that is
 * slow costs no memory and delays nobody: what it misses is counted and told to it.
 * Data: struct backlog. Lock: none; one thread.
 */
#include "backlog.h"

#include <stdlib.h>
#include <string.h>

bool backlog_open(struct backlog *b)
{
	b->total = 0;
	b->bytes = malloc(BACKLOG_SIZE);
	return b->bytes != NULL;
}

void backlog_close(struct backlog *b)
{
	free(b->bytes);
	b->bytes = NULL;
}

void backlog_add(struct backlog *b, const char *data, size_t size)
{
	while (size) {
		size_t at = b->total % BACKLOG_SIZE;
		size_t piece = BACKLOG_SIZE - at < size ? BACKLOG_SIZE - at : size;

		memcpy(b->bytes + at, data, piece);
		b->total += piece;
		data += piece;
		size -= piece;
	}
}

uint64_t backlog_start(const struct backlog *b)
{
	return b->total > BACKLOG_SIZE ? b->total - BACKLOG_SIZE : 0;
}

size_t backlog_peek(const struct backlog *b, uint64_t *at, const char **data)
{
	size_t place, length;

	if (*at < backlog_start(b))
		*at = backlog_start(b);
	if (*at >= b->total)
		return 0;
	place = *at % BACKLOG_SIZE;
	length = (size_t)(b->total - *at);
	*data = b->bytes + place;
	return length < BACKLOG_SIZE - place ? length : BACKLOG_SIZE - place;
}
