/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest kernel's direct map, where it has all its memory in order (mm_direct.c). */
#ifndef SHOJI_CORE_MM_DIRECT_H
#define SHOJI_CORE_MM_DIRECT_H

#include "core/domain.h"

/* The table of level 1 that was used last: pages that become tables are often neighbours. */
struct direct_map {
	struct vcpu *v;
	struct frame *table; /* referenced; NULL: none */
	uint64_t number;     /* of the table, in the address space */
};

/* Where it is: 0, or -XEN_EINVAL. */
int mm_set_direct_map(struct domain *d, uint64_t base, uint64_t pages);
/* Make m writable or read-only there. 1: done; 0: it is so already, or may not be; -XEN_ERESTART: a
 * table that was refused half-way is still being let go. */
int direct_change(struct direct_map *map, mfn_t m, bool writable);
void direct_end(struct direct_map *map);
/* Of one page alone. */
int mm_alias(struct vcpu *v, mfn_t m, bool writable);

#endif
