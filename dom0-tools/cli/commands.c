/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * commands.c: the table of commands. It is the only list: `shoji help`, the usage messages and
 * the completion of shells read it. Adding a command means a row here and a file cmd_*.c.
 */
#include "cli.h"

#include <string.h>

const struct command commands[] = {
	{"list", "[DOMAIN...]", "show the domains", "  --json    for programs", cmd_list, false},
	{"info", "", "show the machine: processors, memory", "  --json    for programs", cmd_info,
	 false},
	{"version", "", "show versions of hypervisor and tools", "  --json    for programs",
	 cmd_version, false},
	{"dmesg", "[--clear]", "show the log of the hypervisor",
	 "  --clear   empty the log after showing it", cmd_dmesg, false},
	{"help", "[COMMAND]", "explain a command", NULL, cmd_help, false},
};

const unsigned int command_count = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (unsigned int i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}
