/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One record per machine frame: owner, references, type, type count. The rule that everything rests
 * on: a frame is never at the same time writable by a guest and a page table or descriptor table.
 *
 * Every frame number from a guest passes frame_get() (valid RAM, owner as expected, reference
 * taken) before anything else is done with it.
 */
#ifndef SHOJI_CORE_FRAME_H
#define SHOJI_CORE_FRAME_H

#include "core/lock.h"
#include "lib/list.h"
#include "lib/types.h"

struct domain;

enum frame_type {
	FRAME_NONE, /* no type reference; any type may be taken */
	FRAME_L1,   /* page tables, entries validated, mapped read-only */
	FRAME_L2,
	FRAME_L3,
	FRAME_L4,
	FRAME_SEGDESC,	/* GDT or LDT frame, descriptors validated */
	FRAME_WRITABLE, /* mapped writable somewhere */
};

/* frame.count: bits 0-55 references; flags above. Atomic. */
#define FRAME_ALLOCATED	 (1ULL << 63) /* its owner's page list holds one reference */
#define FRAME_HYPERVISOR (1ULL << 62) /* ours, shared with a guest: freed by us alone */
#define FRAME_COUNT_MASK ((1ULL << 56) - 1)

/* frame.type: bits 0-31 type count, 32-34 enum frame_type, flags. Atomic; the state machine is in
 * core/frame_type.c. At count 0 the last type stays written, until a new one is taken. */
#define FRAME_TYPE_COUNT   0xffffffffULL
#define FRAME_TYPE_SHIFT   32
#define FRAME_TYPE_MASK	   (7ULL << FRAME_TYPE_SHIFT)
#define FRAME_TYPE_BUSY	   (1ULL << 40) /* one CPU checks it, lets it go, or flushes for it */
#define FRAME_TYPE_PARTIAL (1ULL << 41) /* only entries below frame.partial are referenced */
#define FRAME_TYPE_PINNED  (1ULL << 42) /* one type reference is the guest's pin */
#define FRAME_TYPE_LOCK	   (1ULL << 43) /* an entry is being changed (core/mm_update_entry.c) */

/* frame.flags; FOREIGN and DROPPED change atomically */
#define FRAME_RAM     0x01 /* memory of the allocator */
#define FRAME_FREE    0x02 /* first of a free block (LOCK_HEAP) */
#define FRAME_SECRET  0x04 /* was used before: cleared before anybody else sees it */
#define FRAME_ZEROED  0x20 /* free, and cleared in advance (LOCK_HEAP) */
#define FRAME_FOREIGN 0x08 /* was mapped by others than its owner: any CPU may cache that */
#define FRAME_DROPPED 0x10 /* mm_relinquish was here */

struct frame {
	uint64_t count;
	uint64_t type;
	struct domain *owner; /* NULL: free or the hypervisor's alone */
	struct list link;     /* owner's list, or the allocator's */
	uint64_t flush_stamp; /* TLB clock (core/tlb.h) when it last lost a type or its owner */
	uint16_t partial;     /* entries that hold references, while partial */
	uint8_t order;	      /* allocator: of the block that it begins */
	uint8_t flags;
	uint32_t companion; /* of a top-level table: frame of its second one (core/mm_companion.h);
			       0 */
	uint64_t lines; /* of a table: bit i: entries 8i to 8i+7 may hold something; under BUSY or
			   LOCK */
} __attribute__((aligned(64))); /* a cache line, and no multiplication to find one */

/* --- the table --- */
extern struct frame *frame_table; /* indexed by machine frame number */
extern uint64_t frame_max;	  /* first frame number beyond it */

static inline mfn_t frame_mfn(const struct frame *f)
{
	return mfn((uint64_t)(f - frame_table));
}

bool mfn_valid(mfn_t m); /* RAM that has a record */
static inline struct frame *mfn_frame(mfn_t m)
{
	return &frame_table[m.n];
}

/* --- references --- */
bool frame_get(struct frame *f, const struct domain *owner); /* fails unless owned by `owner` */
void frame_put(struct frame *f);			     /* may free it to its owner's budget */
struct frame *frame_get_mfn(mfn_t m, const struct domain *owner); /* the gate; NULL: refused */

/* --- types: 0, -XEN_EINVAL (other type in use), -XEN_ERESTART (preempted, call again; the
 * partial state is kept in the frame) --- */
int frame_get_type(struct frame *f, enum frame_type t);
/* The same while the caller has a table BUSY: never waits for tables of its level or above. */
int frame_get_type_nested(struct frame *f, enum frame_type t);
int frame_put_type(struct frame *f);
void frame_put_type_final(struct frame *f); /* not preemptible: for types without children */
/* Drop a type and a reference at once, without walking the table: what it refers to is let go when
 * the frame is wanted as another type, or by mm_relinquish(). */
void frame_abandon_type(struct frame *f);
int frame_get_and_type(struct frame *f, struct domain *owner, enum frame_type t);
void frame_put_and_type(struct frame *f);
/* Let go of what nobody's half-checked table still refers to: 0 (also: nothing to do), ERESTART. */
int frame_undo_partial(struct frame *f);
/* The type it has, if anybody holds it. */
static inline enum frame_type frame_type_now(const struct frame *f)
{
	uint64_t x = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);

	return x & FRAME_TYPE_COUNT ? (enum frame_type)((x & FRAME_TYPE_MASK) >> FRAME_TYPE_SHIFT)
				    : FRAME_NONE;
}
static inline bool frame_pinned(const struct frame *f)
{
	return __atomic_load_n(&f->type, __ATOMIC_RELAXED) & FRAME_TYPE_PINNED;
}

/* --- allocation (core/frame_alloc.c, buddy; LOCK_HEAP) --- */
#define ALLOC_ZERO    1u
#define ALLOC_BELOW4G 2u
#define ALLOC_FROZEN  4u /* a domain's: frozen (below) */
#define ALLOC_BEYOND  8u /* a domain's, for an exchange: beyond max_pages */
void frames_init(uint64_t max_mfn, void *table_memory);
void frames_add_range(mfn_t start, uint64_t count); /* give RAM to the allocator */
/* For the hypervisor itself: 2^order frames, zeroed; NULL: none left. */
void *hv_alloc_pages(unsigned int order);
int hv_alloc_in_steps(unsigned int order, void **out); /* as domain_alloc_in_steps() */
void hv_free_pages(void *va, unsigned int order);
/* For a domain: charged to max_pages, on its list, each frame with the allocated reference. */
struct frame *domain_alloc_frames(struct domain *d, unsigned int order, unsigned int flags);
/* The same, but a large block is cleared in several calls, while it still is anybody's: 0 and *out,
 * -XEN_ENOMEM, or -XEN_ERESTART: more of it is clear now, call again. */
int domain_alloc_in_steps(struct domain *d, unsigned int order, unsigned int flags,
			  struct frame **out);
/* Drop the allocated reference of a frame d owns: -XEN_EINVAL if it was already dropped. */
int domain_release_frame(struct domain *d, struct frame *f);
/*
 * A frozen frame is still d's, but nobody can get a reference to it. Freezing succeeds where
 * nothing but the list of d's frames refers to it; it ends with a thaw or by giving the frame up
 * for good.
 */
struct frame *domain_freeze_frame(struct domain *d, mfn_t m); /* NULL: it is not d's, or in use */
void domain_thaw_frame(struct domain *d, struct frame *f);
void domain_free_frozen(struct frame *f, unsigned int order); /* a block, all of it frozen */
/* Make a hypervisor page readable/writable to d (shared_info, grant frames): type stays. */
void frame_share(void *va, struct domain *d, bool writable);
void frame_unshare(void *va);
/* Clears a free frame in advance; called while idle. False: there is nothing to do for now. */
bool frames_scrub(void);
uint64_t frames_free(void);
uint64_t frames_total(void);

/* small objects, out of whole frames (core/heap.c) */
void *hv_alloc(size_t bytes); /* zeroed; NULL */
void hv_free(void *p);

#endif
