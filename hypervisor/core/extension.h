/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the extension ABI is offered on this machine. */
#ifndef SHOJI_CORE_EXTENSION_H
#define SHOJI_CORE_EXTENSION_H

#include "core/mm_companion.h"
#include "shoji/extension.h"

static inline uint64_t extension_features(void)
{
	uint64_t all = (1ULL << SHOJI_NR_FEATURES) - 1;

	return mm_isolation ? all : all & ~(1ULL << SHOJI_FEATURE_isolation);
}

#endif
