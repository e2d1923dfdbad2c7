/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_audit.c: `shoji audit`: has the hypervisor audit its frames, and shows what is wrong. The
 * exit status is 0 only when nothing is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit_text.h"
#include "cli.h"
#include "json.h"
#include "shoji/extension.h"

#define FINDINGS 128

struct report {
	struct shoji_audit audit;
	struct shoji_audit_finding findings[FINDINGS];
	struct domain_entry *domains;
	int domain_count;
};

static const char *owner_name(const struct report *r, const struct shoji_audit_finding *n)
{
	static char unnamed[24];

	if (n->domain == SHOJI_AUDIT_NO_DOMAIN)
		return NULL;
	for (int i = 0; i < r->domain_count; i++)
		if (r->domains[i].hv.domid == n->domain)
			return r->domains[i].name;
	snprintf(unnamed, sizeof(unnamed), "domain-%u", n->domain);
	return unnamed;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_summary(const struct shoji_audit *a)
{
	printf("checked %llu frames, %llu page tables with %llu entries in %.1f s\n",
	       (unsigned long long)a->frames, (unsigned long long)a->tables,
	       (unsigned long long)a->entries, (double)a->total_ns / 1e9);
	if (a->stops)
		printf("looked again at %llu frame%s in %llu stop%s of all processors, the longest "
		       "%.1f ms\n",
		       (unsigned long long)a->suspects, plural(a->suspects),
		       (unsigned long long)a->stops, plural(a->stops),
		       (double)a->longest_stop_ns / 1e6);
	if (!a->found)
		printf("nothing is wrong\n");
	else
		printf("%llu thing%s wrong\n", (unsigned long long)a->found,
		       a->found == 1 ? " is" : "s are");
}

static void print_text(const struct report *r)
{
	char text[300];

	for (uint32_t i = 0; i < r->audit.written; i++) {
		const struct shoji_audit_finding *n = &r->findings[i];

		audit_text(n, owner_name(r, n), text, sizeof(text));
		printf("%s\n", text);
	}
	if (r->audit.found > r->audit.written)
		printf("… and %llu more\n",
		       (unsigned long long)(r->audit.found - r->audit.written));
	print_summary(&r->audit);
}

static void print_finding(struct json *j, const struct report *r,
			  const struct shoji_audit_finding *n)
{
	char text[300];

	audit_text(n, owner_name(r, n), text, sizeof(text));
	json_open_object(j, NULL);
	json_number(j, "kind", n->kind);
	if (n->frame != SHOJI_AUDIT_NO_FRAME)
		json_number(j, "frame", n->frame);
	if (n->domain != SHOJI_AUDIT_NO_DOMAIN)
		json_number(j, "domain", n->domain);
	json_text(j, "name", owner_name(r, n));
	json_number(j, "where", n->where);
	json_number(j, "expected", n->expected);
	json_number(j, "found", n->found);
	json_text(j, "text", text);
	json_close_object(j);
}

static void print_json(const struct report *r)
{
	const struct shoji_audit *a = &r->audit;
	struct json j;

	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_bool(&j, "clean", !a->found);
	json_number(&j, "found", a->found);
	json_number(&j, "frames", a->frames);
	json_number(&j, "tables", a->tables);
	json_number(&j, "entries", a->entries);
	json_number(&j, "suspects", a->suspects);
	json_number(&j, "stops", a->stops);
	json_number(&j, "longest_stop_ns", a->longest_stop_ns);
	json_number(&j, "total_ns", a->total_ns);
	json_open_array(&j, "findings");
	for (uint32_t i = 0; i < a->written; i++)
		print_finding(&j, r, &r->findings[i]);
	json_close_array(&j);
	json_close_object(&j);
}

static int refused(struct cli *cli, int rc)
{
	struct hv_version v;

	if (rc == -ENOSYS && !hv_version(cli->hv, &v))
		return fail_set(&cli->failure, FAIL_HYPERVISOR, "run the audit", NULL,
				"it is part of Shoji from extension version 2 on",
				"this hypervisor (%u.%u%s) has no audit", v.major, v.minor,
				v.extra);
	if (rc == -EBUSY)
		return fail_set(&cli->failure, FAIL_STATE, "run the audit", NULL,
				"wait until it has ended, and try again",
				"another one is under way");
	return cli_hv_fail(cli, "run the audit", NULL, rc);
}

int cmd_audit(struct cli *cli, int argc, char **argv)
{
	static struct report r;
	int rc;

	(void)argv;
	if (argc > 1)
		return cli_usage(cli, "it takes no arguments");
	if (!cli_hv(cli))
		return -1;
	rc = hv_audit(cli->hv, &r.audit, r.findings, FINDINGS);
	if (rc < 0)
		return refused(cli, rc);
	if (r.audit.found) /* names are wanted only then; without them, ids will do */
		r.domain_count = domains_list(cli->hv, cli_store_if_any(cli), &r.domains, NULL);
	if (cli->json)
		print_json(&r);
	else
		print_text(&r);
	free(r.domains);
	return r.audit.found ? FAIL_AUDIT : 0;
}
