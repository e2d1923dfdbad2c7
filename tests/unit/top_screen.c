/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen of `shoji top`: ncurses draws on a terminal that nobody sees. Each time the program
 * asks for a new sample the test looks at what is on the screen, and says which key comes next.
 */
/* SOURCES: dom0-tools/top/rates.c dom0-tools/top/screen.c dom0-tools/lib/failure.c */
/* LIBS: -lncursesw -ltinfo */
#include <fcntl.h>
#include <ncurses.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "failure.h"
#include "top/top.h"

#define SAMPLES 12

static char seen[SAMPLES][50][201]; /* the screen when sample i was asked for */
static int seen_lines[SAMPLES];
static const int *keys; /* one per sample, 0 at the end */
static unsigned int samples, domains, fails_at;

static void look(unsigned int sample)
{
	if (!stdscr || !sample)
		return;
	seen_lines[sample] = LINES;
	for (int y = 0; y < LINES; y++)
		mvwinnstr(stdscr, y, 0, seen[sample][y], 200);
}

static void press(int key)
{
	if (key == KEY_RESIZE)
		resizeterm(20, 60); /* puts the key into the queue, too */
	else
		ungetch(key);
}

int top_take_sample(struct hv *hv, struct store_client *store, struct top_sample *s,
		    struct failure *f)
{
	(void)hv;
	(void)store;
	assert_true(samples < SAMPLES);
	look(samples);
	if (samples == fails_at)
		return fail_set(f, FAIL_HYPERVISOR, "read", NULL, NULL, "it is gone");
	s->at_ns = 1000000000ULL * (samples + 1);
	s->cpus = 2;
	s->total_kib = 4096 << 10;
	s->free_kib = 1024 << 10;
	s->count = domains;
	for (unsigned int i = 0; i < domains; i++) {
		struct top_counters *c = &s->domains[i];

		*c = (struct top_counters){.domid = (uint16_t)i, .state = "running", .vcpus = 1};
		snprintf(c->name, sizeof(c->name), "guest%u", i);
		c->memory_kib = (100 + i) << 10;
		c->cpu_ns = 10000000ULL * (domains - i) * samples;
		c->disk_read = 1048576ULL * i * samples;
	}
	press(keys[samples] ? keys[samples] : 'q');
	samples++;
	return 0;
}

/* Runs it with these keys; 0 or -1. What it writes to the terminal is of no interest here. */
static int show(unsigned int with_domains, const int *with_keys, unsigned int failing)
{
	struct top_options options = {.delay_ms = 1000, .order = TOP_BY_CPU};
	int out = dup(STDOUT_FILENO), nothing = open("/dev/null", O_RDWR), rc;
	struct failure f;

	domains = with_domains;
	keys = with_keys;
	fails_at = failing;
	samples = 0;
	memset(seen, 0, sizeof(seen));
	fflush(stdout);
	dup2(nothing, STDOUT_FILENO);
	rc = top_screen(NULL, NULL, options, &f);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(nothing);
	return rc;
}

static void assert_line(unsigned int sample, int y, const char *text)
{
	if (!strstr(seen[sample][y], text))
		fail_msg("line %d is '%s', without '%s'", y, seen[sample][y], text);
}

static void rows_and_rates(void **state)
{
	static const int k[] = {' ', ' ', 'q', 0};

	(void)state;
	assert_int_equal(show(3, k, SAMPLES), 0);
	assert_int_equal(samples, 3);
	assert_line(2, 0, "3 domains, 2 CPUs 3% busy, memory 1024 of 4096 MiB free");
	assert_line(2, 1, "sorted by cpu");
	assert_line(2, 2, "ID NAME");
	assert_line(2, 3, "0 guest0               running      3.0     100     1");
	assert_line(2, 5, "2 guest2               running      1.0     102     1    2.0M");
	assert_line(2, seen_lines[2] - 1, "q leave");
}

static void keys_sort(void **state)
{
	static const int k[] = {' ', 'm', 'd', 'a', 'i', 'n', 'c', 'q', 0};
	static const char *const order[] = {"memory", "disk", "name", "id", "net", "cpu"};
	static const char *const first[] = {"guest2", "guest2", "guest0",
					    "guest0", "guest0", "guest0"};

	(void)state;
	assert_int_equal(show(3, k, SAMPLES), 0);
	assert_int_equal(samples, 8);
	for (unsigned int i = 0; i < 6; i++) {
		assert_line(i + 2, 1, order[i]);
		assert_line(i + 2, 3, first[i]);
	}
}

static void many_domains_scroll(void **state)
{
	static const int k[] = {' ', 'i', KEY_DOWN, KEY_NPAGE, KEY_PPAGE, KEY_UP, KEY_UP, 'q', 0};

	(void)state;
	assert_int_equal(show(40, k, SAMPLES), 0);
	assert_line(2, 3, "guest0 ");
	assert_line(3, 3, "guest1 ");
	assert_line(4, 3, "guest11 ");
	assert_line(5, 3, "guest1 ");
	assert_line(7, 3, "guest0 ");
}

static void scrolling_ends_with_the_list(void **state)
{
	static const int k[] = {' ', 'i', KEY_NPAGE, KEY_NPAGE, KEY_NPAGE, KEY_NPAGE, 'q', 0};

	(void)state;
	assert_int_equal(show(40, k, SAMPLES), 0);
	assert_line(6, seen_lines[6] - 2, "guest39 ");
}

static void delay_and_resize(void **state)
{
	static const int k[] = {' ', '+', '-', '-', KEY_RESIZE, 'q', 0};

	(void)state;
	assert_int_equal(show(40, k, SAMPLES), 0);
	assert_line(2, 1, "every 2.0 s");
	assert_line(3, 1, "every 1.0 s");
	assert_line(4, 1, "every 0.5 s");
	assert_int_equal(seen_lines[5], 20);
	assert_line(5, 18, "guest15 ");
	assert_line(5, 2, "VCPUS");
	assert_null(strstr(seen[5][2], "OUT/s")); /* no room for it */
}

static void a_failure_ends_it(void **state)
{
	static const int k[] = {' ', ' ', ' ', 0};

	(void)state;
	assert_int_equal(show(1, k, 2), -1);
	assert_int_equal(show(1, k, 0), -1);
}

static int terminal(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	setenv("LINES", "24", 1);
	setenv("COLUMNS", "100", 1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_rates),
		cmocka_unit_test(keys_sort),
		cmocka_unit_test(many_domains_scroll),
		cmocka_unit_test(scrolling_ends_with_the_list),
		cmocka_unit_test(delay_and_resize),
		cmocka_unit_test(a_failure_ends_it),
	};

	return cmocka_run_group_tests_name("top_screen", tests, terminal, NULL);
}
