/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run queue of one CPU: who waits, and virtual time. Pure arithmetic, nothing of vCPUs.
 *
 * Virtual time is service per unit of weight: an entity that runs for t gets t * VTIME_SCALE /
 * weight further. The queue's own time is the mean of all its entities' times, weighed; who is
 * behind it has had less than his share, and only he is eligible. Times wrap: they are compared by
 * difference.
 */
#ifndef SHOJI_CORE_SCHED_QUEUE_H
#define SHOJI_CORE_SCHED_QUEUE_H

#include "lib/tree.h"

#define VTIME_SCALE  (1ULL << 22)
#define WEIGHT_SCALE 256u /* entity.weight of a domain's weight 1, if one vCPU has it all */

struct entity {
	struct tree_node node; /* while it waits */
	uint64_t vruntime;     /* its own virtual time */
	uint64_t deadline;     /* virtual: when its request should have been served */
	uint64_t cpus, soft;   /* CPUs it may run on; those of them it would rather run on */
	uint32_t weight;       /* fixed while it is on a queue, but by queue_set_weight() */
	bool urgent;	       /* goes before those that are not, if it is eligible */
	bool granted;	       /* eligible whatever the queue's time: it was when it came */
	uint64_t least; /* summary: the earliest time that makes it, or one below, eligible */
	uint64_t any, any_soft; /* summary: union of cpus, of soft */
};

struct run_queue {
	struct tree waiting; /* by urgency, then deadline */
	unsigned int waiting_count;
	uint64_t vtime, rest; /* the mean is vtime + rest / weight */
	uint64_t weight;      /* sum, of those that wait and the one that runs */
	uint64_t offset;      /* vtime + offset compares with other queues' */
};

void queue_init(struct run_queue *q);

/* Take part in the queue's time, with e->vruntime as it is; and no longer. */
void queue_join(struct run_queue *q, struct entity *e);
void queue_leave(struct run_queue *q, struct entity *e);
void queue_advance(struct run_queue *q, struct entity *e, nsec_t ran);
void queue_set_weight(struct run_queue *q, struct entity *e, uint32_t weight); /* lag stays */

/* Wait, having joined; and no longer. */
void queue_insert(struct run_queue *q, struct entity *e);
void queue_remove(struct run_queue *q, struct entity *e);

/* Of those that wait: the eligible one that goes first; the first one that may run on CPU `cpu`,
 * or would rather run there. NULL: there is none. */
struct entity *queue_eligible(const struct run_queue *q);
struct entity *queue_first(const struct run_queue *q);
struct entity *queue_first_for(const struct run_queue *q, unsigned int cpu, bool soft);

bool entity_before(const struct entity *a, const struct entity *b); /* who goes first */
uint64_t vtime_of(nsec_t ran, uint64_t weight);			    /* how far that gets */
nsec_t vtime_inverse(uint64_t step, uint64_t weight);		    /* and how long that takes */

static inline bool vtime_after(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

/* From which time of the queue's e may be served. */
static inline uint64_t entity_start(const struct entity *e)
{
	return e->vruntime - (e->granted ? 1ULL << 61 : 0);
}

static inline bool queue_is_eligible(const struct run_queue *q, const struct entity *e)
{
	return !vtime_after(entity_start(e), q->vtime);
}

static inline uint64_t queue_common_time(const struct run_queue *q)
{
	return q->vtime + q->offset;
}

#endif
