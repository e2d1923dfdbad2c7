/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two CPUs at once: pins, unpins, single entries and writable references on the same few frames.
 * Who holds a type must find it unchanged as long as he holds it, and when all is quiet every
 * reference must be explained.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/mm_table.c */
/* SOURCES: hypervisor/core/mm_update_entry.c hypervisor/core/mm_pin.c */
/* SOURCES: hypervisor/core/mm_relinquish.c hypervisor/core/tlb.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/lock.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG -pthread */
#define sched_yield host_sched_yield /* core/ has a function of that name */
#include <pthread.h>
#undef sched_yield
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/frame_internal.h"
#include "core/mm_internal.h"
#include "fake.h"

#define RAM	256
#define FRAMES	8
#define THREADS 3
#define STEPS	400000
#define FLAGS	(PTE_PRESENT | PTE_USER)

static struct domain *d;
static struct frame *frames[FRAMES]; /* all that is fought about */
static uint64_t wrong;

struct player {
	unsigned int cpu;
	unsigned int seed;
	struct vcpu *v;
	uint64_t successes[4];
};

static unsigned int roll(struct player *p, unsigned int n)
{
	return (unsigned int)rand_r(&p->seed) % n;
}

static struct frame *any_frame(struct player *p)
{
	return frames[roll(p, FRAMES)];
}

static uint64_t any_entry(struct player *p)
{
	uint64_t flags = roll(p, 4) ? FLAGS : 0;

	if (!flags)
		return 0;
	return frame_mfn(any_frame(p)).n << PAGE_SHIFT | flags | (roll(p, 2) ? PTE_RW : 0);
}

/* Take any type of any frame, look at it for a while, give it back. */
static void hold_a_type(struct player *p)
{
	static const enum frame_type types[] = {FRAME_L1, FRAME_L2, FRAME_WRITABLE, FRAME_WRITABLE};
	enum frame_type t = types[roll(p, ARRAY_SIZE(types))];
	struct frame *f = any_frame(p);

	if (frame_get_and_type(f, d, t))
		return;
	p->successes[0]++;
	if (t == FRAME_WRITABLE && roll(p, 2)) /* so that it can become a table again */
		memset(machine_map(frame_mfn(f)), 0, PAGE_SIZE);
	for (unsigned int i = roll(p, 200); i; i--)
		if (frame_type_now(f) != t)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	while (frame_put_type(f))
		this_cpu()->budget = 100;
	frame_put(f);
}

static void step(struct player *p)
{
	struct frame *f = any_frame(p);

	this_cpu()->budget = roll(p, 2) ? 100000 : roll(p, 300);
	switch (roll(p, 6)) {
	case 0:
		p->successes[1] += !mm_pin_table(d, frame_mfn(f), FRAME_L1 + roll(p, 2));
		break;
	case 1:
		p->successes[2] += !mm_unpin_table(d, frame_mfn(f));
		break;
	case 2:
		hold_a_type(p);
		break;
	default:
		if (frame_get(f, d)) {
			p->successes[3] += !mm_update_entry(p->v, f, roll(p, 512), any_entry(p),
							    roll(p, 2), d);
			frame_put(f);
		}
	}
}

static void *play(void *arg)
{
	struct player *p = arg;

	fake_cpu_id = p->cpu;
	for (unsigned int i = 0; i < STEPS; i++)
		step(p);
	this_cpu()->budget = INT64_MAX / 2;
	while (mm_finish_partial(p->v))
		;
	return NULL;
}

static void empty_tables(void)
{
	for (unsigned int i = 0; i < FRAMES; i++)
		memset(machine_map(frame_mfn(frames[i])), 0, PAGE_SIZE);
}

static void start_players(struct player *players, unsigned int seed)
{
	pthread_t threads[THREADS];

	for (unsigned int i = 0; i < THREADS; i++) {
		players[i] = (struct player){.cpu = i, .seed = seed + i * 77, .v = fake_vcpu(d)};
		assert_int_equal(pthread_create(&threads[i], NULL, play, &players[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void everything_at_once(void **state)
{
	struct player players[THREADS];

	(void)state;
	fake_start(RAM, THREADS);
	d = fake_domain(1, RAM);
	d->dirty_cpus = 7;
	for (unsigned int i = 0; i < FRAMES; i++)
		frames[i] = domain_alloc_frames(d, 0, ALLOC_ZERO);
	empty_tables();
	start_players(players, 1);
	assert_int_equal(wrong, 0);
	assert_int_equal(fake_audit(NULL, 0), 0);
	for (unsigned int i = 0; i < THREADS; i++) {
		for (unsigned int k = 0; k < 4; k++)
			assert_true(players[i].successes[k]);
		free(players[i].v);
	}
	d->vcpu[0] = NULL;
	d->dying = DOMAIN_DYING;
	while (mm_relinquish(d))
		this_cpu()->budget = 1000;
	assert_int_equal(d->page_count, 0);
	assert_int_equal(frames_free(), RAM);
	domain_put(d);
	fake_stop();
}

/* --- death while another CPU still works on the domain's tables --- */

static uint64_t stop_working;

static void *work_on(void *arg)
{
	struct player *p = arg;

	fake_cpu_id = p->cpu;
	while (!__atomic_load_n(&stop_working, __ATOMIC_RELAXED)) {
		struct frame *f = any_frame(p);

		this_cpu()->budget = roll(p, 300);
		(void)mm_pin_table(d, frame_mfn(f), FRAME_L1 + roll(p, 2));
	}
	return NULL;
}

static void one_death(unsigned int round)
{
	struct player p = {.cpu = 1, .seed = round};
	pthread_t thread;

	d = fake_domain(1, RAM);
	for (unsigned int i = 0; i < FRAMES; i++)
		frames[i] = domain_alloc_frames(d, 0, ALLOC_ZERO);
	for (unsigned int i = 0; i < 512; i++)
		((uint64_t *)machine_map(frame_mfn(frames[0])))[i] =
			frame_mfn(frames[1 + i % (FRAMES - 1)]).n << PAGE_SHIFT | FLAGS;
	stop_working = 0;
	pthread_create(&thread, NULL, work_on, &p);
	for (volatile unsigned int i = 0; i < round * 50; i++)
		;
	__atomic_store_n(&d->dying, DOMAIN_DYING, __ATOMIC_SEQ_CST);
	do
		this_cpu()->budget = rand() % 300;
	while (mm_relinquish(d));
	__atomic_store_n(&stop_working, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(fake_audit(NULL, 0), 0);
	assert_int_equal(frames_free(), RAM);
	domain_put(d);
}

static void death_at_any_moment(void **state)
{
	(void)state;
	fake_start(RAM, 2);
	for (unsigned int round = 0; round < 1500; round++)
		one_death(round);
	fake_stop();
}

/* --- the lock bit of a table, held by another CPU --- */

static uint64_t finished;

static void *put_it(void *arg)
{
	fake_cpu_id = 1;
	(void)frame_put_type(arg);
	__atomic_store_n(&finished, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *write_it(void *arg)
{
	struct player *p = arg;

	fake_cpu_id = 1;
	(void)mm_update_entry(p->v, frames[0], 0, PTE_AVAIL, false, d);
	__atomic_store_n(&finished, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* `other` must not get through while we hold the lock, and must when we let go. */
static void must_wait(void *(*other)(void *), void *arg)
{
	pthread_t thread;

	finished = 0;
	__atomic_fetch_or(&frames[0]->type, FRAME_TYPE_LOCK, __ATOMIC_SEQ_CST);
	pthread_create(&thread, NULL, other, arg);
	usleep(50000);
	assert_int_equal(__atomic_load_n(&finished, __ATOMIC_SEQ_CST), 0);
	assert_int_equal(frame_type_now(frames[0]), FRAME_L1);
	__atomic_fetch_and(&frames[0]->type, ~FRAME_TYPE_LOCK, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
}

static void a_locked_table_stays(void **state)
{
	struct player p = {0};

	(void)state;
	fake_start(RAM, 2);
	d = fake_domain(1, RAM);
	p.v = fake_vcpu(d);
	frames[0] = domain_alloc_frames(d, 0, ALLOC_ZERO);
	assert_int_equal(frame_get_type(frames[0], FRAME_L1), 0);
	must_wait(write_it, &p);
	assert_int_equal(*(uint64_t *)machine_map(frame_mfn(frames[0])), PTE_AVAIL);
	must_wait(put_it, frames[0]);
	assert_int_equal(frame_type_now(frames[0]), FRAME_NONE);
	domain_release_frame(d, frames[0]);
	assert_int_equal(frames_free(), RAM);
	domain_put(d);
	fake_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_locked_table_stays),
		cmocka_unit_test(everything_at_once),
		cmocka_unit_test(death_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
