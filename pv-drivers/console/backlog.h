/* SPDX-License-Identifier: GPL-2.0-only */
/* The last bytes that a guest wrote, for viewers who come later. Pure. */
#ifndef SHOJI_CONSOLE_BACKLOG_H
#define SHOJI_CONSOLE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKLOG_SIZE (256 * 1024)

struct backlog {
	char *bytes;	/* BACKLOG_SIZE of them */
	uint64_t total; /* ever added; the byte number n lies at n % BACKLOG_SIZE */
};

bool backlog_open(struct backlog *b);
void backlog_close(struct backlog *b);
void backlog_add(struct backlog *b, const char *data, size_t size);

/* The oldest byte that is still there. */
uint64_t backlog_start(const struct backlog *b);

/*
 * Up to the end, or to where the buffer wraps round, from byte number *at on. *at is moved forward
 * to the oldest byte when that one is gone. Returns the length; 0: nothing newer.
 */
size_t backlog_peek(const struct backlog *b, uint64_t *at, const char **data);

#endif
