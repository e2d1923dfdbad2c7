/* SPDX-License-Identifier: GPL-2.0-only */
/* One-shot timers: a pairing heap per CPU, under cpu.timer_lock. Callbacks run with no lock held.
 */
#ifndef SHOJI_CORE_TIMER_H
#define SHOJI_CORE_TIMER_H

#include "lib/types.h"

struct timer {
	nsec_t deadline;
	void (*fire)(void *data);
	void *data;
	unsigned int cpu; /* whose queue */
	bool armed;
	struct timer *child, *next, *prev; /* heap links: prev is the parent of a first child */
};

void timer_init(struct timer *t, void (*fire)(void *), void *data, unsigned int cpu);
void timer_set(struct timer *t, nsec_t deadline); /* re-arms an armed one */
void timer_stop(struct timer *t);
void timer_stop_sync(struct timer *t); /* also waits for a running callback; hold no lock */
void timer_move(struct timer *t, unsigned int cpu);
void timers_run(void); /* this CPU: fire what is due, arm the machine for the rest */
/* This CPU is going to idle: the machine's timer need not come for one that was stopped. */
void timers_settle(void);
bool timer_armed(const struct timer *t);

#endif
