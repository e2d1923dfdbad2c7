/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_list.c: `shoji list`: all domains, or those named. */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "json.h"
#include "units.h"

static void print_row(const struct domain_entry *e)
{
	printf("%5u  %-24s  %-9s  %10llu  %5u  %10.1f\n", e->hv.domid, e->name,
	       domains_state(&e->hv), (unsigned long long)e->hv.memory_kib / 1024, e->hv.vcpus,
	       (double)e->hv.cpu_ns / 1e9);
}

static void print_json(struct json *j, const struct domain_entry *e)
{
	char uuid[UUID_TEXT_SIZE];

	units_uuid_format(e->hv.uuid, uuid);
	json_open_object(j, NULL);
	json_number(j, "id", e->hv.domid);
	json_text(j, "name", e->name);
	json_text(j, "uuid", uuid);
	json_text(j, "state", domains_state(&e->hv));
	json_number(j, "memory_kib", e->hv.memory_kib);
	json_number(j, "max_memory_kib", e->hv.max_memory_kib);
	json_number(j, "vcpus", e->hv.vcpus);
	json_real(j, "cpu_seconds", (double)e->hv.cpu_ns / 1e9);
	json_bool(j, "shoji", e->ours);
	json_close_object(j);
}

static void print_all(const struct cli *cli, const struct domain_entry *list, int count)
{
	struct json j;

	if (!cli->json) {
		printf("%5s  %-24s  %-9s  %10s  %5s  %10s\n", "ID", "NAME", "STATE", "MEMORY/MiB",
		       "VCPUS", "CPU/s");
		for (int i = 0; i < count; i++)
			print_row(&list[i]);
		return;
	}
	json_begin(&j, stdout);
	json_open_array(&j, NULL);
	for (int i = 0; i < count; i++)
		print_json(&j, &list[i]);
	json_close_array(&j);
}

static int find_named(struct cli *cli, int argc, char **argv, struct domain_entry **list)
{
	*list = calloc((size_t)argc, sizeof(**list));
	for (int i = 1; i < argc && *list; i++)
		if (domains_find(cli->hv, cli->store, argv[i], "show the domain", &(*list)[i - 1],
				 &cli->failure))
			return -1;
	return argc - 1;
}

int cmd_list(struct cli *cli, int argc, char **argv)
{
	struct domain_entry *list = NULL;
	int count;

	if (!cli_hv(cli))
		return -1;
	cli_store_if_any(cli);
	if (argc > 1)
		count = find_named(cli, argc, argv, &list);
	else
		count = domains_list(cli->hv, cli->store, &list, &cli->failure);
	if (count >= 0)
		print_all(cli, list, count);
	free(list);
	return count < 0 ? -1 : 0;
}
