/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounting per domain. Data: a hash of usage records, one per domain that ever used anything,
 * kept until the end (there are at most 32 thousand domain ids). Lock: none, one thread.
 * It does not decide what a thing costs: the callers do.
 */
#include "quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "mem.h"

static const struct {
	const char *name;
	uint64_t limit;
} kinds[QUOTA_COUNT] = {
	[QUOTA_NODES] = {"nodes", 1000},
	[QUOTA_MEMORY] = {"memory", 4u << 20},
	[QUOTA_WATCHES] = {"watches", 128},
	[QUOTA_TRANSACTIONS] = {"transactions", 10},
	[QUOTA_EVENTS] = {"events", 256},
	[QUOTA_TRANSACTION_SIZE] = {"transaction-size", 1024},
	[QUOTA_NODE_SIZE] = {"node-size", 2048},
	[QUOTA_NODE_PERMS] = {"node-perms", 8},
	[QUOTA_REQUESTS] = {"requests", 1000},
};

void quota_init(struct quota *q)
{
	int i;

	memset(q, 0, sizeof(*q));
	for (i = 0; i < QUOTA_COUNT; i++)
		q->limit[i] = kinds[i].limit;
}

void quota_free(struct quota *q)
{
	struct quota_usage *u;
	int i;

	for (i = 0; i < QUOTA_BUCKETS; i++)
		while ((u = q->bucket[i])) {
			q->bucket[i] = u->next;
			free(u);
		}
}

const char *quota_name(enum quota_kind kind)
{
	return kinds[kind].name;
}

bool quota_set(struct quota *q, const char *assignment)
{
	size_t length = strcspn(assignment, "=");
	char *end;
	int i;

	for (i = 0; i < QUOTA_COUNT; i++) {
		if (strlen(kinds[i].name) != length || strncmp(kinds[i].name, assignment, length))
			continue;
		if (assignment[length] != '=' || assignment[length + 1] < '0' ||
		    assignment[length + 1] > '9')
			return false;
		q->limit[i] = strtoull(assignment + length + 1, &end, 10);
		return *end == '\0';
	}
	return false;
}

static struct quota_usage *find(const struct quota *q, uint16_t domid)
{
	struct quota_usage *u = q->bucket[domid % QUOTA_BUCKETS];

	while (u && u->domid != domid)
		u = u->next;
	return u;
}

int quota_prepare(struct quota *q, uint16_t domid)
{
	struct quota_usage *u = find(q, domid);

	if (u)
		return 0;
	u = mem_zalloc(sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->domid = domid;
	u->next = q->bucket[domid % QUOTA_BUCKETS];
	q->bucket[domid % QUOTA_BUCKETS] = u;
	return 0;
}

uint64_t quota_used(const struct quota *q, uint16_t domid, enum quota_kind kind)
{
	const struct quota_usage *u = find(q, domid);

	return u && kind < QUOTA_SUMS ? u->used[kind] : 0;
}

static void tell(struct quota_usage *u, enum quota_kind kind, uint64_t value, uint64_t limit)
{
	if (!u || u->told[kind])
		return;
	u->told[kind] = true;
	log_warning("domain %u is over its quota: %s would be %llu, the limit is %llu "
		    "(raise it with --quota %s=N)",
		    u->domid, kinds[kind].name, (unsigned long long)value,
		    (unsigned long long)limit, kinds[kind].name);
}

bool quota_allows(struct quota *q, const struct actor *who, uint16_t domid, enum quota_kind kind,
		  uint64_t value)
{
	if (who->privileged || value <= q->limit[kind])
		return true;
	tell(find(q, domid), kind, value, q->limit[kind]);
	return false;
}

bool quota_charge(struct quota *q, const struct actor *who, enum quota_kind kind, uint64_t amount)
{
	uint64_t value = quota_used(q, who->domid, kind) + amount;

	if (!quota_allows(q, who, who->domid, kind, value))
		return false;
	quota_adjust(q, who->domid, kind, (int64_t)amount);
	return true;
}

void quota_adjust(struct quota *q, uint16_t domid, enum quota_kind kind, int64_t amount)
{
	struct quota_usage *u = find(q, domid);

	if (!u)
		return;
	u->used[kind] += (uint64_t)amount;
	if (u->used[kind] < q->limit[kind])
		u->told[kind] = false;
}
