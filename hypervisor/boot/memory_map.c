/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory map under construction.
 *
 * Duty: a sorted list of pieces without overlaps, whatever order and nonsense the firmware's map
 * has, and the boot program's page allocator on top of it. Data: one struct memory_map of the
 * caller. Pure: it touches none of the memory that it talks about. No lock: one CPU runs the boot
 * program.
 */
#include "boot/memory_map.h"

#define PAGE 4096ULL

static uint64_t end_of(const struct boot_memory *m)
{
	return m->base + m->size;
}

void memory_map_init(struct memory_map *map)
{
	map->count = 0;
	map->overflowed = false;
}

static void insert(struct memory_map *map, unsigned int at, uint64_t base, uint64_t end,
		   uint32_t type)
{
	if (base >= end)
		return;
	if (map->count == MEMORY_MAP_MAX) {
		map->overflowed = true;
		return;
	}
	for (unsigned int i = map->count++; i > at; i--)
		map->entry[i] = map->entry[i - 1];
	map->entry[at] = (struct boot_memory){.base = base, .size = end - base, .type = type};
}

static void remove_at(struct memory_map *map, unsigned int at)
{
	map->count--;
	for (unsigned int i = at; i < map->count; i++)
		map->entry[i] = map->entry[i + 1];
}

static unsigned int first_ending_above(const struct memory_map *map, uint64_t address)
{
	unsigned int i = 0;

	while (i < map->count && end_of(&map->entry[i]) <= address)
		i++;
	return i;
}

static bool joins(const struct boot_memory *a, const struct boot_memory *b)
{
	return end_of(a) == b->base && a->type == b->type;
}

/* Merge the piece at `at` with its neighbours. */
static void merge_around(struct memory_map *map, unsigned int at)
{
	if (at + 1 < map->count && joins(&map->entry[at], &map->entry[at + 1])) {
		map->entry[at].size += map->entry[at + 1].size;
		remove_at(map, at + 1);
	}
	if (at > 0 && at < map->count && joins(&map->entry[at - 1], &map->entry[at])) {
		map->entry[at - 1].size += map->entry[at].size;
		remove_at(map, at);
	}
}

/* Cut [base, end) out of whatever is there; returns the index where a new piece belongs. */
static unsigned int cut(struct memory_map *map, uint64_t base, uint64_t end)
{
	unsigned int i = first_ending_above(map, base);

	if (i < map->count && map->entry[i].base < base) {
		struct boot_memory old = map->entry[i];

		map->entry[i].size = base - old.base;
		i++;
		insert(map, i, end, end_of(&old), old.type);
	}
	while (i < map->count && map->entry[i].base < end) {
		struct boot_memory *m = &map->entry[i];

		if (end_of(m) <= end) {
			remove_at(map, i);
			continue;
		}
		m->size = end_of(m) - end;
		m->base = end;
		break;
	}
	return i;
}

static void replace(struct memory_map *map, uint64_t base, uint64_t end, uint32_t type)
{
	unsigned int at = cut(map, base, end);

	insert(map, at, base, end, type);
	merge_around(map, at);
}

/* RAM goes only where nothing is yet. */
static void fill_holes(struct memory_map *map, uint64_t base, uint64_t end)
{
	while (base < end) {
		unsigned int i = first_ending_above(map, base);
		uint64_t next = i < map->count ? map->entry[i].base : end;
		uint64_t stop = next < end ? next : end;

		if (next <= base) {
			base = end_of(&map->entry[i]);
			continue;
		}
		/* The pieces around may have cut a page. */
		uint64_t from = (base + PAGE - 1) & ~(PAGE - 1), to = stop & ~(PAGE - 1);

		if (from < to) {
			insert(map, i, from, to, BOOT_MEMORY_RAM);
			merge_around(map, i);
			if (map->overflowed)
				return;
		}
		base = stop;
	}
}

/* RAM that shares a page with something else is not usable there. */
static void replace_whole_pages(struct memory_map *map, uint64_t base, uint64_t end, uint32_t type)
{
	unsigned int i = first_ending_above(map, base & ~(PAGE - 1));

	if (i < map->count && map->entry[i].base < base && map->entry[i].type == BOOT_MEMORY_RAM)
		cut(map, base & ~(PAGE - 1), base);
	i = first_ending_above(map, end);
	if (i < map->count && map->entry[i].base <= end && map->entry[i].type == BOOT_MEMORY_RAM)
		cut(map, end, (end + PAGE - 1) & ~(PAGE - 1));
	replace(map, base, end, type);
}

void memory_map_put(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type)
{
	uint64_t end = base + size;

	if (end < base)
		end = ~0ULL & ~(PAGE - 1);
	if (base >= end)
		return;
	if (type == BOOT_MEMORY_RAM)
		fill_holes(map, base, end);
	else
		replace_whole_pages(map, base, end, type);
}

void memory_map_free(struct memory_map *map, uint64_t base, uint64_t size)
{
	uint64_t from = (base + PAGE - 1) & ~(PAGE - 1), to = (base + size) & ~(PAGE - 1);

	if (from < to)
		replace(map, from, to, BOOT_MEMORY_RAM);
}

uint64_t memory_map_take(struct memory_map *map, uint64_t size, uint64_t align, uint64_t limit,
			 uint32_t type)
{
	size = (size + PAGE - 1) & ~(PAGE - 1);
	for (unsigned int i = map->count; size && i-- > 0;) {
		const struct boot_memory *m = &map->entry[i];
		uint64_t end = end_of(m) < limit ? end_of(m) : limit, base;

		if (m->type != BOOT_MEMORY_RAM || m->base >= end || end - m->base < size)
			continue;
		base = (end - size) & ~(align - 1);
		if (base < m->base || base == 0)
			continue;
		replace(map, base, base + size, type);
		return map->overflowed ? 0 : base;
	}
	return 0;
}

uint64_t memory_map_ram_end(const struct memory_map *map)
{
	for (unsigned int i = map->count; i-- > 0;)
		if (boot_memory_is_ram(map->entry[i].type))
			return end_of(&map->entry[i]);
	return 0;
}

bool memory_map_finish(const struct memory_map *map, struct boot_info *info)
{
	if (map->overflowed || map->count > BOOT_MEMORY_MAX)
		return false;
	for (unsigned int i = 0; i < map->count; i++)
		info->memory[i] = map->entry[i];
	info->memory_count = map->count;
	return true;
}
