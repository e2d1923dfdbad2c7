/* SPDX-License-Identifier: GPL-2.0-only */
/* clock_ms.c: the clock that timeouts and rates of tools and daemons go by. */
#include "clock_ms.h"

#include <time.h>

uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
