/* SPDX-License-Identifier: GPL-2.0-only */
/* What scenarios assert, each with a line in the report that says how far it is from failing. */
#ifndef SHOJI_SIM_CHECK_H
#define SHOJI_SIM_CHECK_H

#include "sim.h"

struct worst {
	double error; /* in parts of what is allowed: above 1 is a failure */
	double percent;
	char where[96];
};

struct scenario {
	const char *name;
	void (*run)(void);
	bool quick; /* part of `make test` */
};
extern const struct scenario scenarios[];
extern const unsigned int scenario_count;

/* One assertion: `value` is at most `allowed`. */
void check_at_most(const char *what, double value, double allowed, const char *unit);
void check_true(const char *what, bool holds);

/* Shares of all domains over windows of `time` (a hundred of them at most): each within 1 % of its
 * due, or within `grain` for those whose due is too small for 1 % to be as much as one request. */
void check_shares(const char *what, unsigned int windows, nsec_t time, nsec_t grain);
void check_equal_actors(const struct actor_domain *d, nsec_t grain); /* in the running window */
void check_run_states(void); /* of all: they sum up to the time since it was made */

#endif
