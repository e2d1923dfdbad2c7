/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_dmesg.c: `shoji dmesg`: the log of the hypervisor, from its oldest byte. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "json.h"

#define CHUNK 32768

static void put_json(struct json *j, char *text, size_t length)
{
	char *save = NULL;

	text[length] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		json_text(j, NULL, line);
}

int cmd_dmesg(struct cli *cli, int argc, char **argv)
{
	static char text[CHUNK + 1];
	bool clear = argc == 2 && !strcmp(argv[1], "--clear");
	uint32_t index = 0;
	struct json j;
	int got;

	if (argc > 1 && !clear)
		return cli_usage(cli, "unknown argument '%s'", argv[1]);
	if (!cli_hv(cli))
		return -1;
	json_begin(&j, stdout);
	if (cli->json)
		json_open_array(&j, NULL);
	do {
		got = hv_log_read(cli->hv, text, CHUNK, &index, clear);
		if (got < 0)
			return cli_hv_fail(cli, "read the hypervisor's log", NULL, got);
		if (cli->json)
			put_json(&j, text, (size_t)got);
		else
			fwrite(text, 1, (size_t)got, stdout);
	} while (got == CHUNK);
	if (cli->json)
		json_close_array(&j);
	return 0;
}
