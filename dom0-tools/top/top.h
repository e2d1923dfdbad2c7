/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top.h: `shoji top` in three parts: sample.c reads counters, rates.c makes rates of two samples
 * and sorts (pure), screen.c shows them and takes keys.
 */
#ifndef SHOJI_TOP_TOP_H
#define SHOJI_TOP_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "domains.h"

#define TOP_DOMAINS_MAX 512

/* What is counted for one domain since it began. */
struct top_counters {
	uint16_t domid;
	char name[DOMAINS_NAME_SIZE];
	const char *state;
	uint64_t memory_kib;
	unsigned int vcpus;
	uint64_t cpu_ns;
	uint64_t disk_read, disk_written; /* bytes */
	uint64_t net_in, net_out;	  /* bytes, seen from the domain */
};

struct top_sample {
	uint64_t at_ns; /* monotonic */
	unsigned int cpus;
	uint64_t total_kib, free_kib;
	unsigned int count;
	struct top_counters domains[TOP_DOMAINS_MAX];
};

/* One row: amounts per second. */
struct top_row {
	const struct top_counters *now;
	double cpu_percent; /* 100: one processor */
	double disk_read, disk_written, net_in, net_out;
};

enum top_order {
	TOP_BY_CPU,
	TOP_BY_MEMORY,
	TOP_BY_DISK,
	TOP_BY_NET,
	TOP_BY_NAME,
	TOP_BY_ID,
	TOP_ORDERS
};

struct top_view {
	unsigned int count;
	double cpu_percent; /* of all domains together */
	struct top_row rows[TOP_DOMAINS_MAX];
};

/* rates.c */
void top_rates(const struct top_sample *before, const struct top_sample *now,
	       struct top_view *view);
void top_sort(struct top_view *view, enum top_order order);
/* "17", "1.5M": at most 6 characters. */
void top_amount(char *out, double bytes);
/* The words for an order: "cpu", …; -1 when there is no such. */
const char *top_order_name(enum top_order order);
int top_order_find(const char *name);

/* sample.c: 0, or -1 with *f */
int top_take_sample(struct hv *hv, struct store_client *store, struct top_sample *sample,
		    struct failure *f);

/* screen.c: until the person leaves; 0, or -1 with *f */
struct top_options {
	unsigned int delay_ms;
	enum top_order order;
};
int top_screen(struct hv *hv, struct store_client *store, struct top_options options,
	       struct failure *f);

#endif
