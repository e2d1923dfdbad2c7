/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain may have of what is not plenty: where it stands, and a line in the log, once for
 * each domain and limit, when it comes to the end. The kinds are SHOJI_LIMIT_… .
 */
#ifndef SHOJI_CORE_LIMITS_H
#define SHOJI_CORE_LIMITS_H

#include "core/domain.h"
#include "core/log.h"
#include "shoji/extension.h"

#define LOG_LINES_PER_SECOND 256 /* of a guest's own */

void limits_get(struct domain *d, struct shoji_limits *out);

/* May d write one more line to the hypervisor's log now? */
bool limits_allow_line(struct domain *d);

/* Any lock but the console's may be held. */
static inline void limit_hit(struct domain *d, unsigned int kind, const char *name, uint64_t limit)
{
	uint32_t bit = 1u << kind;

	if (!(__atomic_fetch_or(&d->limits_hit, bit, __ATOMIC_RELAXED) & bit))
		log_debug("domain %u: it has reached its limit of %s: %lu", d->id.id, name, limit);
}

#endif
