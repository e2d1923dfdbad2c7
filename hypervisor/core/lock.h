/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spinlocks: fair (tickets), ranked, and never taken in an interrupt's shadow, because hypervisor
 * code runs with interrupts off throughout (see machine.h). A CPU that spins answers TLB-flush
 * requests of other CPUs by machine_relax(), so a holder may flush while others wait for its lock.
 *
 * The one lock order. A CPU holding a lock of rank r may only take locks of higher rank; debug
 * builds check it, and that none is held on return to a guest.
 */
#ifndef SHOJI_CORE_LOCK_H
#define SHOJI_CORE_LOCK_H

#include "lib/types.h"

enum lock_rank {
	LOCK_DOMLIST = 1, /* hv.domain_lock: the list of domains, creation and removal */
	LOCK_DOMAIN,	  /* domain.lock: limits, settings, vCPU creation, pause counts */
	LOCK_GRANT,	  /* grant_table.lock; two at once: lower domain id first */
	LOCK_EVTCHN,	  /* domain.evtchn.lock; two at once: lower domain id first */
	LOCK_IRQ,	  /* interrupt routing */
	LOCK_SCRUB,	  /* the sweep over free frames; only tried */
	LOCK_FRAME,	  /* a page table's lock bit in its frame; lower level tables last */
	LOCK_DOMPAGES,	  /* domain.page_lock: the list of a domain's frames, totals */
	LOCK_HEAP,	  /* the frame allocator */
	LOCK_RUNQ,	  /* a CPU's run queue; a second one is only tried */
	LOCK_CAP,	  /* domain.sched.cap: what is left of a domain's cap */
	LOCK_TIMER,	  /* a CPU's timer queue */
	LOCK_CLOCK,	  /* the reference counter's anchor (core/clock.c) */
	LOCK_CONSOLE,	  /* log ring and UART: anyone may log while holding anything */
};

struct spinlock {
	uint16_t next, owner; /* tickets */
	uint8_t rank;	      /* enum lock_rank */
	uint8_t holder;	      /* CPU number + 1 of the holder, for debug builds and panic */
};

#define SPINLOCK(r) ((struct spinlock){.rank = (r)})

void spin_init(struct spinlock *l, enum lock_rank rank);
void spin_lock(struct spinlock *l);
bool spin_trylock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
/* Two locks of one rank, in the order of `a_first`; a and b may be the same lock. */
void spin_lock_pair(struct spinlock *a, struct spinlock *b, bool a_first);
void spin_unlock_pair(struct spinlock *a, struct spinlock *b);
/* Debug builds: panic if this CPU holds a lock. Called on every way back to a guest. */
void locks_assert_none(void);

#endif
