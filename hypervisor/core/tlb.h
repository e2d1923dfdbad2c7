/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TLB clock: which CPUs may still cache a translation that is gone from the tables.
 *
 * A frame that loses its last type, or its owner, is stamped with a new tick of the clock. A CPU
 * notes the clock just before it reloads CR3, so it has nothing older than that in its TLB. Before
 * a stamped frame gets a new meaning, only the CPUs whose note is older than the stamp are flushed.
 */
#ifndef SHOJI_CORE_TLB_H
#define SHOJI_CORE_TLB_H

#include "core/machine.h"

extern uint64_t tlb_clock;

/* A tick: the entries that the caller removed before it are older. */
static inline uint64_t tlb_stamp(void)
{
	return __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_SEQ_CST);
}

/* This CPU is about to reload CR3, and does nothing else in between. */
static inline void tlb_note_reload(void)
{
	__atomic_store_n(&this_cpu()->tlb_seen, __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST),
			 __ATOMIC_RELEASE);
}

/* No CPU of `cpus` caches guest translations from before `stamp` when it returns. */
void tlb_flush_before(cpumask_t cpus, uint64_t stamp);

#endif
