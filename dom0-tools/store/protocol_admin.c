/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages about domains, and the administrative command.
 * Data: none of its own. Lock: none, one thread.
 * The table in protocol.c has checked that only the control domain gets here, but for the two
 * questions IS_DOMAIN_INTRODUCED and GET_DOMAIN_PATH.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "keep.h"
#include "protocol.h"

static int get_domid(const struct request *r, size_t n, uint16_t *domid)
{
	const char *text = request_string(r, n);

	return text && perm_parse_domid(text, domid) ? 0 : -EINVAL;
}

static int get_number(const struct request *r, size_t n, uint64_t *number)
{
	const char *text = request_string(r, n);
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return *end || errno ? -EINVAL : 0;
}

int handle_introduce(struct request *r)
{
	uint64_t frame, port;
	uint16_t domid;
	int rc;

	if (get_domid(r, 0, &domid) < 0 || get_number(r, 1, &frame) < 0 ||
	    get_number(r, 2, &port) < 0 || port > INT32_MAX || !domid)
		return -EINVAL;
	rc = domain_introduce(r->store, domid, frame, (uint32_t)port);
	return rc < 0 ? rc : reply_ok(r);
}

/* The domain that the request names: known, and not the one that asks. */
static int get_domain(const struct request *r, struct domain **d)
{
	uint16_t domid;

	if (get_domid(r, 0, &domid) < 0)
		return -EINVAL;
	*d = domain_find(r->store, domid);
	if (!*d)
		return -ENOENT;
	return (*d)->conn == r->conn ? -EINVAL : 0;
}

int handle_release(struct request *r)
{
	struct domain *d;
	int rc = get_domain(r, &d);

	rc = rc < 0 ? rc : domain_remove(r->store, d);
	return rc < 0 ? rc : reply_ok(r);
}

int handle_resume(struct request *r)
{
	struct domain *d;
	int rc = get_domain(r, &d);

	if (rc < 0)
		return rc;
	d->shutdown = false;
	keep_domain(r->store, d);
	return reply_ok(r);
}

int handle_set_target(struct request *r)
{
	struct domain *d;
	uint16_t target;
	int rc = get_domain(r, &d);

	if (rc < 0 || get_domid(r, 1, &target) < 0)
		return rc < 0 ? rc : -EINVAL;
	if (!target || !domain_find(r->store, target))
		return -ENOENT;
	domain_set_target(r->store, d, target);
	return reply_ok(r);
}

int handle_is_introduced(struct request *r)
{
	uint16_t domid;

	if (get_domid(r, 0, &domid) < 0)
		return -EINVAL;
	return reply_string(r, !domid || domain_find(r->store, domid) ? "T" : "F");
}

int handle_domain_path(struct request *r)
{
	uint16_t domid;
	char text[40];

	if (get_domid(r, 0, &domid) < 0)
		return -EINVAL;
	snprintf(text, sizeof(text), "/local/domain/%u", domid);
	return reply_string(r, text);
}

static int control_help(struct request *r)
{
	return reply_string(r, "commands: help, check, memory, quota DOMID");
}

static int control_check(struct request *r)
{
	return reply_string(r, store_audit(r->store) ? "inconsistent, see the log" : "consistent");
}

static int control_memory(struct request *r)
{
	char text[128];

	snprintf(text, sizeof(text), "nodes %zu, bytes %zu, of these in use %llu",
		 r->store->memory.nodes, r->store->memory.bytes,
		 (unsigned long long)r->store->quota.node_memory);
	return reply_string(r, text);
}

static int control_quota(struct request *r)
{
	const struct quota *q = &r->store->quota;
	char text[512];
	uint16_t domid;
	int kind, used = 0;

	if (get_domid(r, 1, &domid) < 0)
		return -EINVAL;
	for (kind = 0; kind < QUOTA_SUMS; kind++) {
		used += snprintf(text + used, sizeof(text) - (size_t)used, "%s %llu of %llu\n",
				 quota_name(kind), (unsigned long long)quota_used(q, domid, kind),
				 (unsigned long long)q->limit[kind]);
	}
	return reply_string(r, text);
}

static const struct {
	const char *name;
	int (*run)(struct request *r);
} commands[] = {
	{"help", control_help},
	{"check", control_check},
	{"memory", control_memory},
	{"quota", control_quota},
};

int handle_control(struct request *r)
{
	const char *name = request_string(r, 0);
	size_t i;

	for (i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(r);
	return -EINVAL;
}
