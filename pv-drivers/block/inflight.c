/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inflight.c: takes requests and answers them so that a kill at any point loses none and answers
 * none twice.
 *
 * Taking: the copy is made, then the slot is busy, then req_cons moves. Killed before the last: a
 * busy slot with number req_cons tells that it was taken. Answering: status and response number,
 * then the slot is answered, then the response goes to the ring. Showing: the intent, then the
 * ring's rsp_prod, then ours, then the slots are freed. Killed in between: rsp_prod on the ring
 * equals the intent exactly when the frontend has seen the responses before it.
 *
 * A busy request is carried out again. That is harmless: its issuer has no answer yet, so nothing
 * newer may rely on its sectors; and the kernel lets no I/O of a dead process go on once it can be
 * waited for. Data: the record in shared memory, one writer. Only stores of one process are ordered
 * here; nobody reads while it lives. The frontend's copy of rsp_prod is its own to spoil.
 */
#include "inflight.h"

#include <string.h>

_Static_assert(sizeof(struct inflight_slot) == 128, "layout outlives the program");
_Static_assert(offsetof(struct inflight, slots) == 64, "layout outlives the program");

#define STORE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELEASE)

void inflight_connect(struct inflight *f, uint32_t ring_ref, uint32_t remote_port, uint32_t index)
{
	inflight_disconnect(f);
	memset(f->slots, 0, sizeof(f->slots));
	f->ring_ref = ring_ref;
	f->remote_port = remote_port;
	f->req_cons = f->rsp_prod = f->rsp_intent = index;
	f->magic = INFLIGHT_MAGIC;
	STORE(f->connected, 1);
}

void inflight_disconnect(struct inflight *f)
{
	STORE(f->connected, 0);
}

bool inflight_matches(const struct inflight *f, uint32_t ring_ref, uint32_t remote_port)
{
	return f->magic == INFLIGHT_MAGIC && f->connected == 1 && f->ring_ref == ring_ref &&
	       f->remote_port == remote_port;
}

int inflight_take(struct inflight *f, struct ring_back *ring)
{
	for (unsigned int i = 0; i < INFLIGHT_SLOTS; i++) {
		struct inflight_slot *s = &f->slots[i];

		if (s->state != INFLIGHT_FREE)
			continue;
		s->req_index = ring->req_cons;
		ring_back_take(ring, &s->raw);
		STORE(s->state, INFLIGHT_BUSY);
		STORE(f->req_cons, ring->req_cons);
		return (int)i;
	}
	return -1;
}

/* What a frontend expects back: of an indirect request, what it asked for indirectly. */
static uint8_t operation_of(const union xen_blkif_sring_entry *raw)
{
	return raw->req.operation == BLKIF_OP_INDIRECT ? raw->indirect.indirect_op
						       : raw->req.operation;
}

static void write_response(struct inflight_slot *s, struct ring_back *ring)
{
	struct xen_blkif_response response;

	memset(&response, 0, sizeof(response));
	response.id = s->raw.req.id;
	response.operation = operation_of(&s->raw);
	response.status = (int16_t)s->status;
	ring_back_answer(ring, &response, sizeof(response));
}

void inflight_answer(struct inflight *f, struct ring_back *ring, unsigned int slot, int status)
{
	struct inflight_slot *s = &f->slots[slot];

	s->status = status;
	s->rsp_index = ring->rsp_prod;
	STORE(s->state, INFLIGHT_ANSWERED);
	write_response(s, ring);
}

bool inflight_push(struct inflight *f, struct ring_back *ring)
{
	bool notify;

	if (ring->rsp_pushed == ring->rsp_prod)
		return false;
	STORE(f->rsp_intent, ring->rsp_prod);
	notify = ring_back_push(ring);
	STORE(f->rsp_prod, ring->rsp_prod);
	for (unsigned int i = 0; i < INFLIGHT_SLOTS; i++)
		if (f->slots[i].state == INFLIGHT_ANSWERED)
			STORE(f->slots[i].state, INFLIGHT_FREE);
	return notify;
}

/* Answered ones were either seen by the frontend or are shown now. */
static void settle_answers(struct inflight *f, struct ring_back *ring)
{
	for (unsigned int i = 0; i < INFLIGHT_SLOTS; i++) {
		struct inflight_slot *s = &f->slots[i];

		if (s->state != INFLIGHT_ANSWERED)
			continue;
		if ((int32_t)(s->rsp_index - f->rsp_prod) < 0)
			STORE(s->state, INFLIGHT_FREE);
	}
	for (unsigned int i = 0; i < INFLIGHT_SLOTS; i++)
		if (f->slots[i].state == INFLIGHT_ANSWERED)
			inflight_answer(f, ring, i, f->slots[i].status);
	inflight_push(f, ring);
}

static unsigned int list_busy(const struct inflight *f, unsigned int order[INFLIGHT_SLOTS])
{
	unsigned int count = 0, at;

	for (unsigned int i = 0; i < INFLIGHT_SLOTS; i++) {
		if (f->slots[i].state != INFLIGHT_BUSY)
			continue;
		for (at = count++; at > 0; at--) {
			if ((int32_t)(f->slots[order[at - 1]].req_index - f->slots[i].req_index) <
			    0)
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
	}
	return count;
}

unsigned int inflight_recover(struct inflight *f, struct ring_back *ring, void *shared,
			      uint32_t bytes, unsigned int order[INFLIGHT_SLOTS])
{
	struct xen_sring *header = shared;

	for (unsigned int i = 0; i < INFLIGHT_SLOTS; i++)
		if (f->slots[i].state == INFLIGHT_BUSY && f->slots[i].req_index == f->req_cons) {
			STORE(f->req_cons, f->req_cons + 1);
			break;
		}
	if (__atomic_load_n(&header->rsp_prod, __ATOMIC_ACQUIRE) == f->rsp_intent)
		STORE(f->rsp_prod, f->rsp_intent);
	else
		STORE(f->rsp_intent, f->rsp_prod);
	ring_back_attach(ring, shared, bytes, sizeof(union xen_blkif_sring_entry), f->req_cons,
			 f->rsp_prod);
	settle_answers(f, ring);
	return list_busy(f, order);
}
