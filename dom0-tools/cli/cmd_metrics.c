/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_metrics.c: `shoji metrics` and `shoji info --stats`: what the hypervisor has counted, for a
 * monitor (Prometheus' text format) and for people. Counts that are zero everywhere are left out of
 * the latter.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

#define COUNTERS_MAX 256
#define CALL	     "hypercall "

struct stats {
	struct hv_counter *counters;
	int count;
	unsigned int cpus;
};

static int read_stats(struct cli *cli, struct stats *s)
{
	s->counters = calloc(COUNTERS_MAX, sizeof(*s->counters));
	if (!s->counters)
		return fail_set(&cli->failure, FAIL_GENERAL, "read the counts", NULL, NULL,
				"out of memory");
	s->count = hv_counters(cli->hv, s->counters, COUNTERS_MAX, &s->cpus);
	if (s->count >= 0)
		return 0;
	free(s->counters);
	return cli_hv_fail(cli, "read the counts", NULL, s->count);
}

static uint64_t total(const struct stats *s, const struct hv_counter *c)
{
	uint64_t sum = 0;

	for (unsigned int cpu = 0; cpu < s->cpus; cpu++)
		sum += c->values[cpu];
	return sum;
}

static bool is_call(const struct hv_counter *c)
{
	return !strncmp(c->name, CALL, strlen(CALL));
}

/* --- for a monitor --- */

/* "tlb flushes sent" -> shoji_tlb_flushes_sent_total */
static void metric_name(const struct hv_counter *c, char name[HV_COUNTER_NAME + 20])
{
	char *at;

	snprintf(name, HV_COUNTER_NAME + 20, "shoji_%s_total", is_call(c) ? "hypercalls" : c->name);
	for (at = name; *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
}

static void put_metric(const struct stats *s, const struct hv_counter *c, bool first)
{
	char name[HV_COUNTER_NAME + 20];

	metric_name(c, name);
	if (first)
		printf("# TYPE %s counter\n", name);
	for (unsigned int cpu = 0; cpu < s->cpus; cpu++) {
		printf("%s{cpu=\"%u\"", name, cpu);
		if (is_call(c))
			printf(",name=\"%s\"", c->name + strlen(CALL));
		printf("} %u\n", c->values[cpu]);
	}
}

static void put_domains(const struct domain_entry *list, int count)
{
	printf("# TYPE shoji_domain_cpu_seconds_total counter\n");
	for (int i = 0; i < count; i++)
		printf("shoji_domain_cpu_seconds_total{name=\"%s\"} %.9f\n", list[i].name,
		       (double)list[i].hv.cpu_ns / 1e9);
	printf("# TYPE shoji_domain_memory_bytes gauge\n");
	for (int i = 0; i < count; i++)
		printf("shoji_domain_memory_bytes{name=\"%s\"} %llu\n", list[i].name,
		       (unsigned long long)list[i].hv.memory_kib * 1024);
}

int cmd_metrics(struct cli *cli, int argc, char **argv)
{
	struct domain_entry *list = NULL;
	struct stats s;
	int count;

	(void)argv;
	if (argc > 1)
		return cli_usage(cli, "it takes no arguments");
	if (!cli_hv(cli) || read_stats(cli, &s))
		return -1;
	for (int i = 0; i < s.count; i++)
		put_metric(&s, &s.counters[i],
			   !i || !is_call(&s.counters[i]) || !is_call(&s.counters[i - 1]));
	free(s.counters);
	count = domains_list(cli->hv, cli_store_if_any(cli), &list, &cli->failure);
	if (count < 0)
		return -1;
	put_domains(list, count);
	free(list);
	return 0;
}

/* --- for people --- */

static void stats_json(const struct stats *s)
{
	struct json j;

	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	for (int i = 0; i < s->count; i++) {
		json_open_array(&j, s->counters[i].name);
		for (unsigned int cpu = 0; cpu < s->cpus; cpu++)
			json_number(&j, NULL, s->counters[i].values[cpu]);
		json_close_array(&j);
	}
	json_close_object(&j);
}

static void stats_text(const struct stats *s)
{
	printf("%-40s  %12s", "COUNT", "ALL");
	for (unsigned int cpu = 0; cpu < s->cpus; cpu++)
		printf("  %8s%02u", "CPU", cpu);
	putchar('\n');
	for (int i = 0; i < s->count; i++) {
		const struct hv_counter *c = &s->counters[i];

		if (!total(s, c))
			continue;
		printf("%-40s  %12llu", c->name, (unsigned long long)total(s, c));
		for (unsigned int cpu = 0; cpu < s->cpus; cpu++)
			printf("  %10u", c->values[cpu]);
		putchar('\n');
	}
}

int cli_info_stats(struct cli *cli)
{
	struct stats s;

	if (!cli_hv(cli) || read_stats(cli, &s))
		return -1;
	if (cli->json)
		stats_json(&s);
	else
		stats_text(&s);
	free(s.counters);
	return 0;
}
