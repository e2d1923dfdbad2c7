/* SPDX-License-Identifier: GPL-2.0-only */
/* What init/time_init.c sets up for time.c. */
#ifndef SHOJI_MACHINE_TIME_INTERNAL_H
#define SHOJI_MACHINE_TIME_INTERNAL_H

#include "core/clock.h"
#include "machine/percpu.h"

extern struct clocks time_clocks;
extern uint64_t time_wallclock_boot;

/* TSC and reference counter, read as close together as we can. */
struct clock_sample time_sample(void);

static inline struct clock *this_clock(void)
{
	return &this_percpu()->clock;
}

#endif
