/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables on the fake machine: what is accepted and refused, stopping and going on at every
 * possible point, single entries, pins, the end of a domain. After each step the audit counts
 * all references again.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/mm_table.c */
/* SOURCES: hypervisor/core/mm_update_entry.c hypervisor/core/mm_pin.c hypervisor/core/mm_walk.c */
/* SOURCES: hypervisor/core/mm_relinquish.c hypervisor/core/tlb.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/lock.c hypervisor/core/guest_access.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/frame_internal.h"
#include "core/mm_companion.h"
#include "core/mm_internal.h"
#include "core/tlb.h"
#include "fake.h"

#define RAM  2048
#define P    (PTE_PRESENT | PTE_USER)
#define RW   (PTE_PRESENT | PTE_USER | PTE_RW)
#define DATA 40 /* data frames of a guest */

/* A guest with a tree of tables: one L4, one L3, two L2, four L1, and data. */
struct guest {
	struct domain *d;
	struct vcpu *v;
	struct frame *l4, *l3, *l2[2], *l1[4], *data[DATA];
};

static uint64_t entry(const struct frame *f, uint64_t flags)
{
	return frame_mfn(f).n << PAGE_SHIFT | flags;
}

static uint64_t *table(const struct frame *f)
{
	return machine_map(frame_mfn(f));
}

static struct frame *new_frame(struct guest *g)
{
	struct frame *f = domain_alloc_frames(g->d, 0, ALLOC_ZERO);

	assert_non_null(f);
	return f;
}

static void fill_l1(struct guest *g, unsigned int n)
{
	for (unsigned int i = 0; i < 512; i += 1 + n * 37)
		table(g->l1[n])[i] = entry(g->data[i % DATA], i % 3 ? RW : P);
}

static void fill_tree(struct guest *g)
{
	table(g->l4)[0] = entry(g->l3, RW);
	table(g->l4)[300] = entry(g->l3, RW); /* the same twice */
	for (unsigned int i = 0; i < 2; i++)
		table(g->l3)[i * 511] = entry(g->l2[i], RW);
	for (unsigned int i = 0; i < 4; i++) {
		table(g->l2[i / 2])[i * 100] = entry(g->l1[i], RW);
		fill_l1(g, i);
	}
}

static struct guest *new_guest(uint16_t id)
{
	struct guest *g = calloc(1, sizeof(*g));

	g->d = fake_domain(id, RAM);
	g->v = fake_vcpu(g->d);
	g->l4 = new_frame(g);
	g->l3 = new_frame(g);
	for (unsigned int i = 0; i < 2; i++)
		g->l2[i] = new_frame(g);
	for (unsigned int i = 0; i < 4; i++)
		g->l1[i] = new_frame(g);
	for (unsigned int i = 0; i < DATA; i++)
		g->data[i] = new_frame(g);
	fill_tree(g);
	return g;
}

static void audit(void)
{
	assert_int_equal(fake_audit(NULL, 0), 0);
}

/* The domain dies: all its memory comes back. */
static void end_guest(struct guest *g)
{
	g->d->dying = DOMAIN_DYING;
	while (mm_relinquish(g->d))
		this_cpu()->budget = 1000;
	assert_int_equal(g->d->page_count, 0);
	domain_put(g->d);
	free(g);
}

static struct guest *guest;

static int start(void **state)
{
	(void)state;
	fake_start(RAM, 2);
	mm_l1tf_guard = true;
	guest = new_guest(1);
	return 0;
}

static int start_isolated(void **state)
{
	int rc = start(state);

	mm_isolation = true;
	return rc;
}

static int stop(void **state)
{
	(void)state;
	this_cpu()->budget = INT64_MAX / 2;
	audit();
	end_guest(guest);
	assert_int_equal(frames_free(), RAM);
	mm_isolation = false;
	fake_stop();
	return 0;
}

static int pin(struct guest *g, struct frame *f, enum frame_type t)
{
	return mm_pin_table(g->d, frame_mfn(f), t);
}

static int unpin(struct guest *g, struct frame *f)
{
	return mm_unpin_table(g->d, frame_mfn(f));
}

static int update(struct guest *g, struct frame *f, unsigned int i, uint64_t value)
{
	return mm_update_entry(g->v, f, i, value, false, g->d);
}

/* --- whole tables --- */

static void a_tree_is_pinned_and_unpinned(void **state)
{
	struct guest *g = guest;

	(void)state;
	for (unsigned int round = 0; round < 3; round++) {
		assert_int_equal(pin(g, g->l4, FRAME_L4), 0);
		assert_int_equal(frame_type_now(g->l1[3]), FRAME_L1);
		assert_int_equal(g->l3->type & FRAME_TYPE_COUNT, 2);
		assert_int_equal(frame_type_now(g->data[1]), FRAME_WRITABLE);
		audit();
		assert_int_equal(pin(g, g->l4, FRAME_L4), -XEN_EINVAL); /* once is enough */
		assert_int_equal(domain_release_frame(g->d, g->l4), -XEN_EINVAL);
		audit();
		assert_int_equal(unpin(g, g->l4), 0);
		assert_int_equal(unpin(g, g->l4), -XEN_EINVAL);
		assert_int_equal(frame_type_now(g->data[1]), FRAME_NONE);
		assert_int_equal(frame_type_now(g->l4), FRAME_NONE);
		audit();
	}
}

static void our_slots_are_ours(void **state)
{
	struct guest *g = guest;

	(void)state;
	table(g->l4)[256] = entry(g->data[0], RW);
	table(g->l4)[271] = 0xdeadbeef003;
	assert_int_equal(pin(g, g->l4, FRAME_L4), 0);
	assert_int_equal(fake.l4_inits, 1);
	assert_int_equal(table(g->l4)[256], 0x5ee0003);
	assert_int_equal(update(g, g->l4, 256, 0), -XEN_EINVAL);
	assert_int_equal(update(g, g->l4, 271, 0), -XEN_EINVAL);
	assert_int_equal(update(g, g->l4, 272, 0), 0);
	assert_int_equal(table(g->l4)[271], 0x5ee0003);
}

static void bits_are_adjusted(void **state)
{
	struct guest *g = guest;

	(void)state;
	table(g->l1[0])[7] = entry(g->data[5], PTE_PRESENT | PTE_GLOBAL | PTE_PCD | PTE_PSE);
	assert_int_equal(pin(g, g->l1[0], FRAME_L1), 0);
	assert_int_equal(table(g->l1[0])[7], entry(g->data[5], P));
	assert_int_equal(update(g, g->l1[0], 7, entry(g->data[6], PTE_PRESENT | PTE_GLOBAL)), 0);
	assert_int_equal(table(g->l1[0])[7], entry(g->data[6], P));
	assert_int_equal(update(g, g->l1[0], 7, entry(g->data[6], PTE_PRESENT | PTE_PWT)), 0);
	assert_int_equal(table(g->l1[0])[7], entry(g->data[6], P));
}

/* Each of these, put into one entry of the tree, makes the whole pin fail without a trace. */
struct bad {
	const char *what;
	unsigned int level; /* of the table it is put in */
	uint64_t value;
};

static void try_bad(struct guest *g, const struct bad *b)
{
	struct frame *const tables[] = {NULL, g->l1[3], g->l2[1], g->l3, g->l4};
	uint64_t *at = &table(tables[b->level])[401], good = *at;

	*at = b->value;
	if (pin(g, g->l4, FRAME_L4) != -XEN_EINVAL)
		fail_msg("accepted: %s", b->what);
	audit();
	assert_int_equal(frame_type_now(g->l4), FRAME_NONE);
	assert_int_equal(frame_type_now(g->data[1]), FRAME_NONE);
	assert_false(g->l1[0]->type & FRAME_TYPE_PARTIAL);
	*at = good;

	assert_int_equal(pin(g, g->l4, FRAME_L4), 0);
	if (update(g, tables[b->level], 401, b->value) != -XEN_EINVAL)
		fail_msg("accepted as an update: %s", b->what);
	assert_int_equal(*at, good);
	audit();
	assert_int_equal(unpin(g, g->l4), 0);
}

static void bad_entries_are_refused(void **state)
{
	struct guest *g = guest, *other = new_guest(2);
	struct frame *released = new_frame(g);
	const struct bad bads[] = {
		{"a table mapped writable", 1, entry(g->l1[0], RW)},
		{"the root mapped writable", 1, entry(g->l4, RW)},
		{"a table mapped writable by itself", 1, entry(g->l1[3], RW)},
		{"another domain's frame", 1, entry(other->data[0], P)},
		{"a free frame", 1, entry(released, P)},
		{"protection keys", 1, entry(g->data[0], P | 1ULL << 62)},
		{"absent, but naming memory", 1, entry(g->data[0], PTE_RW)},
		{"absent, naming memory in the low bits", 1, entry(g->data[0], 1ULL << 50)},
		{"a large page", 2, entry(g->data[0], RW | PTE_PSE)},
		{"a large page at level 3", 3, entry(g->data[0], RW | PTE_PSE)},
		{"another domain's table", 2, entry(other->l1[0], RW)},
		{"a table of its own level", 2, entry(g->l2[0], RW)},
		{"itself", 2, entry(g->l2[1], RW)},
		{"itself at level 4", 4, entry(g->l4, RW)},
		{"a table two levels down", 3, entry(g->l1[0], RW)},
		{"a device as a table", 2, 0xc0000000ULL | RW},
		{"absent, but naming memory, level 2", 2, entry(g->l1[0], 0)},
	};

	(void)state;
	assert_int_equal(domain_release_frame(g->d, released), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(bads); i++)
		try_bad(g, &bads[i]);
	end_guest(other);
}

/* --- companions --- */

/* The same entries, and our own slots as they should be. */
static void assert_companion(struct guest *g)
{
	const uint64_t *companion = companion_of(g->l4), *l4 = table(g->l4);

	assert_non_null(companion);
	for (unsigned int i = 0; i < TABLE_ENTRIES; i++)
		assert_int_equal(companion[i],
				 i >= HYPERVISOR_FIRST_SLOT && i <= HYPERVISOR_LAST_SLOT
					 ? 0xc0ee0003
					 : l4[i]);
}

static void companions_follow(void **state)
{
	struct guest *g = guest;
	uint64_t before = frames_free();

	(void)state;
	assert_null(companion_of(g->l4));
	assert_int_equal(pin(g, g->l4, FRAME_L4), 0);
	assert_companion(g);
	assert_int_equal(frames_free(), before - 1);
	assert_int_equal(g->d->companions, 1);
	assert_int_equal(update(g, g->l4, 1, entry(g->l3, RW)), 0); /* new */
	assert_companion(g);
	assert_int_equal(update(g, g->l4, 300, entry(g->l3, P)), 0); /* other flags */
	assert_companion(g);
	assert_int_equal(update(g, g->l4, 0, 0), 0); /* gone */
	assert_companion(g);
	assert_int_equal(companion_of(g->l4)[0], 0);
	assert_int_equal(update(g, g->l4, 511, entry(g->l1[0], RW)), -XEN_EINVAL); /* refused */
	assert_int_equal(update(g, g->l4, HYPERVISOR_FIRST_SLOT, entry(g->l3, RW)), -XEN_EINVAL);
	assert_companion(g);
	assert_int_equal(unpin(g, g->l4), 0);
	assert_null(companion_of(g->l4));
	assert_int_equal(frames_free(), before);
	assert_int_equal(g->d->companions, 0);
}

/* A check that is refused or was not finished leaves none. */
static void no_companions_of_no_tables(void **state)
{
	struct guest *g = guest;
	uint64_t before = frames_free();

	(void)state;
	table(g->l4)[510] = entry(g->l1[0], RW);
	assert_int_equal(pin(g, g->l4, FRAME_L4), -XEN_EINVAL);
	assert_null(companion_of(g->l4));
	table(g->l4)[510] = 0;
	this_cpu()->budget = 0;
	assert_int_equal(pin(g, g->l4, FRAME_L4), -XEN_ERESTART);
	assert_null(companion_of(g->l4));
	assert_int_equal(frames_free(), before);
	this_cpu()->budget = INT64_MAX / 2;
}

static void companions_are_limited(void **state)
{
	struct guest *g = guest;

	(void)state;
	g->d->companions = 64 + g->d->max_pages / 8;
	assert_int_equal(pin(g, g->l4, FRAME_L4), -XEN_ENOMEM);
	assert_int_equal(frame_type_now(g->l4), FRAME_NONE);
	assert_int_equal(frame_type_now(g->l3), FRAME_NONE);
	g->d->companions--;
	assert_int_equal(pin(g, g->l4, FRAME_L4), 0);
	assert_int_equal(g->d->companions, 64 + g->d->max_pages / 8);
	assert_int_equal(unpin(g, g->l4), 0);
	g->d->companions = 0;
}

static void no_memory_for_a_companion(void **state)
{
	struct guest *g = guest;
	void *pages[RAM];
	unsigned int n = 0;

	(void)state;
	while (n < RAM && (pages[n] = hv_alloc_pages(0)))
		n++;
	assert_int_equal(pin(g, g->l4, FRAME_L4), -XEN_ENOMEM);
	assert_int_equal(frame_type_now(g->l4), FRAME_NONE);
	assert_int_equal(g->d->companions, 0);
	hv_free_pages(pages[--n], 0);
	assert_int_equal(pin(g, g->l4, FRAME_L4), 0);
	assert_companion(g);
	while (n)
		hv_free_pages(pages[--n], 0);
}

static void harmless_absent_entries(void **state)
{
	struct guest *g = guest;

	(void)state;
	table(g->l1[0])[511] = ~entry(g->data[0], 0) & PTE_FRAME; /* as Linux writes it */
	table(g->l1[0])[510] = PTE_RW | PTE_AVAIL;
	assert_int_equal(pin(g, g->l1[0], FRAME_L1), 0);
	mm_l1tf_guard = false;
	assert_int_equal(update(g, g->l1[0], 509, entry(g->data[0], 0)), 0);
}

static void device_memory(void **state)
{
	struct guest *g = guest;

	(void)state;
	assert_int_equal(pin(g, g->l1[0], FRAME_L1), 0);
	assert_int_equal(update(g, g->l1[0], 3, 0xc0000000ULL | RW | PTE_PCD), -XEN_EPERM);
	g->d->privileged = true;
	assert_int_equal(update(g, g->l1[0], 3, 0xc0000000ULL | RW | PTE_PCD), 0);
	assert_int_equal(table(g->l1[0])[3], 0xc0000000ULL | RW | PTE_PCD);
	assert_int_equal(update(g, g->l1[0], 4, 0xfee00000ULL | RW), 0);
	assert_int_equal(table(g->l1[0])[4], 0xfee00000ULL | P); /* we drive it */
	assert_int_equal(update(g, g->l1[0], 5, 0x1000ULL | RW), -XEN_EPERM);
	assert_int_equal(update(g, g->l1[0], 5, PTE_FRAME | RW), -XEN_EPERM);
	audit();
	assert_int_equal(update(g, g->l1[0], 3, 0), 0);
}

/* --- stopping and going on --- */

/* Call until it is through, with a budget for the smallest possible step each time. */
static int insist(struct guest *g, int (*call)(struct guest *g), unsigned int most,
		  unsigned int *stops)
{
	int rc;

	*stops = 0;
	do {
		this_cpu()->budget = 0;
		rc = call(g);
		audit();
	} while (rc == -XEN_ERESTART && ++*stops < most);
	this_cpu()->budget = INT64_MAX / 2;
	return rc;
}

static int pin_l4(struct guest *g)
{
	return pin(g, g->l4, FRAME_L4);
}

static int unpin_l4(struct guest *g)
{
	return unpin(g, g->l4);
}

static void going_on_after_every_stop(void **state)
{
	struct guest *g = guest;
	unsigned int stops;

	(void)state;
	for (unsigned int round = 0; round < 2; round++) {
		assert_int_equal(insist(g, pin_l4, 10000, &stops), 0);
		assert_true(stops > 20);
		assert_int_equal(insist(g, unpin_l4, 10000, &stops), 0);
		assert_true(stops > 20);
		assert_int_equal(frame_type_now(g->data[1]), FRAME_NONE);
	}
	assert_int_equal(g->data[1]->count & FRAME_COUNT_MASK, 1);
}

/* The guest does not go on, but turns to something else with the frames. */
static int use_as_data(struct guest *g)
{
	struct frame *all[] = {g->l4,	 g->l3,	   g->l2[0], g->l2[1],
			       g->l1[0], g->l1[1], g->l1[2], g->l1[3]};
	unsigned int failed = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		int rc = frame_get_type(all[i], FRAME_WRITABLE);

		if (rc)
			failed++;
		else
			frame_put_type_final(all[i]);
	}
	return failed ? -XEN_ERESTART : 0;
}

static void abandoning_a_pin_at_every_stop(void **state)
{
	unsigned int stops, k = 0;
	int rc;

	(void)state;
	do {
		rc = insist(guest, pin_l4, ++k, &stops);
		if (rc) /* the root first, then what hung below it is free too */
			assert_int_equal(insist(guest, use_as_data, 10000, &stops), 0);
		audit();
	} while (rc);
	assert_true(k > 20);
}

static void dying_at_every_stop(void **state)
{
	unsigned int stops, k = 0;
	int rc;

	(void)state;
	do {
		struct guest *g = new_guest(2);

		rc = insist(g, pin_l4, ++k, &stops);
		end_guest(g);
		audit();
	} while (rc);
	k = 0;
	do {
		struct guest *g = new_guest(2);

		assert_int_equal(pin_l4(g), 0);
		rc = insist(g, unpin_l4, ++k, &stops);
		end_guest(g);
		audit();
	} while (rc);
}

/* An unpin that stopped somewhere; then the tree is pinned again, from above or below. */
static void pinning_what_is_half_unpinned(void **state)
{
	struct guest *g = guest;
	unsigned int stops, k = 0;
	int rc;

	(void)state;
	do {
		assert_int_equal(pin_l4(g), 0);
		rc = insist(g, unpin_l4, ++k, &stops);
		assert_int_equal(frame_get_and_type(g->l4, g->d, FRAME_L4), 0);
		assert_int_equal(fake_audit(&g->l4, 1), 0);
		assert_int_equal(frame_pinned(g->l4), rc != 0);
		if (rc)
			assert_int_equal(unpin_l4(g), 0);
		assert_int_equal(frame_put_type(g->l4), 0);
		frame_put(g->l4);
		audit();
	} while (rc);
}

static void abandoned_at_once(void **state)
{
	struct guest *g = guest;

	(void)state;
	assert_int_equal(frame_get_and_type(g->l4, g->d, FRAME_L4), 0);
	frame_abandon_type(g->l4);
	audit();
	assert_int_equal(frame_type_now(g->data[1]), FRAME_WRITABLE); /* still held below it */
	assert_int_equal(frame_undo_partial(g->l4), 0);
	assert_int_equal(frame_type_now(g->data[1]), FRAME_NONE);
	audit();

	assert_int_equal(frame_get_and_type(g->l4, g->d, FRAME_L4), 0);
	frame_abandon_type(g->l4); /* stop() ends the domain in this state */
}

/* While a table is checked, no other half-checked one is undone: each could wait for the other. */
static void no_undoing_inside_a_check(void **state)
{
	struct guest *g = guest;
	struct frame *l1 = g->l1[0];

	(void)state;
	this_cpu()->budget = 0;
	assert_int_equal(pin(g, g->l2[1], FRAME_L2), -XEN_ERESTART);
	while (!(g->l2[1]->type & FRAME_TYPE_PARTIAL)) /* first the L1 tables below it stop */
		(void)pin(g, g->l2[1], FRAME_L2);
	this_cpu()->budget = INT64_MAX / 2;
	memset(table(l1), 0, PAGE_SIZE);
	table(l1)[3] = entry(g->l2[1], RW);
	assert_int_equal(pin(g, l1, FRAME_L1), -XEN_EINVAL);
	assert_true(g->l2[1]->type & FRAME_TYPE_PARTIAL);
	audit();

	table(l1)[3] = 0; /* alone, it is undone first */
	assert_int_equal(pin(g, l1, FRAME_L1), 0);
	assert_int_equal(update(g, l1, 3, entry(g->l2[1], RW)), 0);
}

static void a_refused_table_of_the_dying(void **state)
{
	struct guest *g = guest;

	(void)state;
	g->d->dying = DOMAIN_DYING;
	this_cpu()->budget = 0;
	assert_int_equal(pin_l4(g), -XEN_EINVAL);
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(pin_l4(g), 0);
	assert_int_equal(frame_type_now(g->l4), FRAME_NONE);
	audit();
}

/* --- single entries --- */

static void writable_or_table_never_both(void **state)
{
	struct guest *g = guest;
	struct frame *f = g->data[39];

	(void)state;
	memset(table(g->l1[1]), 0, PAGE_SIZE);
	memset(table(f), 0, PAGE_SIZE);
	assert_int_equal(pin(g, g->l1[1], FRAME_L1), 0);
	assert_int_equal(update(g, g->l1[1], 0, entry(f, RW)), 0);
	assert_int_equal(pin(g, f, FRAME_L1), -XEN_EINVAL);
	assert_int_equal(update(g, g->l1[1], 0, entry(f, P)), 0); /* read-only now */
	assert_int_equal(fake.flushes, 0);
	assert_int_equal(pin(g, f, FRAME_L1), 0);
	assert_int_equal(fake.flushes, 1); /* old writable translations are gone */
	assert_int_equal(update(g, g->l1[1], 0, entry(f, RW)), -XEN_EINVAL);
	assert_int_equal(update(g, g->l1[1], 1, entry(f, RW)), -XEN_EINVAL);
	assert_int_equal(update(g, g->l1[1], 1, entry(f, P)), 0);
	audit();
	assert_int_equal(unpin(g, f), 0);
	assert_int_equal(update(g, g->l1[1], 1, entry(f, RW)), 0);
}

static void accessed_and_dirty(void **state)
{
	struct guest *g = guest;
	uint64_t both = PTE_ACCESSED | PTE_DIRTY, *e = &table(g->l1[0])[1];

	(void)state;
	assert_int_equal(pin(g, g->l1[0], FRAME_L1), 0);
	assert_int_equal(update(g, g->l1[0], 1, entry(g->data[1], RW)), 0);
	*e |= both; /* as the CPU does */
	assert_int_equal(mm_update_entry(g->v, g->l1[0], 1, entry(g->data[1], P), true, g->d), 0);
	assert_int_equal(*e, entry(g->data[1], P | both));
	assert_int_equal(mm_update_entry(g->v, g->l1[0], 1, entry(g->data[1], P), false, g->d), 0);
	assert_int_equal(*e, entry(g->data[1], P));
	*e |= PTE_ACCESSED;
	assert_int_equal(mm_update_entry(g->v, g->l1[0], 1, entry(g->data[2], RW), true, g->d), 0);
	assert_int_equal(*e, entry(g->data[2], RW | PTE_ACCESSED));
	assert_int_equal(mm_update_entry(g->v, g->l1[0], 1, 0, true, g->d), 0);
	assert_int_equal(*e, 0);
}

static void frames_that_are_no_tables(void **state)
{
	struct guest *g = guest;

	(void)state;
	assert_int_equal(update(g, g->l1[0], 9, 0x1234567), 0);
	assert_int_equal(table(g->l1[0])[9], 0x1234567);
	assert_int_equal(frame_type_now(g->l1[0]), FRAME_NONE);
	assert_int_equal(frame_get_type(g->data[0], FRAME_SEGDESC), 0);
	assert_int_equal(update(g, g->data[0], 9, 0x1234567), -XEN_EINVAL);
	frame_put_type_final(g->data[0]);
}

/* A frame of another domain: only as that domain's, and never moved by flags alone. */
static void foreign_frames(void **state)
{
	struct guest *g = guest, *other = new_guest(2);

	(void)state;
	assert_int_equal(pin(g, g->l1[0], FRAME_L1), 0);
	assert_int_equal(update(g, g->l1[0], 1, entry(other->data[0], P)), -XEN_EINVAL);
	assert_int_equal(
		mm_update_entry(g->v, g->l1[0], 1, entry(other->data[0], P), false, other->d), 0);
	assert_int_equal(mm_update_entry(g->v, g->l1[0], 2, entry(g->data[0], P), false, other->d),
			 -XEN_EINVAL);
	audit();
	/* the guest itself cannot make it writable, but may change flags that mean nothing to us */
	assert_int_equal(update(g, g->l1[0], 1, entry(other->data[0], RW)), -XEN_EINVAL);
	assert_int_equal(update(g, g->l1[0], 1, entry(other->data[0], P | PTE_ACCESSED)), 0);
	assert_int_equal(update(g, g->l1[0], 1, 0), 0);

	/* what was mapped writable by others is flushed on all CPUs before it becomes a table */
	other->d->dirty_cpus = 0;
	memset(table(other->data[0]), 0, PAGE_SIZE);
	assert_int_equal(
		mm_update_entry(g->v, g->l1[0], 1, entry(other->data[0], RW), false, other->d), 0);
	assert_int_equal(update(g, g->l1[0], 1, 0), 0);
	assert_int_equal(pin(other, other->data[0], FRAME_L1), 0);
	assert_int_equal(fake.last_flush, 3);

	/* a page outlives its domain while somebody maps it */
	assert_int_equal(
		mm_update_entry(g->v, g->l1[0], 1, entry(other->data[1], P), false, other->d), 0);
	other->d->dying = DOMAIN_DYING;
	assert_int_equal(mm_relinquish(other->d), 0);
	assert_int_equal(other->d->page_count, 1);
	assert_int_equal(update(g, g->l1[0], 1, 0), 0);
	assert_int_equal(other->d->page_count, 0);
	domain_put(other->d);
	free(other);
}

/* Replacing a table in an upper level, where letting go of the old one is interrupted. */
static void upper_levels(void **state)
{
	struct guest *g = guest;
	unsigned int stops = 0;
	int rc;

	(void)state;
	assert_int_equal(pin_l4(g), 0);
	assert_int_equal(update(g, g->l4, 300, 0), 0);
	do {
		this_cpu()->budget = 0;
		rc = update(g, g->l4, 0, 0);
		if (rc) {
			struct frame *held = mfn_frame(g->v->partial_root);

			assert_int_equal(rc, -XEN_ERESTART);
			assert_int_equal(fake_audit(&held, 1), 0);
			stops++;
		}
	} while (rc);
	assert_true(stops > 10);
	assert_int_equal(g->v->partial_root.n, INVALID_MFN.n);
	assert_int_equal(frame_type_now(g->l3), FRAME_NONE);
	audit();
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(update(g, g->l4, 5, entry(g->l3, RW)), 0);
	assert_int_equal(update(g, g->l4, 5, entry(g->l3, P | PTE_AVAIL)), 0);
	assert_int_equal(table(g->l4)[5], entry(g->l3, P | PTE_AVAIL));
	assert_int_equal(g->l3->type & FRAME_TYPE_COUNT, 1);
	assert_int_equal(update(g, g->l4, 5, entry(g->l3, RW | PTE_PSE)), -XEN_EINVAL);
}

static uint64_t random_entry(struct guest *g)
{
	struct frame *const tables[] = {g->l4,	  g->l3,    g->l2[0], g->l2[1],
					g->l1[0], g->l1[1], g->l1[2]};
	unsigned int r = (unsigned int)rand();
	uint64_t flags = ((uint64_t)rand() & 0xffe) | (r & 7 ? PTE_PRESENT : 0) |
			 (r & 0x70 ? 0 : 1ULL << 59);

	if (r & 0x300)
		flags &= ~PTE_PSE;
	switch (r >> 12 & 3) {
	case 0:
		return entry(tables[(r >> 16) % ARRAY_SIZE(tables)], flags);
	case 1:
		return flags & ~1ULL;
	default:
		return entry(g->data[(r >> 16) % 4], flags);
	}
}

/* Any sequence of updates, pins and unpins, with any budget, leaves all counts right. */
static void random_updates(void **state)
{
	struct guest *g = guest;
	struct frame *const tables[] = {g->l4,	  g->l3,    g->l2[0], g->l2[1],
					g->l1[0], g->l1[1], g->l1[2]};
	unsigned int accepted = 0;

	(void)state;
	for (unsigned int i = 0; i < 30000; i++) {
		struct frame *f = tables[(unsigned int)rand() % ARRAY_SIZE(tables)];
		enum frame_type t = FRAME_L1 + (unsigned int)rand() % 4;
		struct frame *held = NULL;

		this_cpu()->budget = rand() % 3 ? 1 << 20 : rand() % 500;
		switch (rand() % 10) {
		case 0:
			(void)mm_pin_table(g->d, frame_mfn(f), t);
			break;
		case 1:
			(void)unpin(g, f);
			break;
		default:
			accepted += !mm_update_entry(g->v, f, (unsigned int)rand() % 512,
						     random_entry(g), rand() & 1, g->d);
		}
		if (g->v->partial_root.n != INVALID_MFN.n)
			held = mfn_frame(g->v->partial_root);
		if (i % 16 == 0)
			assert_int_equal(fake_audit(&held, held != NULL), 0);
	}
	assert_true(accepted > 3000);
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(mm_finish_partial(g->v), 0);
}

/* What became of one change: its result, the entry, and all counts. */
struct outcome {
	int rc;
	uint64_t entry;
	struct {
		uint64_t count, type;
	} frame[DATA + 8];
};

static void look(struct guest *g, struct frame *f, unsigned int i, int rc, struct outcome *out)
{
	struct frame *const tables[] = {g->l4,	  g->l3,    g->l2[0], g->l2[1],
					g->l1[0], g->l1[1], g->l1[2], g->l1[3]};

	memset(out, 0, sizeof(*out));
	out->rc = rc;
	out->entry = table(f)[i];
	for (unsigned int n = 0; n < DATA + 8; n++) {
		const struct frame *at = n < DATA ? g->data[n] : tables[n - DATA];

		out->frame[n].count = at->count;
		out->frame[n].type = at->type & FRAME_TYPE_COUNT ? at->type : 0;
	}
}

/* The change by the shortest path that it allows; then back to where it was. */
static void go_short(struct guest *g, struct frame *f, unsigned int i, uint64_t value, bool keep_ad,
		     struct outcome *out)
{
	uint64_t old = table(f)[i];

	look(g, f, i, mm_update_entry(g->v, f, i, value, keep_ad, g->d), out);
	assert_int_equal(update(g, f, i, 0), 0);
	assert_int_equal(update(g, f, i, old), 0);
	assert_int_equal(table(f)[i], old);
}

/* The same from an empty entry, where no path but the long one leads. */
static void go_long(struct guest *g, struct frame *f, unsigned int i, uint64_t value, bool keep_ad,
		    struct outcome *out)
{
	uint64_t old = table(f)[i];
	int rc;

	if (keep_ad && (old & value & PTE_PRESENT))
		value |= old & (PTE_ACCESSED | PTE_DIRTY);
	assert_int_equal(update(g, f, i, 0), 0);
	rc = update(g, f, i, value);
	if (rc)
		assert_int_equal(update(g, f, i, old), 0);
	look(g, f, i, rc, out);
	assert_int_equal(update(g, f, i, old), 0);
}

/* Flags of an entry, often only a few bits away from another one's. */
static uint64_t near_entry(struct guest *g, uint64_t old)
{
	uint64_t value = rand() & 3 ? old : random_entry(g);

	for (int bits = rand() % 4; bits; bits--)
		value ^= 1ULL << (rand() & 1 ? rand() % 12 : 52 + rand() % 12);
	return value;
}

static enum frame_type frame_level(struct guest *g, const struct frame *f)
{
	return f == g->l4			? FRAME_L4
	       : f == g->l3			? FRAME_L3
	       : f == g->l2[0] || f == g->l2[1] ? FRAME_L2
						: FRAME_L1;
}

/* White lists of bits are where others' hypervisors broke: whatever entry follows whatever other
 * one, the short paths decide, write and count as the long one does. */
static void short_paths_do_what_the_long_one_does(void **state)
{
	struct guest *g = guest;
	struct frame *const at[] = {g->l4, g->l3, g->l2[0], g->l2[1], g->l1[0], g->l1[1], g->l1[2]};
	unsigned int accepted = 0, refused = 0;

	(void)state;
	for (unsigned int n = 0; n < ARRAY_SIZE(at); n++) /* each stays what it is */
		assert_int_equal(pin(g, at[n], frame_level(g, at[n])), 0);
	for (unsigned int n = 0; n < 40000; n++) {
		struct frame *f = at[(unsigned int)rand() % ARRAY_SIZE(at)];
		unsigned int i = (unsigned int)rand() % 2 ? 0 : 300;
		uint64_t value = near_entry(g, table(f)[i]);
		bool keep_ad = rand() & 1;
		struct outcome a, b;

		go_long(g, f, i, value, keep_ad, &b);
		go_short(g, f, i, value, keep_ad, &a);
		if (memcmp(&a, &b, sizeof(a)))
			fail_msg("%lx to %lx: %d %lx, but the long way %d %lx", table(f)[i], value,
				 a.rc, a.entry, b.rc, b.entry);
		a.rc ? refused++ : accepted++;
		if (n % 4 == 0)
			(void)mm_update_entry(g->v, f, i, value, keep_ad, g->d);
	}
	audit();
	assert_true(accepted > 4000 && refused > 4000);
}

/* --- walking --- */

static void walking(void **state)
{
	struct guest *g = guest;
	mfn_t l1;

	(void)state;
	assert_int_equal(mm_walk_l1(g->v, 0x1000, &l1), 0);
	g->v->cr3_kernel = frame_mfn(g->l4);
	assert_int_equal(mm_walk_l1(g->v, 0x5123, &l1), table(g->l1[0])[5]);
	assert_int_equal(l1.n, frame_mfn(g->l1[0]).n);
	assert_int_equal(mm_walk_l1(g->v, 0x40000000, &l1), 0);
	assert_int_equal(l1.n, INVALID_MFN.n);
	assert_int_equal(mm_walk_l1(g->v, 0x800000005000, &l1), 0);
	assert_int_equal(mm_walk_l1(g->v, HYPERVISOR_VIRT_START, &l1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
#define I(f) {"isolated_" #f, f, start_isolated, stop, NULL}
		T(a_tree_is_pinned_and_unpinned),
		T(our_slots_are_ours),
		T(bits_are_adjusted),
		T(bad_entries_are_refused),
		I(companions_follow),
		I(no_companions_of_no_tables),
		I(companions_are_limited),
		I(no_memory_for_a_companion),
		I(a_tree_is_pinned_and_unpinned),
		I(going_on_after_every_stop),
		I(abandoning_a_pin_at_every_stop),
		I(dying_at_every_stop),
		I(pinning_what_is_half_unpinned),
		I(abandoned_at_once),
		T(harmless_absent_entries),
		T(device_memory),
		T(going_on_after_every_stop),
		T(abandoning_a_pin_at_every_stop),
		T(dying_at_every_stop),
		T(pinning_what_is_half_unpinned),
		T(abandoned_at_once),
		T(no_undoing_inside_a_check),
		T(a_refused_table_of_the_dying),
		T(writable_or_table_never_both),
		T(accessed_and_dirty),
		T(frames_that_are_no_tables),
		T(foreign_frames),
		T(upper_levels),
		T(random_updates),
		T(short_paths_do_what_the_long_one_does),
		T(walking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
