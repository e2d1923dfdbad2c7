/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calm.c: events that bring nothing, and a frontend that changes its state over and over, cost dom0
 * time that other guests would have had. A process serves one device of one guest, so it sleeps:
 * that delays nobody else, and the guest's port is masked meanwhile. A round that found something
 * to do makes up for an event that did not, as those come along with honest traffic.
 * Data: what the caller keeps. Lock: none; one thread.
 */
#include "backend/calm.h"

#include <poll.h>
#include <stddef.h>

#include "clock_ms.h"

#define EVENTS_PER_SECOND 1000
#define EVENTS_BURST	  2000
#define STATES_PER_SECOND 10
#define STATES_BURST	  20

static void spend(struct pace *p, uint64_t per_second, uint64_t burst)
{
	uint64_t now = clock_ms();

	if (!p->per_second)
		pace_start(p, per_second, burst, now);
	if (!pace_spend(p, now, 1))
		(void)poll(NULL, 0, (int)(1000 * 10 / per_second));
}

void backend_calm_events(struct pace *p, bool event, bool useful)
{
	if (useful)
		pace_refund(p, 1);
	else if (event)
		spend(p, EVENTS_PER_SECOND, EVENTS_BURST);
}

void backend_calm_states(struct pace *p)
{
	spend(p, STATES_PER_SECOND, STATES_BURST);
}
