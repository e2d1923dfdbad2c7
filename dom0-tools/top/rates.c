/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rates.c: what happened between two samples, per second, and in which order it is shown.
 * A domain that is new, or whose counters went back because its id was used again, has rates
 * from zero. Pure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

static const struct top_counters *find(const struct top_sample *s, const struct top_counters *now)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (s->domains[i].domid == now->domid && !strcmp(s->domains[i].name, now->name))
			return &s->domains[i];
	return NULL;
}

static double per_second(uint64_t now, uint64_t before, double seconds)
{
	if (now < before)
		before = 0;
	return seconds > 0 ? (double)(now - before) / seconds : 0;
}

void top_rates(const struct top_sample *before, const struct top_sample *now, struct top_view *view)
{
	static const struct top_counters none;
	double seconds = (double)(now->at_ns - before->at_ns) / 1e9;

	view->count = now->count;
	view->cpu_percent = 0;
	for (unsigned int i = 0; i < now->count; i++) {
		const struct top_counters *n = &now->domains[i], *b = find(before, n);
		struct top_row *r = &view->rows[i];

		b = b ? b : &none;
		*r = (struct top_row){
			.now = n,
			.cpu_percent = per_second(n->cpu_ns, b->cpu_ns, seconds) / 1e7,
			.disk_read = per_second(n->disk_read, b->disk_read, seconds),
			.disk_written = per_second(n->disk_written, b->disk_written, seconds),
			.net_in = per_second(n->net_in, b->net_in, seconds),
			.net_out = per_second(n->net_out, b->net_out, seconds),
		};
		view->cpu_percent += r->cpu_percent;
	}
}

static enum top_order sort_order;

static double key(const struct top_row *r)
{
	switch (sort_order) {
	case TOP_BY_CPU:
		return r->cpu_percent;
	case TOP_BY_MEMORY:
		return (double)r->now->memory_kib;
	case TOP_BY_DISK:
		return r->disk_read + r->disk_written;
	case TOP_BY_NET:
		return r->net_in + r->net_out;
	default:
		return 0;
	}
}

static int compare(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	double difference = key(y) - key(x);
	int names;

	if (difference > 0 || difference < 0)
		return difference > 0 ? 1 : -1;
	names = sort_order == TOP_BY_NAME ? strcmp(x->now->name, y->now->name) : 0;
	return names ? names : (int)x->now->domid - (int)y->now->domid;
}

void top_sort(struct top_view *view, enum top_order order)
{
	sort_order = order;
	qsort(view->rows, view->count, sizeof(view->rows[0]), compare);
}

void top_amount(char *out, double bytes)
{
	static const char units[] = " KMGTP";
	unsigned int unit = 0;

	while (bytes >= 1000 && unit + 2 < sizeof(units)) {
		bytes /= 1024;
		unit++;
	}
	if (!unit)
		snprintf(out, 7, "%.0f", bytes);
	else if (bytes < 10)
		snprintf(out, 7, "%.1f%c", bytes, units[unit]);
	else
		snprintf(out, 7, "%.0f%c", bytes, units[unit]);
}

static const char *const names[TOP_ORDERS] = {"cpu", "memory", "disk", "net", "name", "id"};

const char *top_order_name(enum top_order order)
{
	return names[order];
}

int top_order_find(const char *name)
{
	for (int i = 0; i < TOP_ORDERS; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}
