/* SPDX-License-Identifier: GPL-2.0-only */
/* What the adversary's parts share: marks, frames that are mapped nowhere, a tree of page tables.
 */
#ifndef SHOJI_BENCH_ADVERSARY_H
#define SHOJI_BENCH_ADVERSARY_H

#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/memory.h"

/* What follows is counted under this name. Marks are numbered from MARK_BASE on, one for each file.
 */
#define MARK	      "\t.byte 0x0f, 0x1f, 0x84, 0x00\n\t.long 0x53480000"
#define MEASURE(what) MEASURE_AS(what, MARK_BASE + __COUNTER__)
#define MEASURE_AS(what, number)                                         \
	do {                                                             \
		enum { id_ = (number) };                                 \
		say("MARK %u %s", id_, what);                            \
		__asm__ volatile(MARK " + %c0" : : "i"(id_) : "memory"); \
	} while (0)
#define DONE() __asm__ volatile(MARK : : : "memory")

#define MANY   512
#define TABLES (3 + MANY)

extern uint64_t frames[4096];
/* L4, L3, L2, and 512 tables of level 1, all entries of which are in use; and what they map */
extern uint64_t tree[TABLES], data[MANY];

struct xen_memory_reservation extents(uint64_t *list, uint64_t n, unsigned int order);
long memory(unsigned int cmd, struct xen_memory_reservation *r);
void take(uint64_t *list, uint64_t n);
void give(uint64_t *list, uint64_t n);
/* Fills a frame of the domain's through a window, so that nothing maps it afterwards: `used`
 * entries with the frames of a list, over and over. */
void fill(uint16_t domain, uint64_t frame, const uint64_t *list, unsigned int n, unsigned int used);
/* The same with descriptors, all in use and each to be checked. */
void fill_descriptors(uint16_t domain, uint64_t frame);
void build_tree(uint16_t domain);

/* A call of event_channel_op. */
static inline long event(unsigned int cmd, void *arg)
{
	return CALL(HYPERCALL_event_channel_op, cmd, arg);
}

#endif
