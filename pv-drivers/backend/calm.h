/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest that makes its backend work for nothing waits for it: see calm.c. */
#ifndef SHOJI_BACKEND_CALM_H
#define SHOJI_BACKEND_CALM_H

#include "pace.h"

/* After each round: was there an event, was there anything to do? What an event brings may be found
 * a round later or earlier. Sleeps a little if too many brought nothing. */
void backend_calm_events(struct pace *p, bool event, bool useful);

/* Before each look at the frontend's state. Sleeps a little if there were too many. */
void backend_calm_states(struct pace *p);

#endif
