/* SPDX-License-Identifier: GPL-2.0-only */
/* Grants, to oneself: both sides of every operation are here. */
#include "kit.h"

#include "shoji/grant_table.h"
#include "shoji/memory.h"

static volatile struct xen_grant_entry_v1 *table;
static uint16_t self;

static long op(unsigned int cmd, void *list, unsigned int count)
{
	return CALL(HYPERCALL_grant_table_op, cmd, list, count);
}

/* The table's first frame, mapped over a page of ours. Entries from 16 on are free in any domain.
 */
#define FIRST 16
static void begin(void)
{
	static uint8_t place[PAGE] __attribute__((aligned(4096)));
	uint64_t frame = 0;
	struct xen_gnttab_setup_table s = {
		.dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)&frame};

	if (!table) {
		EQUAL(op(GNTTABOP_setup_table, &s, 1), 0);
		EQUAL(s.status, GNTST_okay);
		EQUAL(remap(place, PTE(frame, WRITABLE)), 0);
		table = (void *)place;
		self = own_domid();
	}
	for (unsigned int i = FIRST; i < 512; i++)
		table[i].flags = 0;
}

static void grant(unsigned int ref, const void *page, uint16_t to, uint16_t flags)
{
	table[ref].domid = to;
	table[ref].frame = (uint32_t)mfn_of(page);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	table[ref].flags = (uint16_t)(GTF_permit_access | flags);
}

static uint32_t last_handle;

/* A place of ours where nothing is mapped. */
static void *hole(void)
{
	void *page = page_alloc();

	EQUAL(remap(page, 0), 0);
	return page;
}

static int map(void *at, unsigned int ref, uint32_t flags)
{
	struct xen_gnttab_map_grant_ref m = {
		.host_addr = (uint64_t)at, .flags = flags, .ref = ref, .dom = self};

	EQUAL(op(GNTTABOP_map_grant_ref, &m, 1), 0);
	last_handle = m.handle;
	return m.status;
}

static int unmap(void *at, uint32_t handle)
{
	struct xen_gnttab_unmap_grant_ref u = {.host_addr = (uint64_t)at, .handle = handle};

	EQUAL(op(GNTTABOP_unmap_grant_ref, &u, 1), 0);
	return u.status;
}

TEST(a_mapping_and_its_end)
{
	uint64_t *page = page_alloc(), *at = hole();

	begin();
	grant(FIRST, page, self, 0);
	EQUAL(map(at, FIRST, GNTMAP_host_map), GNTST_okay);
	uint32_t handle = last_handle;
	*(volatile uint64_t *)at = 0x1234;
	EQUAL(page[0], 0x1234);
	EQUAL(table[FIRST].flags & (GTF_reading | GTF_writing), GTF_reading | GTF_writing);
	EQUAL(unmap(at, handle), GNTST_okay);
	EQUAL(table[FIRST].flags & (GTF_reading | GTF_writing), 0);
	EQUAL(unmap(at, handle), GNTST_bad_handle);
	CHECK(CATCH((void)*(volatile uint64_t *)at));
	EQUAL(caught.vector, 14);
}

TEST(readonly_grants)
{
	uint64_t *page = page_alloc(), *at = hole();

	begin();
	grant(FIRST, page, self, GTF_readonly);
	EQUAL(map(at, FIRST, GNTMAP_host_map), GNTST_permission_denied);
	EQUAL(map(at, FIRST, GNTMAP_host_map | GNTMAP_readonly), GNTST_okay);
	uint32_t handle = last_handle;
	EQUAL(table[FIRST].flags & (GTF_reading | GTF_writing), GTF_reading);
	CHECK(CATCH(*(volatile uint64_t *)at = 1));
	CHECK(!CATCH((void)*(volatile uint64_t *)at));
	EQUAL(unmap(at, handle), GNTST_okay);
}

/* A foreign frame is mapped as granted: its entry cannot be made writable or copied by hand. */
TEST(entries_of_mappings)
{
	uint64_t *page = page_alloc(), *at = hole();
	uint64_t entry;

	begin();
	grant(FIRST, page, self, GTF_readonly);
	EQUAL(map(at, FIRST, GNTMAP_host_map | GNTMAP_readonly), GNTST_okay);
	uint32_t handle = last_handle;
	entry = *entry_of(at, 1);
	EQUAL(entry >> 12 & 0xffffffffff, mfn_of(page));
	EQUAL(entry & RW, 0);
	/* something else is there now: the handle's mapping cannot be ended */
	EQUAL(remap(at, 0), 0);
	EQUAL(unmap(at, handle), GNTST_general_error);
	EQUAL(remap(at, entry | RW), 0);	       /* our own page, after all */
	EQUAL(unmap(at, handle), GNTST_general_error); /* readonly is what was mapped */
	EQUAL(remap(at, entry), 0);
	EQUAL(unmap(at, handle), GNTST_okay);
}

TEST(references_that_are_none)
{
	static const uint32_t refs[] = {511, 512, 1u << 16, 1u << 31, ~0u};
	uint64_t *page = page_alloc(), *at = hole();

	begin();
	for (unsigned int i = 0; i < ARRAY(refs); i++)
		EQUAL(map(at, refs[i], GNTMAP_host_map), GNTST_bad_gntref);
	grant(FIRST, page, 4711, 0);
	EQUAL(map(at, FIRST, GNTMAP_host_map), GNTST_permission_denied);
	for (unsigned int type = 0; type < 4; type++) {
		if (type == GTF_permit_access)
			continue;
		grant(FIRST, page, self, 0);
		table[FIRST].flags = (uint16_t)type;
		EQUAL(map(at, FIRST, GNTMAP_host_map), GNTST_bad_gntref);
	}
	grant(FIRST, page, self, GTF_sub_page);
	EQUAL(map(at, FIRST, GNTMAP_host_map), GNTST_bad_gntref);
	grant(FIRST, page, self, 0);
	EQUAL(map(at, FIRST, 0), GNTST_bad_gntref);
	EQUAL(table[FIRST].flags, GTF_permit_access);
	struct xen_gnttab_map_grant_ref m = {
		.host_addr = (uint64_t)at, .flags = GNTMAP_host_map, .ref = FIRST, .dom = 4711};
	EQUAL(op(GNTTABOP_map_grant_ref, &m, 1), 0);
	EQUAL(m.status, GNTST_bad_domain);
	m.dom = DOMID_XEN;
	EQUAL(op(GNTTABOP_map_grant_ref, &m, 1), 0);
	EQUAL(m.status, GNTST_bad_domain);
}

/* Frames that the granter does not have, or that are no memory to write to. */
TEST(frames_that_cannot_be_granted)
{
	static const uint32_t frames[] = {0, 1, 0x100, 0xa0, 0xfee00, 1u << 30, ~0u};
	uint64_t *at = hole(), *l1 = make_l1();

	begin();
	for (unsigned int i = 0; i < ARRAY(frames); i++) {
		grant(FIRST, l1, self, 0);
		table[FIRST].frame = frames[i];
		if (map(at, FIRST, GNTMAP_host_map) != GNTST_bad_page)
			fail("frame %x can be granted", frames[i]);
		EQUAL(map(at, FIRST, GNTMAP_device_map | GNTMAP_readonly), GNTST_bad_page);
		EQUAL(table[FIRST].flags, GTF_permit_access);
	}
	grant(FIRST, l1, self, 0);
	CHECK(map(at, FIRST, GNTMAP_host_map) < 0);
	EQUAL(table[FIRST].flags, GTF_permit_access);
	table[FIRST].frame = (uint32_t)live_l4();
	CHECK(map(at, FIRST, GNTMAP_host_map) < 0);
	EQUAL(table[FIRST].flags, GTF_permit_access);
}

/* Where the entry of a mapping may lie. */
TEST(places_of_mappings)
{
	static const uint64_t places[] = {NO_MEMORY, HV_IMAGE, HOLE, ODD, MACH2PHYS_VIRT_START,
					  ~0xfffUL,  ~0UL};
	uint64_t *page = page_alloc(), *at = hole(), *l1 = make_l1(), *l2 = page_alloc();
	uint64_t l1_address = mfn_of(l1) * PAGE;

	begin();
	grant(FIRST, page, self, 0);
	for (unsigned int i = 0; i < ARRAY(places); i++)
		CHECK(map((void *)places[i], FIRST, GNTMAP_host_map) < 0);
	CHECK(map((char *)at + 8, FIRST, GNTMAP_host_map) < 0);
	for (unsigned int i = 1; i < 8; i++) /* half in one entry, half in the next one */
		CHECK(map((void *)(l1_address + i), FIRST, GNTMAP_host_map | GNTMAP_contains_pte) <
		      0);
	CHECK(map((void *)(mfn_of(page) * PAGE), FIRST, GNTMAP_host_map | GNTMAP_contains_pte) < 0);
	CHECK(map((void *)(live_l4() * PAGE), FIRST, GNTMAP_host_map | GNTMAP_contains_pte) < 0);
	CHECK(map((void *)0x100000UL, FIRST, GNTMAP_host_map | GNTMAP_contains_pte) < 0);
	CHECK(map((void *)(1UL << 45), FIRST, GNTMAP_host_map | GNTMAP_contains_pte) < 0);
	EQUAL(protect(l2), 0);
	EQUAL(mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2), 0), 0);
	CHECK(map((void *)(mfn_of(l2) * PAGE), FIRST, GNTMAP_host_map | GNTMAP_contains_pte) < 0);
	drop_table(l2);
	EQUAL(table[FIRST].flags, GTF_permit_access); /* none of them left a mark */
	EQUAL(map((void *)(l1_address + 8), FIRST, GNTMAP_host_map | GNTMAP_contains_pte),
	      GNTST_okay);
	EQUAL(l1[1] >> 12 & 0xffffffffff, mfn_of(page));
	EQUAL(unmap((void *)(l1_address + 16), last_handle), GNTST_general_error);
	EQUAL(unmap((void *)(l1_address + 8), last_handle), GNTST_okay);
	EQUAL(l1[1], 0);
}

/* Mapped twice at one time and in one call: each mapping counts. */
TEST(mappings_for_devices_and_hosts)
{
	uint64_t *page = page_alloc(), *at = hole();
	struct xen_gnttab_unmap_grant_ref u;

	begin();
	grant(FIRST, page, self, 0);
	EQUAL(map(at, FIRST, GNTMAP_host_map | GNTMAP_device_map), GNTST_okay);
	uint32_t both = last_handle;
	EQUAL(map(NULL, FIRST, GNTMAP_device_map), GNTST_okay);
	uint32_t device = last_handle;
	CHECK(CATCH((void)*(volatile uint64_t *)NULL)); /* nothing was mapped there */
	/* a copy by the same grant comes and goes, the mappings stay */
	struct xen_gnttab_copy c = {.len = 8, .flags = GNTCOPY_dest_gref};
	c.source.u.gmfn = mfn_of(page);
	c.source.domid = DOMID_SELF;
	c.dest.u.ref = FIRST;
	c.dest.domid = self;
	EQUAL(op(GNTTABOP_copy, &c, 1), 0);
	EQUAL(c.status, GNTST_okay);
	CHECK(table[FIRST].flags & GTF_writing);
	u = (struct xen_gnttab_unmap_grant_ref){.dev_bus_addr = 0x5000, .handle = device};
	EQUAL(op(GNTTABOP_unmap_grant_ref, &u, 1), 0);
	EQUAL(u.status, GNTST_bad_dev_addr);
	EQUAL(unmap(at, both), GNTST_okay);
	CHECK(table[FIRST].flags & GTF_writing);
	u = (struct xen_gnttab_unmap_grant_ref){.dev_bus_addr = mfn_of(page) * PAGE,
						.handle = both};
	EQUAL(op(GNTTABOP_unmap_grant_ref, &u, 1), 0);
	EQUAL(u.status, GNTST_okay);
	CHECK(table[FIRST].flags & GTF_writing);
	u.handle = device;
	EQUAL(op(GNTTABOP_unmap_grant_ref, &u, 1), 0);
	EQUAL(u.status, GNTST_okay);
	EQUAL(table[FIRST].flags, GTF_permit_access);
	EQUAL(op(GNTTABOP_unmap_grant_ref, &u, 1), 0);
	EQUAL(u.status, GNTST_bad_handle);
}

/* While a frame is mapped its entry may say what it likes: the mapping is of the old frame. */
TEST(entries_changed_while_in_use)
{
	uint64_t *page = page_alloc(), *other = page_alloc(), *at = hole(), *more = hole();

	begin();
	page[0] = 1;
	other[0] = 2;
	grant(FIRST, page, self, 0);
	EQUAL(map(at, FIRST, GNTMAP_host_map), GNTST_okay);
	uint32_t first = last_handle;
	table[FIRST].frame = (uint32_t)mfn_of(other);
	table[FIRST].domid = 4711;
	EQUAL(map(more, FIRST, GNTMAP_host_map | GNTMAP_readonly), GNTST_okay); /* the same use */
	EQUAL(more[0], 1);
	EQUAL(unmap(more, last_handle), GNTST_okay);
	table[FIRST].flags = 0;
	EQUAL(at[0], 1);
	/* given back to the hypervisor meanwhile: it stays until it is unmapped */
	EQUAL(protect(page), 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0), -XEN_EINVAL);
	EQUAL(unmap(at, first), GNTST_okay);
	EQUAL(table[FIRST].flags & (GTF_reading | GTF_writing), 0);
	EQUAL(unprotect(page), 0);
}

TEST(handles_that_are_none)
{
	static const uint32_t handles[] = {0, 1, 100, 4096, 1u << 20, 1u << 31, ~0u};
	struct xen_gnttab_unmap_grant_ref u[3];
	uint64_t *at = hole();

	begin();
	for (unsigned int i = 0; i < ARRAY(handles); i++)
		EQUAL(unmap(at, handles[i]), GNTST_bad_handle);
	memset(u, 0xff, sizeof(u));
	EQUAL(op(GNTTABOP_unmap_grant_ref, u, 3), 0);
	CHECK(u[0].status == GNTST_bad_handle && u[2].status == GNTST_bad_handle);
}

static int copy(struct xen_gnttab_copy c)
{
	EQUAL(op(GNTTABOP_copy, &c, 1), 0);
	return c.status;
}

TEST(copies)
{
	uint64_t *from = page_alloc(), *to = page_alloc(), *l1 = make_l1();
	struct xen_gnttab_copy c = {.len = 16};

	begin();
	from[1] = 7;
	c.source.u.gmfn = mfn_of(from);
	c.dest.u.gmfn = mfn_of(to);
	c.source.domid = c.dest.domid = DOMID_SELF;
	EQUAL(copy(c), GNTST_okay);
	EQUAL(to[1], 7);
	/* past the end of either page */
	c.source.offset = 4081;
	EQUAL(copy(c), GNTST_bad_copy_arg);
	c.source.offset = 0;
	c.dest.offset = 4095;
	EQUAL(copy(c), GNTST_bad_copy_arg);
	c.dest.offset = 0xffff;
	c.len = 1;
	EQUAL(copy(c), GNTST_bad_copy_arg);
	c.dest.offset = 0;
	c.len = 4097;
	EQUAL(copy(c), GNTST_bad_copy_arg);
	c.len = 0xffff;
	EQUAL(copy(c), GNTST_bad_copy_arg);
	c.len = 4096;
	EQUAL(copy(c), GNTST_okay);
	/* into tables, and frames of others */
	c.dest.u.gmfn = mfn_of(l1);
	EQUAL(copy(c), GNTST_bad_page);
	c.dest.u.gmfn = live_l4();
	EQUAL(copy(c), GNTST_bad_page);
	c.dest.u.gmfn = 0x100;
	EQUAL(copy(c), GNTST_bad_page);
	c.dest.u.gmfn = ~0UL;
	EQUAL(copy(c), GNTST_bad_page);
	c.dest.u.gmfn = mfn_of(to);
	c.source.u.gmfn = 1UL << 40;
	EQUAL(copy(c), GNTST_bad_page);
	c.source.domid = 4711;
	EQUAL(copy(c), GNTST_bad_domain);
	/* a grant for reading, written to */
	grant(FIRST, to, self, GTF_readonly);
	c = (struct xen_gnttab_copy){.len = 8, .flags = GNTCOPY_dest_gref};
	c.source.u.gmfn = mfn_of(from);
	c.source.domid = DOMID_SELF;
	c.dest.u.ref = FIRST;
	c.dest.domid = self;
	EQUAL(copy(c), GNTST_permission_denied);
	grant(FIRST, l1, self, 0);
	EQUAL(copy(c), GNTST_bad_page);
	EQUAL(table[FIRST].flags, GTF_permit_access);
	grant(FIRST, to, self, 0);
	EQUAL(copy(c), GNTST_okay);
	EQUAL(table[FIRST].flags, GTF_permit_access);
}

TEST(lists_and_counts)
{
	static struct xen_gnttab_copy list[300];
	uint64_t *page = page_alloc(), *to = page_alloc();

	begin();
	for (unsigned int i = 0; i < ARRAY(list); i++) {
		list[i] = (struct xen_gnttab_copy){.len = 4096, .status = 77};
		list[i].source.u.gmfn = mfn_of(page);
		list[i].dest.u.gmfn = mfn_of(to);
		list[i].source.domid = list[i].dest.domid = DOMID_SELF;
	}
	EQUAL(op(GNTTABOP_copy, list, ARRAY(list)), 0); /* interrupted many times */
	for (unsigned int i = 0; i < ARRAY(list); i++)
		EQUAL(list[i].status, 0);
	EQUAL(op(GNTTABOP_copy, list, 0), 0);
	EQUAL(op(GNTTABOP_copy, (void *)HOLE, 1), -XEN_EFAULT);
	EQUAL(op(GNTTABOP_copy, (void *)NO_MEMORY, 1), -XEN_EFAULT);
	EQUAL(op(GNTTABOP_copy, list, 0x7fffffff), -XEN_EFAULT);
	EQUAL(op(GNTTABOP_copy, list, 0x80000000), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_copy, list, 1UL << 32), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_copy, HYPERVISOR_VIRT_START - 40, 2),
	      -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_grant_table_op, 1UL << 32, list, 1), -XEN_ENOSYS);
}

/* What is left out, for good: transfers, other versions, swaps, caches. */
TEST(operations_not_offered)
{
	static const unsigned int none[] = {GNTTABOP_dump_table,
					    GNTTABOP_transfer,
					    GNTTABOP_unmap_and_replace,
					    GNTTABOP_get_status_frames,
					    GNTTABOP_swap_grant_ref,
					    GNTTABOP_cache_flush,
					    13,
					    64,
					    ~0u};
	struct xen_gnttab_set_version v = {2};
	struct xen_gnttab_get_version g = {.dom = DOMID_SELF};

	for (unsigned int i = 0; i < ARRAY(none); i++)
		EQUAL(op(none[i], page_alloc(), 1), -XEN_ENOSYS);
	EQUAL(op(GNTTABOP_set_version, &v, 1), -XEN_ENOSYS);
	EQUAL(v.version, 1);
	EQUAL(op(GNTTABOP_set_version, &v, 1), 0);
	EQUAL(op(GNTTABOP_get_version, &g, 1), 0);
	EQUAL(g.version, 1);
}

TEST(size_of_the_table)
{
	struct xen_gnttab_query_size q = {.dom = DOMID_SELF};
	uint64_t frames[4];
	struct xen_gnttab_setup_table s = {
		.dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)frames};

	begin();
	EQUAL(op(GNTTABOP_query_size, &q, 1), 0);
	CHECK(q.status == 0 && q.nr_frames >= 1 && q.max_nr_frames >= 4 && q.max_nr_frames <= 256);
	s.nr_frames = q.max_nr_frames + 1;
	EQUAL(op(GNTTABOP_setup_table, &s, 1), 0);
	CHECK(s.status < 0);
	s.nr_frames = ~0u;
	EQUAL(op(GNTTABOP_setup_table, &s, 1), 0);
	CHECK(s.status < 0);
	s.nr_frames = 4;
	s.frame_list = HV_IMAGE;
	EQUAL(op(GNTTABOP_setup_table, &s, 1), 0);
	CHECK(s.status < 0);
	s.dom = 4711;
	EQUAL(op(GNTTABOP_setup_table, &s, 1), 0);
	EQUAL(s.status, GNTST_bad_domain);
	s = (struct xen_gnttab_setup_table){
		.dom = DOMID_SELF, .nr_frames = 4, .frame_list = (uint64_t)frames};
	EQUAL(op(GNTTABOP_setup_table, &s, 1), 0);
	EQUAL(s.status, 0);
	/* the frames are the hypervisor's: no tables, not given back, not exchanged */
	for (unsigned int i = 0; i < 4; i++) {
		struct xen_memory_reservation r = {
			.extent_start = (uint64_t)&frames[i], .domid = DOMID_SELF, .nr_extents = 1};

		EQUAL(CALL(HYPERCALL_memory_op, XENMEM_decrease_reservation, &r), 0);
		CHECK(mmuext(MMUEXT_PIN_L1_TABLE, frames[i], 0) < 0);
		CHECK(CALL(HYPERCALL_set_gdt, &frames[i], 512) < 0);
	}
}

/* As many handles as there are, and all of them back. */
TEST(all_handles_there_are)
{
	static struct xen_gnttab_map_grant_ref m[512];
	static struct xen_gnttab_unmap_grant_ref u[512];
	uint64_t *page = page_alloc();
	unsigned int rounds = 0;

	begin();
	grant(FIRST, page, self, 0);
	for (unsigned int i = 0; i < ARRAY(m); i++)
		m[i] = (struct xen_gnttab_map_grant_ref){
			.flags = GNTMAP_device_map, .ref = FIRST, .dom = self};
	for (rounds = 0; rounds < 4; rounds++) {
		EQUAL(op(GNTTABOP_map_grant_ref, m, ARRAY(m)), 0);
		for (unsigned int i = 0; i < ARRAY(m); i++) {
			EQUAL(m[i].status, 0);
			u[i] = (struct xen_gnttab_unmap_grant_ref){
				.dev_bus_addr = m[i].dev_bus_addr, .handle = m[i].handle};
		}
		EQUAL(op(GNTTABOP_unmap_grant_ref, u, ARRAY(u)), 0);
		for (unsigned int i = 0; i < ARRAY(u); i++)
			EQUAL(u[i].status, 0);
	}
	EQUAL(table[FIRST].flags, GTF_permit_access);
}
