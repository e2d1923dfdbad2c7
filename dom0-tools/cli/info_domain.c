/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info_domain.c: `shoji info DOMAIN`: what a domain has of what is limited. The hypervisor knows
 * its own limits, the store daemon those of the store; who cannot be asked is left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "shoji/extension.h"
#include "units.h"

#define LIMITS_MAX 16

struct limit {
	char name[24]; /* as in JSON */
	const char *label;
	unsigned long long used, limit; /* limit 0: none */
};

struct limits {
	struct limit list[LIMITS_MAX];
	unsigned int count;
};

static void add(struct limits *all, const char *name, const char *label, uint64_t used,
		uint64_t limit)
{
	struct limit *l = &all->list[all->count];

	if (all->count == LIMITS_MAX)
		return;
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->label = label;
	l->used = used;
	l->limit = limit;
	all->count++;
}

static const struct {
	const char *name, *label;
} kinds[SHOJI_NR_LIMITS] = {
	[SHOJI_LIMIT_memory] = {"memory_kib", "memory/KiB"},
	[SHOJI_LIMIT_vcpus] = {"vcpus", "virtual CPUs"},
	[SHOJI_LIMIT_event_channels] = {"event_channels", "event channels"},
	[SHOJI_LIMIT_grant_frames] = {"grant_frames", "grant frames"},
	[SHOJI_LIMIT_maptrack] = {"grant_mappings", "mappings of grants"},
	[SHOJI_LIMIT_timers] = {"timers", "timers"},
	[SHOJI_LIMIT_log_lines] = {"log_lines_per_second", "lines in the log/s"},
	[SHOJI_LIMIT_top_tables] = {"top_tables", "top-level page tables"},
};

static int ask_hypervisor(struct cli *cli, const struct hv_domain *d, struct limits *all)
{
	struct shoji_limits l;
	int rc = hv_domain_limits(cli->hv, d->domid, &l);

	if (rc == -ENOSYS) {
		add(all, "memory_kib", kinds[SHOJI_LIMIT_memory].label, d->memory_kib,
		    d->max_memory_kib);
		return 0;
	}
	for (unsigned int i = 0; i < SHOJI_NR_LIMITS && rc >= 0; i++) {
		uint64_t unit = i == SHOJI_LIMIT_memory ? 4 : 1;

		if (i == SHOJI_LIMIT_top_tables && !l.use[i].limit)
			continue; /* they take nothing of ours without page-table isolation */
		add(all, kinds[i].name, kinds[i].label, l.use[i].used * unit,
		    l.use[i].limit * unit);
	}
	return rc;
}

static const char *store_label(const char *quota)
{
	static const char *const labels[][2] = {{"nodes", "store nodes"},
						{"memory", "store memory/B"},
						{"watches", "store watches"},
						{"transactions", "store transactions"}};

	for (unsigned int i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (!strcmp(labels[i][0], quota))
			return labels[i][1];
	return NULL;
}

/* Lines "nodes 12 of 1000". Another store daemon has other words for it, or none. */
static void ask_store(struct store_client *store, uint16_t domid, struct limits *all)
{
	char words[32], name[24], quota[16], *reply = NULL, *save = NULL;
	unsigned long long used, limit;

	snprintf(words, sizeof(words), "quota %u", domid);
	if (!store || store_client_control(store, words, &reply))
		return;
	for (char *line = strtok_r(reply, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%15s %llu of %llu", quota, &used, &limit) != 3 ||
		    !store_label(quota))
			continue;
		snprintf(name, sizeof(name), "store_%s", quota);
		add(all, name, store_label(quota), used, limit);
	}
	free(reply);
}

static void print_text(const struct domain_entry *e, const struct limits *all)
{
	printf("name                %s\nid                  %u\nstate               %s\n", e->name,
	       e->hv.domid, domains_state(&e->hv));
	for (unsigned int i = 0; i < all->count; i++) {
		const struct limit *l = &all->list[i];

		if (l->limit)
			printf("%-18s  %llu of %llu\n", l->label, l->used, l->limit);
		else
			printf("%-18s  %llu, not limited\n", l->label, l->used);
	}
}

static void print_json(const struct domain_entry *e, const struct limits *all)
{
	char uuid[UUID_TEXT_SIZE];
	struct json j;

	units_uuid_format(e->hv.uuid, uuid);
	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_number(&j, "id", e->hv.domid);
	json_text(&j, "name", e->name);
	json_text(&j, "uuid", uuid);
	json_text(&j, "state", domains_state(&e->hv));
	json_open_object(&j, "limits");
	for (unsigned int i = 0; i < all->count; i++) {
		json_open_object(&j, all->list[i].name);
		json_number(&j, "used", all->list[i].used);
		json_number(&j, "limit", all->list[i].limit);
		json_close_object(&j);
	}
	json_close_object(&j);
	json_close_object(&j);
}

int info_domain(struct cli *cli, int argc, char **argv)
{
	struct domain_entry e;
	struct limits all = {.count = 0};
	int rc;

	if (cli_domain_argument(cli, argc, argv, "show the domain", &e))
		return -1;
	rc = ask_hypervisor(cli, &e.hv, &all);
	if (rc < 0)
		return cli_hv_fail(cli, "ask for the limits of the domain", e.name, rc);
	ask_store(cli_store_if_any(cli), e.hv.domid, &all);
	if (cli->json)
		print_json(&e, &all);
	else
		print_text(&e, &all);
	return 0;
}
