/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_power.c: `shoji shutdown`, `reboot`, `destroy`, `pause`, `unpause`.
 *
 * Shutdown and reboot ask the guest, by the store, and see that it has taken the wish; the rest is
 * between the hypervisor and us. After destroy the domain and all traces of it are gone.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "clock_ms.h"
#include "record.h"
#include "supervisor/supervisor.h"
#include "units.h"

#define ANSWER_MS    10000u
#define TIDY_MS	     15000u
#define WAIT_SECONDS 60u
#define STEP_MS	     20u

static void step(void)
{
	nanosleep(&(struct timespec){0, STEP_MS * 1000000l}, NULL);
}

static bool is_there(struct cli *cli, const struct domain_entry *e)
{
	struct hv_domain now;

	return !hv_domain_get(cli->hv, e->hv.domid, &now) &&
	       !memcmp(now.uuid, e->hv.uuid, sizeof(now.uuid));
}

/* The guest clears the node when it has read it; it may be gone by then. */
static int wait_answer(struct cli *cli, const struct domain_entry *e, const char *path,
		       const char *what)
{
	uint64_t end = clock_ms() + ANSWER_MS;
	struct hv_domain now;

	do {
		char *value = NULL;
		size_t length = 0;
		int rc = store_client_read(cli->store, 0, path, &value, &length);

		free(value);
		if (rc == -ENOENT || (!rc && !length) ||
		    hv_domain_get(cli->hv, e->hv.domid, &now) || now.shutdown)
			return 0;
		step();
	} while (clock_ms() < end);
	store_client_write(cli->store, 0, path, "");
	return fail_set(&cli->failure, FAIL_TIMEOUT, what, e->name,
			"is it still booting? 'shoji console' shows; 'shoji destroy' ends it",
			"the guest did not take the request within %u s", ANSWER_MS / 1000);
}

static int wait_end(struct cli *cli, const struct domain_entry *e, uint64_t seconds,
		    const char *what)
{
	uint64_t end = clock_ms() + seconds * 1000;
	struct record r;

	while (is_there(cli, e) || !record_read(e->hv.domid, &r)) {
		if (clock_ms() >= end)
			return fail_set(&cli->failure, FAIL_TIMEOUT, what, e->name,
					"'shoji console' shows what it does; 'shoji destroy' ends "
					"it",
					"it has not ended within %llu s",
					(unsigned long long)seconds);
		step();
	}
	return 0;
}

struct wish {
	const char *domain;
	uint64_t wait; /* seconds, 0: do not */
};

static int parse(struct cli *cli, int argc, char **argv, struct wish *w)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--wait"))
			w->wait = WAIT_SECONDS;
		else if (!strncmp(argv[i], "--wait=", 7)) {
			if (units_number_parse(argv[i] + 7, 1000000, &w->wait))
				return cli_usage(cli, "'%s' is no number of seconds", argv[i] + 7);
		} else if (argv[i][0] == '-')
			return cli_usage(cli, "unknown option '%s'", argv[i]);
		else if (w->domain)
			return cli_usage(cli, "more than one domain is given");
		else
			w->domain = argv[i];
	}
	return w->domain ? 0 : cli_usage(cli, "no domain is given");
}

static int check_askable(struct cli *cli, const struct domain_entry *e, const char *what)
{
	if (e->hv.domid == 0)
		return fail_set(&cli->failure, FAIL_STATE, what, e->name,
				"use the system's own command: poweroff, reboot",
				"it is the control domain");
	if (e->hv.shutdown || e->hv.dying)
		return fail_set(&cli->failure, FAIL_STATE, what, e->name,
				"'shoji destroy' takes it away", "it has ended already");
	if (e->hv.paused)
		return fail_set(&cli->failure, FAIL_STATE, what, e->name,
				"'shoji unpause' lets it run", "it is paused");
	return 0;
}

static int ask(struct cli *cli, int argc, char **argv, const char *what, const char *word)
{
	struct domain_entry e;
	struct wish w = {0};
	char path[64];
	int rc;

	if (parse(cli, argc, argv, &w) || !cli_hv(cli) || !cli_store(cli) ||
	    domains_find(cli->hv, cli->store, w.domain, what, &e, &cli->failure) ||
	    check_askable(cli, &e, what))
		return -1;
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", e.hv.domid);
	rc = store_client_write(cli->store, 0, path, word);
	if (rc < 0)
		return fail_set(&cli->failure, FAIL_STORE, what, e.name, NULL, "%s", strerror(-rc));
	if (wait_answer(cli, &e, path, what))
		return -1;
	return w.wait ? wait_end(cli, &e, w.wait, what) : 0;
}

int cmd_shutdown(struct cli *cli, int argc, char **argv)
{
	return ask(cli, argc, argv, "shut down the domain", "poweroff");
}

int cmd_reboot(struct cli *cli, int argc, char **argv)
{
	return ask(cli, argc, argv, "reboot the domain", "reboot");
}

static int refuse_dom0(struct cli *cli, const struct domain_entry *e, const char *what)
{
	if (e->hv.domid)
		return 0;
	return fail_set(&cli->failure, FAIL_STATE, what, e->name, NULL, "it is the control domain");
}

/* Its supervisor takes the rest away; without one (killed, or not our domain) we do it. */
static int clean_up(struct cli *cli, const struct domain_entry *e, bool supervised)
{
	if (supervised)
		return wait_end(cli, e, TIDY_MS / 1000, "destroy the domain");
	supervisor_tidy(cli_store_if_any(cli), e->hv.domid);
	return 0;
}

int cmd_destroy(struct cli *cli, int argc, char **argv)
{
	struct domain_entry e;
	struct record r;
	bool supervised;
	int rc;

	if (cli_domain_argument(cli, argc, argv, "destroy the domain", &e) ||
	    refuse_dom0(cli, &e, "destroy the domain"))
		return -1;
	supervised =
		e.ours && !record_read(e.hv.domid, &r) && r.supervisor && record_supervised(&r);
	rc = hv_domain_destroy(cli->hv, e.hv.domid);
	if (rc < 0 && rc != -ESRCH)
		return cli_hv_fail(cli, "destroy the domain", e.name, rc);
	return clean_up(cli, &e, supervised);
}

int cmd_pause(struct cli *cli, int argc, char **argv)
{
	struct domain_entry e;
	int rc;

	if (cli_domain_argument(cli, argc, argv, "pause the domain", &e) ||
	    refuse_dom0(cli, &e, "pause the domain"))
		return -1;
	if (e.hv.paused)
		return fail_set(&cli->failure, FAIL_STATE, "pause the domain", e.name, NULL,
				"it is paused already");
	rc = hv_domain_pause(cli->hv, e.hv.domid);
	return rc < 0 ? cli_hv_fail(cli, "pause the domain", e.name, rc) : 0;
}

int cmd_unpause(struct cli *cli, int argc, char **argv)
{
	struct domain_entry e;
	int rc;

	if (cli_domain_argument(cli, argc, argv, "unpause the domain", &e))
		return -1;
	if (!e.hv.paused)
		return fail_set(&cli->failure, FAIL_STATE, "unpause the domain", e.name, NULL,
				"it is not paused");
	rc = hv_domain_unpause(cli->hv, e.hv.domid);
	return rc < 0 ? cli_hv_fail(cli, "unpause the domain", e.name, rc) : 0;
}
