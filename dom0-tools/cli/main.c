/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: `shoji`, the one management command: finds the row of the command, runs it, and turns
 * its failure into a message and the exit status (the codes of lib/failure.h are the statuses).
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

static void print_failure(const struct cli *cli)
{
	const struct failure *f = &cli->failure;
	char text[1600];

	if (cli->json) {
		struct json j;

		json_begin(&j, stderr);
		json_open_object(&j, NULL);
		json_text(&j, "error", failure_code_name(f->code));
		json_text(&j, "what", f->what);
		json_text(&j, "object", f->object);
		json_text(&j, "why", f->why);
		json_text(&j, "advice", f->advice);
		json_close_object(&j);
		return;
	}
	failure_format(f, text, sizeof(text));
	fprintf(stderr, "shoji: %s\n", text);
}

/* Takes every --json out of the arguments, wherever it stands. */
static int take_json(struct cli *cli, int argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			cli->json = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	return kept;
}

static int run(struct cli *cli, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";

	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	if (!strcmp(name, "--version"))
		name = "version";
	cli->command = command_find(name);
	if (!cli->command)
		return fail_set(&cli->failure, FAIL_USAGE, "understand", name,
				"'shoji help' lists the commands", "there is no such command");
	if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"))) {
		argv[2] = argv[1];
		return cmd_help(cli, argc - 1, argv + 1);
	}
	return cli->command->run(cli, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : argv);
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	int rc;

	argc = take_json(&cli, argc, argv);
	rc = run(&cli, argc, argv);
	hv_close(cli.hv);
	if (cli.store)
		store_client_close(cli.store);
	if (rc >= 0 && fflush(stdout))
		rc = fail_errno(&cli.failure, FAIL_GENERAL, "write the output", NULL, NULL);
	if (rc >= 0)
		return rc;
	print_failure(&cli);
	return cli.failure.code ? (int)cli.failure.code : FAIL_GENERAL;
}
