/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of domains as the store sees it.
 * Data: a list in struct store. Lock: none, one thread.
 * A domain id is used again one day, so death takes away every trace of it: its nodes, and its
 * entries in the permissions of others' nodes. It does not find out who is dead (main.c does).
 */
#include "domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "edit.h"
#include "daemon/log.h"
#include "keep.h"
#include "mem.h"
#include "watch.h"

#define HOLD_MS 50
#define PACE_MS 10
#define BURST_S 2 /* seconds' worth of requests at once, after a rest */

struct domain *domain_find(const struct store *s, uint16_t domid)
{
	struct domain *d = s->domains;

	while (d && d->domid != domid)
		d = d->next;
	return d;
}

static int rebind(struct store *s, struct domain *d, uint32_t port)
{
	uint32_t old = d->port;
	int rc;

	d->port = port;
	rc = d->conn ? s->host.rebind(s->host.ctx, d) : s->host.connect(s->host.ctx, d);
	if (rc < 0)
		d->port = old;
	else
		keep_domain(s, d);
	return rc;
}

int domain_introduce(struct store *s, uint16_t domid, uint64_t frame, uint32_t port)
{
	struct domain *d = domain_find(s, domid);
	int rc;

	if (d)
		return rebind(s, d, port);
	d = mem_zalloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->domid = domid;
	d->frame = frame;
	d->port = port;
	if (s->host.identify)
		s->host.identify(s->host.ctx, domid, d->identity);
	rc = s->host.connect(s->host.ctx, d);
	if (rc < 0) {
		free(d);
		return rc;
	}
	d->next = s->domains;
	s->domains = d;
	keep_domain(s, d);
	watch_fire_event(s, STORE_EVENT_INTRODUCE);
	return 0;
}

static bool names(const struct node *n, uint16_t domid)
{
	size_t i;

	for (i = 0; i < n->perm_count; i++)
		if (n->perms[i].domid == domid)
			return true;
	return false;
}

/* Takes the domain out of one version of the tree; walks another that stays as it is. */
static int forget_everywhere(struct edit *e, const struct tree *snapshot, uint16_t domid)
{
	struct op rm = {.type = XS_RM};
	struct tree_walk walk;
	const struct node *n;
	int rc = 0;

	tree_walk_start(&walk, snapshot, "/");
	while (!rc && (n = tree_walk_next(&walk))) {
		if (n->perms[0].domid == domid && walk.path[1]) {
			rm.path = walk.path;
			rc = edit_apply(e, &rm);
			tree_walk_skip(&walk);
		} else if (names(n, domid)) {
			rc = edit_forget_domain(e, walk.path, domid);
		}
	}
	return rc;
}

static int forget_nodes(struct store *s, uint16_t domid)
{
	static const struct actor control = {.privileged = true};
	struct tree snapshot;
	struct edit e;
	int rc;

	tree_share(&snapshot, &s->tree);
	edit_begin(&e, s, &control, &snapshot);
	rc = forget_everywhere(&e, &snapshot, domid);
	if (rc < 0)
		edit_drop(&e);
	else
		edit_commit(&e);
	tree_drop(&snapshot);
	return rc;
}

/* The permissions of the special events too. */
static void forget_in_events(struct store *s, uint16_t domid)
{
	struct store_event *e;
	size_t i, kept;

	for (e = s->event; e < s->event + STORE_EVENTS; e++) {
		for (i = kept = 1; i < e->count; i++)
			if (e->perms[i].domid != domid)
				e->perms[kept++] = e->perms[i];
		e->count = kept;
		if (e->perms[0].domid == domid)
			e->perms[0].domid = 0;
	}
}

static void forget_targets(struct store *s, uint16_t domid)
{
	struct domain *d;

	for (d = s->domains; d; d = d->next)
		if (d->has_target && d->target == domid) {
			d->has_target = false;
			if (d->conn)
				d->conn->actor.has_target = false;
		}
}

int domain_forget(struct store *s, uint16_t domid)
{
	int rc = forget_nodes(s, domid);

	if (rc < 0)
		return rc;
	forget_in_events(s, domid);
	forget_targets(s, domid);
	return 0;
}

int domain_remove(struct store *s, struct domain *d)
{
	struct domain **slot = &s->domains;
	int rc;

	if (d->conn)
		s->host.disconnect(s->host.ctx, d);
	rc = domain_forget(s, d->domid);
	if (rc < 0)
		return rc;
	keep_domain_gone(s, d->domid);
	while (*slot != d)
		slot = &(*slot)->next;
	*slot = d->next;
	free(d);
	s->deaths++;
	watch_fire_event(s, STORE_EVENT_RELEASE);
	return 0;
}

void domain_note_shutdown(struct store *s, struct domain *d)
{
	if (d->shutdown)
		return;
	d->shutdown = true;
	keep_domain(s, d);
	watch_fire_event(s, STORE_EVENT_RELEASE);
}

void domain_set_target(struct store *s, struct domain *d, uint16_t target)
{
	d->has_target = true;
	d->target = target;
	if (d->conn) {
		d->conn->actor.has_target = true;
		d->conn->actor.target = target;
	}
	keep_domain(s, d);
}

void domain_hold_back(struct store *s, uint16_t domid)
{
	struct domain *d = domain_find(s, domid);

	if (d && !(d->conn && d->conn->actor.privileged))
		d->held_until_ms = s->now_ms + HOLD_MS;
}

bool domain_is_held(const struct store *s, const struct domain *d)
{
	return d && d->held_until_ms > s->now_ms;
}

static bool is_bound(const struct store *s, const struct domain *d)
{
	return d && s->quota.limit[QUOTA_REQUESTS] && !(d->conn && d->conn->actor.privileged);
}

void domain_charge(struct store *s, struct domain *d)
{
	uint64_t limit = s->quota.limit[QUOTA_REQUESTS];

	if (!is_bound(s, d))
		return;
	if (!d->pace.per_second)
		pace_start(&d->pace, limit, BURST_S * limit, s->now_ms);
	if (pace_spend(&d->pace, s->now_ms, 1))
		return;
	d->paced_until_ms = s->now_ms + PACE_MS;
	if (!d->told_pace)
		log_warning("domain %u asks more than %llu requests a second; it has to wait "
			    "(raise it with --quota %s=N)",
			    d->domid, (unsigned long long)limit, quota_name(QUOTA_REQUESTS));
	d->told_pace = true;
}

bool domain_is_paced(const struct store *s, const struct domain *d)
{
	return d && d->paced_until_ms > s->now_ms;
}
