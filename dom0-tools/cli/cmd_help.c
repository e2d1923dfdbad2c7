/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_help.c: `shoji help`: made from the table of commands. */
#include <stdio.h>

#include "cli.h"

static void help_all(void)
{
	printf("usage: shoji COMMAND [ARGUMENTS] [--json]\n\n");
	for (unsigned int i = 0; i < command_count; i++)
		if (!commands[i].hidden)
			printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	printf("\n'shoji help COMMAND' explains one. A DOMAIN is a name, an id or a uuid.\n"
	       "Exit status: 0 done, 1 other failure, 2 usage, 3 bad definition, 4 no such "
	       "domain,\n"
	       "5 name taken, 6 not enough memory, 7 file, 8 hypervisor, 9 store, 10 timeout,\n"
	       "11 device, 12 wrong state.\n");
}

int cmd_help(struct cli *cli, int argc, char **argv)
{
	const struct command *c = argc > 1 ? command_find(argv[1]) : NULL;

	if (argc > 2)
		return cli_usage(cli, "too many arguments");
	if (argc > 1 && !c)
		return cli_usage(cli, "there is no command '%s'", argv[1]);
	if (!c) {
		help_all();
		return 0;
	}
	printf("shoji %s %s\n  %s\n", c->name, c->arguments, c->summary);
	if (c->details)
		printf("\n%s\n", c->details);
	return 0;
}
