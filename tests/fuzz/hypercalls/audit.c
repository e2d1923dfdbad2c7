/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's audit a second time, under other names and without the fuzzer's instruments: it
 * runs after each step, and the ways it takes then are not news of the input.
 */
#include <stdio.h>
#include <string.h>

#pragma clang attribute push(__attribute__((no_sanitize("address", "undefined", "coverage"))), \
			     apply_to = function)

#define audit_begin_pass   check_audit_begin_pass
#define audit_pass	   check_audit_pass
#define audit_holders	   check_audit_holders
#define audit_totals	   check_audit_totals
#define audit_owner_of	   check_audit_owner_of
#define audit_find_owner   check_audit_find_owner
#define audit_count_frame  check_audit_count_frame
#define audit_check_frame  check_audit_check_frame
#define audit_hold	   check_audit_hold
#define audit_wrong	   check_audit_wrong
#define audit_wrong_domain check_audit_wrong_domain
#define audit_name_owners  check_audit_name_owners

#include "core/audit_check.c"
#include "core/audit_count.c"
#include "core/audit_holders.c"
#include "core/audit_pass.c"
#include "world.h"

#define FINDINGS 16

static void print_findings(const struct audit *a)
{
	for (unsigned int i = 0; i < a->written; i++) {
		const struct shoji_audit_finding *n = &a->findings[i];

		fprintf(stderr,
			"audit: frame %ld of domain %u: kind %u at %u: %lx explained, %lx found\n",
			(long)n->frame, n->domain, n->kind, n->where, (unsigned long)n->expected,
			(unsigned long)n->found);
	}
}

unsigned int check_findings(bool print)
{
	static struct shoji_audit_finding findings[FINDINGS];
	static struct audit_owner owners[32];
	static struct tally tallies[RAM + FAKE_FIRST];
	static uint64_t scratch[512];
	static uint32_t stamp = 1u << 31; /* not one of the machine's own audit */
	int64_t budget = this_cpu()->budget;
	struct audit a = {
		.end = frame_max,
		.tallies = tallies,
		.stopped = true,
		.stamp = stamp++,
		.owners = owners,
		.owner_room = ARRAY_SIZE(owners),
		.privileged = hv.dom0,
		.scratch = scratch,
		.findings = findings,
		.room = FINDINGS,
	};

	memset(tallies, 0, sizeof(tallies));
	audit_begin_pass(&a);
	(void)audit_pass(&a);
	this_cpu()->budget = budget;
	if (print)
		print_findings(&a);
	return (unsigned int)a.found;
}

#pragma clang attribute pop
