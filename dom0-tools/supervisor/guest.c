/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.c: the order in which a guest comes and goes.
 *
 * What can fail without a domain goes first. guest_stop takes away whatever there is, so it is
 * also the way out of a start that failed half way. The domain dies before its backends, so that
 * no request of a living guest is dropped.
 */
#include "supervisor.h"

#include <string.h>

#include "clock_ms.h"
#include "daemon/log.h"
#include "record.h"

#include <unistd.h>

static int open_connections(struct guest *g, struct failure *f)
{
	int rc = g->store ? 0 : store_client_open(&g->store);

	if (!g->hv)
		g->hv = hv_open(f);
	if (!g->hv)
		return -1;
	if (!rc)
		return 0;
	g->store = NULL;
	return fail_set(f, FAIL_STORE, "reach the store daemon", NULL,
			"is it running? systemctl start shoji-stored", "%s", strerror(-rc));
}

static int record(struct guest *g, struct failure *f)
{
	struct record r = {.domid = g->domid, .supervisor = getpid()};

	strcpy(r.name, g->def->name);
	memcpy(r.uuid, g->def->uuid, sizeof(r.uuid));
	g->recorded = true;
	return record_write(&r, g->def, f);
}

static int build(struct guest *g, struct failure *f)
{
	if (build_domain(g->def, &g->built, f))
		return -1;
	g->domid = g->built.domid;
	return 0;
}

int guest_start(struct guest *g, struct failure *f)
{
	if (!open_connections(g, f) && !devices_open_disks(g, f) && !build(g, f) && !record(g, f) &&
	    !devices_open_nics(g, f) && !devices_open_stats(g, f) && !nodes_publish(g, f) &&
	    !backends_start(g, f)) {
		g->started_ms = clock_ms();
		return 0;
	}
	guest_stop(g);
	return -1;
}

void guest_stop(struct guest *g)
{
	int rc = g->domid && g->hv ? hv_domain_destroy(g->hv, g->domid) : 0;

	if (rc < 0 && hv_domain_get(g->hv, g->domid, &(struct hv_domain){0}) == 0)
		log_error("%s: cannot destroy domain %u: %s", g->def->name, g->domid,
			  hv_reason(rc));
	backends_stop(g);
	devices_close(g);
	if (!g->store && store_client_open(&g->store))
		g->store = NULL;
	if (g->published && g->store)
		nodes_remove(g->store, g->domid);
	if (g->recorded)
		record_remove(g->domid);
	g->domid = 0;
	g->recorded = g->published = false;
}

void supervisor_tidy(struct store_client *store, uint16_t domid)
{
	if (store)
		nodes_remove(store, domid);
	record_remove(domid);
}
