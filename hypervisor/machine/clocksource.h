/* SPDX-License-Identifier: GPL-2.0-only */
/* The board's reference counters, to measure the TSC against: HPET if there is one, else PM timer.
 */
#ifndef SHOJI_MACHINE_CLOCKSOURCE_H
#define SHOJI_MACHINE_CLOCKSOURCE_H

#include "lib/types.h"

struct clocksource {
	char name[12];
	uint64_t (*read)(void); /* counts up, wraps at mask + 1 */
	uint64_t mask;
	uint64_t hz;
};

#define HPET_COUNTER 0xf0
extern volatile uint8_t *clocksource_hpet; /* its registers */
extern struct clocksource clocksource;	   /* the one that was chosen */

void clocksource_init(void); /* panics if the board has none */
uint64_t clocksource_read_hpet(void);
uint64_t clocksource_read_pm_timer(void);

#endif
