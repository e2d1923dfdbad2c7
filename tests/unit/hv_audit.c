/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit finds each kind of inconsistency where it was planted, and nothing else: not in
 * half-checked tables, not after a domain has ended whose frames are still in use.
 */
/* SOURCES: tests/unit/audit_machine.c */
/* SOURCES: tests/unit/mmu_guest.c tests/fake/fake*.c hypervisor/core/frame*.c */
/* SOURCES: hypervisor/core/audit*.c hypervisor/core/stop.c hypervisor/core/heap.c */
/* SOURCES: hypervisor/core/mm_*.c hypervisor/core/mmuext.c hypervisor/core/descriptor.c */
/* SOURCES: hypervisor/core/ptwr*.c hypervisor/core/tlb.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/lock.c hypervisor/core/guest_access.c hypervisor/abi/mmu.c */
/* SOURCES: hypervisor/abi/descriptor.c hypervisor/abi/audit.c hypervisor/core/grant*.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include "audit_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/audit.h"
#include "core/grant_internal.h"
#include "core/mm_companion.h"

/* --- nothing is wrong --- */

static void clean_machine(void **state)
{
	(void)state;
	expect_clean();
	assert_int_equal(result.frames, frame_max);
	assert_int_equal(result.tables, 2 * 6);
	assert_true(result.entries >= 2 * (1 + 1 + 3 + 3 * DATA + 3));
	assert_int_equal(result.stops, 0);
}

static void everything_that_holds(void **state)
{
	uint64_t gdt;
	uint32_t handle;

	(void)state;
	handle = map_lent(false);
	assert_int_equal(frame_get_and_type(g->spare, g->d, FRAME_WRITABLE), 0);
	g->v->info_frame = g->spare;
	gdt = number(new_frame(g->d));
	assert_int_equal(mm_set_gdt(g->v, &gdt, 512), 0);
	expect_clean();
	assert_int_equal(mm_set_gdt(g->v, NULL, 0), 0);
	g->v->info_frame = NULL;
	expect(SHOJI_AUDIT_references, g->spare);
	assert_non_null(find(SHOJI_AUDIT_types, number(g->spare)));
	frame_put_and_type(g->spare);
	unmap_lent(handle);
}

static void pins_and_half_checked_tables(void **state)
{
	mfn_t m = frame_mfn(new_frame(g->d));
	unsigned int rounds = 0;
	int rc;

	(void)state;
	for (unsigned int i = 0; i < 512; i++)
		((uint64_t *)machine_map(m))[i] = entry(g->data[i % DATA], RW);
	do {
		this_cpu()->budget = 1;
		rc = mm_pin_table(g->d, m, FRAME_L1);
		this_cpu()->budget = INT64_MAX / 2;
		expect_clean();
		rounds++;
	} while (rc == -XEN_ERESTART);
	assert_int_equal(rc, 0);
	assert_true(rounds > 2);
	do {
		this_cpu()->budget = 1;
		rc = mm_unpin_table(g->d, m);
		this_cpu()->budget = INT64_MAX / 2;
		expect_clean();
	} while (rc == -XEN_ERESTART);
	assert_int_equal(rc, 0);
}

/* --- counts --- */

static void references_too_many(void **state)
{
	const struct shoji_audit_finding *n;

	(void)state;
	assert_true(frame_get(g->data[2], g->d));
	n = expect_one(SHOJI_AUDIT_references, g->data[2]);
	assert_int_equal(n->domain, 1);
	assert_int_equal(n->found, n->expected + 1);
	assert_int_equal(result.suspects, 1);
	assert_int_equal(result.stops, 1);
	frame_put(g->data[2]);
}

static void references_too_few(void **state)
{
	const struct shoji_audit_finding *n;

	(void)state;
	other->data[1]->count--;
	n = expect_one(SHOJI_AUDIT_references, other->data[1]);
	assert_int_equal(n->domain, 2);
	assert_int_equal(n->found + 1, n->expected);
	other->data[1]->count++;
}

static void types_too_many_or_few(void **state)
{
	const struct shoji_audit_finding *n;

	(void)state;
	g->l1[1]->type++;
	n = expect_one(SHOJI_AUDIT_types, g->l1[1]);
	assert_int_equal(n->expected, 1);
	assert_int_equal(n->found, 2);
	g->l1[1]->type--;
	g->data[0]->type--;
	n = expect_one(SHOJI_AUDIT_types, g->data[0]);
	assert_int_equal(n->found + 1, n->expected);
	g->data[0]->type++;
}

static void a_free_frame_in_use(void **state)
{
	void *page = hv_alloc_pages(0);
	struct frame *f = mfn_frame(machine_unmap_addr(page));

	(void)state;
	f->count = 1;
	expect(SHOJI_AUDIT_references, f);
	assert_non_null(find(SHOJI_AUDIT_state, number(f)));
	assert_int_equal(found[0].domain, SHOJI_AUDIT_NO_DOMAIN);
	f->count = 0;
	hv_free_pages(page, 0);
}

/* --- states --- */

static void states_that_should_not_last(void **state)
{
	static const uint64_t bits[] = {FRAME_TYPE_BUSY, FRAME_TYPE_LOCK};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++) {
		other->l2->type |= bits[i];
		expect_one(SHOJI_AUDIT_state, other->l2);
		assert_int_equal(found[0].found, other->l2->type);
		other->l2->type &= ~bits[i];
	}
	g->data[4]->type |= FRAME_TYPE_PARTIAL;
	expect_one(SHOJI_AUDIT_state, g->data[4]);
	g->data[4]->type &= ~FRAME_TYPE_PARTIAL;
	g->data[4]->type |= FRAME_TYPE_PINNED;
	expect(SHOJI_AUDIT_state, g->data[4]);
	g->data[4]->type &= ~FRAME_TYPE_PINNED;
	assert_ptr_equal(domain_freeze_frame(g->d, frame_mfn(g->spare)), g->spare);
	expect_one(SHOJI_AUDIT_state, g->spare);
	domain_thaw_frame(g->d, g->spare);
	g->data[4]->flags |= FRAME_FREE;
	expect_one(SHOJI_AUDIT_state, g->data[4]);
	g->data[4]->flags &= (uint8_t)~FRAME_FREE;
}

/* --- entries --- */

/* Entry 60 of domain 1's L1[1], behind everybody's back: it is found as such or by what it leads
 * to.
 */
static void plant_entry(uint64_t e, unsigned int kind, const struct frame *at)
{
	table(g->l1[1])[60] = e;
	table_note_entry(g->l1[1], 60, e);
	expect(kind, at);
	table(g->l1[1])[60] = 0;
	expect_clean();
}

static void entries_that_may_not_be_there(void **state)
{
	const struct shoji_audit_finding *n;

	(void)state;
	plant_entry(entry(g->l1[0], RW), SHOJI_AUDIT_entry, g->l1[1]); /* a table, writable */
	plant_entry(entry(g->data[0], RW), SHOJI_AUDIT_types, g->data[0]);
	plant_entry(entry(g->data[0], P), SHOJI_AUDIT_references, g->data[0]);
	plant_entry(entry(other->data[0], P), SHOJI_AUDIT_lent, other->data[0]);
	plant_entry(entry(g->data[0], PTE_PRESENT), SHOJI_AUDIT_entry, g->l1[1]);
	plant_entry(entry(g->data[0], P | PTE_GLOBAL), SHOJI_AUDIT_entry, g->l1[1]);
	plant_entry(entry(g->data[0], P | PTE_PCD), SHOJI_AUDIT_entry, g->l1[1]);
	plant_entry(entry(g->data[0], P) | 1ULL << 59, SHOJI_AUDIT_entry, g->l1[1]);

	table(g->l1[1])[60] = entry(g->l1[0], RW);
	n = expect(SHOJI_AUDIT_entry, g->l1[1]);
	assert_int_equal(n->where, 60);
	assert_int_equal(n->found, entry(g->l1[0], RW));
	assert_int_equal(n->domain, 1);
	assert_non_null(find(SHOJI_AUDIT_references, number(g->l1[0])));
	assert_non_null(find(SHOJI_AUDIT_types, number(g->l1[0])));
	table(g->l1[1])[60] = 0;
}

/* A good entry where the table's record says that there is none. */
static void entries_that_would_be_forgotten(void **state)
{
	uint64_t lines = g->l1[0]->lines;

	(void)state;
	assert_true(lines & 1);
	g->l1[0]->lines = lines & ~1ULL;
	expect(SHOJI_AUDIT_entry, g->l1[0]);
	g->l1[0]->lines = lines;
	expect_clean();
}

static void entries_of_upper_tables(void **state)
{
	struct frame *const wrong[] = {other->l1[0], g->data[1], g->l3};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		table(g->l2)[9] = entry(wrong[i], RW);
		assert_int_equal(expect(SHOJI_AUDIT_entry, g->l2)->where, 9);
		assert_non_null(find(SHOJI_AUDIT_references, number(wrong[i])));
		table(g->l2)[9] = 0;
	}
	table(g->l2)[9] = entry(g->l1[0], RW | PTE_PSE);
	expect(SHOJI_AUDIT_entry, g->l2);
	table(g->l2)[9] = 5ULL << 40 | RW; /* no RAM */
	expect_one(SHOJI_AUDIT_entry, g->l2);
	table(g->l2)[9] = 0;
}

static void devices_are_the_control_domains(void **state)
{
	(void)state;
	table_note_entry(g->l1[1], 60, PTE_PRESENT);
	hv.dom0 = other->d;
	table(g->l1[1])[60] = 0x40000ULL << PAGE_SHIFT | RW;
	expect_one(SHOJI_AUDIT_entry, g->l1[1]);
	hv.dom0 = g->d;
	expect_clean();
	table(g->l1[1])[60] = 0xfee00ULL << PAGE_SHIFT | P;
	expect_clean();
	table(g->l1[1])[60] |= PTE_RW; /* for reading only */
	expect_one(SHOJI_AUDIT_entry, g->l1[1]);
	table(g->l1[1])[60] = 0;
	hv.dom0 = NULL;
}

static void the_hypervisors_own_slots(void **state)
{
	uint64_t *slot = &table(g->l4)[HYPERVISOR_FIRST_SLOT + 1], was = *slot;

	(void)state;
	*slot = entry(g->l3, RW);
	assert_int_equal(expect_one(SHOJI_AUDIT_entry, g->l4)->where, HYPERVISOR_FIRST_SLOT + 1);
	assert_int_equal(found[0].expected, was);
	*slot = was | PTE_ACCESSED;
	expect_clean();
	*slot = was;
}

/* With page-table isolation: what C runs on says the same as what the guest runs on. */
static void companions(void **state)
{
	uint64_t *companion, was;

	(void)state;
	mm_isolation = true;
	assert_int_equal(companion_attach(g->l4), 0);
	expect_one(SHOJI_AUDIT_state, other->l4); /* has none */
	assert_int_equal(companion_attach(other->l4), 0);
	expect_clean();
	companion = companion_of(g->l4);
	companion[5] ^= entry(g->l3, RW);
	assert_int_equal(expect_one(SHOJI_AUDIT_entry, g->l4)->where, 5);
	companion[5] ^= entry(g->l3, RW);
	was = companion[HYPERVISOR_FIRST_SLOT];
	companion[HYPERVISOR_FIRST_SLOT] = 0;
	assert_int_equal(expect_one(SHOJI_AUDIT_entry, g->l4)->where, HYPERVISOR_FIRST_SLOT);
	companion[HYPERVISOR_FIRST_SLOT] = was | PTE_ACCESSED;
	expect_clean();
	mm_isolation = false;
	companion_detach(g->l4);
	expect_one(SHOJI_AUDIT_state, other->l4); /* has one */
	companion_detach(other->l4);
	expect_clean();
}

static void descriptors(void **state)
{
	struct frame *f = new_frame(g->d);
	uint64_t n = number(f);

	(void)state;
	assert_int_equal(mm_set_gdt(g->v, &n, 512), 0);
	table(f)[7] = 0x0000890000000000; /* a TSS */
	assert_int_equal(expect_one(SHOJI_AUDIT_entry, f)->where, 7);
	table(f)[7] = 0x00af9b000000ffff; /* code of ring 0 */
	expect_one(SHOJI_AUDIT_entry, f);
	table(f)[7] = 0x00affb000000ffff;
	expect_clean();
	assert_int_equal(mm_set_gdt(g->v, NULL, 0), 0);
}

/* --- owners and holders --- */

static void an_owner_that_is_none(void **state)
{
	static struct domain nobody;

	(void)state;
	g->data[5]->owner = &nobody;
	assert_int_equal(expect(SHOJI_AUDIT_owner, g->data[5])->domain, SHOJI_AUDIT_NO_DOMAIN);
	assert_int_equal(found[0].found, (uintptr_t)&nobody);
	assert_non_null(find(SHOJI_AUDIT_pages, SHOJI_AUDIT_NO_FRAME));
	g->data[5]->owner = other->d; /* whom domain 1 maps without leave */
	expect(SHOJI_AUDIT_lent, g->data[5]);
	g->data[5]->owner = g->d;
}

static void charged_for_the_wrong_number(void **state)
{
	(void)state;
	other->d->page_count++;
	assert_int_equal(expect_one(SHOJI_AUDIT_pages, NULL)->domain, 2);
	assert_int_equal(found[0].found, found[0].expected + 1);
	other->d->page_count--;
	g->d->xen_page_count++;
	expect_one(SHOJI_AUDIT_pages, NULL);
	g->d->xen_page_count--;
}

static void a_vcpu_with_another_type(void **state)
{
	mfn_t was = g->v->cr3_kernel;

	(void)state;
	g->v->cr3_kernel = frame_mfn(g->l3);
	assert_int_equal(expect(SHOJI_AUDIT_holder, g->l3)->expected, FRAME_L4);
	assert_non_null(find(SHOJI_AUDIT_types, was.n));
	g->v->cr3_kernel = frame_mfn(other->l4);
	assert_int_equal(expect(SHOJI_AUDIT_holder, other->l4)->domain, 2);
	g->v->cr3_kernel = was;
}

/* --- grants --- */

static void grants_that_do_not_add_up(void **state)
{
	uint32_t handle = map_lent(false);
	struct active *a = &other->d->grants->active[0][LENT];

	(void)state;
	expect_clean();
	a->writers++;
	assert_int_equal(expect_one(SHOJI_AUDIT_grants, NULL)->domain, 2);
	a->writers--;
	a->user = domid(2);
	assert_int_equal(expect_one(SHOJI_AUDIT_handle, NULL)->expected, LENT);
	assert_int_equal(found[0].found, 1);
	a->user = domid(1);
	a->frame = other->data[1];
	expect(SHOJI_AUDIT_handle, NULL);
	assert_non_null(find(SHOJI_AUDIT_references, number(other->data[1])));
	assert_non_null(find(SHOJI_AUDIT_references, number(other->data[3])));
	a->frame = other->data[3];
	unmap_lent(handle);
}

static void more_mappings_than_handles(void **state)
{
	uint32_t handle = map_lent(true);

	(void)state;
	table(g->l1[2])[PLACE + 1] = table(g->l1[2])[PLACE];
	other->data[3]->count++; /* as if it had been asked for */
	expect_one(SHOJI_AUDIT_lent, other->data[3]);
	hv.dom0 = g->d; /* who needs no leave */
	expect_clean();
	hv.dom0 = NULL;
	other->data[3]->count--;
	table(g->l1[2])[PLACE + 1] = 0;
	unmap_lent(handle);
}

/* Its record is memory of the hypervisor's; it is in no list. */
static void the_frames_of_a_domain_that_has_ended(void **state)
{
	uint32_t handle = map_lent(false);
	struct domain *d = hv_alloc_pages(2), *was = other->d;
	struct frame *f = other->data[3];

	(void)state;
	memcpy(d, was, sizeof(*d));
	d->dying = DOMAIN_DEAD;
	domains[2] = d; /* it must be found for now, with its own vCPU and grants */
	for (uint64_t n = 0; n < frame_max; n++)
		if (frame_table[n].owner == was)
			frame_table[n].owner = d;
	maptrack_find(g->d->grants, handle)->owner = d;
	other->v->domain = d;
	expect_clean();
	other->v->cr3_kernel = mfn(0);
	domains[2] = NULL; /* the frame that is lent is found by the handle */
	run();
	assert_null(find(SHOJI_AUDIT_references, number(f)));
	assert_null(find(SHOJI_AUDIT_owner, number(f)));
	d->dying = DOMAIN_ALIVE; /* and not listed? */
	expect(SHOJI_AUDIT_owner, f);

	other->v->cr3_kernel = frame_mfn(other->l4);
	other->v->domain = domains[2] = was;
	maptrack_find(g->d->grants, handle)->owner = was;
	for (uint64_t n = 0; n < frame_max; n++)
		if (frame_table[n].owner == d)
			frame_table[n].owner = was;
	hv_free_pages(d, 2);
	unmap_lent(handle);
}

/* --- faults on purpose --- */

static long plant(uint32_t kind, uint32_t undo, uint64_t *frame)
{
	struct shoji_audit_plant p = {.kind = kind, .undo = undo};
	long rc;

	memcpy(fake.guest + 2048, &p, sizeof(p));
	rc = abi_shoji_audit(SHOJI_AUDIT_plant, RECORD + 2048, 0);
	memcpy(&p, fake.guest + 2048, sizeof(p));
	*frame = p.frame;
	return rc;
}

static void faults_on_purpose(void **state)
{
	uint64_t frame, ignored;

	(void)state;
	g->d->shared_info = hv_alloc_pages(0);
	frame_share(g->d->shared_info, g->d, true);
	assert_int_equal(plant(SHOJI_AUDIT_types, 0, &frame), -XEN_EOPNOTSUPP);
	audit_plant_allowed = true;
	assert_int_equal(plant(0, 1, &frame), -XEN_EINVAL);
	assert_int_equal(plant(SHOJI_AUDIT_lent, 0, &frame), -XEN_EINVAL);
	for (uint32_t kind = SHOJI_AUDIT_references; kind <= SHOJI_AUDIT_entry; kind++) {
		assert_int_equal(plant(kind, 0, &frame), 0);
		assert_int_equal(plant(kind, 0, &ignored), -XEN_EINVAL);
		expect(kind, mfn_frame(mfn(frame)));
		assert_int_equal(plant(0, 1, &frame), 0);
		expect_clean();
	}
	audit_plant_allowed = false;
	frame_unshare(g->d->shared_info);
	g->d->shared_info = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(clean_machine),
		TEST(everything_that_holds),
		TEST(pins_and_half_checked_tables),
		TEST(references_too_many),
		TEST(references_too_few),
		TEST(types_too_many_or_few),
		TEST(a_free_frame_in_use),
		TEST(states_that_should_not_last),
		TEST(entries_that_may_not_be_there),
		TEST(entries_that_would_be_forgotten),
		TEST(entries_of_upper_tables),
		TEST(devices_are_the_control_domains),
		TEST(the_hypervisors_own_slots),
		TEST(companions),
		TEST(descriptors),
		TEST(an_owner_that_is_none),
		TEST(charged_for_the_wrong_number),
		TEST(a_vcpu_with_another_type),
		TEST(grants_that_do_not_add_up),
		TEST(more_mappings_than_handles),
		TEST(the_frames_of_a_domain_that_has_ended),
		TEST(faults_on_purpose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
