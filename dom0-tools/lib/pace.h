/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often a guest may make a daemon work: so many units a second, and so many at once after a
 * rest. What a guest asks of domain 0 is paid by domain 0, so a daemon that did all it is asked for
 * would take from other guests what it does for this one. Pure; times come from the caller.
 */
#ifndef SHOJI_PACE_H
#define SHOJI_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	uint64_t per_second, burst;
	uint64_t credit; /* in thousandths of a unit, so that no time is lost */
	uint64_t at_ms;
};

void pace_start(struct pace *p, uint64_t per_second, uint64_t burst, uint64_t now_ms);

/* Takes what there is, up to that; false: nothing is left now. */
bool pace_spend(struct pace *p, uint64_t now_ms, uint64_t units);

/* Units that can be spent now. */
uint64_t pace_left(struct pace *p, uint64_t now_ms);

/* Units that were spent for something after all. */
void pace_refund(struct pace *p, uint64_t units);

#endif
