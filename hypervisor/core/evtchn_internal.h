/* SPDX-License-Identifier: GPL-2.0-only */
/* What the three files of the event channels share. */
#ifndef SHOJI_CORE_EVTCHN_INTERNAL_H
#define SHOJI_CORE_EVTCHN_INTERNAL_H

#include "core/domain.h"
#include "core/evtchn.h"
#include "core/log.h"
#include "core/machine.h"
#include "lib/bits.h"
#include "shoji/errno.h"
#include "shoji/virq.h"

struct evtchn *evtchn_find(struct domain *d, uint32_t port); /* NULL: no such port */
int evtchn_take_port(struct domain *d, uint32_t *port, struct evtchn **out);
void evtchn_lock_pair(struct domain *a, struct domain *b);
void evtchn_unlock_pair(struct domain *a, struct domain *b);

/* One handler per domain or machine (true), or one per vCPU (timer, debug, xenoprof…). */
static inline bool virq_is_global(uint32_t virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
	       virq != VIRQ_XENPMU;
}

#endif
