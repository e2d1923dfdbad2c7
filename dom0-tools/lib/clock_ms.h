/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHOJI_CLOCK_MS_H
#define SHOJI_CLOCK_MS_H

#include <stdint.h>

/* Milliseconds of dom0's time since some moment; it never goes back. */
uint64_t clock_ms(void);

#endif
