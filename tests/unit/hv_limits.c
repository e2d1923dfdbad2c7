/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's own lines in the log: so many in a second, then none until the next, and the limit is
 * named once. What a domain is said to use is what it uses.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/mm_table.c */
/* SOURCES: hypervisor/core/mm_update_entry.c hypervisor/core/heap.c hypervisor/core/tlb.c */
/* SOURCES: hypervisor/core/m2p.c hypervisor/core/lock.c hypervisor/core/limits.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/grant.h"
#include "core/limits.h"
#include "core/mm_companion.h"
#include "fake.h"

#define SECOND 1000000000LL

static struct domain *d;
static char said[200];
static unsigned int lines_said;
static struct timer *armed;

void log_line(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(said, sizeof(said), fmt, args);
	va_end(args);
	assert_int_equal(level, LOG_DEBUG);
	lines_said++;
}

void grant_get_usage(struct domain *who, struct grant_usage *out)
{
	assert_ptr_equal(who, d);
	*out = (struct grant_usage){3, 64, 5, 1024};
}

uint32_t evtchn_count(struct domain *who)
{
	assert_ptr_equal(who, d);
	return 7;
}

bool timer_armed(const struct timer *t)
{
	return t == armed;
}

static int begin(void **state)
{
	(void)state;
	fake_start(64, 1);
	d = fake_domain(3, 10);
	spin_init(&d->lock, LOCK_DOMAIN);
	fake.now = 5 * SECOND;
	lines_said = 0;
	armed = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_stop();
	free(d->vcpu[0]);
	free(d);
	return 0;
}

static unsigned int allowed(unsigned int tries)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < tries; i++)
		n += limits_allow_line(d);
	return n;
}

static void so_many_lines_in_a_second(void **state)
{
	(void)state;
	assert_int_equal(allowed(LOG_LINES_PER_SECOND), LOG_LINES_PER_SECOND);
	assert_int_equal(lines_said, 0);
	assert_int_equal(allowed(1000), 0);
	fake.now += SECOND - 1;
	assert_int_equal(allowed(1000), 0);
	assert_int_equal(lines_said, 1);
	assert_string_equal(said, "domain 3: it has reached its limit of lines in the log per "
				  "second: 256");
	fake.now += 1;
	assert_int_equal(allowed(1000), LOG_LINES_PER_SECOND);
	fake.now += 100 * SECOND; /* nothing is saved up */
	assert_int_equal(allowed(1000), LOG_LINES_PER_SECOND);
	assert_int_equal(lines_said, 1);
}

static struct shoji_use use(unsigned int kind)
{
	struct shoji_limits l;

	memset(&l, 0xff, sizeof(l));
	limits_get(d, &l);
	for (unsigned int i = SHOJI_NR_LIMITS; i < ARRAY_SIZE(l.use); i++)
		assert_true(!l.use[i].used && !l.use[i].limit);
	return l.use[kind];
}

static void expect_use(unsigned int kind, uint64_t used, uint64_t limit)
{
	struct shoji_use u = use(kind);

	assert_int_equal(u.used, used);
	assert_int_equal(u.limit, limit);
}

static void what_is_used(void **state)
{
	struct vcpu *v = fake_vcpu(d);

	(void)state;
	d->evtchn.limit = 1024;
	d->grants = (struct grant_table *)d; /* any */
	d->max_vcpus = 2;
	assert_non_null(domain_alloc_frames(d, 1, 0));
	expect_use(SHOJI_LIMIT_memory, 2, 10);
	expect_use(SHOJI_LIMIT_vcpus, 1, 2);
	expect_use(SHOJI_LIMIT_event_channels, 7, 1023);
	expect_use(SHOJI_LIMIT_grant_frames, 3, 64);
	expect_use(SHOJI_LIMIT_maptrack, 5, 1024);
	expect_use(SHOJI_LIMIT_timers, 0, 6);
	armed = &v->periodic;
	expect_use(SHOJI_LIMIT_timers, 1, 6);
	expect_use(SHOJI_LIMIT_log_lines, 0, 256);
	assert_int_equal(allowed(4), 4);
	expect_use(SHOJI_LIMIT_log_lines, 4, 256);
	fake.now += SECOND;
	expect_use(SHOJI_LIMIT_log_lines, 0, 256);
	d->privileged = true;
	expect_use(SHOJI_LIMIT_log_lines, 0, 0);
	d->companions = 3;
	expect_use(SHOJI_LIMIT_top_tables, 0, 0);
	mm_isolation = true;
	expect_use(SHOJI_LIMIT_top_tables, 3, 64 + 10 / 8);
	mm_isolation = false;
}

static void more_memory_than_allowed_is_named_once(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		assert_non_null(domain_alloc_frames(d, 0, 0));
	assert_int_equal(lines_said, 0);
	assert_null(domain_alloc_frames(d, 0, 0));
	assert_string_equal(said, "domain 3: it has reached its limit of memory, in frames: 10");
	assert_null(domain_alloc_frames(d, 0, 0));
	assert_int_equal(lines_said, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(so_many_lines_in_a_second, begin, end),
		cmocka_unit_test_setup_teardown(what_is_used, begin, end),
		cmocka_unit_test_setup_teardown(more_memory_than_allowed_is_named_once, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
