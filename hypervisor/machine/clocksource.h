/* SPDX-License-Identifier: GPL-2.0-only */
/* The board's reference counters, to measure the TSC against: HPET if there is one, else PM timer.
 */
#ifndef SHOJI_MACHINE_CLOCKSOURCE_H
#define SHOJI_MACHINE_CLOCKSOURCE_H

#include "lib/types.h"

struct clocksource {
	const char *name;
	uint64_t (*read)(void); /* counts up, wraps at mask + 1 */
	uint64_t mask;
	uint64_t hz;
};

const struct clocksource *clocksource_init(void); /* panics if the board has none */

#endif
