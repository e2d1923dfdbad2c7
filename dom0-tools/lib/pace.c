/* SPDX-License-Identifier: GPL-2.0-only */
/* A credit that grows with time up to a limit, and is spent. Data: struct pace. Lock: none. */
#include "pace.h"

#define SCALE 1000 /* ms in a second */

void pace_start(struct pace *p, uint64_t per_second, uint64_t burst, uint64_t now_ms)
{
	*p = (struct pace){per_second, burst, burst * SCALE, now_ms};
}

static void earn(struct pace *p, uint64_t now_ms)
{
	uint64_t most = p->burst * SCALE, gone = now_ms > p->at_ms ? now_ms - p->at_ms : 0;

	p->at_ms = now_ms;
	p->credit = gone >= most || p->credit + gone * p->per_second >= most
			    ? most
			    : p->credit + gone * p->per_second;
}

uint64_t pace_left(struct pace *p, uint64_t now_ms)
{
	earn(p, now_ms);
	return p->credit / SCALE;
}

bool pace_spend(struct pace *p, uint64_t now_ms, uint64_t units)
{
	uint64_t cost = units * SCALE;

	earn(p, now_ms);
	p->credit -= cost < p->credit ? cost : p->credit;
	return p->credit >= SCALE;
}

void pace_refund(struct pace *p, uint64_t units)
{
	uint64_t most = p->burst * SCALE;

	p->credit = p->credit + units * SCALE < most ? p->credit + units * SCALE : most;
}
