/* SPDX-License-Identifier: GPL-2.0-only */
/* The last 128 KiB of the log. The console's lock guards it; callers are in console.c. */
#ifndef SHOJI_MACHINE_LOG_RING_H
#define SHOJI_MACHINE_LOG_RING_H

#include "lib/types.h"

#define LOG_RING_BYTES (128u << 10)

void ring_put(const char *text, size_t bytes);
size_t ring_get(char *text, size_t room, uint64_t *index); /* *index counts all bytes ever put */
void ring_clear(void);

#endif
