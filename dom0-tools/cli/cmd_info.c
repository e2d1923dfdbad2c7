/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_info.c: `shoji info` and `shoji version`: the machine and who runs it. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli.h"
#include "json.h"

#ifndef SHOJI_VERSION
#define SHOJI_VERSION "0.1"
#endif

static const char *product(const struct hv_version *v)
{
	return v->extension ? "Shoji" : "Xen";
}

static void info_json(const struct hv_machine *m, const struct hv_version *v, int domains)
{
	struct json j;
	char version[64];

	snprintf(version, sizeof(version), "%u.%u%s", v->major, v->minor, v->extra);
	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_text(&j, "hypervisor", product(v));
	json_text(&j, "version", version);
	json_number(&j, "cpus", m->cpus);
	json_number(&j, "cpu_khz", m->cpu_khz);
	json_number(&j, "threads_per_core", m->threads_per_core);
	json_number(&j, "cores_per_socket", m->cores_per_socket);
	json_number(&j, "nodes", m->nodes);
	json_number(&j, "memory_kib", m->total_kib);
	json_number(&j, "free_memory_kib", m->free_kib);
	json_number(&j, "domains", (uint64_t)domains);
	if (v->extension)
		json_bool(&j, "page_table_isolation", v->isolation);
	json_close_object(&j);
}

static void info_text(const struct hv_machine *m, const struct hv_version *v, int domains)
{
	printf("hypervisor      %s, interface %u.%u%s\n", product(v), v->major, v->minor, v->extra);
	printf("processors      %u at %u MHz (%u per core, %u cores per socket)\n", m->cpus,
	       m->cpu_khz / 1000, m->threads_per_core, m->cores_per_socket);
	printf("memory          %llu MiB, of it free %llu MiB\n",
	       (unsigned long long)m->total_kib / 1024, (unsigned long long)m->free_kib / 1024);
	printf("domains         %d\n", domains);
	if (v->extension)
		printf("page tables     %s\n",
		       v->isolation ? "of guests do not show the hypervisor (pti=on)"
				    : "of guests hold the hypervisor too (pti=off)");
}

static int count_domains(struct hv *hv)
{
	struct hv_domain found[128];
	uint16_t first = 0;
	int count = 0, rc;

	do {
		rc = hv_domain_list(hv, first, found, 128);
		if (rc < 0)
			return rc;
		count += rc;
		first = rc ? (uint16_t)(found[rc - 1].domid + 1) : first;
	} while (rc == 128);
	return count;
}

int cmd_info(struct cli *cli, int argc, char **argv)
{
	struct hv_machine m;
	struct hv_version v;
	int rc, domains = 0;

	if (argc == 2 && !strcmp(argv[1], "--stats"))
		return cli_info_stats(cli);
	if (argc > 1)
		return info_domain(cli, argc, argv);
	if (!cli_hv(cli))
		return -1;
	rc = hv_machine(cli->hv, &m);
	if (rc >= 0)
		rc = hv_version(cli->hv, &v);
	if (rc >= 0)
		rc = domains = count_domains(cli->hv);
	if (rc < 0)
		return cli_hv_fail(cli, "ask about the machine", NULL, rc);
	if (cli->json)
		info_json(&m, &v, domains);
	else
		info_text(&m, &v, domains);
	return 0;
}

static void version_json(const struct hv_version *v, const struct utsname *u)
{
	struct json j;
	char version[64];

	snprintf(version, sizeof(version), "%u.%u%s", v->major, v->minor, v->extra);
	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_text(&j, "tools", SHOJI_VERSION);
	json_text(&j, "hypervisor", product(v));
	json_text(&j, "version", version);
	json_number(&j, "extension", v->extension);
	json_text(&j, "changeset", v->changeset);
	json_text(&j, "compiler", v->compiler);
	json_text(&j, "compiled", v->compile_date);
	json_text(&j, "capabilities", v->capabilities);
	json_text(&j, "command_line", v->commandline);
	json_text(&j, "kernel", u->release);
	json_close_object(&j);
}

static void version_text(const struct hv_version *v, const struct utsname *u)
{
	printf("tools           %s\n", SHOJI_VERSION);
	printf("hypervisor      %s, interface %u.%u%s", product(v), v->major, v->minor, v->extra);
	if (v->extension)
		printf(", extension %u", v->extension);
	printf("\ncompiled        %s, %s\n", v->compiler, v->compile_date);
	printf("changeset       %s\n", v->changeset);
	printf("guests          %s\n", v->capabilities);
	printf("command line    %s\n", v->commandline);
	printf("dom0 kernel     %s\n", u->release);
}

int cmd_version(struct cli *cli, int argc, char **argv)
{
	struct hv_version v;
	struct utsname u;
	int rc;

	(void)argv;
	if (argc > 1)
		return cli_usage(cli, "it takes no arguments");
	if (!cli_hv(cli)) {
		printf("tools           %s\n", SHOJI_VERSION);
		return -1;
	}
	rc = hv_version(cli->hv, &v);
	if (rc < 0)
		return cli_hv_fail(cli, "ask for the version", NULL, rc);
	uname(&u);
	if (cli->json)
		version_json(&v, &u);
	else
		version_text(&v, &u);
	return 0;
}
