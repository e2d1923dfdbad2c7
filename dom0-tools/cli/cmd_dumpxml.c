/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_dumpxml.c: `shoji dumpxml`: the definition a running domain was made from. */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "def.h"
#include "record.h"

int cmd_dumpxml(struct cli *cli, int argc, char **argv)
{
	struct domain_entry e;
	struct domain_def *def;
	char *xml;

	if (cli_domain_argument(cli, argc, argv, "show the definition of", &e))
		return -1;
	if (!e.ours)
		return fail_set(&cli->failure, FAIL_STATE, "show the definition of", e.name,
				"only domains made by 'shoji create' have one",
				"there is no record of it");
	def = record_definition(e.hv.domid, &cli->failure);
	xml = def ? def_write(def, e.hv.domid) : NULL;
	def_free(def);
	if (!xml)
		return fail_set(&cli->failure, FAIL_GENERAL, "show the definition of", e.name, NULL,
				"out of memory");
	fputs(xml, stdout);
	free(xml);
	return 0;
}
