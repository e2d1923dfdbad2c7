/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every allocation of the store's core goes through here, so that a test can let any single one
 * fail and see that nothing but the request at hand suffers. Freed with free().
 */
#ifndef SHOJI_STORE_MEM_H
#define SHOJI_STORE_MEM_H

#include <stddef.h>

/* Allocations that still succeed before one fails; negative: none fails. For tests. */
extern long mem_fail_after;

void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
/* A copy with a zero byte behind it. */
void *mem_copy(const void *data, size_t size);
/* On failure the old block stays as it is. */
void *mem_resize(void *old, size_t size);

#endif
