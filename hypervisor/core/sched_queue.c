/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual time and the order of those that wait (sched_queue.h).
 *
 * "Earliest eligible virtual deadline first", after I. Stoica and H. Abdel-Wahab (1995): of those
 * that have not had more than their share, the one whose deadline is the earliest. The tree is
 * sorted by deadline and each node knows the earliest vruntime below it, so that the search goes
 * straight down. Lock: the caller's, over the whole queue.
 */
#include "core/sched_queue.h"

#define LONG_NS (1ULL << 40) /* more than this at a time is not charged: it would not fit */

#define entity_of(n) container_of(n, struct entity, node)

bool entity_before(const struct entity *a, const struct entity *b)
{
	if (a->urgent != b->urgent)
		return a->urgent;
	return vtime_after(b->deadline, a->deadline);
}

static bool node_before(const struct tree_node *a, const struct tree_node *b)
{
	return entity_before(entity_of(a), entity_of(b));
}

static void summarize(struct tree_node *n)
{
	struct entity *e = entity_of(n);

	e->least = entity_start(e);
	e->any = e->cpus;
	e->any_soft = e->soft;
	for (unsigned int side = 0; side < 2; side++) {
		const struct entity *c;

		if (!n->child[side])
			continue;
		c = entity_of(n->child[side]);
		if (vtime_after(e->least, c->least))
			e->least = c->least;
		e->any |= c->any;
		e->any_soft |= c->any_soft;
	}
}

static const struct tree_kind kind = {node_before, summarize};

void queue_init(struct run_queue *q)
{
	*q = (struct run_queue){0};
	tree_init(&q->waiting, &kind);
}

uint64_t vtime_of(nsec_t ran, uint64_t weight)
{
	ran = MIN(ran, LONG_NS);
	return ran / weight * VTIME_SCALE + ran % weight * VTIME_SCALE / weight;
}

nsec_t vtime_inverse(uint64_t step, uint64_t weight)
{
	if (step > UINT64_MAX / weight)
		return LONG_NS;
	return step * weight / VTIME_SCALE;
}

/* The sum of weight * (vruntime - vtime) has become larger by this much; keep `rest` below weight.
 */
static void shift(struct run_queue *q, int64_t moment)
{
	int64_t sum = (int64_t)q->rest + moment, step;

	if (!q->weight) {
		q->rest = 0;
		return;
	}
	step = sum / (int64_t)q->weight;
	if (sum % (int64_t)q->weight < 0)
		step--;
	q->vtime += (uint64_t)step;
	q->rest = (uint64_t)(sum - step * (int64_t)q->weight);
}

static int64_t moment_of(const struct run_queue *q, const struct entity *e)
{
	return (int64_t)(e->vruntime - q->vtime) * (int64_t)e->weight;
}

void queue_join(struct run_queue *q, struct entity *e)
{
	int64_t moment = moment_of(q, e);

	q->weight += e->weight;
	shift(q, moment);
}

void queue_leave(struct run_queue *q, struct entity *e)
{
	int64_t moment = moment_of(q, e);

	q->weight -= e->weight;
	shift(q, -moment);
}

void queue_advance(struct run_queue *q, struct entity *e, nsec_t ran)
{
	uint64_t step = vtime_of(ran, e->weight);

	e->vruntime += step;
	shift(q, (int64_t)(step * e->weight));
}

/* What it is owed, or owes, is weight * distance: the distance changes. The mean does not. */
void queue_set_weight(struct run_queue *q, struct entity *e, uint32_t weight)
{
	int64_t moment = moment_of(q, e);
	uint64_t mean = q->vtime;

	queue_leave(q, e);
	e->weight = weight;
	e->vruntime = mean + (uint64_t)(moment / (int64_t)weight);
	queue_join(q, e);
}

void queue_insert(struct run_queue *q, struct entity *e)
{
	tree_insert(&q->waiting, &e->node);
	q->waiting_count++;
}

void queue_remove(struct run_queue *q, struct entity *e)
{
	tree_remove(&q->waiting, &e->node);
	q->waiting_count--;
}

struct entity *queue_eligible(const struct run_queue *q)
{
	const struct tree_node *n = q->waiting.root;

	while (n) {
		const struct tree_node *first = n->child[0];

		TREE_STEP();
		if (first && !vtime_after(entity_of(first)->least, q->vtime))
			n = first;
		else if (queue_is_eligible(q, entity_of(n)))
			return entity_of(n);
		else
			n = n->child[1];
	}
	return NULL;
}

struct entity *queue_first(const struct run_queue *q)
{
	struct tree_node *n = tree_first(&q->waiting);

	return n ? entity_of(n) : NULL;
}

static bool has(const struct tree_node *n, unsigned int cpu, bool soft)
{
	return n && ((soft ? entity_of(n)->any_soft : entity_of(n)->any) >> cpu & 1);
}

struct entity *queue_first_for(const struct run_queue *q, unsigned int cpu, bool soft)
{
	const struct tree_node *n = q->waiting.root;

	if (!has(n, cpu, soft))
		return NULL;
	for (;;) {
		const struct entity *e = entity_of(n);

		TREE_STEP();
		if (has(n->child[0], cpu, soft))
			n = n->child[0];
		else if ((soft ? e->soft : e->cpus) >> cpu & 1)
			return entity_of(n);
		else
			n = n->child[1];
	}
}
