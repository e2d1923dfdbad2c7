/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_create.c: `shoji create` and `shoji validate`: from an XML file to a running guest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "json.h"
#include "record.h"
#include "supervisor/supervisor.h"
#include "units.h"

struct options {
	const char *file;
	bool paused;
};

static int parse(struct cli *cli, int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--paused"))
			o->paused = true;
		else if (argv[i][0] == '-' && argv[i][1])
			return cli_usage(cli, "unknown option '%s'", argv[i]);
		else if (o->file)
			return cli_usage(cli, "more than one file is given");
		else
			o->file = argv[i];
	}
	return o->file ? 0 : cli_usage(cli, "no file is given");
}

static int check_free(struct cli *cli, const struct domain_def *def)
{
	struct domain_entry *list = NULL;
	int count = domains_list(cli->hv, cli->store, &list, &cli->failure), rc = 0;

	for (int i = 0; i < count && !rc; i++) {
		if (!strcmp(list[i].name, def->name))
			rc = fail_set(&cli->failure, FAIL_EXISTS, "create the domain", def->name,
				      "choose another <name>, or end that domain: shoji destroy",
				      "the name is taken by domain %u", list[i].hv.domid);
		else if (!memcmp(list[i].hv.uuid, def->uuid, sizeof(def->uuid)))
			rc = fail_set(&cli->failure, FAIL_EXISTS, "create the domain", def->name,
				      "leave <uuid> out to get a new one",
				      "the uuid is taken by domain %u, %s", list[i].hv.domid,
				      list[i].name);
	}
	free(list);
	return count < 0 ? -1 : rc;
}

static void print_created(const struct cli *cli, const struct domain_def *def, int domid)
{
	char uuid[UUID_TEXT_SIZE];
	struct json j;

	if (!cli->json) {
		printf("domain %s created, id %d\n", def->name, domid);
		return;
	}
	units_uuid_format(def->uuid, uuid);
	json_begin(&j, stdout);
	json_open_object(&j, NULL);
	json_number(&j, "id", (uint64_t)domid);
	json_text(&j, "name", def->name);
	json_text(&j, "uuid", uuid);
	json_close_object(&j);
}

/* The last step of all: from here on the guest competes with us for the processor. */
static int let_run(struct cli *cli, const struct domain_def *def, int domid)
{
	int rc = hv_domain_unpause(cli->hv, (uint16_t)domid);

	if (rc >= 0)
		return 0;
	hv_domain_destroy(cli->hv, (uint16_t)domid); /* its supervisor takes the rest away */
	return fail_set(&cli->failure, FAIL_HYPERVISOR, "start the domain", def->name, NULL, "%s",
			hv_reason(rc));
}

static int create(struct cli *cli, const struct domain_def *def, bool paused)
{
	int lock, domid;

	if (def_check_files(def, &cli->failure) || !cli_hv(cli) || !cli_store(cli) ||
	    check_free(cli, def))
		return -1;
	lock = record_lock_name(def->name, &cli->failure);
	if (lock < 0)
		return -1;
	domid = supervisor_create(def, lock, &cli->failure);
	close(lock);
	if (domid < 0)
		return -1;
	print_created(cli, def, domid);
	fflush(stdout);
	return paused ? 0 : let_run(cli, def, domid);
}

int cmd_create(struct cli *cli, int argc, char **argv)
{
	struct options o = {0};
	struct domain_def *def;
	int rc;

	if (parse(cli, argc, argv, &o))
		return -1;
	def = def_load_file(o.file, &cli->failure);
	if (!def)
		return -1;
	rc = create(cli, def, o.paused);
	def_free(def);
	return rc;
}

int cmd_validate(struct cli *cli, int argc, char **argv)
{
	struct domain_def *def;
	int rc;

	if (argc != 2)
		return cli_usage(cli, argc < 2 ? "no file is given" : "too many arguments");
	def = def_load_file(argv[1], &cli->failure);
	rc = def ? def_check_files(def, &cli->failure) : -1;
	if (!rc)
		printf("%s is valid: domain %s\n", argv[1], def->name);
	def_free(def);
	return rc;
}
