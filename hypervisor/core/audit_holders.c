/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit: what domains, their vCPUs and grants hold, and what domains own.
 *
 * Duty: goes through the domains by id, in parts, each a bounded step: first the shared pages, then
 * the vCPUs, then the grant entries in use, then the handles, page by page. A domain that has ended
 * while others still use its frames is found by their handles. Data: struct audit; marks in the
 * grant tables (grant_internal.h). Lock: a domain is referenced while it is looked at; handles
 * are read under grant_table.lock, so that whom they name is there.
 */
#include "core/audit_internal.h"
#include "core/grant_internal.h"
#include "core/mm_companion.h"
#include "core/mm_internal.h"
#include "lib/string.h"

#define LDT_PAGES     16
#define PART_VCPUS    1u
#define PART_ACTIVE   (PART_VCPUS + MAX_VCPUS)
#define PART_HANDLES  (PART_ACTIVE + GRANT_FRAMES_MAX)
#define PARTS	      (PART_HANDLES + MAPTRACK_PAGES_MAX)
#define COST_DOMAIN   3000
#define COST_VCPU     2500
#define COST_PER_PAGE 13000
#define COST_LOOK     60

static void hold_mfn(struct audit *a, const struct vcpu *v, mfn_t m, enum frame_type t)
{
	if (mfn_valid(m))
		audit_hold(a, mfn_frame(m), v->domain, t, v->id);
}

/* --- vCPUs --- */

static void hold_tables_of_descriptors(struct audit *a, struct vcpu *v)
{
	unsigned int frames = (v->gdt_entries + 511) / 512;

	for (unsigned int i = 0; i < MIN(frames, (unsigned int)ARRAY_SIZE(v->gdt_frames)); i++)
		hold_mfn(a, v, v->gdt_frames[i], FRAME_SEGDESC);
	for (unsigned int i = 0; i < v->gdt_next_count; i++)
		hold_mfn(a, v, v->gdt_next[i], FRAME_SEGDESC);
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		hold_mfn(a, v, machine_ldt_frame(v, i), FRAME_SEGDESC);
}

static void compare_slots(struct audit *a, const struct frame *f, const uint64_t *table,
			  uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i <= last; i++) {
		uint64_t is = __atomic_load_n(&table[i], __ATOMIC_RELAXED);

		if ((is ^ a->scratch[i]) & ~(PTE_ACCESSED | PTE_DIRTY))
			audit_wrong(a, f, SHOJI_AUDIT_entry, a->scratch[i], is, i);
	}
}

/* The hypervisor's own entries in a table that a CPU uses, and its companion's entries. */
static void check_root(struct audit *a, const struct vcpu *v, mfn_t m)
{
	const uint64_t *table, *companion;

	if (!m.n || !mfn_valid(m) || !audit_tally(a, mfn_frame(m)) || !a->scratch)
		return;
	table = machine_map(m);
	machine_init_l4(v->domain, a->scratch);
	compare_slots(a, mfn_frame(m), table, HYPERVISOR_FIRST_SLOT, HYPERVISOR_LAST_SLOT);
	companion = companion_of(mfn_frame(m));
	if (mm_isolation != (companion != NULL))
		audit_wrong(a, mfn_frame(m), SHOJI_AUDIT_state, mm_isolation, !mm_isolation, 0);
	if (!companion)
		return;
	memcpy(a->scratch, table, PAGE_SIZE);
	machine_init_companion(v->domain, a->scratch);
	compare_slots(a, mfn_frame(m), companion, 0, TABLE_ENTRIES - 1);
}

static void hold_root(struct audit *a, const struct vcpu *v, mfn_t m)
{
	if (!m.n)
		return;
	hold_mfn(a, v, m, FRAME_L4);
	check_root(a, v, m);
}

/* A table that is being let go of holds its type, whichever it is. */
static void hold_partial(struct audit *a, const struct vcpu *v)
{
	mfn_t m = v->partial_root;

	if (mfn_valid(m))
		hold_mfn(a, v, m, type_of(mfn_frame(m)->type));
}

static void count_vcpu(struct audit *a, struct vcpu *v)
{
	const struct frame *info = __atomic_load_n(&v->info_frame, __ATOMIC_RELAXED);

	hold_root(a, v, v->cr3_kernel);
	hold_root(a, v, v->cr3_user);
	hold_partial(a, v);
	hold_tables_of_descriptors(a, v);
	if (info)
		audit_hold(a, info, v->domain, FRAME_WRITABLE, v->id);
	preempt_charge(COST_VCPU);
}

static void hold_shared(struct audit *a, const struct domain *d, const void *page)
{
	if (page)
		audit_hold(a, mfn_frame(machine_unmap_addr(page)), d, FRAME_WRITABLE, 0);
}

static void begin_grants(struct audit *a, struct grant_table *t)
{
	if (t->audit_stamp == a->stamp)
		return;
	t->audit_stamp = a->stamp;
	t->audit_handles = t->audit_uses = 0;
}

static void count_shared_pages(struct audit *a, struct domain *d)
{
	uint32_t frames = __atomic_load_n(&d->grants->frames, __ATOMIC_ACQUIRE);

	hold_shared(a, d, __atomic_load_n(&d->shared_info, __ATOMIC_RELAXED));
	for (uint32_t i = 0; i < MIN(frames, GRANT_FRAMES_MAX); i++)
		hold_shared(a, d, d->grants->shared[i]);
	begin_grants(a, d->grants);
	if (d->pirq_eoi_mfn)
		audit_hold(a, mfn_frame(mfn(d->pirq_eoi_mfn)), d, FRAME_WRITABLE, 0);
}

static void note_owner(struct audit *a, struct domain *d)
{
	if (!a->owners)
		return;
	a->owners_full |= a->owner_count == a->owner_room;
	if (!a->owners_full)
		a->owners[a->owner_count++] = (struct audit_owner){.domain = d};
}

static void count_domain(struct audit *a, struct domain *d)
{
	note_owner(a, d);
	count_shared_pages(a, d);
	preempt_charge(COST_DOMAIN);
}

/* False: there is none, and none after it. */
static bool count_nth_vcpu(struct audit *a, struct domain *d, uint32_t n)
{
	struct vcpu *v = n < d->max_vcpus ? d->vcpu[n] : NULL;

	if (v)
		count_vcpu(a, v);
	return n < d->max_vcpus;
}

/* --- grants --- */

/* Once per pass: one reference as long as anybody uses it. */
static void count_active(struct audit *a, struct domain *d, struct active *e)
{
	uint32_t uses = __atomic_load_n(&e->readers, __ATOMIC_RELAXED) +
			__atomic_load_n(&e->writers, __ATOMIC_RELAXED);
	const struct frame *f = __atomic_load_n(&e->frame, __ATOMIC_RELAXED);

	if (e->audit_stamp == a->stamp)
		return;
	e->audit_stamp = a->stamp;
	d->grants->audit_uses += uses;
	if (uses && f)
		audit_hold(a, f, d, FRAME_NONE, 0);
}

/* False: there is no such page, and none after it. */
static bool count_active_page(struct audit *a, struct domain *d, uint32_t page)
{
	struct active *entries = __atomic_load_n(&d->grants->active[page], __ATOMIC_ACQUIRE);

	preempt_charge(entries ? COST_PER_PAGE : COST_LOOK);
	for (uint32_t i = 0; entries && i < ENTRIES_PER_FRAME; i++)
		count_active(a, d, &entries[i]);
	return entries;
}

static struct active *active_of(const struct maptrack *m)
{
	struct active *page = m->ref / ENTRIES_PER_FRAME < GRANT_FRAMES_MAX
				      ? m->owner->grants->active[m->ref / ENTRIES_PER_FRAME]
				      : NULL;

	return page ? &page[m->ref % ENTRIES_PER_FRAME] : NULL;
}

static bool handle_ok(const struct domain *holder, const struct maptrack *m, const struct active *e)
{
	return e && e->frame == m->frame && domid_eq(e->user, holder->id) &&
	       (m->flags & GNTMAP_readonly ? e->readers : e->writers);
}

/* The holder's lock is held. */
static void count_handle(struct audit *a, struct domain *holder, const struct maptrack *m)
{
	uint32_t uses =
		(m->flags & GNTMAP_host_map ? 1U : 0) + (m->flags & GNTMAP_device_map ? 1U : 0);
	struct active *e = active_of(m);
	struct tally *y = audit_tally(a, m->frame);

	begin_grants(a, m->owner->grants);
	m->owner->grants->audit_handles += uses;
	if (y && (m->flags & GNTMAP_host_map) && holder != a->privileged)
		y->lent++;
	if (!handle_ok(holder, m, e))
		audit_wrong_domain(a, m->owner, SHOJI_AUDIT_handle, m->ref, holder->id.id);
	if (e) /* also of a domain that has ended */
		count_active(a, m->owner, e);
}

/* The same. */
static bool count_handle_page(struct audit *a, struct domain *d, uint32_t page)
{
	const struct maptrack *handles;

	spin_lock(&d->grants->lock);
	handles = d->grants->maptrack[page];
	for (uint32_t i = 0; handles && i < MAPTRACK_PER_PAGE; i++)
		if (handles[i].owner)
			count_handle(a, d, &handles[i]);
	spin_unlock(&d->grants->lock);
	preempt_charge(handles ? COST_PER_PAGE : COST_LOOK);
	return handles;
}

/* Returns the part that comes next. */
static uint32_t count_part(struct audit *a, struct domain *d, uint32_t part)
{
	bool more = true;

	if (part < PART_VCPUS)
		count_domain(a, d);
	else if (part < PART_ACTIVE)
		more = count_nth_vcpu(a, d, part - PART_VCPUS);
	else if (part < PART_HANDLES)
		more = count_active_page(a, d, part - PART_ACTIVE);
	else
		more = count_handle_page(a, d, part - PART_HANDLES);
	if (more)
		return part + 1;
	if (part < PART_ACTIVE)
		return PART_ACTIVE;
	return part < PART_HANDLES ? PART_HANDLES : PARTS;
}

/* The domain at the cursor. A new one there begins with its first part. NULL: none is left. */
static struct domain *next_domain(struct audit *a)
{
	struct domain *d =
		a->cursor < DOMID_LIMIT ? domain_get_from(domid((uint16_t)a->cursor)) : NULL;

	if (d && d->id.id != a->cursor) {
		a->cursor = d->id.id;
		a->part = 0;
	}
	return d;
}

bool audit_holders(struct audit *a)
{
	struct domain *d = next_domain(a);

	if (!d)
		return true;
	a->part = count_part(a, d, a->part);
	domain_put(d);
	if (a->part == PARTS) {
		a->part = 0;
		a->cursor++;
	}
	return false;
}

/* --- owners --- */

/* Stopped. One that is no longer listed must have ended; and a record of ours holds him. */
static bool ended_domain(const struct domain *d)
{
	const struct frame *f = ram_frame(machine_unmap_addr(d).n);

	return f && !((uintptr_t)d % PAGE_SIZE) && !f->owner && !f->count &&
	       !(f->flags & FRAME_FREE) && d->dying == DOMAIN_DEAD && d->references;
}

struct audit_owner *audit_find_owner(struct audit *a, const struct domain *d)
{
	if (a->last_owner < a->owner_count && a->owners[a->last_owner].domain == d)
		return &a->owners[a->last_owner];
	for (unsigned int i = 0; i < a->owner_count; i++)
		if (a->owners[i].domain == d) {
			a->last_owner = i;
			return &a->owners[i];
		}
	return NULL;
}

void audit_owner_of(struct audit *a, const struct frame *f)
{
	const struct domain *d = __atomic_load_n(&f->owner, __ATOMIC_RELAXED);
	struct audit_owner *o = a->owners && d ? audit_find_owner(a, d) : NULL;

	if (!a->owners || !d)
		return;
	if (o && (f->count & FRAME_HYPERVISOR))
		o->shared++;
	else if (o)
		o->pages++;
	else if (!a->owners_full && !(a->stopped && ended_domain(d)))
		audit_wrong(a, f, SHOJI_AUDIT_owner, 0, (uintptr_t)d, 0);
}

/* --- totals --- */

static void compare_totals(struct audit *a, const struct domain *d)
{
	const struct audit_owner *o = a->owners ? audit_find_owner(a, d) : NULL;
	const struct grant_table *t = d->grants;

	if (o && (o->pages != d->page_count || o->shared != d->xen_page_count))
		audit_wrong_domain(a, d, SHOJI_AUDIT_pages, o->pages + o->shared,
				   d->page_count + d->xen_page_count);
	if (t->audit_stamp == a->stamp && t->audit_handles != t->audit_uses)
		audit_wrong_domain(a, d, SHOJI_AUDIT_grants, t->audit_handles, t->audit_uses);
}

bool audit_totals(struct audit *a)
{
	struct domain *d = next_domain(a);

	if (!d)
		return true;
	compare_totals(a, d);
	domain_put(d);
	a->cursor++;
	preempt_charge(100);
	return false;
}
