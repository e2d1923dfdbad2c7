/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared rings: both halves against each other, across the wrap of the indices, and against liars.
 */
/* SOURCES: none */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ring/ring.h"

#define SLOT 64u

static _Alignas(4096) uint8_t page[4096];
static struct ring_front front;
static struct ring_back back;
static struct xen_sring *shared = (struct xen_sring *)page;

static int setup(void **state)
{
	(void)state;
	ring_front_init(&front, page, sizeof(page), SLOT);
	ring_back_attach(&back, page, sizeof(page), SLOT, 0, 0);
	return 0;
}

/* Both sides have lived for a while: the indices wrap soon. */
static void age(uint32_t index)
{
	front.req_prod = front.req_pushed = front.rsp_cons = index;
	shared->req_prod = shared->rsp_prod = index;
	shared->req_event = shared->rsp_event = index + 1;
	ring_back_attach(&back, page, sizeof(page), SLOT, index, index);
}

static void put(uint32_t value)
{
	uint32_t slot[SLOT / 4] = {value};

	ring_front_put(&front, slot, sizeof(slot));
}

static void test_slots(void **state)
{
	(void)state;
	assert_int_equal(ring_slots(4096, 112), 32);
	assert_int_equal(ring_slots(4096, 8), 256);
	assert_int_equal(ring_slots(4096, 12), 256);
	assert_int_equal(ring_slots(4096, 64), 32);
	assert_int_equal(ring_slots(8192, 112), 64);
}

static void test_there_and_back(void **state)
{
	uint32_t slot[SLOT / 4], taken = 0;

	(void)state;
	age(UINT32_MAX - 40);
	for (uint32_t round = 0; round < 100; round++) {
		uint32_t count = 1 + round % 32;

		for (uint32_t i = 0; i < count; i++)
			put(taken + i);
		assert_int_equal(ring_back_pending(&back), 0);
		assert_true(ring_front_push(&front) || round);
		assert_int_equal(ring_back_pending(&back), count);
		for (uint32_t i = 0; i < count; i++) {
			ring_back_take(&back, slot);
			assert_int_equal(slot[0], taken + i);
			slot[0] = ~slot[0];
			ring_back_answer(&back, slot, 4);
		}
		assert_int_equal(ring_front_pending(&front), 0);
		ring_back_push(&back);
		assert_int_equal(ring_front_pending(&front), count);
		for (uint32_t i = 0; i < count; i++) {
			ring_front_take(&front, slot, sizeof(slot));
			assert_int_equal(slot[0], ~(taken + i));
		}
		assert_int_equal(ring_front_pending(&front), 0);
		taken += count;
	}
}

static void test_full(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 32; i++) {
		assert_false(ring_front_full(&front));
		put(i);
	}
	assert_true(ring_front_full(&front));
}

static void test_events_only_when_asked(void **state)
{
	(void)state;
	put(1);
	assert_true(ring_front_push(&front)); /* a new ring wants the first */
	put(2);
	assert_false(ring_front_push(&front));
	assert_int_equal(ring_back_sleep(&back, 1), 2); /* do not sleep: look */
	back.req_cons = 2;
	assert_int_equal(ring_back_sleep(&back, 1), 0);
	put(3);
	assert_true(ring_front_push(&front));
	assert_false(ring_front_push(&front));

	ring_back_answer(&back, page, 4);
	assert_true(ring_back_push(&back));
	assert_false(ring_back_push(&back));
	ring_back_answer(&back, page, 4);
	assert_false(ring_back_push(&back));
	assert_int_equal(ring_front_sleep(&front), 2);
	front.rsp_cons = 2;
	assert_int_equal(ring_front_sleep(&front), 0);
	ring_back_answer(&back, page, 4);
	assert_true(ring_back_push(&back));
}

static void test_a_frontend_that_lies(void **state)
{
	(void)state;
	age(7);
	shared->req_prod = 7 + 32;
	assert_int_equal(ring_back_pending(&back), 32);
	shared->req_prod = 7 + 33;
	assert_int_equal(ring_back_pending(&back), -EPROTO);
	shared->req_prod = 6; /* backwards */
	assert_int_equal(ring_back_pending(&back), -EPROTO);
	/* ten taken and not answered: 22 slots are left for requests */
	back.req_cons = 17;
	shared->req_prod = 17 + 22;
	assert_int_equal(ring_back_pending(&back), 22);
	shared->req_prod = 17 + 23;
	assert_int_equal(ring_back_pending(&back), -EPROTO);
	/* our own counters are ours, whatever the page says */
	shared->req_prod = 17;
	shared->rsp_prod = 12345;
	shared->req_event = shared->rsp_event = 999;
	assert_int_equal(ring_back_pending(&back), 0);
	ring_back_answer(&back, page, 4);
	ring_back_push(&back);
	assert_int_equal(shared->rsp_prod, 8);
}

static void test_a_backend_that_lies(void **state)
{
	(void)state;
	put(1);
	ring_front_push(&front);
	shared->rsp_prod = 2;
	assert_int_equal(ring_front_pending(&front), -EPROTO);
	shared->rsp_prod = UINT32_MAX;
	assert_int_equal(ring_front_pending(&front), -EPROTO);
	shared->rsp_prod = 1;
	assert_int_equal(ring_front_pending(&front), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_slots, setup),
		cmocka_unit_test_setup(test_there_and_back, setup),
		cmocka_unit_test_setup(test_full, setup),
		cmocka_unit_test_setup(test_events_only_when_asked, setup),
		cmocka_unit_test_setup(test_a_frontend_that_lies, setup),
		cmocka_unit_test_setup(test_a_backend_that_lies, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
