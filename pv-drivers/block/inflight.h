/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inflight.h: the memory of a backend that outlives it: which requests it has taken from the ring
 * and not answered yet. It lies in a memfd that the supervisor keeps; the process may be killed
 * between any two stores. See inflight.c for the order that makes this safe.
 */
#ifndef SHOJI_BLOCK_INFLIGHT_H
#define SHOJI_BLOCK_INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring/ring.h"
#include "shoji/io/blkif.h"

#define INFLIGHT_MAGIC 0x53484f4a49424c31ULL
#define INFLIGHT_SLOTS 32u

enum inflight_state {
	INFLIGHT_FREE,
	INFLIGHT_BUSY,	   /* taken; maybe carried out, maybe in part, maybe not */
	INFLIGHT_ANSWERED, /* carried out; its response is number rsp_index */
};

struct inflight_slot {
	uint32_t state;
	uint32_t req_index; /* its number on the ring */
	uint32_t rsp_index;
	int32_t status;
	union xen_blkif_sring_entry raw; /* as it was taken */
};

struct inflight {
	uint64_t magic;	    /* else all of it is new */
	uint32_t connected; /* the rest belongs to the ring of ... */
	uint32_t ring_ref;
	uint32_t remote_port;
	uint32_t req_cons;   /* requests taken */
	uint32_t rsp_prod;   /* responses shown to the frontend, at least */
	uint32_t rsp_intent; /* ... or this many, if the ring says so */
	uint32_t pad[8];
	struct inflight_slot slots[INFLIGHT_SLOTS];
};

/* A record for a new connection, at these indices of its ring. */
void inflight_connect(struct inflight *f, uint32_t ring_ref, uint32_t remote_port, uint32_t index);
void inflight_disconnect(struct inflight *f);
/* Is there a record of this very connection? */
bool inflight_matches(const struct inflight *f, uint32_t ring_ref, uint32_t remote_port);

/*
 * Settles what a killed process left half done and attaches the ring where it stood. Afterwards
 * slots are free or busy; busy ones are to be carried out again, in the order of `order`, which
 * gets their numbers; returns how many.
 */
unsigned int inflight_recover(struct inflight *f, struct ring_back *ring, void *shared,
			      uint32_t bytes, unsigned int order[INFLIGHT_SLOTS]);

/* Takes the next request off the ring; the slot's number, or -1 when all slots are busy. */
int inflight_take(struct inflight *f, struct ring_back *ring);

/* Writes the response of a busy slot; inflight_push shows it. */
void inflight_answer(struct inflight *f, struct ring_back *ring, unsigned int slot, int status);

/* Shows all responses to the frontend and frees their slots; true: notify it. */
bool inflight_push(struct inflight *f, struct ring_back *ring);

#endif
