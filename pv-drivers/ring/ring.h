/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h: both ends of a shared ring (shoji/io/ring.h), for backends and frontends alike.
 *
 * Pure: works on memory and has no idea where it comes from. The peer may write anything to it at
 * any time, so every index is read once, checked against our own counters and never used to find a
 * slot; a slot is copied out whole before anybody looks at it. Counters of ours are kept here, in
 * private memory; those in the shared header are only written, for the peer. No lock: one thread.
 *
 * It may be attached in the middle of a ring's life: a restarted backend says where it stands.
 */
#ifndef SHOJI_RING_RING_H
#define SHOJI_RING_RING_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "shoji/io/ring.h"

struct ring_back {
	struct xen_sring *shared; /* NULL: not attached */
	uint32_t slots;		  /* a power of two */
	uint32_t slot_bytes;
	uint32_t req_cons;   /* requests taken */
	uint32_t rsp_prod;   /* responses written */
	uint32_t rsp_pushed; /* of these, what the frontend was shown */
};

struct ring_front {
	struct xen_sring *shared;
	uint32_t slots;
	uint32_t slot_bytes;
	uint32_t req_prod;   /* requests written */
	uint32_t req_pushed; /* of these, what the backend was shown */
	uint32_t rsp_cons;   /* responses taken */
};

/* How many slots fit: the largest power of two. */
static inline uint32_t ring_slots(uint32_t bytes, uint32_t slot_bytes)
{
	uint32_t fit = (bytes - XEN_SRING_HEADER) / slot_bytes, slots = 1;

	while (slots * 2 <= fit)
		slots *= 2;
	return slots;
}

static inline void *ring_slot(struct xen_sring *shared, uint32_t slots, uint32_t slot_bytes,
			      uint32_t index)
{
	return (uint8_t *)shared + XEN_SRING_HEADER + (size_t)(index & (slots - 1)) * slot_bytes;
}

/* Reads the peer's memory once: what comes after works on the copy. */
static inline void ring_copy(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	__asm__ volatile("" ::: "memory");
}

/* Moves a producer index for all to see; true: the peer asked to be told. */
static inline bool ring_publish(uint32_t *index, const uint32_t *event, uint32_t from, uint32_t to)
{
	uint32_t wanted;

	__atomic_store_n(index, to, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	wanted = __atomic_load_n(event, __ATOMIC_RELAXED);
	return (uint32_t)(to - wanted) < (uint32_t)(to - from);
}

/* --- the backend's half --- */

static inline void ring_back_attach(struct ring_back *r, void *shared, uint32_t bytes,
				    uint32_t slot_bytes, uint32_t req_cons, uint32_t rsp_prod)
{
	r->shared = shared;
	r->slots = ring_slots(bytes, slot_bytes);
	r->slot_bytes = slot_bytes;
	r->req_cons = req_cons;
	r->rsp_prod = r->rsp_pushed = rsp_prod;
}

/* Requests that wait, or -EPROTO: more than an honest frontend can have under way. */
static inline int ring_back_pending(const struct ring_back *r)
{
	uint32_t prod = __atomic_load_n(&r->shared->req_prod, __ATOMIC_ACQUIRE);

	if ((uint32_t)(prod - r->req_cons) > r->slots || (uint32_t)(prod - r->rsp_prod) > r->slots)
		return -EPROTO;
	return (int)(prod - r->req_cons);
}

/* Copies the request `ahead` of the next without taking it; only when so many are pending. */
static inline void ring_back_peek(const struct ring_back *r, uint32_t ahead, void *copy)
{
	ring_copy(copy, ring_slot(r->shared, r->slots, r->slot_bytes, r->req_cons + ahead),
		  r->slot_bytes);
}

static inline void ring_back_take(struct ring_back *r, void *copy)
{
	ring_back_peek(r, 0, copy);
	r->req_cons++;
}

/* Writes a response into the next slot; at most one for each request taken. */
static inline void ring_back_answer(struct ring_back *r, const void *response, size_t bytes)
{
	memcpy(ring_slot(r->shared, r->slots, r->slot_bytes, r->rsp_prod), response, bytes);
	r->rsp_prod++;
}

/* Shows the responses before the frontend is told: a successor would go on behind them. */
static inline void ring_back_show(struct ring_back *r)
{
	__atomic_store_n(&r->shared->rsp_prod, r->rsp_prod, __ATOMIC_RELEASE);
}

/* Shows the responses to the frontend; true: notify it. */
static inline bool ring_back_push(struct ring_back *r)
{
	uint32_t old = r->rsp_pushed;

	if (old == r->rsp_prod)
		return false;
	r->rsp_pushed = r->rsp_prod;
	return ring_publish(&r->shared->rsp_prod, &r->shared->rsp_event, old, r->rsp_prod);
}

/* Asks for an event once so many requests wait; then as ring_back_pending. */
static inline int ring_back_sleep(struct ring_back *r, uint32_t wanted)
{
	__atomic_store_n(&r->shared->req_event, r->req_cons + wanted, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring_back_pending(r);
}

/* --- the frontend's half --- */

static inline void ring_front_init(struct ring_front *r, void *shared, uint32_t bytes,
				   uint32_t slot_bytes)
{
	memset(shared, 0, bytes);
	*r = (struct ring_front){.shared = shared, .slot_bytes = slot_bytes};
	r->slots = ring_slots(bytes, slot_bytes);
	r->shared->req_event = r->shared->rsp_event = 1;
}

static inline bool ring_front_full(const struct ring_front *r)
{
	return r->req_prod - r->rsp_cons >= r->slots;
}

static inline void ring_front_put(struct ring_front *r, const void *request, size_t bytes)
{
	memcpy(ring_slot(r->shared, r->slots, r->slot_bytes, r->req_prod), request, bytes);
	r->req_prod++;
}

/* Shows the requests to the backend; true: notify it. */
static inline bool ring_front_push(struct ring_front *r)
{
	uint32_t old = r->req_pushed;

	if (old == r->req_prod)
		return false;
	r->req_pushed = r->req_prod;
	return ring_publish(&r->shared->req_prod, &r->shared->req_event, old, r->req_prod);
}

/* Responses that wait, or -EPROTO: more than there are requests. */
static inline int ring_front_pending(const struct ring_front *r)
{
	uint32_t prod = __atomic_load_n(&r->shared->rsp_prod, __ATOMIC_ACQUIRE);

	if ((uint32_t)(prod - r->rsp_cons) > (uint32_t)(r->req_pushed - r->rsp_cons))
		return -EPROTO;
	return (int)(prod - r->rsp_cons);
}

static inline void ring_front_take(struct ring_front *r, void *copy, size_t bytes)
{
	ring_copy(copy, ring_slot(r->shared, r->slots, r->slot_bytes, r->rsp_cons), bytes);
	r->rsp_cons++;
}

static inline int ring_front_sleep(struct ring_front *r)
{
	__atomic_store_n(&r->shared->rsp_event, r->rsp_cons + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring_front_pending(r);
}

#endif
