/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory map under construction: pieces are put in any order and become a sorted, merged list.
 */
#ifndef SHOJI_BOOT_MEMORY_MAP_H
#define SHOJI_BOOT_MEMORY_MAP_H

#include <stddef.h>

#include "boot/boot_info.h"

#define MEMORY_MAP_MAX 1024

struct memory_map {
	struct boot_memory entry[MEMORY_MAP_MAX];
	unsigned int count;
	bool overflowed; /* something did not fit: the map must not be used */
};

void memory_map_init(struct memory_map *map);

/*
 * Say that [base, base + size) is of this type. Where pieces overlap, the later statement wins, but
 * RAM never replaces anything: firmware maps that contradict themselves are read the careful way.
 * RAM shrinks to whole pages.
 */
void memory_map_put(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type);

/* Like put, but also where `type` is RAM: the piece was something else and is free now. */
void memory_map_free(struct memory_map *map, uint64_t base, uint64_t size);

/* The highest free piece that ends at or below `limit`, turned into `type`; 0: there is none. */
uint64_t memory_map_take(struct memory_map *map, uint64_t size, uint64_t align, uint64_t limit,
			 uint32_t type);

/* End of the highest piece of RAM, in whatever use. */
uint64_t memory_map_ram_end(const struct memory_map *map);

/* Copy into boot_info. False: too many pieces even when merged. */
bool memory_map_finish(const struct memory_map *map, struct boot_info *info);

#endif
