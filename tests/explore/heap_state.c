/* SPDX-License-Identifier: GPL-2.0-only */
/* The allocator as it is, and a way to keep and compare its state, which is private to it. */
#include "core/frame_heap.c"
#include "world.h"

void *heap_state(size_t *bytes)
{
	*bytes = sizeof(heap);
	return &heap;
}

/* Blocks in the order of the lists, that is, of what is handed out next. */
unsigned int heap_listed(uint8_t *out, unsigned int room)
{
	unsigned int n = 0;

	for (unsigned int o = 0; o <= HEAP_ORDER_MAX; o++) {
		const struct list *head = &heap.free[ZONE_LOW][o];

		for (const struct list *l = head->next; l != head && n + 2 <= room; l = l->next) {
			out[n++] = (uint8_t)frame_index(container_of(l, struct frame, link));
			out[n++] = (uint8_t)o;
		}
	}
	return n;
}
