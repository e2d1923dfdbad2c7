/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small objects.
 *
 * Duty: hv_alloc() for the hypervisor's own structures. Sizes are rounded up to a power of two; up
 * to 1 KiB they come from slabs, one page each, that begin with a header, so that no object is ever
 * page-aligned; above that they are blocks of whole pages, which always are. Data: per size the
 * list of slabs with room, under LOCK_HEAP (a lock of its own, never held while pages are taken or
 * given back).
 */
#include "core/frame.h"
#include "core/log.h"
#include "core/machine.h"
#include "lib/string.h"

#define SMALLEST_SHIFT 5
#define SIZES	       6 /* 32 bytes to 1 KiB */
#define HEADER_BYTES   64

struct object {
	struct object *next;
};

struct slab {
	struct list link; /* in rooms[size] while an object is free */
	struct object *free;
	unsigned int size_class, used;
};
_Static_assert(sizeof(struct slab) <= HEADER_BYTES, "the header is too large");

static struct {
	struct spinlock lock;
	struct list room[SIZES];
	bool ready;
} slabs = {.lock = SPINLOCK(LOCK_HEAP)};

static void init_once(void)
{
	for (unsigned int i = 0; i < SIZES && !slabs.ready; i++)
		list_init(&slabs.room[i]);
	slabs.ready = true;
}

static unsigned int class_of(size_t bytes)
{
	unsigned int c = 0;

	while (c < SIZES && bytes > 1UL << (c + SMALLEST_SHIFT))
		c++;
	return c;
}

static unsigned int order_of(size_t bytes)
{
	unsigned int order = 0;

	while (order < 52 && bytes > PAGE_SIZE << order)
		order++;
	return order;
}

static struct slab *slab_create(unsigned int c)
{
	struct slab *s = hv_alloc_pages(0);
	size_t size = 1UL << (c + SMALLEST_SHIFT);

	if (!s)
		return NULL;
	s->size_class = c;
	list_init(&s->link);
	for (size_t at = HEADER_BYTES; at + size <= PAGE_SIZE; at += size) {
		struct object *o = (void *)((char *)s + at);

		o->next = s->free;
		s->free = o;
	}
	return s;
}

/* lock held */
static void *take_object(struct slab *s)
{
	struct object *o = s->free;

	s->free = o->next;
	s->used++;
	if (!s->free)
		list_del(&s->link);
	return o;
}

static void *alloc_small(unsigned int c)
{
	struct slab *fresh = NULL;
	void *p = NULL;

	spin_lock(&slabs.lock);
	init_once();
	if (list_empty(&slabs.room[c])) {
		spin_unlock(&slabs.lock);
		fresh = slab_create(c);
		spin_lock(&slabs.lock);
		if (fresh)
			list_add_head(&fresh->link, &slabs.room[c]);
	}
	if (!list_empty(&slabs.room[c]))
		p = take_object(list_first(&slabs.room[c], struct slab, link));
	spin_unlock(&slabs.lock);
	if (p)
		memset(p, 0, 1UL << (c + SMALLEST_SHIFT));
	return p;
}

static void free_small(void *p)
{
	struct slab *s = (void *)((uintptr_t)p & PAGE_MASK);
	struct object *o = p;
	bool empty;

	spin_lock(&slabs.lock);
	ASSERT(s->used);
	if (!s->free)
		list_add_head(&s->link, &slabs.room[s->size_class]);
	o->next = s->free;
	s->free = o;
	empty = --s->used == 0;
	if (empty)
		list_del(&s->link);
	spin_unlock(&slabs.lock);
	if (empty)
		hv_free_pages(s, 0);
}

void *hv_alloc(size_t bytes)
{
	unsigned int c = class_of(bytes);

	return c < SIZES ? alloc_small(c) : hv_alloc_pages(order_of(bytes));
}

void hv_free(void *p)
{
	if (!p)
		return;
	if ((uintptr_t)p % PAGE_SIZE)
		free_small(p);
	else
		hv_free_pages(p, mfn_frame(machine_unmap_addr(p))->order);
}
