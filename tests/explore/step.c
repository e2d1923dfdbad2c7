/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two CPUs that stop where we want: each runs its operation on a stack of its own, and gives way
 * before an atomic step (or a lock) on a word that the other's operation touches, too. The order of
 * steps on words that only one of them touches cannot make a difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tlb.h"
#include "world.h"

#define STACK_BYTES 16384

struct runner {
	void *sp; /* where it stopped; NULL: it has nothing to do */
	struct op op;
	struct footprint touched;
};
static struct runner runners[2];
static char stacks[2][STACK_BYTES] __attribute__((aligned(64)));
static void *explorer_sp;
static unsigned int running = NONE;
static enum ended reason;
static const struct footprint *watched;
unsigned long steps_taken;

/* --- from stack to stack --- */

__attribute__((naked, noinline)) static void switch_stack(void **save, void *load)
{
	(void)save, (void)load;
	__asm__("push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n\t"
		"mov %rsp, (%rdi); mov %rsi, %rsp\n\t"
		"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret");
}

static void give_way(enum ended why)
{
	reason = why;
	switch_stack(&runners[running].sp, explorer_sp);
}

static void begin_here(void)
{
	op_run(&runners[running].op);
	give_way(DONE);
	abort();
}

void cpu_begin(unsigned int slot, const struct op *op)
{
	void **top = (void **)(void *)(stacks[slot] + STACK_BYTES);

	memset(top - 8, 0, 8 * sizeof(*top));
	top[-2] = (void *)begin_here;
	runners[slot] = (struct runner){.sp = top - 8, .op = *op};
	fake_cpus[slot].budget = op->budget;
}

enum ended cpu_go(unsigned int slot, const struct footprint *other)
{
	running = slot;
	fake_cpu_id = slot;
	watched = other;
	switch_stack(&explorer_sp, runners[slot].sp);
	running = NONE;
	if (reason == DONE || reason == BROKEN)
		runners[slot].sp = NULL;
	return reason;
}

bool cpu_busy(unsigned int slot)
{
	return runners[slot].sp;
}

const struct footprint *cpu_touched(unsigned int slot)
{
	return &runners[slot].touched;
}

void cpu_broken(void)
{
	if (running != NONE)
		give_way(BROKEN);
	fprintf(stderr, "explore: panic outside of an operation: %s\n", wrong ? wrong : "");
	abort();
}

void cpu_waits(void)
{
	if (running == NONE)
		abort();
	give_way(WAITS);
}

/* --- states in the middle of operations --- */

void cpus_clear(void)
{
	memset(runners, 0, sizeof(runners));
}

size_t cpus_save(char *to)
{
	char *at = to;

	memcpy(at, runners, sizeof(runners));
	at += sizeof(runners);
	for (unsigned int i = 0; i < 2; i++) {
		const char *sp = runners[i].sp;
		size_t live = sp ? (size_t)(stacks[i] + STACK_BYTES - sp) : 0;

		memcpy(at, sp, live);
		at += live;
		memcpy(at, &fake_cpus[i].budget, sizeof(fake_cpus[i].budget));
		at += sizeof(fake_cpus[i].budget);
	}
	return (size_t)(at - to);
}

void cpus_load(const char *from)
{
	memcpy(runners, from, sizeof(runners));
	from += sizeof(runners);
	for (unsigned int i = 0; i < 2; i++) {
		char *sp = runners[i].sp;
		size_t live = sp ? (size_t)(stacks[i] + STACK_BYTES - sp) : 0;

		memcpy(sp, from, live);
		from += live;
		memcpy(&fake_cpus[i].budget, from, sizeof(fake_cpus[i].budget));
		from += sizeof(fake_cpus[i].budget);
	}
}

/* --- which words are touched --- */

static bool within(const volatile void *at, const void *start, size_t bytes, size_t *offset)
{
	*offset = (size_t)((const volatile char *)at - (const char *)start);
	return (uintptr_t)at >= (uintptr_t)start && *offset < bytes;
}

static unsigned int bit_of_frame(size_t offset)
{
	unsigned int i = frame_index(&frame_table[offset / sizeof(struct frame)]);
	size_t field = offset % sizeof(struct frame);

	if (i == NONE)
		return 63;
	return 4 * i + (field == offsetof(struct frame, count)	? 0
			: field == offsetof(struct frame, type) ? 1
								: 2);
}

static unsigned int bit_of_domain(unsigned int d, size_t offset)
{
	if (offset == offsetof(struct domain, dying))
		return 40 + d;
	return (offset == offsetof(struct domain, page_lock) ? 42 : 44) + d;
}

static unsigned int bit_of(const volatile void *at)
{
	size_t offset;

	if (within(at, frame_table, frame_max * sizeof(struct frame), &offset))
		return bit_of_frame(offset);
	if (within(at, ram, frame_max * PAGE_SIZE, &offset)) {
		unsigned int i = frame_index(&frame_table[offset / PAGE_SIZE]);

		return i == NONE ? 50 : 4 * i + 3; /* 50: grant entries, handles */
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (within(at, doms[i], sizeof(*doms[i]), &offset))
			return bit_of_domain(i, offset);
		if (within(at, doms[i]->grants, sizeof(*doms[i]->grants), &offset))
			return 46 + i;
		if (within(at, &fake_cpus[i], sizeof(fake_cpus[i]), &offset))
			return 48 + i;
	}
	if (at == &tlb_clock)
		return 51;
	return 52; /* the allocator's lock */
}

/* An entry that is about to be written is seen by the processors, too, whoever changes the type of
 * the frame that it refers to: until it is written, they may cache it. */
static uint64_t seen_by_processors(const volatile void *at)
{
	struct frame *f;
	unsigned int i;
	size_t offset;

	if (!within(at, ram, frame_max * PAGE_SIZE, &offset) ||
	    frame_index(&frame_table[offset / PAGE_SIZE]) == NONE)
		return 0;
	f = ram_frame(pte_frame(*(const volatile uint64_t *)at));
	i = f ? frame_index(f) : NONE;
	return i == NONE ? 0 : 1ULL << (4 * i + 1);
}

void explore_point(const volatile void *at, bool writes);
void explore_point(const volatile void *at, bool writes)
{
	uint64_t bit, seen;

	if (running == NONE)
		return;
	if (writes)
		tlb_refill();
	bit = 1ULL << bit_of(at);
	seen = writes ? seen_by_processors(at) : 0;
	if ((bit & (writes ? watched->reads | watched->writes : watched->writes)) ||
	    (seen & watched->writes))
		give_way(POINT);
	steps_taken++;
	runners[running].touched.reads |= seen;
	if (writes)
		runners[running].touched.writes |= bit;
	else
		runners[running].touched.reads |= bit;
}

void __real_spin_lock(struct spinlock *l);
void __wrap_spin_lock(struct spinlock *l);
void __wrap_spin_lock(struct spinlock *l)
{
	explore_point(l, true);
	__real_spin_lock(l);
}
