/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the frame table share, and the inline forms for page-table code. */
#ifndef SHOJI_CORE_FRAME_INTERNAL_H
#define SHOJI_CORE_FRAME_INTERNAL_H

#include "core/domain.h"
#include "core/frame.h"

/* --- frame_heap.c: the buddy allocator --- */
struct frame *heap_take(unsigned int order, unsigned int flags); /* NULL: none */
void heap_give(struct frame *f, unsigned int order);
/* One frame leaves the lists for a moment, and counts as free all the same. False: it is not free.
 */
bool heap_lend(struct frame *f);
void heap_return(struct frame *f);
uint64_t heap_dirty(void); /* free, and not cleared */
#define HEAP_ORDER_MAX 18  /* 1 GiB */

/* --- frame_scrub.c --- */
void scrub_init(void);

/* --- frame_alloc.c --- */
void frame_release(struct frame *f); /* its last reference is gone */
/* A block that nobody reaches any more: flushed out of TLBs; cleared if asked for, or if secret. */
void frame_make_clean(struct frame *f, unsigned int order, bool clear);

static inline enum frame_type type_of(uint64_t word)
{
	return (enum frame_type)((word & FRAME_TYPE_MASK) >> FRAME_TYPE_SHIFT);
}

static inline uint64_t type_word(enum frame_type t)
{
	return (uint64_t)t << FRAME_TYPE_SHIFT;
}

static inline bool type_is_table(enum frame_type t)
{
	return t >= FRAME_L1 && t <= FRAME_L4;
}

static inline bool word_cas(uint64_t *word, uint64_t *expected, uint64_t to)
{
	return __atomic_compare_exchange_n(word, expected, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/* The record of a frame number out of a guest's table, or NULL: not RAM. */
static inline struct frame *ram_frame(uint64_t n)
{
	struct frame *f;

	if (unlikely(n >= frame_max))
		return NULL;
	f = &frame_table[n];
	return likely(f->flags & FRAME_RAM) ? f : NULL;
}

/* frame_get() */
static inline bool ref_take(struct frame *f, const struct domain *owner)
{
	uint64_t x = __atomic_load_n(&f->count, __ATOMIC_RELAXED);

	do {
		if (unlikely(!(x & FRAME_COUNT_MASK)))
			return false;
	} while (unlikely(!word_cas(&f->count, &x, x + 1)));
	if (likely(__atomic_load_n(&f->owner, __ATOMIC_RELAXED) == owner))
		return true;
	frame_put(f);
	return false;
}

/* One more reference on a frame that the caller holds one of. */
static inline void ref_again(struct frame *f)
{
	__atomic_fetch_add(&f->count, 1, __ATOMIC_RELAXED);
}

static inline void ref_drop(struct frame *f)
{
	if (unlikely(!(__atomic_sub_fetch(&f->count, 1, __ATOMIC_SEQ_CST) & FRAME_COUNT_MASK)))
		frame_release(f);
}

/* A type reference where one of that type exists already; false: take the long way. */
static inline bool type_take_again(struct frame *f, enum frame_type t)
{
	uint64_t x = __atomic_load_n(&f->type, __ATOMIC_RELAXED);

	do {
		if ((x & (FRAME_TYPE_MASK | FRAME_TYPE_BUSY | FRAME_TYPE_PARTIAL)) !=
			    type_word(t) ||
		    (uint32_t)x == 0 || (uint32_t)x == UINT32_MAX)
			return false;
	} while (unlikely(!word_cas(&f->type, &x, x + 1)));
	return true;
}

/* The reverse, where others remain; false: take the long way. */
static inline bool type_drop_again(struct frame *f)
{
	uint64_t x = __atomic_load_n(&f->type, __ATOMIC_RELAXED);

	do {
		if (unlikely((x & FRAME_TYPE_BUSY) || (uint32_t)x <= 1))
			return false;
	} while (unlikely(!word_cas(&f->type, &x, x - 1)));
	return true;
}

/* The same for writable mappings, also as the first one if no flush is needed. Never waits. */
static inline bool type_take_writable(struct frame *f)
{
	uint64_t x = __atomic_load_n(&f->type, __ATOMIC_RELAXED), to;

	do {
		if ((x & ~FRAME_TYPE_COUNT) == type_word(FRAME_WRITABLE) &&
		    (uint32_t)x != UINT32_MAX)
			to = x + 1;
		else if (x == type_word(FRAME_NONE))
			to = type_word(FRAME_WRITABLE) | 1;
		else
			return false;
	} while (unlikely(!word_cas(&f->type, &x, to)));
	return true;
}

static inline void type_drop_writable(struct frame *f)
{
	uint64_t x = __atomic_load_n(&f->type, __ATOMIC_RELAXED);

	do {
		if (unlikely((uint32_t)x == 1)) {
			(void)frame_put_type(f); /* stamps it; waits for nobody */
			return;
		}
	} while (unlikely(!word_cas(&f->type, &x, x - 1)));
}

#endif
