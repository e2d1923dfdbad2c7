/* SPDX-License-Identifier: GPL-2.0-only */
/* System time: nanoseconds since boot, from the TSC. */
#ifndef SHOJI_MACHINE_TIME_H
#define SHOJI_MACHINE_TIME_H

#include "core/machine.h"

void time_init_bsp(void); /* measure the TSC; machine_now() works from here on */
void time_init_ap(void);  /* the same on another CPU, before anything asks for the time */
/* Boot CPU and one AP together: is one TSC ever behind what the other has seen? */
void time_warp_test_bsp(unsigned int cpu);
void time_warp_test_ap(void);
void time_udelay(unsigned int us);
uint64_t rtc_read_ns(void); /* ns since 1970 by the CMOS clock */

#endif
