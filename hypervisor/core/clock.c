/* SPDX-License-Identifier: GPL-2.0-only */
/* See clock.h. Lock: clocks.lock guards the anchor; a struct clock belongs to its CPU. */
#include "core/clock.h"

#include "core/tsc_scale.h"

#define MS 1000000ULL

#define CHECK_TRUSTED (10000 * MS) /* between two looks */
#define CHECK_ODD     (100 * MS)   /* and after one that did not fit */
#define CHECK_ALWAYS  (1000 * MS)
#define ODD_LOOKS     3

/* What the measurement of the TSC, and two reads that are not quite one moment, may be off. */
#define TOLERATED(elapsed) ((elapsed) / 512 + 1 * MS)

void clocks_init(struct clocks *k, uint64_t tsc_hz, uint64_t reference_hz, uint64_t reference_mask,
		 struct clock_sample first)
{
	tsc_scale_from_hz(tsc_hz, &k->scale.mul, &k->scale.shift);
	k->scale.khz = tsc_hz / 1000;
	k->scale.stable = true;
	tsc_scale_from_hz(reference_hz, &k->reference.mul, &k->reference.shift);
	k->reference_mask = reference_mask;
	k->reference_turn = tsc_scale_ns(reference_mask, k->reference.mul, k->reference.shift);
	k->start_tsc = first.tsc;
	spin_init(&k->lock, LOCK_CLOCK);
	k->anchor = first.reference;
	k->anchor_ns = 0;
	k->latest = 0;
}

static bool trusted(const struct clocks *k)
{
	return __atomic_load_n(&k->scale.stable, __ATOMIC_RELAXED);
}

bool clocks_distrust(struct clocks *k, nsec_t now)
{
	if (k->forced)
		return false;
	if (k->latest < now)
		__atomic_store_n(&k->latest, now, __ATOMIC_RELAXED);
	__atomic_store_n(&k->scale.stable, false, __ATOMIC_RELEASE);
	return true;
}

/* By this CPU's TSC alone. One that was set back stands still. */
static nsec_t own_time(const struct clocks *k, const struct clock *c, uint64_t tsc)
{
	uint64_t ticks = tsc - c->tsc;

	if (unlikely((int64_t)ticks < 0))
		ticks = 0;
	return c->ns + tsc_scale_ns(ticks, k->scale.mul, k->scale.shift);
}

/* Not before what anybody was told. */
static nsec_t never_back(struct clocks *k, nsec_t t)
{
	nsec_t latest = __atomic_load_n(&k->latest, __ATOMIC_RELAXED);

	while (latest < t)
		if (__atomic_compare_exchange_n(&k->latest, &latest, t, true, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return t;
	return latest;
}

nsec_t clock_now(struct clocks *k, const struct clock *c, uint64_t tsc)
{
	if (likely(trusted(k)))
		return c->ns + tsc_scale_ns(tsc - c->tsc, k->scale.mul, k->scale.shift);
	return never_back(k, own_time(k, c, tsc));
}

/* a / b to the nearest whole number. */
static int64_t nearest(int64_t a, int64_t b)
{
	return a >= 0 ? (a + b / 2) / b : -((b / 2 - a) / b);
}

/* System time of a reference count: of the moments that it may stand for, the nearest to
 * `estimate`. */
static nsec_t reference_time(struct clocks *k, uint64_t reference, nsec_t estimate)
{
	nsec_t t;

	spin_lock(&k->lock);
	t = k->anchor_ns + tsc_scale_ns((reference - k->anchor) & k->reference_mask,
					k->reference.mul, k->reference.shift);
	t += (nsec_t)(nearest((int64_t)(estimate - t), (int64_t)k->reference_turn) *
		      (int64_t)k->reference_turn);
	k->anchor = reference;
	k->anchor_ns = t;
	spin_unlock(&k->lock);
	return t;
}

static void set_pair(struct clock *c, struct clock_sample s, nsec_t t)
{
	*c = (struct clock){.tsc = s.tsc, .ns = t, .looked = t, .fitted = t};
}

void clock_start(struct clocks *k, struct clock *c, struct clock_sample s)
{
	nsec_t t;

	if (trusted(k)) {
		*c = (struct clock){.tsc = k->start_tsc};
		c->looked = c->fitted = own_time(k, c, s.tsc);
		t = reference_time(k, s.reference, c->fitted);
		c->error = (int64_t)(t - c->fitted);
		return;
	}
	spin_lock(&k->lock);
	t = k->anchor_ns;
	spin_unlock(&k->lock);
	set_pair(c, s, reference_time(k, s.reference, t));
}

bool clock_due(const struct clocks *k, const struct clock *c, uint64_t tsc)
{
	nsec_t since = own_time(k, c, tsc) - c->looked;

	if (!trusted(k))
		return since >= CHECK_ALWAYS;
	return since >= (c->odd ? CHECK_ODD : CHECK_TRUSTED);
}

/* After so long a time the reference's turn is a guess: no judgement. */
static bool too_long_ago(const struct clocks *k, nsec_t elapsed)
{
	return TOLERATED(elapsed) >= k->reference_turn / 4;
}

/* Does the TSC say what the reference says, as far as can be told? */
static bool fits(const struct clocks *k, const struct clock *c, nsec_t own, nsec_t reference)
{
	nsec_t elapsed = own - c->fitted;
	int64_t grown = (int64_t)(reference - own) - c->error;

	return too_long_ago(k, elapsed) ||
	       (nsec_t)(grown < 0 ? -grown : grown) <= TOLERATED(elapsed);
}

enum clock_verdict clock_check(struct clocks *k, struct clock *c, struct clock_sample s)
{
	nsec_t own = own_time(k, c, s.tsc), t = reference_time(k, s.reference, own);

	if (!trusted(k)) {
		set_pair(c, s, t);
		return CLOCK_ADJUSTED;
	}
	c->looked = own;
	if (fits(k, c, own, t)) {
		c->fitted = own;
		c->error = (int64_t)(t - own);
		c->odd = 0;
		return CLOCK_GOOD;
	}
	if (++c->odd < ODD_LOOKS || !clocks_distrust(k, own))
		return CLOCK_GOOD;
	set_pair(c, s, t);
	return CLOCK_LOST;
}
