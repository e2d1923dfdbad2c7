/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worst that a kernel can ask of the hypervisor at once, one thing after the other, each under
 * a mark of its own (bounds.py counts). Everything must still succeed. Runs as domain 0, so that it
 * can build a victim for the calls that control domains. Here: memory, events, grants, descriptors,
 * lists of calls; the rest is in adversary/.
 */
#define MARK_BASE 101
#include "adversary/adversary.h"

#include "shoji/grant_table.h"

/* --- memory --- */

TEST(memory_lists)
{
	struct xen_memory_reservation r = extents(frames, ARRAY(frames), 0);

	MEASURE("increase_reservation: 4096 frames");
	EQUAL(memory(XENMEM_increase_reservation, &r), ARRAY(frames));
	MEASURE("decrease_reservation: 4096 frames");
	EQUAL(memory(XENMEM_decrease_reservation, &r), ARRAY(frames));
	MEASURE("populate_physmap: 4096 frames");
	for (unsigned int i = 0; i < ARRAY(frames); i++)
		frames[i] = i;
	EQUAL(memory(XENMEM_populate_physmap, &r), ARRAY(frames));
	DONE();
	EQUAL(memory(XENMEM_decrease_reservation, &r), ARRAY(frames));
}

TEST(large_extents)
{
	struct xen_memory_reservation r = extents(frames, 8, 9);

	MEASURE("increase_reservation: 8 extents of 512 frames");
	EQUAL(memory(XENMEM_increase_reservation, &r), 8);
	MEASURE("decrease_reservation: 8 extents of 512 frames");
	EQUAL(memory(XENMEM_decrease_reservation, &r), 8);
	MEASURE("populate_physmap: 8 extents of 512 frames");
	EQUAL(memory(XENMEM_populate_physmap, &r), 8);
	DONE();
	EQUAL(memory(XENMEM_decrease_reservation, &r), 8);
}

static void exchange(uint64_t *in, uint64_t in_n, unsigned int in_order, uint64_t *out,
		     uint64_t out_n, unsigned int out_order)
{
	struct xen_memory_exchange e = {.in = extents(in, in_n, in_order),
					.out = extents(out, out_n, out_order)};

	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_exchange, &e), 0);
	EQUAL(e.nr_exchanged, in_n);
}

TEST(exchanges)
{
	static uint64_t out[2048];

	take(frames, 2048);
	MEASURE("exchange: 2048 frames for 2048 frames");
	exchange(frames, 2048, 0, out, 2048, 0);
	MEASURE("exchange: 2048 frames for 4 extents of 512");
	exchange(out, 2048, 0, frames, 4, 9);
	MEASURE("exchange: 4 extents of 512 frames for as many");
	exchange(frames, 4, 9, out, 4, 9);
	MEASURE("exchange: 4 extents of 512 frames for 2048 frames");
	exchange(out, 4, 9, frames, 2048, 0);
	DONE();
	give(frames, 2048);
}

/* --- events --- */

static uint32_t all_ports(void)
{
	struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
	uint32_t last = 0;

	while (!event(EVTCHNOP_alloc_unbound, &a))
		last = a.port;
	return last;
}

TEST(event_channels)
{
	struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
	struct xen_evtchn_reset r = {DOMID_SELF};
	struct xen_evtchn_close c;

	MEASURE("event channels: all of them, and one more");
	EQUAL(all_ports(), 4095);
	MEASURE("event channels: one closed and opened again, while all are in use");
	c.port = 4000;
	EQUAL(event(EVTCHNOP_close, &c), 0);
	EQUAL(event(EVTCHNOP_alloc_unbound, &a), 0);
	EQUAL(a.port, 4000);
	MEASURE("event channels: connected to oneself");
	for (unsigned int i = 2000; i < 2100; i++) {
		struct xen_evtchn_bind_interdomain b = {.remote_dom = DOMID_SELF, .remote_port = i};

		c.port = i + 1000;
		EQUAL(event(EVTCHNOP_close, &c), 0);
		EQUAL(event(EVTCHNOP_bind_interdomain, &b), 0);
	}
	MEASURE("event channels: reset of all");
	EQUAL(event(EVTCHNOP_reset, &r), 0);
	DONE();
}

/* --- grants --- */

#define GRANTS 8192 /* as many as the table has */
static uint16_t self;

static void grant_all(const uint64_t *list, unsigned int n)
{
	static uint8_t place[PAGE] __attribute__((aligned(4096)));
	uint64_t own = mfn_of(place);
	uint32_t per_page = PAGE / sizeof(struct xen_grant_entry_v1);

	for (unsigned int page = 0; page < GRANTS / per_page; page++) {
		struct xen_grant_entry_v1 *entry = (void *)place;

		EQUAL(remap(place, PTE(list[page], WRITABLE)), 0);
		for (unsigned int i = 0; i < per_page; i++)
			entry[i] = (struct xen_grant_entry_v1){
				GTF_permit_access, self, (uint32_t)data[(page * per_page + i) % n]};
		EQUAL(remap(place, PTE(own, WRITABLE)), 0);
	}
}

static struct xen_gnttab_map_grant_ref maps[GRANTS];
static struct xen_gnttab_unmap_grant_ref unmaps[GRANTS];

static void copies(unsigned int flags)
{
	static struct xen_gnttab_copy list[1024];

	for (unsigned int i = 0; i < ARRAY(list); i++) {
		list[i] = (struct xen_gnttab_copy){.len = 4096, .flags = (uint16_t)flags};
		list[i].source.u.gmfn = flags & GNTCOPY_source_gref ? i : data[i % MANY];
		list[i].dest.u.gmfn = flags & GNTCOPY_dest_gref ? i + 1024 : data[(i + 1) % MANY];
		list[i].source.domid = flags & GNTCOPY_source_gref ? self : DOMID_SELF;
		list[i].dest.domid = flags & GNTCOPY_dest_gref ? self : DOMID_SELF;
	}
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_copy, list, ARRAY(list)), 0);
	for (unsigned int i = 0; i < ARRAY(list); i++)
		EQUAL(list[i].status, 0);
}

TEST(grants)
{
	struct xen_gnttab_query_size q = {.dom = DOMID_SELF};
	struct xen_gnttab_setup_table s = {
		.dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)frames};
	uint64_t window[16];

	self = own_domid();
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_query_size, &q, 1), 0);
	MEASURE("grants: the table grows to its limit at once");
	s.nr_frames = q.max_nr_frames;
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_setup_table, &s, 1), 0);
	EQUAL(s.status, 0);
	DONE();
	take(data, MANY);
	take(window, 16); /* tables to map into */
	for (unsigned int i = 0; i < 16; i++) {
		fill(DOMID_SELF, window[i], data, 1, 0);
		EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, window[i], 0), 0);
	}
	grant_all(frames, MANY);
	for (unsigned int i = 0; i < GRANTS; i++)
		maps[i] = (struct xen_gnttab_map_grant_ref){
			.host_addr = window[i / 512] * PAGE + i % 512 * 8,
			.flags = GNTMAP_host_map | GNTMAP_contains_pte,
			.ref = i,
			.dom = self};
	MEASURE("grants: 8192 mappings (one list)");
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_map_grant_ref, maps, GRANTS), 0);
	for (unsigned int i = 0; i < GRANTS; i++) {
		EQUAL(maps[i].status, 0);
		unmaps[i] = (struct xen_gnttab_unmap_grant_ref){.host_addr = maps[i].host_addr,
								.handle = maps[i].handle};
	}
	MEASURE("grants: 8192 mappings undone (one list)");
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_unmap_grant_ref, unmaps, GRANTS), 0);
	MEASURE("grants: 1024 pages copied, both ends granted");
	copies(GNTCOPY_source_gref | GNTCOPY_dest_gref);
	MEASURE("grants: 1024 pages copied, of one's own");
	copies(0);
	DONE();
	for (unsigned int i = 0; i < 16; i++)
		EQUAL(mmuext(MMUEXT_UNPIN_TABLE, window[i], 0), 0);
	give(window, 16);
	give(data, MANY);
}

/* --- descriptors and traps --- */

TEST(descriptor_tables)
{
	uint64_t gdt[14];
	static struct xen_trap_info traps[257];

	take(gdt, 14);
	for (unsigned int i = 0; i < 14; i++)
		fill_descriptors(DOMID_SELF, gdt[i]);
	MEASURE("set_gdt with 14 full pages");
	EQUAL(CALL(HYPERCALL_set_gdt, gdt, 14 * 512), 0);
	MEASURE("set_gdt with none");
	EQUAL(CALL(HYPERCALL_set_gdt, NULL, 0), 0);
	MEASURE("set_trap_table with 256 entries");
	for (unsigned int i = 0; i < 256; i++)
		traps[i] = (struct xen_trap_info){.vector = (uint8_t)i,
						  .flags = 3,
						  .cs = FLAT_KERNEL_CS,
						  .address = VIRT_BASE};
	for (unsigned int i = 0; i < 8; i++)
		EQUAL(CALL(HYPERCALL_set_trap_table, traps), 0);
	DONE();
	give(gdt, 14);
}

/* --- lists of calls, the console --- */

TEST(multicalls)
{
	static struct xen_multicall_entry e[4096];
	static uint64_t lists[64][64];
	static struct xen_memory_reservation r[64];

	MEASURE("multicall: 4096 short calls");
	for (unsigned int i = 0; i < ARRAY(e); i++)
		e[i] = (struct xen_multicall_entry){.op = HYPERCALL_xen_version};
	EQUAL(CALL(HYPERCALL_multicall, e, ARRAY(e)), 0);
	MEASURE("multicall: 4096 calls that do not exist");
	for (unsigned int i = 0; i < ARRAY(e); i++)
		e[i] = (struct xen_multicall_entry){.op = 1000};
	EQUAL(CALL(HYPERCALL_multicall, e, ARRAY(e)), 0);
	MEASURE("multicall: 64 calls for 64 frames each");
	for (unsigned int i = 0; i < 64; i++) {
		r[i] = extents(lists[i], 64, 0);
		e[i] = (struct xen_multicall_entry){
			.op = HYPERCALL_memory_op,
			.args = {XENMEM_increase_reservation, (uint64_t)&r[i]}};
	}
	EQUAL(CALL(HYPERCALL_multicall, e, 64), 0);
	DONE();
	for (unsigned int i = 0; i < 64; i++)
		give(lists[i], 64);
}

TEST(console)
{
	static char text[16384];

	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '\n' : '.';
	MEASURE("console_io: 16 KiB of short lines");
	EQUAL(CALL(HYPERCALL_console_io, 0, sizeof(text), text), 0);
	DONE();
}
