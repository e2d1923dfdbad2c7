/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles: the mappings that a domain holds of others' frames.
 *
 * A handle is a number into pages of struct maptrack; free ones are chained. Whoever works on a
 * handle claims it first, so that two unmaps of one handle cannot both succeed. Lock:
 * grant_table.lock of the holding domain.
 */
#include "core/grant_internal.h"
#include "core/limits.h"

struct maptrack *maptrack_find(struct grant_table *t, uint32_t handle)
{
	return &t->maptrack[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
}

/* Lock held: one more page of handles, all put on the free chain. */
static int grow(struct grant_table *t)
{
	uint32_t page = (uint32_t)(t->maptrack_size / MAPTRACK_PER_PAGE);

	if (t->maptrack_size + MAPTRACK_PER_PAGE > t->maptrack_max)
		return -XEN_ENOSPC;
	t->maptrack[page] = hv_alloc_pages(0);
	if (!t->maptrack[page])
		return -XEN_ENOMEM;
	for (uint32_t i = 0; i < MAPTRACK_PER_PAGE; i++)
		t->maptrack[page][i].next_free =
			i + 1 < MAPTRACK_PER_PAGE ? t->maptrack_size + i + 2 : t->maptrack_free;
	t->maptrack_free = t->maptrack_size + 1;
	t->maptrack_size += (uint32_t)MAPTRACK_PER_PAGE;
	return 0;
}

int maptrack_new(struct domain *d, uint32_t *handle)
{
	struct grant_table *t = d->grants;
	int rc;

	spin_lock(&t->lock);
	rc = t->maptrack_free ? 0 : grow(t);
	if (!rc) {
		struct maptrack *m = maptrack_find(t, t->maptrack_free - 1);

		*handle = t->maptrack_free - 1;
		t->maptrack_free = m->next_free;
		t->maptrack_used++;
		*m = (struct maptrack){.claimed = true};
	}
	spin_unlock(&t->lock);
	if (rc == -XEN_ENOSPC)
		limit_hit(d, SHOJI_LIMIT_maptrack, "mappings of grants", t->maptrack_max);
	return rc;
}

void maptrack_release(struct domain *d, uint32_t handle)
{
	struct grant_table *t = d->grants;

	spin_lock(&t->lock);
	*maptrack_find(t, handle) = (struct maptrack){.next_free = t->maptrack_free};
	t->maptrack_free = handle + 1;
	t->maptrack_used--;
	spin_unlock(&t->lock);
}

struct maptrack *maptrack_claim(struct domain *d, uint32_t handle)
{
	struct grant_table *t = d->grants;
	struct maptrack *m = NULL;

	spin_lock(&t->lock);
	if (handle < t->maptrack_size) {
		m = maptrack_find(t, (uint32_t)machine_clamp(handle, t->maptrack_size));
		if (!m->owner || m->claimed)
			m = NULL;
		else
			m->claimed = true;
	}
	spin_unlock(&t->lock);
	return m;
}

static void forget(struct domain *d, uint32_t handle, struct maptrack *m)
{
	bool readonly = m->flags & GNTMAP_readonly;
	struct domain *owner = m->owner;

	if (m->flags & GNTMAP_host_map)
		grant_end(owner, m->ref, readonly);
	if (m->flags & GNTMAP_device_map)
		grant_end(owner, m->ref, readonly);
	maptrack_release(d, handle);
	domain_put(owner);
}

/* The page-table entries themselves, and their references, go with d's page tables. */
int grant_relinquish(struct domain *d)
{
	struct grant_table *t = d->grants;

	while (t->cursor < t->maptrack_size) {
		struct maptrack *m = maptrack_claim(d, t->cursor);

		if (m)
			forget(d, t->cursor, m);
		t->cursor++;
		preempt_charge(m ? 300 : 30);
		if (preempt_due())
			return -XEN_ERESTART;
	}
	return 0;
}
