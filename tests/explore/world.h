/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world: two vCPUs, of one domain or of two, each on a CPU of its own, and a few frames.
 * Everything in it that can change lies in places that state_save() knows, so that any state can be
 * brought back, also one in the middle of operations.
 */
#ifndef SHOJI_EXPLORE_WORLD_H
#define SHOJI_EXPLORE_WORLD_H

#include "core/domain.h"
#include "core/frame_internal.h"
#include "core/grant_internal.h"
#include "core/mm_internal.h"

#define RAM_FRAMES    64
#define RAM_FIRST     16
#define FRAMES_MAX    5
#define PLACES_MAX    3
#define NONE	      0xff
#define GRANT_REF     1	    /* the one grant entry that is used */
#define STATE_BYTES   16384 /* at most, with the stacks of both CPUs */
#define BUDGET_PLENTY (INT64_MAX / 2)

enum op_kind {
	PIN,
	UNPIN,
	HOLD,
	DROP,
	UPDATE,
	RELOAD,
	SETREF,
	MAP,
	UNMAP,
	COPY,
	BALLOON,
	CONDEMN,
	KILL,
	END,
	VISIT
};
#define OP(kind) (1u << (kind))

/* An operation that the vCPU in `slot` does, with so much budget. */
struct op {
	uint8_t kind, slot;
	uint8_t frame, index, arg; /* of the world's frames; of the places; per kind */
	uint64_t value;
	int64_t budget;
};

/* What is to be explored. */
struct setup {
	const char *name, *what;
	bool one_domain;	/* both vCPUs are A's; else A's and B's */
	unsigned int frames[2]; /* that A and B have at first */
	uint32_t ops[2];	/* OP(kind) that each slot may do */
	uint32_t targets;	/* bit n: entries may refer to frame n */
	uint32_t tables[2];	/* bit n: the slot may use frame n as a table */
	uint32_t pinned;	/* bit n: frame n is a pinned table of level 1 from the beginning */
	unsigned int places;	/* entries of a table that are used */
	enum frame_type top;	/* highest type of table; 0: no tables */
	bool descriptors;	/* HOLD as a descriptor table, too */
	bool small;		/* part of the quick run */
};

/* A type reference that a vCPU holds, as it does on its page-table root. */
struct hold {
	uint8_t frame, type;
};

#define MAY_READ  1
#define MAY_WRITE 2
#define MAY_WALK  4 /* it knows the frame as a page table */

/* What the world has beside the hypervisor's own records. */
struct extra {
	struct hold hold[2];
	uint8_t tlb[2][FRAMES_MAX]; /* what each CPU may do with the frame by its TLB: MAY_… */
	uint8_t secret[FRAMES_MAX]; /* whose data is in it: domain number + 1, or 0 */
	uint8_t kill_step[2];	    /* of each domain; 0: not begun, KILLED: gone */
	uint32_t handle;	    /* of the mapping that slot 1 has */
	bool mapped;
	uint8_t offered[2]; /* what was offered to the operation that a CPU is in: MAY_… */
};
#define KILL_STEPS 3
#define KILLED	   (KILL_STEPS + 1)

extern const struct setup *setup;
extern struct extra x;
extern struct domain *doms[2];
extern struct vcpu *vcpus[2];
extern struct frame *frames[FRAMES_MAX]; /* the world's */
extern unsigned int frame_count;
extern const unsigned int places[PLACES_MAX];
extern char *ram;

static inline unsigned int slot_dom(unsigned int slot)
{
	return setup->one_domain ? 0 : slot;
}

static inline uint64_t *frame_entry(unsigned int f, unsigned int place)
{
	return (uint64_t *)(void *)(ram + frame_mfn(frames[f]).n * PAGE_SIZE) + places[place];
}

static inline struct active *grant_active(unsigned int d)
{
	return &doms[d]->grants->active[0][GRANT_REF];
}

/* world.c */
void world_start(const struct setup *s);
size_t state_save(char *to);
size_t state_load(const char *from);
/* Of what matters for the future, but for what the CPUs' TLBs know: more is worse. */
uint64_t state_hash(uint64_t *tlb);
uint64_t bytes_hash(const void *at, size_t bytes, uint64_t seed);
unsigned int frame_index(const struct frame *f); /* or NONE */
unsigned int dom_index(const struct domain *d);	 /* or NONE */

/* heap_state.c */
void *heap_state(size_t *bytes);
unsigned int heap_listed(uint8_t *out, unsigned int room); /* canonical: the free blocks */

/* ops.c */
unsigned int ops_list(struct op *out, unsigned int room);
const char *op_text(const struct op *op);
void op_run(const struct op *op);

/* step.c: two CPUs, and operations on them that stop at every point where it matters */
enum ended { POINT, WAITS, DONE, BROKEN };
/* What was touched: one bit per word of the world that is shared. */
struct footprint {
	uint64_t reads, writes;
};
void cpus_clear(void);
void cpu_begin(unsigned int slot, const struct op *op);
/* Go on until the next point that touches what `other` names, at least one step. */
enum ended cpu_go(unsigned int slot, const struct footprint *other);
bool cpu_busy(unsigned int slot);
const struct footprint *cpu_touched(unsigned int slot); /* by the operation, so far */
size_t cpus_save(char *to);
void cpus_load(const char *from);
_Noreturn void cpu_broken(void); /* the operation under way cannot go on */
void cpu_waits(void);
extern unsigned long steps_taken;

/* check.c */
extern const char *wrong; /* what a check found first, or NULL */
extern char wrong_text[200];
void tlb_refill(void);
void check_now(void);	/* what must hold at any moment */
void check_quiet(void); /* what must hold between operations as well: every reference explained */
void check_failed(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
