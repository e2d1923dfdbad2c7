/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest kernel's direct map, where it has all its memory in order (mm_direct.c). */
#ifndef SHOJI_CORE_MM_DIRECT_H
#define SHOJI_CORE_MM_DIRECT_H

#include "core/mm_cursor.h"

/* The table of level 1 that was used last: pages that become tables are often neighbours. */
struct direct_map {
	struct vcpu *v;
	struct cursor table;
	uint64_t number; /* of the table, in the address space */
};

static inline struct direct_map direct_begin(struct vcpu *v)
{
	return (struct direct_map){.v = v, .table.owner = v->domain};
}

static inline void direct_end(struct direct_map *map)
{
	cursor_end(&map->table);
}

/* Make m writable or read-only there. 1: done; 0: it is so already, or may not be; -XEN_ERESTART: a
 * table that was refused half-way is still being let go. */
int direct_change(struct direct_map *map, mfn_t m, bool writable);
/* Of one page alone. */
int mm_alias(struct vcpu *v, mfn_t m, bool writable);

#endif
