/* SPDX-License-Identifier: GPL-2.0-only */
/* Two guests with page tables on the fake machine, for tests of the hypercalls on them. */
#ifndef SHOJI_TEST_MMU_GUEST_H
#define SHOJI_TEST_MMU_GUEST_H

#include "core/mm.h"
#include "core/mm_internal.h"
#include "fake.h"

#define RAM  1024
#define P    (PTE_PRESENT | PTE_USER)
#define RW   (P | PTE_RW)
#define DATA 12

/* L4[0] -> L3[0] -> L2[0] -> L1[n], which map data frames from entry 0 on; L1[0][100 + n] shows
 * table n read-only. Virtual address of L1[n]'s entry i: */
#define VA(n, i) (((uint64_t)(n) << 21) | (uint64_t)(i) << 12)

struct guest {
	struct domain *d;
	struct vcpu *v;
	struct frame *l4, *l3, *l2, *l1[3], *data[DATA], *spare;
};

extern struct guest *g, *other; /* g's vCPU is current, and runs on its tables */
extern struct frame *held[64];	/* by roots, GDT, LDT */
extern unsigned int held_count;
extern uint64_t again[4]; /* how a call wants to be continued */
extern bool continued;
extern mfn_t ldt[16]; /* what the machine has mapped */

uint64_t entry(const struct frame *f, uint64_t flags);
uint64_t *table(const struct frame *f);
uint64_t address(const struct frame *f, unsigned int index); /* of an entry of it */
struct frame *new_frame(struct domain *d);
void hold(struct frame *f);
void audit(void); /* every reference is explained, with one each on what is held */

int mmu_start(void **state); /* before and after each test */
int mmu_stop(void **state);

static inline uint64_t number(const struct frame *f)
{
	return frame_mfn(f).n;
}

#endif
