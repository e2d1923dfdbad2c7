/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of requests in flight, against a kill after every single instruction.
 *
 * A child plays frontend, backend and disk on shared memory; its parent steps it instruction by
 * instruction. Whenever the memory has changed while the backend was at work, a copy of it is what
 * a kill at that point would have left: on the copy a new backend recovers, carries out what it
 * finds and serves the rest. Each request must get exactly one answer with its own status, and none
 * may be carried out again whose answer the frontend could see already. The child itself loses its
 * backend now and then, so recoveries are interrupted as well.
 */
/* SOURCES: pv-drivers/block/inflight.c */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/inflight.h"

#define REQUESTS 48u
#define PAGE	 4096u

struct world {
	_Alignas(4096) uint8_t page[PAGE];
	struct inflight record;
	struct ring_front front;
	uint32_t issued, answered;
	uint8_t done[REQUESTS], answers[REQUESTS];
	uint32_t backend_at_work, wrong;
};

static struct world *world; /* shared with the child */

/* What the disk says about a request: depends on it alone. */
static int status_for(uint64_t id)
{
	return id % 3 == 0 ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
}

/* --- the frontend --- */

static void issue(struct world *w, unsigned int count)
{
	union xen_blkif_sring_entry raw;

	while (count-- && w->issued < REQUESTS && !ring_front_full(&w->front)) {
		memset(&raw, 0, sizeof(raw));
		raw.req.operation = w->issued % 5 ? BLKIF_OP_WRITE : BLKIF_OP_INDIRECT;
		raw.indirect.indirect_op = BLKIF_OP_READ;
		raw.req.id = w->issued++;
		ring_front_put(&w->front, &raw, sizeof(raw));
	}
	ring_front_push(&w->front);
}

static void consume(struct world *w)
{
	struct xen_blkif_response response;
	int count = ring_front_pending(&w->front);

	if (count < 0)
		w->wrong |= 1;
	while (count-- > 0) {
		ring_front_take(&w->front, &response, sizeof(response));
		if (response.id >= w->issued || response.status != status_for(response.id) ||
		    response.operation != (response.id % 5 ? BLKIF_OP_WRITE : BLKIF_OP_READ)) {
			w->wrong |= 2;
			continue;
		}
		if (w->answers[response.id]++)
			w->wrong |= 4;
		if (!w->done[response.id])
			w->wrong |= 8;
		w->answered++;
	}
}

/* --- the backend --- */

/* Has the frontend been shown an answer to this one? Looks at all that are still on the ring. */
static bool shown(const struct world *w, uint64_t id)
{
	const struct xen_sring *shared = (const struct xen_sring *)w->page;

	if (w->answers[id])
		return true;
	for (uint32_t i = w->front.rsp_cons; i != shared->rsp_prod; i++) {
		const struct xen_blkif_response *r =
			ring_slot((struct xen_sring *)shared, 32, 112, i);

		if (r->id == id)
			return true;
	}
	return false;
}

static void carry_out(struct world *w, struct ring_back *ring, unsigned int slot)
{
	uint64_t id = w->record.slots[slot].raw.req.id;

	if (id >= w->issued || shown(w, id)) {
		w->wrong |= 16;
		return;
	}
	w->done[id] = 1;
	inflight_answer(&w->record, ring, slot, status_for(id));
}

static unsigned int recover(struct world *w, struct ring_back *ring, unsigned int *order)
{
	return inflight_recover(&w->record, ring, w->page, PAGE, order);
}

static void replay(struct world *w, struct ring_back *ring)
{
	unsigned int order[INFLIGHT_SLOTS], count = recover(w, ring, order);

	for (unsigned int i = 0; i < count; i++) {
		if (i && (int32_t)(w->record.slots[order[i]].req_index -
				   w->record.slots[order[i - 1]].req_index) <= 0)
			w->wrong |= 32;
		carry_out(w, ring, order[i]);
	}
	inflight_push(&w->record, ring);
}

/* Takes some, answers some of those in any order, shows them or not. */
static void work(struct world *w, struct ring_back *ring)
{
	int pending = ring_back_pending(ring);

	if (pending < 0)
		w->wrong |= 64;
	while (pending-- > 0 && rand() % 8 && inflight_take(&w->record, ring) >= 0)
		;
	for (unsigned int i = 0; i < 3 * INFLIGHT_SLOTS; i++) {
		unsigned int slot = (unsigned int)rand() % INFLIGHT_SLOTS;

		if (w->record.slots[slot].state == INFLIGHT_BUSY && rand() % 2)
			carry_out(w, ring, slot);
	}
	if (rand() % 4)
		inflight_push(&w->record, ring);
}

/* From whatever a kill has left to the end. */
static void finish(struct world *w)
{
	struct ring_back ring;
	int pending, slot;

	replay(w, &ring);
	for (int round = 0; !w->wrong && w->answered < REQUESTS && round < 100; round++) {
		consume(w);
		issue(w, 32);
		pending = ring_back_pending(&ring);
		while (pending-- > 0 && (slot = inflight_take(&w->record, &ring)) >= 0)
			carry_out(w, &ring, (unsigned int)slot);
		inflight_push(&w->record, &ring);
	}
}

static void begin(struct world *w, uint32_t index)
{
	memset(w, 0, sizeof(*w));
	ring_front_init(&w->front, w->page, PAGE, sizeof(union xen_blkif_sring_entry));
	w->front.req_prod = w->front.req_pushed = w->front.rsp_cons = index;
	w->front.shared->req_prod = w->front.shared->rsp_prod = index;
	inflight_connect(&w->record, 8, 9, index);
}

static void play(struct world *w, unsigned int seed)
{
	struct ring_back ring;

	srand(seed);
	replay(w, &ring);
	while (w->answered < REQUESTS) {
		issue(w, (unsigned int)rand() % 33);
		w->backend_at_work = 1;
		if (rand() % 5)
			work(w, &ring);
		else
			replay(w, &ring); /* it was killed, this is the next one */
		w->backend_at_work = 0;
		consume(w);
	}
}

/* --- the parent --- */

static void check_recovery(const struct world *left)
{
	static struct world copy;

	copy = *left;
	copy.front.shared = (struct xen_sring *)copy.page;
	finish(&copy);
	assert_int_equal(copy.wrong, 0);
	assert_int_equal(copy.answered, REQUESTS);
}

static unsigned int step_through(pid_t pid)
{
	static struct world last;
	unsigned int kills = 0;
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	last = *world;
	while (WIFSTOPPED(status)) {
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!world->backend_at_work || !memcmp(&last, world, sizeof(last)))
			continue;
		last = *world;
		check_recovery(&last);
		kills++;
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return kills;
}

static void kill_everywhere(unsigned int seed, uint32_t index)
{
	unsigned int kills;
	pid_t pid;

	begin(world, index);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		play(world, seed);
		_exit(world->wrong != 0);
	}
	kills = step_through(pid);
	assert_true(kills > 500);
	assert_int_equal(world->answered, REQUESTS);
}

static void test_killed_anywhere(void **state)
{
	(void)state;
	kill_everywhere(1, 0);
	kill_everywhere(2, UINT32_MAX - 50); /* where the indices wrap */
}

static void test_connections(void **state)
{
	static struct inflight f;

	(void)state;
	assert_false(inflight_matches(&f, 0, 0)); /* a new memfd is all zeros */
	inflight_connect(&f, 8, 9, 5);
	assert_true(inflight_matches(&f, 8, 9));
	assert_false(inflight_matches(&f, 8, 10));
	assert_false(inflight_matches(&f, 7, 9));
	inflight_disconnect(&f);
	assert_false(inflight_matches(&f, 8, 9));
}

static void test_no_more_than_slots(void **state)
{
	struct ring_back ring;

	(void)state;
	begin(world, 0);
	recover(world, &ring, (unsigned int[INFLIGHT_SLOTS]){0});
	issue(world, 32);
	for (unsigned int i = 0; i < INFLIGHT_SLOTS; i++)
		assert_true(inflight_take(&world->record, &ring) >= 0);
	assert_int_equal(inflight_take(&world->record, &ring), -1);
	carry_out(world, &ring, 3);
	assert_int_equal(inflight_take(&world->record, &ring), -1); /* not before it is shown */
	assert_true(inflight_push(&world->record, &ring));
	assert_false(inflight_push(&world->record, &ring));
	assert_int_equal(inflight_take(&world->record, &ring), 3);
}

/* A frontend that writes over its indices while the backend is dead harms only itself. */
static void test_spoiled_indices(void **state)
{
	unsigned int order[INFLIGHT_SLOTS];
	struct ring_back ring;

	(void)state;
	for (uint32_t lie = 0; lie < 64; lie++) {
		begin(world, 0);
		recover(world, &ring, order);
		issue(world, 20);
		for (unsigned int i = 0; i < 10; i++)
			inflight_take(&world->record, &ring);
		carry_out(world, &ring, 2);
		world->front.shared->rsp_prod = lie * 0x04000001u;
		assert_int_equal(recover(world, &ring, order), 9);
		assert_int_equal(ring.req_cons, 10);
		assert_int_equal(ring.rsp_prod, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_no_more_than_slots),
		cmocka_unit_test(test_spoiled_indices),
		cmocka_unit_test(test_killed_anywhere),
	};

	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
