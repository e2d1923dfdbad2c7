/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time out of TSCs that may not deserve trust.
 *
 * Each CPU has a pair (TSC value, system time) from which it counts on. While the TSC is trusted
 * all pairs are the same, nothing is ever adjusted, and a look at the board's reference counter now
 * and then tells whether that is still right. Once trust is lost, for good, each CPU's pair is set
 * anew from the reference counter at least once a second of use, and nobody is told an earlier time
 * than somebody was told before.
 *
 * Pure: TSC values and reference counts come in as arguments. The reference counter may be narrow
 * and wrap; which turn it is in follows from what the TSC says.
 */
#ifndef SHOJI_CORE_CLOCK_H
#define SHOJI_CORE_CLOCK_H

#include "core/lock.h"
#include "core/machine.h"

/* Both counters at one moment on one CPU. */
struct clock_sample {
	uint64_t tsc, reference;
};

/* What all CPUs share. */
struct clocks {
	struct tsc_scale scale;
	struct tsc_scale reference; /* the same for the reference counter; of `stable` no use */
	uint64_t reference_mask;    /* it wraps at mask + 1 */
	nsec_t reference_turn;	    /* from wrap to wrap */
	bool forced;		    /* trusted whatever is seen */
	uint64_t start_tsc;

	struct spinlock lock;
	uint64_t anchor; /* under lock: a reference count and its system time */
	nsec_t anchor_ns;

	nsec_t latest; /* atomic, without trust only: the latest time that anybody was told */
};

/* One CPU's own. */
struct clock {
	uint64_t tsc; /* system time was `ns` when the TSC was this */
	nsec_t ns;
	nsec_t looked;	  /* system time of the last look at the reference counter */
	nsec_t fitted;	  /* and of the last one that found both in step */
	int64_t error;	  /* reference minus TSC time, then */
	unsigned int odd; /* looks since then */
};

enum clock_verdict {
	CLOCK_GOOD,	/* nothing has changed */
	CLOCK_ADJUSTED, /* without trust: this CPU's pair is a new one */
	CLOCK_LOST,	/* trust has just been lost; this CPU's pair is a new one */
};

/* System time begins: at `first` it is 0. Rates in Hz. */
void clocks_init(struct clocks *k, uint64_t tsc_hz, uint64_t reference_hz, uint64_t reference_mask,
		 struct clock_sample first);
/* The TSCs are not what they should be; `now` is the time that this CPU has. False: forced. */
bool clocks_distrust(struct clocks *k, nsec_t now);

/* A CPU's clock begins, not more than half a turn of the reference after another one's check. */
void clock_start(struct clocks *k, struct clock *c, struct clock_sample s);
nsec_t clock_now(struct clocks *k, const struct clock *c, uint64_t tsc);
/* Is it time for a check? */
bool clock_due(const struct clocks *k, const struct clock *c, uint64_t tsc);
enum clock_verdict clock_check(struct clocks *k, struct clock *c, struct clock_sample s);

#endif
