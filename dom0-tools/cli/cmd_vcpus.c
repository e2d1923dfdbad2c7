/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_vcpus.c: `shoji vcpus`: how many of a guest's virtual processors are there.
 *
 * The guest's kernel is asked by the store (cpu/N/availability), and takes processors into and out
 * of service itself; we see that it did. Those with the lowest numbers stay.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "clock_ms.h"
#include "supervisor/supervisor.h"
#include "units.h"

#define WHAT	  "change the virtual processors of"
#define ANSWER_MS 30000u
#define OFFER_MS  3000u

static int write_wishes(struct store_client *store, const struct domain_entry *e, uint64_t count)
{
	int rc = 0;

	for (unsigned int v = 0; v < e->hv.vcpus_max && rc >= 0; v++) {
		char path[80];

		snprintf(path, sizeof(path), "/local/domain/%u/cpu/%u/availability", e->hv.domid,
			 v);
		rc = store_client_write(store, 0, path, v < count ? "online" : "offline");
	}
	return rc;
}

/* How many are in service, once they are `count`, or none has gone or come for a while. */
static unsigned int wait_until(struct cli *cli, const struct domain_entry *e, uint64_t count,
			       unsigned int patience_ms)
{
	uint64_t end = clock_ms() + patience_ms;
	struct hv_domain now = e->hv;
	unsigned int before = now.vcpus;

	while (!hv_domain_get(cli->hv, e->hv.domid, &now) && now.vcpus != count &&
	       clock_ms() < end) {
		if (now.vcpus != before)
			end = clock_ms() + patience_ms;
		before = now.vcpus;
		nanosleep(&(struct timespec){0, 20000000l}, NULL);
	}
	return now.vcpus;
}

/* A kernel gives processors up by itself; to take new ones into service is up to its programs. */
static int see(struct cli *cli, const struct domain_entry *e, uint64_t count)
{
	bool more = count > e->hv.vcpus;
	unsigned int there = wait_until(cli, e, count, more ? OFFER_MS : ANSWER_MS);

	if (there > count)
		return fail_set(&cli->failure, FAIL_TIMEOUT, WHAT, e->name,
				"is it still booting? 'shoji console' shows",
				"%u are in service, and for %u s none has gone; the wish "
				"stands",
				there, ANSWER_MS / 1000);
	if (there < count)
		printf("%u of %u are in service; inside the guest, if its udev does not do it:\n"
		       "  echo 1 > /sys/devices/system/cpu/cpuN/online\n",
		       there, (unsigned int)count);
	return 0;
}

int cmd_vcpus(struct cli *cli, int argc, char **argv)
{
	struct domain_entry e;
	uint64_t count;
	int rc;

	if (argc != 3)
		return cli_usage(cli, "a domain and a number are needed");
	if (!cli_hv(cli) || !cli_store(cli) ||
	    domains_find(cli->hv, cli->store, argv[1], WHAT, &e, &cli->failure))
		return -1;
	if (units_number_parse(argv[2], e.hv.vcpus_max, &count) || count < 1)
		return fail_set(&cli->failure, FAIL_USAGE, WHAT, e.name,
				"the definition's <vcpu> is the most there can be",
				"'%s' is not a number from 1 to %u", argv[2], e.hv.vcpus_max);
	if (e.hv.shutdown || e.hv.dying || e.hv.paused)
		return fail_set(&cli->failure, FAIL_STATE, WHAT, e.name, NULL,
				"it does not run, so it cannot answer");
	rc = write_wishes(cli->store, &e, count);
	if (rc < 0)
		return fail_set(&cli->failure, FAIL_STORE, WHAT, e.name, NULL, "%s", strerror(-rc));
	return see(cli, &e, count);
}
