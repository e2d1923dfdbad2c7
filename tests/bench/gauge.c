/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gauge [NAME[,NAME…]]: run the named benchmarks (or all) and mark where each begins and ends, for
 * the counting plugin (count.c). Each runs a tenth of its times first, unmarked.
 *
 * As first program of a guest (rdinit=) it takes the names from the variable "gauge" of the
 * kernel's command line and powers off at the end. Static, needs nothing but /dev/zero and
 * /dev/null.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "gauge.h"
#include "marks.h"

MARK_TABLE(digits, 0x200, 16);
MARK_TABLE(ready, 0x300, 1);
MARK_TABLE(begins, 0x1000, 64);
MARK_TABLE(ends, 0x2000, 64);

void gauge_fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Hands a number to the plugin. */
static void say_value(uint64_t value)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		mark_from(digits, value >> shift & 15);
}

static uint64_t run_once(const struct gauge *g, unsigned int times, int marked)
{
	uint64_t value;

	if (g->prepare)
		g->prepare();
	if (marked) {
		say_value((uint64_t)times * (g->operations ? g->operations : 1));
		mark_from(begins, g->id);
	}
	value = g->run(times);
	if (marked) {
		if (value)
			say_value(value);
		mark_from(ends, g->id);
	}
	if (g->finish)
		g->finish();
	return value;
}

/* Is the name in the list (separated by commas; no list means all)? */
static int is_wanted(const char *list, const char *name)
{
	size_t n = strlen(name);

	if (!list || !*list)
		return 1;
	for (const char *p = list; (p = strstr(p, name)); p += n)
		if ((p == list || p[-1] == ',') && (!p[n] || p[n] == ','))
			return 1;
	return 0;
}

static void run_table(const struct gauge *g, const char *list)
{
	for (; g->name; g++) {
		if (!is_wanted(list, g->name))
			continue;
		run_once(g, g->times / 10 ? g->times / 10 : 1, 0);
		run_once(g, g->times, 1);
	}
}

int main(int argc, char **argv)
{
	int first = getpid() == 1;
	const char *list = first ? getenv("gauge") : argv[1];

	if (argc == 2 && !strcmp(argv[1], "exit"))
		return 0; /* the program that "exec" starts */
	if (first && mount("dev", "/dev", "devtmpfs", 0, NULL))
		gauge_fail("/dev");
	prctl(PR_SET_TIMERSLACK, 1UL);
	sleep(2); /* what the start left to do */
	run_table(gauge_calls, list);
	run_table(gauge_memory, list);
	run_table(gauge_processes, list);
	mark_from(ready, 0);
	if (first) {
		sync();
		reboot(RB_POWER_OFF);
	}
	return 0;
}
