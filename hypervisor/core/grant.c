/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: the table, and the use of its entries.
 *
 * Duty: shared entries (written by the guest), active entries (ours), growth, and the protocol
 * between the two: an entry's GTF_reading/GTF_writing flags are set while, and only while, somebody
 * uses it. Mapping is in grant_map.c, handles in grant_maptrack.c, copying in grant_copy.c,
 * decoding in grant_op.c. Lock: grant_table.lock of the granting domain for entries, of the mapping
 * domain for handles; never both at once. No transfers, no transitive grants, no version 2, by
 * design.
 */
#include "core/grant_internal.h"
#include "core/limits.h"
#include "lib/string.h"

#define COST_UNSHARE 400
#define COST_FREE    300
#define COST_GROW    1500 /* by a frame, in units of preemption, besides clearing */
#define FLAG_RETRIES 8	  /* a guest that keeps changing its entry gets an error, not our time */

int grant_init(struct domain *d, uint32_t max_frames, uint32_t max_maptrack)
{
	struct grant_table *t = hv_alloc(sizeof(*t));

	if (!t)
		return -XEN_ENOMEM;
	spin_init(&t->lock, LOCK_GRANT);
	t->max_frames = MIN(max_frames ? max_frames : GRANT_FRAMES_DEFAULT, GRANT_FRAMES_MAX);
	t->maptrack_max =
		(uint32_t)MIN(max_maptrack ? max_maptrack * MAPTRACK_PER_PAGE : MAPTRACK_MAX,
			      MAPTRACK_PAGES_MAX * MAPTRACK_PER_PAGE);
	d->grants = t;
	return 0;
}

static void free_pages_of(struct grant_table *t, uint32_t i)
{
	if (i < GRANT_FRAMES_MAX) {
		hv_free(t->active[i]);
		t->active[i] = NULL;
	} else if (t->maptrack[i - GRANT_FRAMES_MAX]) {
		hv_free_pages(t->maptrack[i - GRANT_FRAMES_MAX], 0);
	}
	preempt_charge(COST_FREE);
}

bool grant_free(struct domain *d)
{
	struct grant_table *t = d->grants;
	uint32_t handles, all;

	if (!t)
		return true;
	handles = t->maptrack_size / (uint32_t)MAPTRACK_PER_PAGE;
	all = GRANT_FRAMES_MAX + handles;
	for (; t->freed < all; t->freed++) {
		if (t->freed < GRANT_FRAMES_MAX && !t->active[t->freed])
			continue;
		if (preempt_due())
			return false;
		free_pages_of(t, t->freed);
	}
	hv_free(t);
	d->grants = NULL;
	return true;
}

/* The shared frames go when the domain dies; mappings of them by tools keep them until dropped. */
int grant_unshare(struct domain *d)
{
	struct grant_table *t = d->grants;

	spin_lock(&t->lock);
	t->max_frames = 0;
	spin_unlock(&t->lock);
	while (t->frames) { /* only shrinks, and only here */
		uint32_t last = t->frames - 1;

		if (preempt_due())
			return -XEN_ERESTART;
		spin_lock(&t->lock);
		t->frames = last;
		spin_unlock(&t->lock);
		frame_unshare(t->shared[last]);
		preempt_charge(COST_UNSHARE);
	}
	return 0;
}

static int add_frame(struct domain *d, struct grant_table *t)
{
	struct xen_grant_entry_v1 *shared = hv_alloc_pages(0);
	struct active *active = hv_alloc(ENTRIES_PER_FRAME * sizeof(*active));

	if (!shared || !active) {
		if (shared)
			hv_free_pages(shared, 0);
		hv_free(active);
		return -XEN_ENOMEM;
	}
	frame_share(shared, d, true);
	t->shared[t->frames] = shared;
	t->active[t->frames] = active;
	__atomic_store_n(&t->frames, t->frames + 1, __ATOMIC_RELEASE);
	return 0;
}

/* Not interrupted before its first frame, nor by a call that has nothing to do. */
int grant_grow(struct domain *d, uint32_t frames)
{
	struct grant_table *t = d->grants;
	int rc = 0;

	spin_lock(&t->lock);
	if (frames > t->max_frames) {
		limit_hit(d, SHOJI_LIMIT_grant_frames, "grant frames", t->max_frames);
		rc = -XEN_ENOSPC;
	}
	while (!rc && t->frames < frames) {
		rc = add_frame(d, t);
		preempt_charge(COST_GROW);
		if (!rc && preempt_due())
			rc = -XEN_ERESTART;
	}
	spin_unlock(&t->lock);
	return rc;
}

int grant_table_frame(struct domain *d, uint32_t index, mfn_t *out)
{
	int rc = index >= GRANT_FRAMES_MAX ? -XEN_EINVAL : grant_grow(d, index + 1);

	if (!rc)
		*out = machine_unmap_addr(d->grants->shared[index]);
	return rc;
}

void grant_get_usage(struct domain *d, struct grant_usage *out)
{
	const struct grant_table *t = d->grants;

	*out = (struct grant_usage){t->frames, t->max_frames, t->maptrack_used, t->maptrack_max};
}

/* Lock held. */
static struct active *find_active(struct grant_table *t, uint32_t ref,
				  struct xen_grant_entry_v1 **shared)
{
	uint64_t page = ref / ENTRIES_PER_FRAME;

	if (page >= t->frames)
		return NULL;
	page = machine_clamp(page, GRANT_FRAMES_MAX);
	*shared = &t->shared[page][ref % ENTRIES_PER_FRAME];
	return &t->active[page][ref % ENTRIES_PER_FRAME];
}

/* The entry's first 32 bits: flags and the grantee, compared and changed as one. */
union entry_head {
	uint32_t word;
	struct {
		uint16_t flags, domid;
	};
};

static int16_t check_head(union entry_head h, domid_t user, bool readonly)
{
	if ((h.flags & GTF_type_mask) != GTF_permit_access || h.flags & GTF_sub_page)
		return GNTST_bad_gntref;
	if (h.domid != user.id)
		return GNTST_permission_denied;
	if (!readonly && (h.flags & GTF_readonly))
		return GNTST_permission_denied;
	return GNTST_okay;
}

/* Tell the granter, in its entry, that it is in use. */
static int16_t mark_used(struct xen_grant_entry_v1 *e, domid_t user, bool readonly)
{
	uint32_t *word = (uint32_t *)(void *)e;

	for (unsigned int i = 0; i < FLAG_RETRIES; i++) {
		union entry_head old = {.word = __atomic_load_n(word, __ATOMIC_RELAXED)};
		union entry_head new = old;
		int16_t status = check_head(old, user, readonly);

		if (status != GNTST_okay)
			return status;
		new.flags |= (uint16_t)(readonly ? GTF_reading : GTF_reading | GTF_writing);
		if (__atomic_compare_exchange_n(word, &old.word, new.word, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return GNTST_okay;
	}
	return GNTST_general_error;
}

static void clear_marks(struct xen_grant_entry_v1 *e, const struct active *a)
{
	if (!a->writers)
		__atomic_fetch_and(&e->flags, (uint16_t)~GTF_writing, __ATOMIC_SEQ_CST);
	if (!a->writers && !a->readers)
		__atomic_fetch_and(&e->flags, (uint16_t)~GTF_reading, __ATOMIC_SEQ_CST);
}

/* First use of an entry: remember whom it is for, hold the frame. Lock held. */
static int16_t first_use(struct domain *owner, struct active *a, const struct xen_grant_entry_v1 *e,
			 domid_t user)
{
	uint32_t frame = __atomic_load_n(&e->frame, __ATOMIC_RELAXED);

	a->frame = frame_get_mfn(mfn(frame), owner);
	a->user = user;
	return a->frame ? GNTST_okay : GNTST_bad_page;
}

static int16_t begin_locked(struct domain *owner, uint32_t ref, struct domain *user, bool readonly,
			    struct frame **frame)
{
	struct xen_grant_entry_v1 *e;
	struct active *a = find_active(owner->grants, ref, &e);
	int16_t status = GNTST_okay;
	bool used;

	if (!a)
		return GNTST_bad_gntref;
	used = a->readers || a->writers;
	if (used && !domid_eq(a->user, user->id))
		return GNTST_permission_denied;
	if (!used || (!readonly && !a->writers))
		status = mark_used(e, user->id, readonly);
	if (status == GNTST_okay && !used)
		status = first_use(owner, a, e, user->id);
	if (status != GNTST_okay) {
		if (status == GNTST_bad_page)
			clear_marks(e, a);
		return status;
	}
	if (readonly)
		a->readers++;
	else
		a->writers++;
	*frame = a->frame;
	return GNTST_okay;
}

int16_t grant_begin(struct domain *owner, uint32_t ref, struct domain *user, bool readonly,
		    struct frame **frame)
{
	int16_t status;

	spin_lock(&owner->grants->lock);
	status = begin_locked(owner, ref, user, readonly, frame);
	spin_unlock(&owner->grants->lock);
	return status;
}

/* The last user gone, the frame is let go before the granter is told that its entry is free. */
void grant_end(struct domain *owner, uint32_t ref, bool readonly)
{
	struct grant_table *t = owner->grants;
	struct frame *drop = NULL;
	struct xen_grant_entry_v1 *e = NULL;
	struct active *a;

	spin_lock(&t->lock);
	a = &t->active[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
	if (readonly)
		a->readers--;
	else
		a->writers--;
	if (!a->readers && !a->writers) {
		drop = a->frame;
		a->frame = NULL;
	}
	if (ref / ENTRIES_PER_FRAME < t->frames) { /* the shared frame still exists */
		e = &t->shared[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
		clear_marks(e, a);
	}
	spin_unlock(&t->lock);
	if (drop)
		frame_put(drop);
}
