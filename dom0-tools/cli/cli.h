/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli.h: what the commands of `shoji` share. A command is a function and a row in the table of
 * commands.c; it returns 0, or -1 with cli->failure filled in: main.c prints it and makes the exit
 * status of it. Commands print their results, nothing else does.
 */
#ifndef SHOJI_CLI_CLI_H
#define SHOJI_CLI_CLI_H

#include <stdbool.h>

#include "domains.h"
#include "failure.h"
#include "hv.h"
#include "store_client.h"

struct cli {
	bool json;
	struct failure failure;
	struct hv *hv;		    /* opened when first asked for */
	struct store_client *store; /* likewise */
	const struct command *command;
};

struct command {
	const char *name;
	const char *arguments; /* "DOMAIN [--wait]" */
	const char *summary;
	const char *details; /* options, one per line; may be NULL */
	int (*run)(struct cli *cli, int argc, char **argv);
	bool hidden;
};

extern const struct command commands[];
extern const unsigned int command_count;
const struct command *command_find(const char *name);

/* NULL with the failure filled in. */
struct hv *cli_hv(struct cli *cli);
struct store_client *cli_store(struct cli *cli);
/* NULL without complaint: for what works without the store as well. */
struct store_client *cli_store_if_any(struct cli *cli);

/* The domain called argv[1], which must be the only argument; `what` begins the message. */
int cli_domain_argument(struct cli *cli, int argc, char **argv, const char *what,
			struct domain_entry *entry);

/* -1 with a FAIL_USAGE that tells the right usage. */
int cli_usage(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* -1 with a FAIL_HYPERVISOR from an error number. */
int cli_hv_fail(struct cli *cli, const char *what, const char *object, int rc);

/* `shoji info DOMAIN` */
int info_domain(struct cli *cli, int argc, char **argv);
int cli_info_stats(struct cli *cli); /* `info --stats` */

#define CLI_COMMAND(name) int cmd_##name(struct cli *cli, int argc, char **argv)
CLI_COMMAND(audit);
CLI_COMMAND(console);
CLI_COMMAND(cpu);
CLI_COMMAND(create);
CLI_COMMAND(define);
CLI_COMMAND(destroy);
CLI_COMMAND(dmesg);
CLI_COMMAND(dumpxml);
CLI_COMMAND(help);
CLI_COMMAND(info);
CLI_COMMAND(list);
CLI_COMMAND(metrics);
CLI_COMMAND(pause);
CLI_COMMAND(reboot);
CLI_COMMAND(sched);
CLI_COMMAND(shutdown);
CLI_COMMAND(start);
CLI_COMMAND(supervise);
CLI_COMMAND(top);
CLI_COMMAND(undefine);
CLI_COMMAND(unpause);
CLI_COMMAND(validate);
CLI_COMMAND(vcpu_list);
CLI_COMMAND(vcpus);
CLI_COMMAND(version);

#endif
