/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_top.c: `shoji top`: who uses the machine, on a screen or, with --batch or --json, as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "json.h"
#include "top/top.h"

struct arguments {
	struct top_options options;
	bool batch;
	unsigned int count; /* of batches */
};

static int number(const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return *end || end == text || !(*value > 0) ? -1 : 0;
}

static int parse(struct cli *cli, int argc, char **argv, struct arguments *a)
{
	double value;

	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--batch")) {
			a->batch = true;
		} else if (!strcmp(argv[i], "--delay") && !number(next, &value) && value <= 3600) {
			a->options.delay_ms = (unsigned int)(value * 1000);
			i++;
		} else if (!strcmp(argv[i], "--count") && !number(next, &value) && value < 1e9) {
			a->count = (unsigned int)value;
			i++;
		} else if (!strcmp(argv[i], "--sort") && top_order_find(next) >= 0) {
			a->options.order = (enum top_order)top_order_find(next);
			i++;
		} else {
			return cli_usage(cli, "'%s' or what follows it is not understood", argv[i]);
		}
	}
	return 0;
}

static void print_text(const struct top_view *view)
{
	printf("%5s %-20s %-9s %6s %10s %5s %12s %12s %12s %12s\n", "ID", "NAME", "STATE", "CPU%",
	       "MEMORY/MiB", "VCPUS", "READ/B/s", "WRITE/B/s", "IN/B/s", "OUT/B/s");
	for (unsigned int i = 0; i < view->count; i++) {
		const struct top_row *r = &view->rows[i];

		printf("%5u %-20s %-9s %6.1f %10llu %5u %12.0f %12.0f %12.0f %12.0f\n",
		       r->now->domid, r->now->name, r->now->state, r->cpu_percent,
		       (unsigned long long)r->now->memory_kib / 1024, r->now->vcpus, r->disk_read,
		       r->disk_written, r->net_in, r->net_out);
	}
}

static void print_json(const struct top_sample *s, const struct top_view *view)
{
	struct json j;

	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_number(&j, "cpus", s->cpus);
	json_number(&j, "total_kib", s->total_kib);
	json_number(&j, "free_kib", s->free_kib);
	json_open_array(&j, "domains");
	for (unsigned int i = 0; i < view->count; i++) {
		const struct top_row *r = &view->rows[i];

		json_open_object(&j, NULL);
		json_number(&j, "id", r->now->domid);
		json_text(&j, "name", r->now->name);
		json_text(&j, "state", r->now->state);
		json_real(&j, "cpu_percent", r->cpu_percent);
		json_number(&j, "memory_kib", r->now->memory_kib);
		json_number(&j, "vcpus", r->now->vcpus);
		json_real(&j, "disk_read_bytes_per_second", r->disk_read);
		json_real(&j, "disk_written_bytes_per_second", r->disk_written);
		json_real(&j, "net_in_bytes_per_second", r->net_in);
		json_real(&j, "net_out_bytes_per_second", r->net_out);
		json_close_object(&j);
	}
	json_close_array(&j);
	json_close_object(&j);
}

static int batch(struct cli *cli, const struct arguments *a)
{
	static struct top_sample samples[2];
	static struct top_view view;

	if (top_take_sample(cli->hv, cli->store, &samples[0], &cli->failure))
		return -1;
	for (unsigned int i = 0; i < a->count; i++) {
		struct top_sample *now = &samples[(i + 1) % 2];

		usleep(a->options.delay_ms * 1000);
		if (top_take_sample(cli->hv, cli->store, now, &cli->failure))
			return -1;
		top_rates(&samples[i % 2], now, &view);
		top_sort(&view, a->options.order);
		if (cli->json)
			print_json(now, &view);
		else
			print_text(&view);
		fflush(stdout);
	}
	return 0;
}

int cmd_top(struct cli *cli, int argc, char **argv)
{
	struct arguments a = {.options = {.delay_ms = 2000, .order = TOP_BY_CPU}, .count = 1};

	if (parse(cli, argc, argv, &a) || !cli_hv(cli))
		return -1;
	cli_store_if_any(cli);
	if (a.batch || cli->json)
		return batch(cli, &a);
	if (!isatty(STDOUT_FILENO))
		return fail_set(&cli->failure, FAIL_USAGE, "show the domains", NULL,
				"use 'shoji top --batch' or '--json'",
				"standard output is no terminal");
	return top_screen(cli->hv, cli->store, a.options, &cli->failure);
}
