/* SPDX-License-Identifier: GPL-2.0-only */
/* Two vCPUs on two processors at the same thing at once. Each race runs for a while. */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/grant_table.h"
#include "shoji/memory.h"

#define WHILE_NS 200000000UL

static volatile bool enough;
static volatile unsigned long theirs; /* what the other vCPU got done */

static void race(void (*other)(void))
{
	enough = false;
	theirs = 0;
	start_work(other);
}

/* Until the time is over and both have got somewhere. */
static bool go_on(uint64_t end, unsigned long ours)
{
	uint64_t t = now();

	return t < end || ((ours < 20 || theirs < 20) && t < end + 20 * WHILE_NS);
}

static void end_race(void)
{
	enough = true;
	await_work();
}

static uint64_t at(const void *entry)
{
	return mfn_of(entry) * PAGE + (uint64_t)entry % PAGE;
}

/* --- a page that is a table for one and writable for the other --- */

static uint64_t *contested, contested_entry;

static void map_it_again_and_again(void)
{
	while (!enough) {
		if (!mmu_update(contested_entry, PTE(mfn_of(contested), WRITABLE)))
			theirs++;
		(void)mmu_update(contested_entry, 0);
	}
}

TEST(a_page_becomes_a_table_while_it_is_being_mapped)
{
	uint64_t *table = make_l1(), end = now() + WHILE_NS;
	unsigned long pins = 0;
	bool both = false;

	contested = page_alloc();
	contested_entry = at(table);
	EQUAL(protect(contested), 0);
	race(map_it_again_and_again);
	while (go_on(end, pins) && !both) {
		if (mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(contested), 0))
			continue;
		pins++;
		both = *(volatile uint64_t *)table & RW;
		(void)mmuext(MMUEXT_UNPIN_TABLE, mfn_of(contested), 0);
	}
	end_race();
	CHECK(!both);
	CHECK(pins > 10 && theirs > 10);
	EQUAL(mmu_update(contested_entry, 0), 0);
}

/* --- one entry, written by both in all ways: references must come out even --- */

static uint64_t *shared_table, first_page, second_page;

static void rewrite_the_entry(void)
{
	while (!enough) {
		if (!mmu_update(at(shared_table), PTE(first_page, WRITABLE)))
			theirs++;
		*(volatile uint64_t *)shared_table = PTE(second_page, READABLE);
	}
}

TEST(one_entry_is_written_by_both)
{
	uint64_t end = now() + WHILE_NS, *a = page_alloc(), *b = page_alloc();
	unsigned long ours = 0;

	shared_table = make_l1();
	first_page = mfn_of(a);
	second_page = mfn_of(b);
	race(rewrite_the_entry);
	while (go_on(end, ours)) {
		ours += !mmu_update(at(shared_table), PTE(second_page, WRITABLE));
		(void)mmu_update(at(shared_table) | MMU_PT_UPDATE_PRESERVE_AD,
				 PTE(first_page, READABLE));
		__atomic_exchange_n(shared_table, 0, __ATOMIC_SEQ_CST);
	}
	end_race();
	CHECK(ours > 10 && theirs > 10);
	EQUAL(mmu_update(at(shared_table), 0), 0);
	drop_table(shared_table);
	/* neither is held any longer: both can become tables, and pages again */
	EQUAL(protect(a), 0);
	EQUAL(protect(b), 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, first_page, 0), 0);
	EQUAL(mmuext(MMUEXT_PIN_L2_TABLE, second_page, 0), 0);
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, first_page, 0), 0);
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, second_page, 0), 0);
}

/* --- pin and unpin of one tree --- */

static void pin_the_tree(void)
{
	while (!enough) {
		theirs += !mmuext(MMUEXT_PIN_L2_TABLE, first_page, 0);
		(void)mmuext(MMUEXT_UNPIN_TABLE, first_page, 0);
	}
}

TEST(a_tree_is_pinned_and_unpinned_by_both)
{
	uint64_t *l1 = page_alloc(), *l2 = page_alloc(), end = now() + WHILE_NS;
	uint64_t m = mfn_of(page_alloc());
	unsigned long ours = 0;

	for (unsigned int i = 0; i < 512; i++) {
		l1[i] = PTE(m, WRITABLE);
		l2[i] = PTE(mfn_of(l1), WRITABLE);
	}
	EQUAL(protect(l1), 0);
	EQUAL(protect(l2), 0);
	first_page = mfn_of(l2);
	race(pin_the_tree);
	while (go_on(end, ours)) {
		ours += !mmuext(MMUEXT_PIN_L2_TABLE, first_page, 0);
		(void)mmuext(MMUEXT_UNPIN_TABLE, first_page, 0);
		(void)mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0);
		(void)mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0);
	}
	end_race();
	(void)mmuext(MMUEXT_UNPIN_TABLE, first_page, 0);
	CHECK(ours > 10 && theirs > 10);
	EQUAL(unprotect(l2), 0);
	EQUAL(unprotect(l1), 0);
}

/* --- a frame is given back while the other one maps it and frees it, too --- */

static uint64_t lost_frame;

static long give(uint64_t *frame)
{
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)frame, .domid = DOMID_SELF, .nr_extents = 1};

	return CALL(HYPERCALL_memory_op, XENMEM_decrease_reservation, &r);
}

static void use_the_frame(void)
{
	while (!enough) {
		uint64_t m = __atomic_load_n(&lost_frame, __ATOMIC_RELAXED);

		if (m && !mmu_update(contested_entry, PTE(m, WRITABLE)))
			theirs++;
		(void)mmu_update(contested_entry, 0);
		if (m)
			(void)give(&m);
	}
}

TEST(a_frame_is_given_back_by_both)
{
	struct xen_memory_domain self = {DOMID_SELF};
	long before = CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &self);
	uint64_t end = now() + WHILE_NS;
	unsigned long ours = 0;

	contested_entry = at(make_l1());
	lost_frame = 0;
	race(use_the_frame);
	while (go_on(end, ours)) {
		uint64_t m = 0;
		struct xen_memory_reservation r = {
			.extent_start = (uint64_t)&m, .domid = DOMID_SELF, .nr_extents = 1};

		if (CALL(HYPERCALL_memory_op, XENMEM_increase_reservation, &r) != 1)
			continue;
		__atomic_store_n(&lost_frame, m, __ATOMIC_SEQ_CST);
		ours++;
		(void)give(&m);
	}
	end_race();
	CHECK(ours > 10);
	EQUAL(mmu_update(contested_entry, 0), 0);
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &self), before);
}

/* --- event channels: opened, bound, sent to, closed, reset --- */

static long op(unsigned int cmd, void *arg)
{
	return CALL(HYPERCALL_event_channel_op, cmd, arg);
}

static uint16_t self;

static void churn_events(void)
{
	while (!enough) {
		struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = self};
		struct xen_evtchn_bind_interdomain b = {.remote_dom = self};
		struct xen_evtchn_send s;
		struct xen_evtchn_close c;

		theirs += !op(EVTCHNOP_alloc_unbound, &a);
		b.remote_port = a.port;
		(void)op(EVTCHNOP_bind_interdomain, &b);
		s.port = b.local_port;
		(void)op(EVTCHNOP_send, &s);
		c.port = b.local_port;
		(void)op(EVTCHNOP_close, &c);
	}
}

/* The first ports are not ours alone: the console's must stay. */
TEST_DOM0(event_channels_are_reset_while_in_use)
{
	uint64_t end = now() + WHILE_NS;
	unsigned long ours = 0;

	self = own_domid();
	race(churn_events);
	while (go_on(end, ours)) {
		struct xen_evtchn_reset r = {DOMID_SELF};

		ours += !op(EVTCHNOP_reset, &r);
	}
	end_race();
	struct xen_evtchn_reset r = {DOMID_SELF};

	EQUAL(op(EVTCHNOP_reset, &r), 0);
	CHECK(ours > 10 && theirs > 10);
	for (uint32_t port = 1; port < 200; port++) {
		struct xen_evtchn_close c = {port};

		EQUAL(op(EVTCHNOP_close, &c), -XEN_EINVAL);
	}
}

/* --- one grant, mapped and unmapped by both; and its entry changed all the time --- */

#define REF 20
static volatile struct xen_grant_entry_v1 *grants;
static uint16_t granter;

static void share_a_page(void)
{
	static uint8_t place[PAGE] __attribute__((aligned(4096)));
	uint64_t frame = 0;
	struct xen_gnttab_setup_table s = {
		.dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)&frame};

	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_setup_table, &s, 1), 0);
	EQUAL(remap(place, PTE(frame, WRITABLE)), 0);
	grants = (void *)place;
	granter = own_domid();
	grants[REF].domid = granter;
	grants[REF].frame = (uint32_t)mfn_of(page_alloc());
	grants[REF].flags = GTF_permit_access;
}

/* Mapped for a device, and unmapped. False: it could not be mapped. */
static bool map_once(void)
{
	struct xen_gnttab_map_grant_ref m = {
		.flags = GNTMAP_device_map, .ref = REF, .dom = granter};
	struct xen_gnttab_unmap_grant_ref u;

	CALL(HYPERCALL_grant_table_op, GNTTABOP_map_grant_ref, &m, 1);
	if (m.status)
		return false;
	u = (struct xen_gnttab_unmap_grant_ref){.dev_bus_addr = m.dev_bus_addr, .handle = m.handle};
	CALL(HYPERCALL_grant_table_op, GNTTABOP_unmap_grant_ref, &u, 1);
	if (!u.status) /* the same handle once more, which may be the other one's by now */
		CALL(HYPERCALL_grant_table_op, GNTTABOP_unmap_grant_ref, &u, 1);
	return true;
}

static void map_the_grant(void)
{
	while (!enough)
		theirs += map_once();
}

TEST(a_grant_is_mapped_by_both)
{
	uint64_t end = now() + WHILE_NS;
	unsigned long ours = 0;

	share_a_page();
	race(map_the_grant);
	while (go_on(end, ours))
		ours += map_once();
	end_race();
	CHECK(ours > 10 && theirs > 10);
	EQUAL(grants[REF].flags, GTF_permit_access);
	grants[REF].flags = 0;
}

static void change_the_entry(void)
{
	while (!enough) {
		grants[REF].flags = 0;
		grants[REF].domid = 4711;
		grants[REF].domid = granter;
		grants[REF].flags = GTF_permit_access;
		theirs++;
	}
}

/* It gets what it gets, but no call waits for the words to stand still. */
TEST(an_entry_is_changed_all_the_time)
{
	uint64_t end = now() + WHILE_NS;
	unsigned long ours = 0;

	share_a_page();
	race(change_the_entry);
	while (go_on(end, ours)) {
		(void)map_once();
		ours++;
	}
	end_race();
	grants[REF].flags = GTF_permit_access;
	CHECK(map_once()); /* nothing was left in use */
	grants[REF].flags = 0;
}

/* --- a vCPU is set up by two others --- */

static unsigned int target;
static struct xen_vcpu_guest_context *target_context;

static void set_it_up(void)
{
	while (!enough)
		theirs += vcpu_initialise(target, target_context) == -XEN_EINVAL;
}

static void do_nothing(void)
{
	for (;;)
		yield();
}

/* By a context whose last part is refused, so that everything is undone each time. */
TEST(a_vcpu_is_set_up_by_both)
{
	uint64_t *gdt = page_alloc(), end = now() + WHILE_NS;
	unsigned long ours = 0;

	EQUAL(protect(gdt), 0);
	target = spare_vcpu();
	target_context = new_context(target, do_nothing);
	target_context->gdt_ents = 8;
	target_context->gdt_frames[0] = mfn_of(gdt);
	target_context->ctrlreg[1] = xen_pfn_to_cr3(mfn_of(gdt));
	race(set_it_up);
	while (go_on(end, ours))
		ours += vcpu_initialise(target, target_context) == -XEN_EINVAL;
	end_race();
	CHECK(ours > 10 && theirs > 10);
	EQUAL(unprotect(gdt), 0); /* no reference was lost */
	target_context->ctrlreg[1] = target_context->gdt_ents = 0;
	EQUAL(vcpu_initialise(target, target_context), 0);
	EQUAL(vcpu_initialise(target, target_context), -XEN_EEXIST);
}

/* --- one area is registered twice --- */

static struct xen_vcpu_register_vcpu_info area;

static void register_it(void)
{
	while (!enough)
		theirs += !CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_info, target, &area);
}

TEST(an_area_is_registered_by_both)
{
	static uint8_t page[PAGE] __attribute__((aligned(4096))); /* for good */
	unsigned int ours = 0;

	target = spare_vcpu();
	area = (struct xen_vcpu_register_vcpu_info){.mfn = mfn_of(page)};
	race(register_it);
	for (unsigned int i = 0; i < 1000; i++)
		ours += !CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_info, target, &area);
	end_race();
	EQUAL(ours + theirs, 1);
}
