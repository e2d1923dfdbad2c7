/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocator of frames, watched: it fails when the program says so, and nobody may touch a frame
 * that is free. The linker puts these in front of hypervisor/core/frame_heap.c.
 */
#include <sanitizer/asan_interface.h>

#include "world.h"

unsigned int fuzz_alloc_in;

struct frame *__real_heap_take(unsigned int order, unsigned int flags);
struct frame *__wrap_heap_take(unsigned int order, unsigned int flags);
void __real_heap_give(struct frame *f, unsigned int order);
void __wrap_heap_give(struct frame *f, unsigned int order);
bool __real_heap_lend(struct frame *f);
bool __wrap_heap_lend(struct frame *f);
void __real_heap_return(struct frame *f);
void __wrap_heap_return(struct frame *f);

static void forbid(struct frame *f, uint64_t count)
{
	__asan_poison_memory_region(machine_map(frame_mfn(f)), count << PAGE_SHIFT);
}

static void allow(struct frame *f, uint64_t count)
{
	__asan_unpoison_memory_region(machine_map(frame_mfn(f)), count << PAGE_SHIFT);
}

void memory_reset(void)
{
	fuzz_alloc_in = 0;
	forbid(&frame_table[FAKE_FIRST], fake.ram_frames);
}

struct frame *__wrap_heap_take(unsigned int order, unsigned int flags)
{
	struct frame *f = NULL;

	if (!fuzz_alloc_in || --fuzz_alloc_in)
		f = __real_heap_take(order, flags);
	if (f)
		allow(f, 1ULL << order);
	return f;
}

void __wrap_heap_give(struct frame *f, unsigned int order)
{
	forbid(f, 1ULL << order);
	__real_heap_give(f, order);
}

bool __wrap_heap_lend(struct frame *f)
{
	bool lent = __real_heap_lend(f);

	if (lent)
		allow(f, 1);
	return lent;
}

void __wrap_heap_return(struct frame *f)
{
	forbid(f, 1);
	__real_heap_return(f);
}
