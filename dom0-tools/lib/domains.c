/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domains.c: joins what the hypervisor knows of domains (ids, states) with their names: from our
 * records where we made them, else from the store, where other tools write /local/domain/N/name.
 */
#include "domains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "shoji/sched.h"
#include "store_client.h"
#include "units.h"

#define BATCH 256u

static void take_name(struct store_client *store, struct domain_entry *e)
{
	struct record record;
	char path[64], *value = NULL;
	size_t length;

	e->ours = !record_read(e->hv.domid, &record) && !memcmp(record.uuid, e->hv.uuid, 16);
	if (e->ours) {
		snprintf(e->name, sizeof(e->name), "%s", record.name);
		return;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/name", e->hv.domid);
	if (store && !store_client_read(store, 0, path, &value, &length) && *value)
		snprintf(e->name, sizeof(e->name), "%s", value);
	else if (e->hv.domid == 0)
		snprintf(e->name, sizeof(e->name), "Domain-0");
	else
		snprintf(e->name, sizeof(e->name), "domain-%u", e->hv.domid);
	free(value);
}

static int fail_list(struct failure *f, int rc)
{
	return fail_set(f, FAIL_HYPERVISOR, "list the domains", NULL, NULL, "%s", hv_reason(rc));
}

int domains_list(struct hv *hv, struct store_client *store, struct domain_entry **list,
		 struct failure *f)
{
	struct hv_domain found[BATCH];
	struct domain_entry *entries = NULL;
	int count = 0, rc;
	uint16_t first = 0;

	do {
		rc = hv_domain_list(hv, first, found, BATCH);
		if (rc <= 0)
			break;
		entries = reallocarray(entries, (size_t)(count + rc), sizeof(*entries));
		if (!entries)
			return fail_set(f, FAIL_GENERAL, "list the domains", NULL, NULL,
					"out of memory");
		for (int i = 0; i < rc; i++) {
			entries[count].hv = found[i];
			take_name(store, &entries[count++]);
		}
		first = (uint16_t)(found[rc - 1].domid + 1);
	} while (rc == (int)BATCH);
	*list = entries;
	return rc < 0 ? fail_list(f, rc) : count;
}

static bool is_called(const struct domain_entry *e, const char *which)
{
	uint8_t uuid[16];
	uint64_t number;

	if (!units_number_parse(which, UINT16_MAX, &number))
		return e->hv.domid == number;
	if (!strcmp(e->name, which))
		return true;
	return !units_uuid_parse(which, uuid) && !memcmp(uuid, e->hv.uuid, sizeof(uuid));
}

int domains_find(struct hv *hv, struct store_client *store, const char *which, const char *what,
		 struct domain_entry *entry, struct failure *f)
{
	struct domain_entry *list = NULL;
	int count = domains_list(hv, store, &list, f), found = -1;

	for (int i = 0; i < count && found < 0; i++)
		if (is_called(&list[i], which))
			found = i;
	if (found >= 0)
		*entry = list[found];
	free(list);
	if (found >= 0)
		return 0;
	return fail_set(f, FAIL_NO_DOMAIN, what, which, "'shoji list' shows the domains",
			"there is no such domain");
}

const char *domains_state(const struct hv_domain *d)
{
	static const char *const reasons[] = {
		[SHUTDOWN_poweroff] = "shutdown", [SHUTDOWN_reboot] = "rebooting",
		[SHUTDOWN_suspend] = "suspended", [SHUTDOWN_crash] = "crashed",
		[SHUTDOWN_watchdog] = "crashed",
	};

	if (d->dying)
		return "dying";
	if (d->shutdown)
		return d->shutdown_reason < sizeof(reasons) / sizeof(reasons[0])
			       ? reasons[d->shutdown_reason]
			       : "shutdown";
	if (d->paused)
		return "paused";
	return d->running || !d->blocked ? "running" : "idle"; /* or waits for a CPU */
}
