/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the grant tables share. */
#ifndef SHOJI_CORE_GRANT_INTERNAL_H
#define SHOJI_CORE_GRANT_INTERNAL_H

#include "core/domain.h"
#include "core/frame.h"
#include "core/grant.h"
#include "core/guest_access.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/preempt.h"
#include "shoji/errno.h"
#include "shoji/grant_table.h"

#define GRANT_FRAMES_MAX   256u
#define ENTRIES_PER_FRAME  (PAGE_SIZE / sizeof(struct xen_grant_entry_v1))
#define MAPTRACK_PER_PAGE  (PAGE_SIZE / sizeof(struct maptrack))
#define MAPTRACK_PAGES_MAX (MAPTRACK_MAX / 128)

/* Our side of an entry in use: who uses it, and how often, for reading and writing. */
struct active {
	uint32_t readers, writers;
	domid_t user;
	uint32_t audit_stamp; /* the audit's pass that has seen it */
	struct frame *frame;  /* one reference while readers + writers > 0 */
};

/* One mapping that a domain holds; its number is the handle. */
struct maptrack {
	struct domain *owner; /* of the granted frame, a reference; NULL: free */
	uint32_t ref;
	uint16_t flags;	    /* GNTMAP_host_map, _device_map, _readonly still in force */
	bool claimed;	    /* an operation on it is under way */
	bool contains_pte;  /* the mapping was asked for by the entry's machine address */
	uint32_t next_free; /* index + 1 */
	uint32_t spare;
	struct frame *frame;
};

struct grant_table {
	struct spinlock lock;
	uint32_t frames, max_frames;
	struct xen_grant_entry_v1 *shared[GRANT_FRAMES_MAX];
	struct active *active[GRANT_FRAMES_MAX]; /* ENTRIES_PER_FRAME each */
	/* mappings that the domain itself holds */
	struct maptrack *maptrack[MAPTRACK_PAGES_MAX];
	uint32_t maptrack_used, maptrack_size, maptrack_max, maptrack_free; /* free: index + 1 */
	uint32_t cursor, freed; /* where grant_relinquish() and grant_free() go on */
	/* the audit's: the pass, and what it found: uses by handles, and by active entries */
	uint32_t audit_stamp, audit_handles, audit_uses;
};

/* Start to use `ref` of `owner` on behalf of `user`: GNTST_okay and the frame (an extra reference
 * is held by the active entry until grant_end). */
int16_t grant_begin(struct domain *owner, uint32_t ref, struct domain *user, bool readonly,
		    struct frame **frame);
void grant_end(struct domain *owner, uint32_t ref, bool readonly);

struct maptrack *maptrack_find(struct grant_table *t, uint32_t handle);
struct maptrack *maptrack_claim(struct domain *d,
				uint32_t handle);     /* NULL: none, or being unmapped */
int maptrack_new(struct domain *d, uint32_t *handle); /* claimed; 0 or -XEN_ENOSPC */
void maptrack_release(struct domain *d, uint32_t handle);
int grant_grow(struct domain *d, uint32_t frames); /* 0, -XEN_ENOMEM, _ENOSPC, _ERESTART */

int16_t grant_map_one(struct vcpu *v, struct xen_gnttab_map_grant_ref *op);
int16_t grant_unmap_one(struct vcpu *v, const struct xen_gnttab_unmap_grant_ref *op);
int16_t grant_copy_one(struct domain *d, const struct xen_gnttab_copy *op);

#endif
