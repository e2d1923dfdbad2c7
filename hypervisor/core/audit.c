/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit of a running machine.
 *
 * Duty: range by range of frames, everything that refers to them is counted again. First while the
 * machine runs, interrupted like any long call, up to PASSES times over the same range: a frame
 * that is right in one pass is right, for it does not become so by chance. For those that were
 * never right, because they are in heavy use or wrong, all other CPUs are stopped and the range is
 * counted once more in one go: what is wrong then is a finding. Data: the one audit, with the
 * memory for it, from call to call; `busy` is held during a call. No lock. An audit that nobody
 * goes on with for a while gives way to the next.
 *
 * A call that is interrupted by us and goes on by itself never comes back to the program that made
 * it, and many a kernel (one with PREEMPT_DYNAMIC, such as Debian's) gives the processor to no
 * other program before it does: hence slices.
 */
#include "core/audit.h"

#include "core/audit_internal.h"
#include "core/stop.h"
#include "lib/string.h"
#include "shoji/errno.h"

#define PASSES	     8
#define LEAST_ORDER  9 /* pages of tallies: 131072 frames, 512 MiB of memory, at a time */
#define MOST_ORDER   16
#define RANGES	     4 /* about as many on a larger machine: all tables are read for each */
#define OWNERS_ORDER 1
#define ABANDONED    10000000000LL /* ns without a call */
#define SLICE	     10000000LL	   /* ns until a call in slices comes back */

static struct state {
	bool busy; /* atomic */
	uint64_t token, last_token;
	nsec_t began, last;
	nsec_t slice_end; /* 0: the next call begins a slice */
	unsigned int range_order;
	struct audit a;
	struct shoji_audit result;
} state;

/* --- memory --- */

static unsigned int wanted_order(void)
{
	unsigned int order = LEAST_ORDER;

	while (order < MOST_ORDER && PAGE_SIZE << order < frame_max / RANGES * sizeof(struct tally))
		order++;
	return order;
}

/* As many as there is room for: 0, -XEN_ENOMEM, or -XEN_ERESTART. */
static int alloc_tallies(struct state *s)
{
	int rc = -XEN_ENOMEM;

	for (unsigned int o = wanted_order() + 1; rc == -XEN_ENOMEM && o--;) {
		void *p = NULL;

		rc = hv_alloc_in_steps(o, &p);
		s->range_order = o;
		s->a.tallies = p;
	}
	return rc;
}

static void free_pages(void *p, unsigned int order)
{
	if (p)
		hv_free_pages(p, order);
}

static void free_all(struct state *s)
{
	free_pages(s->a.tallies, s->range_order);
	free_pages(s->a.owners, OWNERS_ORDER);
	free_pages(s->a.findings, 0);
	free_pages(s->a.scratch, 0);
	memset(&s->a, 0, sizeof(s->a));
	s->token = 0;
}

static int alloc_all(struct state *s)
{
	struct audit *a = &s->a;

	a->findings = hv_alloc_pages(0);
	a->room = PAGE_SIZE / sizeof(*a->findings);
	a->scratch = hv_alloc_pages(0);
	a->owners = hv_alloc_pages(OWNERS_ORDER);
	a->owner_room = (unsigned int)((PAGE_SIZE << OWNERS_ORDER) / sizeof(*a->owners));
	if (a->findings && a->scratch && a->owners)
		return 0;
	free_all(s);
	return -XEN_ENOMEM;
}

/* --- ranges --- */

static void begin_range(struct state *s, uint64_t first)
{
	s->a.first = first;
	s->a.end = MIN(first + (PAGE_SIZE << s->range_order) / sizeof(struct tally), frame_max);
	s->a.pass = 0;
	audit_begin_pass(&s->a);
}

/* Everything that is wrong in the range, once more, and this time it counts. */
static void recount_stopped(struct state *s)
{
	struct audit *a = &s->a;
	nsec_t began;

	s->result.suspects += a->suspects;
	s->result.stops++;
	cpus_stop();
	began = machine_now();
	a->stopped = true;
	audit_begin_pass(a);
	(void)audit_pass(a);
	a->stopped = false;
	s->result.longest_stop_ns = MAX(s->result.longest_stop_ns, machine_now() - began);
	cpus_resume();
}

/* True: the range is done. */
static bool pass_done(struct state *s)
{
	struct audit *a = &s->a;

	if (!a->suspects && !a->suspect_of_domains)
		return true;
	if (a->pass < PASSES) {
		audit_begin_pass(a);
		return false;
	}
	recount_stopped(s);
	return true;
}

static int go_on(struct state *s)
{
	struct audit *a = &s->a;

	while (a->first < frame_max) {
		if (audit_pass(a))
			return -XEN_ERESTART;
		if (pass_done(s)) {
			s->result.frames += a->end - a->first;
			begin_range(s, a->end);
		}
		if (preempt_due())
			return -XEN_ERESTART;
	}
	return 0;
}

/* --- calls --- */

static int begin(struct state *s, nsec_t now)
{
	int rc;

	if (s->token && now - s->last < ABANDONED)
		return -XEN_EBUSY;
	free_all(s);
	rc = alloc_all(s);
	if (rc)
		return rc;
	s->token = ++s->last_token;
	s->began = now;
	s->slice_end = 0;
	s->a.privileged = hv.dom0;
	memset(&s->result, 0, sizeof(s->result));
	return 0;
}

static int begin_first_range(struct state *s)
{
	int rc = alloc_tallies(s);

	if (!rc)
		begin_range(s, 0);
	else if (rc != -XEN_ERESTART)
		free_all(s);
	return rc;
}

static void fill_result(struct state *s, struct shoji_audit *out)
{
	s->result.written = s->a.written;
	s->result.found = s->a.found;
	s->result.tables = s->a.tables;
	s->result.entries = s->a.entries;
	s->result.total_ns = machine_now() - s->began;
	*out = s->result;
}

static int run(struct state *s, uint64_t *token)
{
	nsec_t now = machine_now();
	int rc = *token ? 0 : begin(s, now);

	if (rc)
		return rc;
	if (*token && *token != s->token)
		return -XEN_EINVAL;
	*token = s->token;
	s->last = now;
	s->slice_end = s->slice_end ? s->slice_end : now + SLICE;
	rc = s->a.tallies ? 0 : begin_first_range(s);
	return rc ? rc : go_on(s);
}

static bool slice_is_over(struct state *s)
{
	if (machine_now() < s->slice_end)
		return false;
	s->slice_end = 0;
	return true;
}

int audit_run(uint64_t *token, bool slices, struct shoji_audit *out,
	      const struct shoji_audit_finding **list)
{
	struct state *s = &state;
	int rc;

	if (__atomic_exchange_n(&s->busy, true, __ATOMIC_ACQUIRE))
		return -XEN_EBUSY;
	rc = run(s, token);
	if (!rc) {
		fill_result(s, out);
		*list = s->a.findings;
		return 0; /* busy until audit_end() */
	}
	if (rc == -XEN_ERESTART && slices && slice_is_over(s))
		rc = -XEN_EAGAIN;
	__atomic_store_n(&s->busy, false, __ATOMIC_RELEASE);
	return rc;
}

void audit_end(void)
{
	free_all(&state);
	__atomic_store_n(&state.busy, false, __ATOMIC_RELEASE);
}
