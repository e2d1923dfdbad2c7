/* SPDX-License-Identifier: GPL-2.0-only */
/* One operation that is measured: gauge.c runs it, gauge_calls.c and gauge_memory.c have them. */
#ifndef BENCH_GAUGE_H
#define BENCH_GAUGE_H

#include <stdint.h>

struct gauge {
	const char *name;
	unsigned int id;	       /* for the marks; in bench's list too */
	unsigned int times;	       /* how often it is called */
	unsigned int operations;       /* in one call; 0 means 1 */
	void (*prepare)(void);	       /* not measured */
	uint64_t (*run)(unsigned int); /* so many times; returns nanoseconds if it measures time */
	void (*finish)(void);	       /* not measured */
};

extern const struct gauge gauge_calls[], gauge_memory[],
	gauge_processes[]; /* ended by a nameless one */

void gauge_fail(const char *what);

#endif
