/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free frames are cleared while a CPU has nothing else to do.
 *
 * Duty: sweeps over all frames that cost busy CPUs next to nothing. One CPU sweeps at a time, the
 * others halt; the allocator's lock is taken only for a frame that is worth it; TLBs are flushed
 * once before a sweep, and frames that were freed later wait for the next one, which does not
 * begin before long. Data: the sweep, under its own lock, which nobody waits for.
 */
#include "core/frame_internal.h"
#include "core/tlb.h"

#define LOOK_AT	  512		    /* frames between two looks for something better to do */
#define PAUSE	  (100 * 1000000LL) /* ns from the end of a sweep to the next */
#define PAUSE_PER 10		    /* of the sweep's own time, if that is more */

static struct sweep {
	struct spinlock lock;
	uint64_t cursor;  /* 0: none is under way */
	uint64_t flushed; /* no TLB knows a frame whose stamp is not newer */
	nsec_t began, next;
} sweep;

void scrub_init(void)
{
	sweep = (struct sweep){.lock = SPINLOCK(LOCK_SCRUB)};
}

static bool begin(void)
{
	nsec_t now = machine_now();

	if (now < sweep.next)
		return false;
	sweep.began = now;
	sweep.flushed = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
	tlb_flush_before(~0ULL, sweep.flushed);
	return true;
}

static void end(void)
{
	nsec_t now = machine_now();

	sweep.cursor = 0;
	sweep.next = now + MAX((nsec_t)PAUSE, PAUSE_PER * (now - sweep.began));
}

/* A guess, for nothing holds it still: free, not cleared, and out of all TLBs. */
static bool worth_it(const struct frame *f)
{
	return (f->flags & (FRAME_RAM | FRAME_ZEROED)) == FRAME_RAM && !f->owner && !f->count &&
	       f->flush_stamp <= sweep.flushed;
}

/* Taken like any other, so that no CPU can still write to it when it counts as cleared. */
static void clear(struct frame *f)
{
	if (!heap_lend(f))
		return;
	if (f->flush_stamp <= sweep.flushed && !(f->flags & FRAME_ZEROED)) {
		frame_make_clean(f, 0, true);
		f->flags |= FRAME_ZEROED;
	}
	heap_return(f);
}

static void go_on(void)
{
	uint64_t stop = MIN(sweep.cursor + LOOK_AT, frame_max);

	while (sweep.cursor < stop) {
		struct frame *f = &frame_table[sweep.cursor++];

		if (worth_it(f)) {
			clear(f);
			return;
		}
	}
}

bool frames_scrub(void)
{
	bool more = false;

	if (!heap_dirty() || !spin_trylock(&sweep.lock))
		return false;
	if (sweep.cursor || begin()) {
		go_on();
		more = sweep.cursor < frame_max && heap_dirty();
		if (!more)
			end();
	}
	spin_unlock(&sweep.lock);
	return more;
}
