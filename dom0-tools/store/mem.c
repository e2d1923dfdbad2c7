/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation with a switch for tests. Data: the countdown to a failure. Lock: none.
 * It does not account: what a domain uses is counted in quota.c.
 */
#include "mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

long mem_fail_after = -1;

static bool fails_now(void)
{
	if (mem_fail_after < 0)
		return false;
	return mem_fail_after-- == 0;
}

void *mem_alloc(size_t size)
{
	return fails_now() ? NULL : malloc(size ? size : 1);
}

void *mem_zalloc(size_t size)
{
	return fails_now() ? NULL : calloc(1, size ? size : 1);
}

void *mem_copy(const void *data, size_t size)
{
	char *copy = mem_alloc(size + 1);

	if (!copy)
		return NULL;
	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

void *mem_resize(void *old, size_t size)
{
	return fails_now() ? NULL : realloc(old, size ? size : 1);
}
