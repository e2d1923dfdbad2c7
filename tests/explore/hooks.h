/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put before every source of the hypervisor that is explored: before each atomic step of it,
 * another CPU may go on (explore_point; locks have points in machine.c).
 */
#ifndef SHOJI_EXPLORE_HOOKS_H
#define SHOJI_EXPLORE_HOOKS_H

#include <stdbool.h>

void explore_point(const volatile void *at, bool writes);

#define __atomic_load_n(p, ...)	    (explore_point(p, false), __atomic_load_n(p, __VA_ARGS__))
#define __atomic_store_n(p, ...)    (explore_point(p, true), __atomic_store_n(p, __VA_ARGS__))
#define __atomic_exchange_n(p, ...) (explore_point(p, true), __atomic_exchange_n(p, __VA_ARGS__))
#define __atomic_fetch_add(p, ...)  (explore_point(p, true), __atomic_fetch_add(p, __VA_ARGS__))
#define __atomic_fetch_or(p, ...)   (explore_point(p, true), __atomic_fetch_or(p, __VA_ARGS__))
#define __atomic_fetch_and(p, ...)  (explore_point(p, true), __atomic_fetch_and(p, __VA_ARGS__))
#define __atomic_add_fetch(p, ...)  (explore_point(p, true), __atomic_add_fetch(p, __VA_ARGS__))
#define __atomic_sub_fetch(p, ...)  (explore_point(p, true), __atomic_sub_fetch(p, __VA_ARGS__))
#define __atomic_compare_exchange_n(p, ...) \
	(explore_point(p, true), __atomic_compare_exchange_n(p, __VA_ARGS__))

#endif
