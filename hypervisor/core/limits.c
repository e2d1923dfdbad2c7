/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a domain stands with what is limited, and how much it may write to the log.
 *
 * Duty: collects the numbers from those who keep them. Data: domain.log_second, .log_lines, under
 * domain.lock. It decides nothing but the rate of a guest's lines: in each second that begins with
 * a line, LOG_LINES_PER_SECOND of them, and the rest is dropped.
 */
#include "core/limits.h"

#include "core/grant.h"
#include "core/mm_companion.h"
#include "lib/string.h"

#define SECOND	    1000000000LL
#define VCPU_TIMERS 3 /* one-shot, periodic, poll */

static void count_vcpus(struct domain *d, struct shoji_limits *l)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
	{
		l->use[SHOJI_LIMIT_vcpus].used++;
		l->use[SHOJI_LIMIT_timers].used += (uint64_t)timer_armed(&v->singleshot) +
						   timer_armed(&v->periodic) +
						   timer_armed(&v->poll_timer);
	}
	l->use[SHOJI_LIMIT_vcpus].limit = d->max_vcpus;
	l->use[SHOJI_LIMIT_timers].limit = (uint64_t)d->max_vcpus * VCPU_TIMERS;
}

static void count_memory(struct domain *d, struct shoji_limits *l)
{
	spin_lock(&d->page_lock);
	l->use[SHOJI_LIMIT_memory] = (struct shoji_use){d->page_count, d->max_pages};
	spin_unlock(&d->page_lock);
}

static void count_grants(struct domain *d, struct shoji_limits *l)
{
	struct grant_usage u = {0};

	if (d->grants)
		grant_get_usage(d, &u);
	l->use[SHOJI_LIMIT_grant_frames] = (struct shoji_use){u.frames, u.max_frames};
	l->use[SHOJI_LIMIT_maptrack] = (struct shoji_use){u.maptrack_used, u.maptrack_max};
}

static bool same_second(const struct domain *d, nsec_t now)
{
	return d->log_lines && now - d->log_second < SECOND;
}

static void count_lines(struct domain *d, struct shoji_limits *l)
{
	spin_lock(&d->lock);
	l->use[SHOJI_LIMIT_log_lines] =
		(struct shoji_use){same_second(d, machine_now()) ? d->log_lines : 0,
				   d->privileged ? 0 : LOG_LINES_PER_SECOND};
	spin_unlock(&d->lock);
}

void limits_get(struct domain *d, struct shoji_limits *out)
{
	memset(out, 0, sizeof(*out));
	count_memory(d, out);
	count_vcpus(d, out);
	count_grants(d, out);
	count_lines(d, out);
	if (mm_isolation)
		out->use[SHOJI_LIMIT_top_tables] = (struct shoji_use){
			__atomic_load_n(&d->companions, __ATOMIC_RELAXED), companions_limit(d)};
	out->use[SHOJI_LIMIT_event_channels] =
		(struct shoji_use){evtchn_count(d), d->evtchn.limit ? d->evtchn.limit - 1 : 0};
}

bool limits_allow_line(struct domain *d)
{
	nsec_t now = machine_now();
	bool allowed;

	spin_lock(&d->lock);
	if (!same_second(d, now)) {
		d->log_second = now;
		d->log_lines = 0;
	}
	allowed = d->log_lines < LOG_LINES_PER_SECOND;
	d->log_lines += allowed;
	spin_unlock(&d->lock);
	if (!allowed)
		limit_hit(d, SHOJI_LIMIT_log_lines, "lines in the log per second",
			  LOG_LINES_PER_SECOND);
	return allowed;
}
