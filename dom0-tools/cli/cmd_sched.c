/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_sched.c: `shoji sched`, `vcpu-list`, `cpu`: who gets how much of the processors, and where.
 *
 * Everything asked for is checked against the machine before anything is set.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cpuset.h"
#include "json.h"
#include "units.h"

#define WHAT "set the scheduling of"

struct wish {
	const char *domain;
	struct hv_shares shares;
	struct hv_affinity affinity;
	int vcpu; /* -1: all */
	bool changes;
};

/* --- the command line --- */

static int take_weight(struct cli *cli, const char *value, struct wish *w)
{
	uint64_t n;

	if (units_number_parse(value, HV_WEIGHT_MAX, &n) || n < 1)
		return cli_usage(cli, "the weight '%s' is not a number from 1 to %u", value,
				 HV_WEIGHT_MAX);
	w->shares.weight = (unsigned int)n;
	return 0;
}

static int take_cap(struct cli *cli, const char *value, struct wish *w)
{
	uint64_t n;

	if (units_number_parse(value, 100 * CPUSET_CPUS, &n))
		return cli_usage(cli,
				 "the cap '%s' is not a number: percent of one processor, 0 for "
				 "none",
				 value);
	w->shares.cap = (int)n;
	return 0;
}

static int take_cpus(struct cli *cli, const char *value, struct wish *w)
{
	if (cpuset_parse(value, &w->affinity.hard))
		return cli_usage(cli, "'%s' is no list of processors like 0-3,^2", value);
	return 0;
}

static int take_soft(struct cli *cli, const char *value, struct wish *w)
{
	if (cpuset_parse(value, &w->affinity.soft))
		return cli_usage(cli, "'%s' is no list of processors like 0-3,^2", value);
	return 0;
}

static int take_vcpu(struct cli *cli, const char *value, struct wish *w)
{
	uint64_t n;

	if (units_number_parse(value, 63, &n))
		return cli_usage(cli, "'%s' is no number of a virtual processor", value);
	w->vcpu = (int)n;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct cli *cli, const char *value, struct wish *w);
	bool changes;
} options[] = {
	{"--weight", take_weight, true},  {"--cap", take_cap, true},	{"--cpus", take_cpus, true},
	{"--soft-cpus", take_soft, true}, {"--vcpu", take_vcpu, false},
};

/* `--name VALUE` or `--name=VALUE` at argv[*i]. */
static int take_option(struct cli *cli, int argc, char **argv, int *i, struct wish *w)
{
	const char *equals = strchr(argv[*i], '=');
	size_t length = equals ? (size_t)(equals - argv[*i]) : strlen(argv[*i]);

	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
		const char *name = options[k].name, *value = equals ? equals + 1 : NULL;

		if (strlen(name) != length || strncmp(name, argv[*i], length))
			continue;
		if (!value && *i + 1 < argc)
			value = argv[++*i];
		if (!value)
			return cli_usage(cli, "%s needs a value", name);
		w->changes |= options[k].changes;
		return options[k].take(cli, value, w);
	}
	return cli_usage(cli, "unknown option '%s'", argv[*i]);
}

static int parse(struct cli *cli, int argc, char **argv, struct wish *w)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-') {
			if (take_option(cli, argc, argv, &i, w))
				return -1;
			continue;
		}
		if (w->domain)
			return cli_usage(cli, "more than one domain is given");
		w->domain = argv[i];
	}
	return w->domain ? 0 : cli_usage(cli, "no domain is given");
}

/* --- against the machine --- */

static int check_cpus(struct cli *cli, const struct domain_entry *e, uint64_t set,
		      unsigned int cpus)
{
	if (!set || set == ~0ull || !(set & ~cpuset_first(cpus)))
		return 0;
	return fail_set(&cli->failure, FAIL_STATE, WHAT, e->name, "'shoji info' shows the machine",
			"there is no such processor; the machine has 0 to %u", cpus - 1);
}

static int check(struct cli *cli, const struct domain_entry *e, const struct wish *w,
		 unsigned int cpus)
{
	if (w->shares.cap > (int)(100 * cpus))
		return fail_set(&cli->failure, FAIL_STATE, WHAT, e->name, NULL,
				"the cap %d is beyond the machine; it can be from 0 (none) to %u",
				w->shares.cap, 100 * cpus);
	if (w->vcpu >= (int)e->hv.vcpus_max)
		return fail_set(&cli->failure, FAIL_STATE, WHAT, e->name, NULL,
				"it has the virtual processors 0 to %u", e->hv.vcpus_max - 1);
	if (check_cpus(cli, e, w->affinity.hard, cpus))
		return -1;
	return check_cpus(cli, e, w->affinity.soft, cpus);
}

static int apply(struct cli *cli, const struct domain_entry *e, const struct wish *w)
{
	int rc = 0;

	if (w->shares.weight || w->shares.cap >= 0)
		rc = hv_shares_set(cli->hv, e->hv.domid, &w->shares);
	if (!w->affinity.hard && !w->affinity.soft)
		return rc;
	for (unsigned int v = 0; rc >= 0 && v < e->hv.vcpus_max; v++)
		if (w->vcpu < 0 || w->vcpu == (int)v)
			rc = hv_affinity_set(cli->hv, e->hv.domid, v, &w->affinity);
	return rc;
}

/* --- showing --- */

static int show(struct cli *cli, const struct domain_entry *e)
{
	struct hv_shares s;
	struct json j;
	int rc = hv_shares_get(cli->hv, e->hv.domid, &s);

	if (rc < 0)
		return rc;
	if (!cli->json) {
		char cap[16] = "none";

		if (s.cap)
			snprintf(cap, sizeof(cap), "%d", s.cap);
		printf("%-24s  %6s  %5s\n", "NAME", "WEIGHT", "CAP/%");
		printf("%-24s  %6u  %5s\n", e->name, s.weight, cap);
		return 0;
	}
	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_number(&j, "id", e->hv.domid);
	json_text(&j, "name", e->name);
	json_number(&j, "weight", s.weight);
	json_number(&j, "cap", (uint64_t)s.cap);
	json_close_object(&j);
	return 0;
}

int cmd_sched(struct cli *cli, int argc, char **argv)
{
	struct wish w = {.shares.cap = -1, .vcpu = -1};
	struct domain_entry e;
	struct hv_machine m;
	int rc;

	if (parse(cli, argc, argv, &w) || !cli_hv(cli) ||
	    domains_find(cli->hv, cli_store_if_any(cli), w.domain, WHAT, &e, &cli->failure))
		return -1;
	rc = hv_machine(cli->hv, &m);
	if (rc >= 0 && check(cli, &e, &w, m.cpus))
		return -1;
	if (rc >= 0)
		rc = w.changes ? apply(cli, &e, &w) : show(cli, &e);
	return rc < 0 ? cli_hv_fail(cli, WHAT, e.name, rc) : 0;
}

/* --- vcpu-list --- */

struct row {
	const struct domain_entry *e;
	unsigned int vcpu;
	struct hv_vcpu v;
	struct hv_affinity a;
};

static const char *state_of(const struct row *r)
{
	if (!r->v.online)
		return "offline";
	if (r->e->hv.paused)
		return "paused";
	return r->v.running ? "running" : r->v.blocked ? "blocked" : "waiting";
}

static void print_row(const struct row *r, unsigned int cpus)
{
	char hard[CPUSET_TEXT_SIZE], soft[CPUSET_TEXT_SIZE];

	cpuset_format(r->a.hard, cpus, hard);
	cpuset_format(r->a.soft, cpus, soft);
	printf("%-24s  %5u  %4u  ", r->e->name, r->e->hv.domid, r->vcpu);
	if (r->v.online)
		printf("%3u", r->v.cpu);
	else
		printf("%3s", "-");
	printf("  %-7s  %10.1f  %s / %s\n", state_of(r), (double)r->v.cpu_ns / 1e9, hard, soft);
}

static void json_row(struct json *j, const struct row *r, unsigned int cpus)
{
	char text[CPUSET_TEXT_SIZE];

	json_open_object(j, NULL);
	json_text(j, "name", r->e->name);
	json_number(j, "id", r->e->hv.domid);
	json_number(j, "vcpu", r->vcpu);
	json_number(j, "cpu", r->v.cpu);
	json_text(j, "state", state_of(r));
	json_real(j, "cpu_seconds", (double)r->v.cpu_ns / 1e9);
	cpuset_format(r->a.hard, cpus, text);
	json_text(j, "cpus", text);
	cpuset_format(r->a.soft, cpus, text);
	json_text(j, "soft_cpus", text);
	json_close_object(j);
}

/* A domain that ends meanwhile has no more rows. */
static void list_domain(struct cli *cli, struct json *j, const struct domain_entry *e,
			unsigned int cpus)
{
	for (unsigned int v = 0; v < e->hv.vcpus_max; v++) {
		struct row r = {.e = e, .vcpu = v};

		if (hv_vcpu_get(cli->hv, e->hv.domid, v, &r.v) < 0 ||
		    hv_affinity_get(cli->hv, e->hv.domid, v, &r.a) < 0)
			return;
		if (cli->json)
			json_row(j, &r, cpus);
		else
			print_row(&r, cpus);
	}
}

int cmd_vcpu_list(struct cli *cli, int argc, char **argv)
{
	struct domain_entry *list = NULL, one;
	struct hv_machine m;
	struct json j;
	int count = 1, rc;

	if (argc > 2)
		return cli_usage(cli, "more than one domain is given");
	if (!cli_hv(cli))
		return -1;
	rc = hv_machine(cli->hv, &m);
	if (rc < 0)
		return cli_hv_fail(cli, "ask about the machine", NULL, rc);
	if (argc == 2 && domains_find(cli->hv, cli_store_if_any(cli), argv[1],
				      "show the virtual processors of", &one, &cli->failure))
		return -1;
	if (argc < 2)
		count = domains_list(cli->hv, cli_store_if_any(cli), &list, &cli->failure);
	if (count < 0)
		return -1;
	if (cli->json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else {
		printf("%-24s  %5s  %4s  %3s  %-7s  %10s  %s\n", "NAME", "ID", "VCPU", "CPU",
		       "STATE", "CPU/s", "CPUS / PREFERRED");
	}
	for (int i = 0; i < count; i++)
		list_domain(cli, &j, list ? &list[i] : &one, m.cpus);
	if (cli->json)
		json_close_array(&j);
	free(list);
	return 0;
}

/* --- cpu --- */

static int show_cpus(struct cli *cli, unsigned int cpus)
{
	uint64_t online;
	struct json j;
	int rc = hv_cpus_online(cli->hv, &online);

	if (rc < 0)
		return rc;
	if (cli->json) {
		json_begin(&j, stdout);
		json_open_array(&j, NULL);
	} else {
		printf("%3s  %s\n", "CPU", "STATE");
	}
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		if (!cli->json) {
			printf("%3u  %s\n", cpu, online >> cpu & 1 ? "online" : "offline");
			continue;
		}
		json_open_object(&j, NULL);
		json_number(&j, "cpu", cpu);
		json_bool(&j, "online", online >> cpu & 1);
		json_close_object(&j);
	}
	if (cli->json)
		json_close_array(&j);
	return 0;
}

int cmd_cpu(struct cli *cli, int argc, char **argv)
{
	const char *what = "change the state of the processor";
	struct hv_machine m;
	uint64_t cpu;
	int rc;

	if (argc != 1 && (argc != 3 || (strcmp(argv[2], "online") && strcmp(argv[2], "offline"))))
		return cli_usage(cli, "a processor and online or offline are needed, or nothing");
	if (!cli_hv(cli))
		return -1;
	rc = hv_machine(cli->hv, &m);
	if (rc < 0)
		return cli_hv_fail(cli, "ask about the machine", NULL, rc);
	if (argc == 1) {
		rc = show_cpus(cli, m.cpus);
		return rc < 0 ? cli_hv_fail(cli, "ask about the machine", NULL, rc) : 0;
	}
	if (units_number_parse(argv[1], m.cpus - 1, &cpu))
		return fail_set(&cli->failure, FAIL_STATE, what, argv[1], NULL,
				"there is no such processor; the machine has 0 to %u", m.cpus - 1);
	rc = hv_cpu_set_online(cli->hv, (unsigned int)cpu, !strcmp(argv[2], "online"));
	if (rc == -EBUSY)
		return fail_set(&cli->failure, FAIL_STATE, what, argv[1], NULL,
				"it is the last one on line");
	return rc < 0 ? cli_hv_fail(cli, what, argv[1], rc) : 0;
}
