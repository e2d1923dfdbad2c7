/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * commands.c: the table of commands. It is the only list: `shoji help`, the usage messages and
 * the completion of shells read it. Adding a command means a row here and a file cmd_*.c.
 */
#include "cli.h"

#include <string.h>

const struct command commands[] = {
	{"list", "[DOMAIN...]", "show the domains", "  --json    for programs", cmd_list, false},
	{"info", "[DOMAIN | --stats]", "show the machine, or what a domain has of what is limited",
	 "  --stats   what the hypervisor has counted: switches, events, hypercalls, ...\n"
	 "  --json    for programs",
	 cmd_info, false},
	{"metrics", "", "the same counts for a monitor, in Prometheus' text format", NULL,
	 cmd_metrics, false},
	{"version", "", "show versions of hypervisor and tools", "  --json    for programs",
	 cmd_version, false},
	{"dmesg", "[--clear]", "show the log of the hypervisor",
	 "  --clear   empty the log after showing it", cmd_dmesg, false},
	{"audit", "", "check the hypervisor's records of all memory, while everything runs",
	 "  --json    for programs\nexit status 13: something is wrong", cmd_audit, false},
	{"create", "FILE.xml [--paused]", "make a domain from its definition and start it",
	 "  --paused  make it, but do not let it run yet\n  --json    print id, name and uuid",
	 cmd_create, false},
	{"validate", "FILE.xml", "check a definition and the files it names", NULL, cmd_validate,
	 false},
	{"console", "DOMAIN [--log]", "use a domain's console; Ctrl-] leaves it",
	 "  --log     show what is on disk of it, also when the domain is gone", cmd_console,
	 false},
	{"shutdown", "DOMAIN [--wait[=SECONDS]]", "ask a domain to shut down",
	 "  --wait    until it is gone (60 s when no number is given)", cmd_shutdown, false},
	{"reboot", "DOMAIN", "ask a domain to reboot", NULL, cmd_reboot, false},
	{"destroy", "DOMAIN", "end a domain at once, without asking it", NULL, cmd_destroy, false},
	{"pause", "DOMAIN", "stop a domain's vCPUs", NULL, cmd_pause, false},
	{"unpause", "DOMAIN", "let a paused domain run", NULL, cmd_unpause, false},
	{"sched", "DOMAIN [--weight N] [--cap PERCENT] [--cpus LIST] [--soft-cpus LIST] [--vcpu N]",
	 "show or set a domain's share of the processors",
	 "  --weight     its share beside others', 1 to 65535; 256 is usual\n"
	 "  --cap        the most it gets, in percent of one processor; 0: no limit\n"
	 "  --cpus       where its virtual processors may run: 0-3,^2 or all\n"
	 "  --soft-cpus  where they rather run\n"
	 "  --vcpu       of these two, only for this virtual processor\n  --json       for "
	 "programs",
	 cmd_sched, false},
	{"vcpu-list", "[DOMAIN]", "show virtual processors, and where they run",
	 "  --json    for programs", cmd_vcpu_list, false},
	{"cpu", "[N online|offline]", "show processors, take one out of service or into it",
	 "  --json    for programs", cmd_cpu, false},
	{"vcpus", "DOMAIN N", "let a domain have N virtual processors", NULL, cmd_vcpus, false},
	{"dumpxml", "DOMAIN", "show the definition of a running domain", NULL, cmd_dumpxml, false},
	{"top", "[--batch] [--delay SECONDS] [--count N] [--sort ORDER]",
	 "show who uses processors, memory, disks and network",
	 "  --batch   print it as text once, or --count times\n"
	 "  --delay   between two looks, 2 s when not given\n"
	 "  --sort    cpu, memory, disk, net, name or id\n  --json    for programs",
	 cmd_top, false},
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
