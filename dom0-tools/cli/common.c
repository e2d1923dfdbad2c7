/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * common.c: connections and arguments that several commands need (see cli.h).
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct hv *cli_hv(struct cli *cli)
{
	if (!cli->hv)
		cli->hv = hv_open(&cli->failure);
	return cli->hv;
}

struct store_client *cli_store_if_any(struct cli *cli)
{
	if (!cli->store && store_client_open(&cli->store))
		cli->store = NULL;
	return cli->store;
}

struct store_client *cli_store(struct cli *cli)
{
	int rc = cli->store ? 0 : store_client_open(&cli->store);

	if (rc) {
		cli->store = NULL;
		fail_set(&cli->failure, FAIL_STORE, "reach the store daemon", NULL,
			 "is it running? systemctl start shoji-stored", "%s", strerror(-rc));
	}
	return cli->store;
}

int cli_domain_argument(struct cli *cli, int argc, char **argv, const char *what,
			struct domain_entry *entry)
{
	if (argc != 2)
		return cli_usage(cli, argc < 2 ? "no domain is given" : "too many arguments");
	if (!cli_hv(cli))
		return -1;
	return domains_find(cli->hv, cli_store_if_any(cli), argv[1], what, entry, &cli->failure);
}

int cli_usage(struct cli *cli, const char *format, ...)
{
	const struct command *c = cli->command;
	char why[256], usage[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	snprintf(usage, sizeof(usage), "usage: shoji %s %s", c->name, c->arguments);
	return fail_set(&cli->failure, FAIL_USAGE, "understand the arguments", NULL, usage, "%s",
			why);
}

int cli_hv_fail(struct cli *cli, const char *what, const char *object, int rc)
{
	return fail_set(&cli->failure, rc == -ESRCH ? FAIL_NO_DOMAIN : FAIL_HYPERVISOR, what,
			object, NULL, "%s", hv_reason(rc));
}
