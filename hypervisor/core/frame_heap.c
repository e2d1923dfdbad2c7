/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame allocator: buddies.
 *
 * Duty: naturally aligned blocks of 2^order frames out of all RAM, from two zones (below 4 GiB and
 * the rest, which is preferred). Data: free lists per zone and order through struct frame.link; the
 * first frame of a free block carries FRAME_FREE and the block's order. LOCK_HEAP guards all. It
 * neither clears frames nor flushes TLBs, and knows no owners: see frame_alloc.c. It knows which
 * free frames were cleared, and lends a certain one to frame_scrub.c.
 */
#include "core/frame_internal.h"
#include "core/log.h"
#include "lib/string.h"

#define LOW_LIMIT (1ULL << (32 - PAGE_SHIFT)) /* first frame at 4 GiB */
enum zone { ZONE_HIGH, ZONE_LOW, ZONES };

struct frame *frame_table;
uint64_t frame_max;

static struct heap {
	struct spinlock lock;
	struct list free[ZONES][HEAP_ORDER_MAX + 1];
	uint64_t free_frames, total_frames;
	uint64_t lent_frames;  /* free, but just out to be cleared */
	uint64_t dirty_frames; /* of the free ones, without FRAME_ZEROED */
} heap = {.lock = SPINLOCK(LOCK_HEAP)};

static enum zone zone_of(uint64_t n)
{
	return n < LOW_LIMIT ? ZONE_LOW : ZONE_HIGH;
}

void frames_init(uint64_t max_mfn, void *table_memory)
{
	frame_table = table_memory;
	frame_max = max_mfn;
	memset(table_memory, 0, max_mfn * sizeof(struct frame));
	heap.free_frames = heap.total_frames = heap.dirty_frames = heap.lent_frames = 0;
	scrub_init();
	for (unsigned int z = 0; z < ZONES; z++)
		for (unsigned int o = 0; o <= HEAP_ORDER_MAX; o++)
			list_init(&heap.free[z][o]);
}

static void put_block(struct frame *f, unsigned int order)
{
	f->flags |= FRAME_FREE;
	f->order = (uint8_t)order;
	list_add_head(&f->link, &heap.free[zone_of(frame_mfn(f).n)][order]);
}

static void take_block(struct frame *f)
{
	f->flags &= (uint8_t)~FRAME_FREE;
	list_del(&f->link);
}

/* The free block that makes one of the next order together with the block at f; or NULL. */
static struct frame *free_buddy(const struct frame *f, unsigned int order)
{
	struct frame *buddy = ram_frame(frame_mfn(f).n ^ (1ULL << order));

	return buddy && (buddy->flags & FRAME_FREE) && buddy->order == order ? buddy : NULL;
}

static uint64_t count_dirty(const struct frame *f, unsigned int order)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < 1ULL << order; i++)
		n += !(f[i].flags & FRAME_ZEROED);
	return n;
}

static void give_locked(struct frame *f, unsigned int order)
{
	struct frame *buddy;

	heap.free_frames += 1ULL << order;
	heap.dirty_frames += count_dirty(f, order);
	while (order < HEAP_ORDER_MAX && (buddy = free_buddy(f, order))) {
		take_block(buddy);
		f = MIN(f, buddy);
		order++;
	}
	put_block(f, order);
}

void heap_give(struct frame *f, unsigned int order)
{
	spin_lock(&heap.lock);
	ASSERT(!(f->flags & FRAME_FREE));
	give_locked(f, order);
	spin_unlock(&heap.lock);
}

void frames_add_range(mfn_t start, uint64_t count)
{
	uint64_t n = start.n, end = start.n + count;

	for (uint64_t i = n; i < end; i++)
		frame_table[i].flags = FRAME_RAM;
	spin_lock(&heap.lock);
	heap.total_frames += count;
	while (n < end) {
		unsigned int order = n ? (unsigned int)__builtin_ctzll(n) : HEAP_ORDER_MAX;

		order = MIN(order, (unsigned int)HEAP_ORDER_MAX);
		while (n + (1ULL << order) > end)
			order--;
		give_locked(&frame_table[n], order);
		n += 1ULL << order;
	}
	spin_unlock(&heap.lock);
}

static struct frame *take_from(enum zone z, unsigned int order)
{
	unsigned int o = order;
	struct frame *f;

	while (o <= HEAP_ORDER_MAX && list_empty(&heap.free[z][o]))
		o++;
	if (o > HEAP_ORDER_MAX)
		return NULL;
	f = list_first(&heap.free[z][o], struct frame, link);
	take_block(f);
	while (o > order) {
		o--;
		put_block(f + (1ULL << o), o);
	}
	heap.free_frames -= 1ULL << order;
	heap.dirty_frames -= count_dirty(f, order);
	return f;
}

struct frame *heap_take(unsigned int order, unsigned int flags)
{
	struct frame *f = NULL;

	if (order > HEAP_ORDER_MAX)
		return NULL;
	spin_lock(&heap.lock);
	if (!(flags & ALLOC_BELOW4G))
		f = take_from(ZONE_HIGH, order);
	if (!f)
		f = take_from(ZONE_LOW, order);
	if (f)
		f->order = (uint8_t)order;
	spin_unlock(&heap.lock);
	return f;
}

/* --- a certain frame --- */

/* The free block that f lies in, or NULL. */
static struct frame *block_of(const struct frame *f)
{
	uint64_t n = frame_mfn(f).n;

	for (unsigned int o = 0; o <= HEAP_ORDER_MAX; o++) {
		struct frame *head = &frame_table[n >> o << o];

		if ((head->flags & FRAME_FREE) && head->order >= o)
			return head;
	}
	return NULL;
}

/* One frame out of the middle of a free block. */
static void take_out(struct frame *head, struct frame *f)
{
	unsigned int order = head->order;

	take_block(head);
	while (order--) {
		struct frame *half = head + (1ULL << order);

		if (f >= half) {
			put_block(head, order);
			head = half;
		} else {
			put_block(half, order);
		}
	}
	heap.free_frames--;
	heap.dirty_frames -= count_dirty(f, 0);
	f->order = 0;
}

bool heap_lend(struct frame *f)
{
	struct frame *head;

	spin_lock(&heap.lock);
	head = block_of(f);
	if (head) {
		take_out(head, f);
		heap.lent_frames++;
	}
	spin_unlock(&heap.lock);
	return head != NULL;
}

void heap_return(struct frame *f)
{
	spin_lock(&heap.lock);
	heap.lent_frames--;
	give_locked(f, 0);
	spin_unlock(&heap.lock);
}

uint64_t heap_dirty(void)
{
	return __atomic_load_n(&heap.dirty_frames, __ATOMIC_RELAXED);
}

/* --- */

uint64_t frames_free(void)
{
	uint64_t n;

	spin_lock(&heap.lock);
	n = heap.free_frames + heap.lent_frames;
	spin_unlock(&heap.lock);
	return n;
}

uint64_t frames_total(void)
{
	return heap.total_frames;
}

bool mfn_valid(mfn_t m)
{
	return ram_frame(m.n) != NULL;
}
