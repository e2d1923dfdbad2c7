/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worst that a kernel can ask of the hypervisor at once, one thing after the other, each under
 * a mark of its own (bounds.py counts). Everything must still succeed. Runs as domain 0, so that it
 * can build a victim for the calls that control domains.
 */
#include "kit.h"

#include "shoji/domctl.h"
#include "shoji/event_channel.h"
#include "shoji/extension.h"
#include "shoji/extension_mmu.h"
#include "shoji/extension_vcpu.h"
#include "shoji/grant_table.h"
#include "shoji/memory.h"
#include "shoji/sched.h"
#include "shoji/sysctl.h"
#include "shoji/vcpu.h"

/* What follows is counted under this name. */
#define MARK	      "\t.byte 0x0f, 0x1f, 0x84, 0x00\n\t.long 0x53480000"
#define MEASURE(what) MEASURE_AS(what, __COUNTER__ + 1)
#define MEASURE_AS(what, number)                                         \
	do {                                                             \
		enum { id_ = (number) };                                 \
		say("MARK %u %s", id_, what);                            \
		__asm__ volatile(MARK " + %c0" : : "i"(id_) : "memory"); \
	} while (0)
#define DONE() __asm__ volatile(MARK : : : "memory")

#define MANY 512

static uint64_t frames[4096];

/* --- frames that are mapped nowhere --- */

static struct xen_memory_reservation extents(uint64_t *list, uint64_t n, unsigned int order)
{
	return (struct xen_memory_reservation){.extent_start = (uint64_t)list,
					       .nr_extents = n,
					       .extent_order = order,
					       .domid = DOMID_SELF};
}

static long memory(unsigned int cmd, struct xen_memory_reservation *r)
{
	return CALL(HYPERCALL_memory_op, cmd, r);
}

static void take(uint64_t *list, uint64_t n)
{
	struct xen_memory_reservation r = extents(list, n, 0);

	EQUAL(memory(XENMEM_increase_reservation, &r), n);
}

static void give(uint64_t *list, uint64_t n)
{
	struct xen_memory_reservation r = extents(list, n, 0);

	EQUAL(memory(XENMEM_decrease_reservation, &r), n);
}

/* Fills a frame of the domain's through a window, so that nothing maps it afterwards: `used`
 * entries with the frames of a list, over and over. */
static void fill(uint16_t domain, uint64_t frame, const uint64_t *list, unsigned int n,
		 unsigned int used)
{
	static uint8_t place[PAGE] __attribute__((aligned(4096)));
	uint64_t *window = (uint64_t *)place, own = mfn_of(place);

	EQUAL(CALL(HYPERCALL_update_va_mapping_otherdomain, place, PTE(frame, WRITABLE),
		   UVMF_INVLPG, domain),
	      0);
	for (unsigned int i = 0; i < 512; i++)
		window[i] = i < used ? PTE(list[i % n], WRITABLE) : 0;
	EQUAL(remap(place, PTE(own, WRITABLE)), 0);
}

/* The same with descriptors, all in use and each to be checked. */
static void fill_descriptors(uint16_t domain, uint64_t frame)
{
	static uint8_t place[PAGE] __attribute__((aligned(4096)));
	uint64_t *window = (uint64_t *)place, own = mfn_of(place);

	EQUAL(CALL(HYPERCALL_update_va_mapping_otherdomain, place, PTE(frame, WRITABLE),
		   UVMF_INVLPG, domain),
	      0);
	for (unsigned int i = 0; i < 512; i++)
		window[i] = 0x00affb000000ffff;
	EQUAL(remap(place, PTE(own, WRITABLE)), 0);
}

/* --- page tables --- */

/* L4, L3, L2, and 512 tables of level 1, all entries of which are in use. */
#define TABLES (3 + MANY)
static uint64_t tree[TABLES], data[MANY];

static void build_tree(uint16_t domain)
{
	for (unsigned int i = 0; i < MANY; i++)
		fill(domain, tree[3 + i], data, MANY, 512);
	fill(domain, tree[2], tree + 3, MANY, 512);
	fill(domain, tree[1], tree + 2, 1, 512);
	fill(domain, tree[0], tree + 1, 1, 256);
}

static void drop_tree(void)
{
	give(tree, TABLES);
	give(data, MANY);
}

TEST(page_tables)
{
	static struct xen_mmu_update u[4096];
	static struct xen_mmuext_op op[1024];
	uint64_t device = 0xfd000, odd = live_l4();

	take(tree, TABLES);
	take(data, MANY);
	build_tree(DOMID_SELF);
	MEASURE("pin a full tree of four levels");
	EQUAL(mmuext(MMUEXT_PIN_L4_TABLE, tree[0], 0), 0);
	MEASURE("unpin it");
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, tree[0], 0), 0);
	MEASURE("pin a table full of device memory");
	fill(DOMID_SELF, tree[3 + MANY - 1], &device, 1, 512);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, tree[3 + MANY - 1], 0), 0);
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, tree[3 + MANY - 1], 0), 0);
	MEASURE("pin a tree that is refused at its end");
	fill(DOMID_SELF, tree[3 + MANY - 1], &odd, 1, 512); /* a table, writable */
	CHECK(mmuext(MMUEXT_PIN_L4_TABLE, tree[0], 0) < 0);
	DONE();
	fill(DOMID_SELF, tree[3 + MANY - 1], data, MANY, 512);
	MEASURE("user page tables set (NEW_USER_BASEPTR)");
	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, tree[0], 0), 0);
	MEASURE("and let go");
	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	MEASURE("mmu_update that hangs a full tree of three levels into the tables");
	EQUAL(mmu_update(live_l4() * PAGE + 64, PTE(tree[1], WRITABLE)), 0);
	MEASURE("and takes it out");
	EQUAL(mmu_update(live_l4() * PAGE + 64, 0), 0);
	MEASURE("pin 512 tables of level 1 (one list)");
	for (unsigned int i = 0; i < MANY; i++)
		op[i] = (struct xen_mmuext_op){.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = tree[3 + i]};
	EQUAL(CALL(HYPERCALL_mmuext_op, op, MANY, 0, DOMID_SELF), 0);
	MEASURE("mmu_update: 4096 entries in 512 tables");
	for (unsigned int i = 0; i < ARRAY(u); i++)
		u[i] = (struct xen_mmu_update){tree[3 + i % MANY] * PAGE + i / MANY * 8,
					       PTE(data[i * 7 % MANY], READABLE)};
	EQUAL(CALL(HYPERCALL_mmu_update, u, ARRAY(u), 0, DOMID_SELF), 0);
	MEASURE("mmu_update: 4096 entries of the machine-to-physical table");
	for (unsigned int i = 0; i < ARRAY(u); i++)
		u[i] = (struct xen_mmu_update){data[i % MANY] * PAGE | MMU_MACHPHYS_UPDATE, i};
	EQUAL(CALL(HYPERCALL_mmu_update, u, ARRAY(u), 0, DOMID_SELF), 0);
	MEASURE("unpin 512 tables of level 1 (one list)");
	for (unsigned int i = 0; i < MANY; i++)
		op[i].cmd = MMUEXT_UNPIN_TABLE;
	EQUAL(CALL(HYPERCALL_mmuext_op, op, MANY, 0, DOMID_SELF), 0);
	DONE();
	drop_tree();
}

/* The same tree, mapped in the domain's direct map, for the calls that change that, too. */
static uint64_t mapped[TABLES][512] __attribute__((aligned(4096)));

static long space(unsigned int cmd)
{
	return CALL(HYPERCALL_shoji_space, cmd, mfn_of(mapped[0]), 0, 0);
}

static void build_mapped_tree(void)
{
	for (unsigned int i = 0; i < 512; i++) {
		mapped[0][i] = i < 1 ? PTE(mfn_of(mapped[1]), WRITABLE) : 0;
		mapped[1][i] = i < 2 ? PTE(mfn_of(mapped[2]), WRITABLE) : 0;
		mapped[2][i] = PTE(mfn_of(mapped[3 + i]), WRITABLE);
		for (unsigned int j = 0; j < 512; j++)
			mapped[3 + i][j] = PTE(data[j], WRITABLE);
	}
}

/* One request for the whole of each table of level 1. */
static long runs(unsigned int command)
{
	static struct xen_mmu_update u[MANY];

	for (unsigned int i = 0; i < MANY; i++)
		u[i] = (struct xen_mmu_update){mfn_of(mapped[3 + i]) * PAGE | command, 512};
	return CALL(HYPERCALL_shoji_mmu_update, u, MANY, 0);
}

TEST(extension)
{
	uint64_t slot = live_l4() * PAGE + 64;

	take(data, MANY);
	build_mapped_tree();
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_direct_map, VIRT_BASE, start_info->nr_pages),
	      0);
	MEASURE("shoji_space: pin a full tree of four levels");
	EQUAL(space(SHOJI_SPACE_pin), 0);
	MEASURE("shoji_switch to it and back");
	EQUAL(CALL(HYPERCALL_shoji_switch, live_l4(), mfn_of(mapped[0]), 0, 0, SHOJI_SWITCH_roots),
	      0);
	EQUAL(CALL(HYPERCALL_shoji_switch, live_l4(), 0, 0, 0, SHOJI_SWITCH_roots), 0);
	MEASURE("shoji_space: unpin it");
	EQUAL(space(SHOJI_SPACE_unpin), 0);
	MEASURE("shoji_space: pin a tree that is refused at its end");
	mapped[TABLES - 1][511] = PTE(live_l4(), WRITABLE);
	EQUAL(space(SHOJI_SPACE_pin), -XEN_EINVAL);
	mapped[TABLES - 1][511] = 0;
	DONE();
	EQUAL(space(SHOJI_SPACE_pin), 0);
	MEASURE("shoji_mmu_update: 512 full tables made read-only");
	EQUAL(runs(SHOJI_MMU_protect), 0);
	MEASURE("shoji_mmu_update: 512 full tables cleared");
	EQUAL(runs(SHOJI_MMU_clear), 0);
	DONE();
	EQUAL(space(SHOJI_SPACE_unpin), 0);
	build_mapped_tree();
	for (unsigned int i = 1; i < TABLES; i++)
		EQUAL(remap(mapped[i], PTE(mfn_of(mapped[i]), READABLE)), 0);
	MEASURE("shoji_mmu_update: a full tree of three levels linked");
	EQUAL(CALL(HYPERCALL_shoji_set_entry, slot | SHOJI_MMU_link,
		   PTE(mfn_of(mapped[1]), WRITABLE), 0),
	      0);
	MEASURE("and unlinked");
	EQUAL(CALL(HYPERCALL_shoji_set_entry, slot | SHOJI_MMU_link, 0, SHOJI_FLUSH_all), 0);
	DONE();
	give(data, MANY);
}

static void same_ops(const char *what, struct xen_mmuext_op o)
{
	static struct xen_mmuext_op op[1024];

	say("     %s", what);
	for (unsigned int i = 0; i < ARRAY(op); i++)
		op[i] = o;
	EQUAL(CALL(HYPERCALL_mmuext_op, op, ARRAY(op), 0, DOMID_SELF), 0);
}

TEST(lists_of_page_operations)
{
	uint64_t mask = 1, a = mfn_of(page_alloc()), b = mfn_of(page_alloc());

	MEASURE("mmuext: clear 1024 pages");
	same_ops("clear", (struct xen_mmuext_op){.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = a});
	MEASURE("mmuext: copy 1024 pages");
	same_ops("copy",
		 (struct xen_mmuext_op){.cmd = MMUEXT_COPY_PAGE, .arg1.mfn = a, .arg2.src_mfn = b});
	MEASURE("mmuext: 1024 flushes of the TLB of all vCPUs");
	same_ops("flush all", (struct xen_mmuext_op){.cmd = MMUEXT_TLB_FLUSH_ALL});
	MEASURE("mmuext: 1024 flushes of an address on a set of vCPUs");
	same_ops("flush some", (struct xen_mmuext_op){.cmd = MMUEXT_INVLPG_MULTI,
						      .arg1.linear_addr = VIRT_BASE,
						      .arg2.vcpumask = (uint64_t)&mask});
	MEASURE("mmuext: 1024 flushes of the caches");
	same_ops("flush caches", (struct xen_mmuext_op){.cmd = MMUEXT_FLUSH_CACHE_GLOBAL});
	DONE();
}

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

static long event(unsigned int cmd, void *arg)
{
	return CALL(HYPERCALL_event_channel_op, cmd, arg);
}

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

/* --- a victim, and its end --- */

static long domctl(unsigned int cmd, uint16_t domain, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domain;
	return CALL(HYPERCALL_domctl, op);
}

static uint16_t create(unsigned int vcpus)
{
	struct xen_domctl op = {0};

	op.u.createdomain.max_vcpus = vcpus;
	op.u.createdomain.max_evtchn_port = 4095;
	op.u.createdomain.max_grant_frames = 256;
	op.u.createdomain.max_maptrack_frames = 512;
	EQUAL(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
	return op.domain;
}

static void give_memory(uint16_t domain, uint64_t *list, uint64_t n)
{
	struct xen_domctl op = {.u.max_mem.max_memkb = 1 << 20};
	struct xen_memory_reservation r = extents(list, n, 0);

	EQUAL(domctl(XEN_DOMCTL_max_mem, domain, &op), 0);
	r.domid = domain;
	EQUAL(memory(XENMEM_increase_reservation, &r), n);
}

static void set_contexts(uint16_t domain, unsigned int vcpus, const uint64_t *gdt)
{
	struct xen_vcpu_guest_context *c = new_context(0, NULL);

	for (unsigned int i = 0; i < 14; i++)
		c->gdt_frames[i] = gdt[i];
	c->gdt_ents = 14 * 512;
	c->user_regs.rip = VIRT_BASE;
	c->ctrlreg[3] = xen_pfn_to_cr3(tree[0]);
	c->ctrlreg[1] = xen_pfn_to_cr3(tree[0]);
	for (unsigned int i = 0; i < vcpus; i++) {
		struct xen_domctl op = {0};

		op.u.vcpucontext.vcpu = i;
		op.u.vcpucontext.ctxt = (uint64_t)c;
		EQUAL(domctl(XEN_DOMCTL_setvcpucontext, domain, &op), 0);
	}
}

static void all_ports_of(uint16_t domain)
{
	struct xen_evtchn_alloc_unbound a = {.dom = domain, .remote_dom = DOMID_SELF};

	while (!event(EVTCHNOP_alloc_unbound, &a))
		if (a.port % 4 == 0) {
			struct xen_evtchn_bind_interdomain b = {.remote_dom = domain,
								.remote_port = a.port};

			EQUAL(event(EVTCHNOP_bind_interdomain, &b), 0);
		}
}

static void frame_infos(uint16_t domain)
{
	struct xen_domctl op = {0};

	for (unsigned int i = 0; i < 1024; i++)
		frames[i] = data[i % MANY];
	op.u.getpageframeinfo3.num = 1024;
	op.u.getpageframeinfo3.array = (uint64_t)frames;
	EQUAL(domctl(XEN_DOMCTL_getpageframeinfo3, domain, &op), 0);
}

#define VCPUS 64

TEST_DOM0(life_and_death_of_a_domain)
{
	struct xen_domctl op = {0};
	struct xen_mem_acquire_resource a = {.type = XENMEM_resource_grant_table,
					     .nr_frames = 256,
					     .frame_list = (uint64_t)frames};
	struct xen_evtchn_reset r = {DOMID_SELF};
	uint64_t gdt[14];
	uint16_t domain;

	MEASURE("domctl createdomain");
	domain = create(VCPUS);
	MEASURE("domctl max_vcpus: 64");
	op.u.max_vcpus.max = VCPUS;
	EQUAL(domctl(XEN_DOMCTL_max_vcpus, domain, &op), 0);
	DONE();
	give_memory(domain, tree, TABLES);
	give_memory(domain, data, MANY);
	build_tree(domain);
	give_memory(domain, gdt, 14);
	for (unsigned int i = 0; i < 14; i++)
		fill_descriptors(domain, gdt[i]);
	MEASURE("domctl setvcpucontext: page tables and 14 pages of descriptors, for 64 vCPUs");
	set_contexts(domain, VCPUS, gdt);
	MEASURE("acquire_resource: 256 frames of grant table");
	a.domid = domain;
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_acquire_resource, &a), 0);
	MEASURE("event channels of another domain, all");
	all_ports_of(domain);
	MEASURE("domctl getpageframeinfo3: 1024 frames");
	frame_infos(domain);
	MEASURE("domctl pausedomain, unpausedomain");
	EQUAL(domctl(XEN_DOMCTL_pausedomain, domain, &op), 0);
	EQUAL(domctl(XEN_DOMCTL_unpausedomain, domain, &op), 0);
	MEASURE("domctl getdomaininfo");
	EQUAL(domctl(XEN_DOMCTL_getdomaininfo, domain, &op), 0);
	MEASURE("audit");
	struct shoji_audit audit = {0};
	EQUAL(CALL(HYPERCALL_shoji_audit, SHOJI_AUDIT_run, &audit), 0);
	EQUAL(audit.found, 0);
	MEASURE("domctl destroydomain: 64 vCPUs, full tables, events and grants");
	EQUAL(domctl(XEN_DOMCTL_destroydomain, domain, &op), 0);
	DONE();
	EQUAL(event(EVTCHNOP_reset, &r), 0);
}

/* --- what the tools ask --- */

static long sysctl(unsigned int cmd, struct xen_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return CALL(HYPERCALL_sysctl, op);
}

TEST_DOM0(lists_for_the_tools)
{
	static char text[65536];
	static struct xen_domctl_getdomaininfo infos[64];
	struct xen_sysctl op = {0};
	struct xen_domctl d = {0};
	uint16_t domains[40];

	MEASURE("sysctl readconsole: 64 KiB");
	op.u.readconsole.buffer = (uint64_t)text;
	op.u.readconsole.count = sizeof(text);
	EQUAL(sysctl(XEN_SYSCTL_readconsole, &op), 0);
	DONE();
	for (unsigned int i = 0; i < ARRAY(domains); i++) {
		domains[i] = create(4);
		d.u.max_vcpus.max = 4;
		EQUAL(domctl(XEN_DOMCTL_max_vcpus, domains[i], &d), 0);
	}
	MEASURE("sysctl getdomaininfolist: 41 domains of 4 vCPUs");
	memset(&op, 0, sizeof(op));
	op.u.getdomaininfolist.buffer = (uint64_t)infos;
	op.u.getdomaininfolist.max_domains = ARRAY(infos);
	EQUAL(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
	EQUAL(op.u.getdomaininfolist.num_domains, ARRAY(domains) + 1);
	DONE();
	for (unsigned int i = 0; i < ARRAY(domains); i++)
		EQUAL(domctl(XEN_DOMCTL_destroydomain, domains[i], &d), 0);
}

/* --- time --- */

static volatile uint64_t wake_at;

/* Sleeps until then, and again, a millisecond later each time. */
static void sleeper(void)
{
	for (;;) {
		struct xen_sched_poll p = {.timeout = wake_at};

		CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p);
	}
}

/* As many sleepers as there can be, all to be woken at the same time. */
TEST(timers)
{
	static uint8_t stacks[64][1024] __attribute__((aligned(16)));
	unsigned int count = 1;

	wake_at = now() + 20000000;
	while (count < 64 && CALL(HYPERCALL_vcpu_op, VCPUOP_is_up, count, 0) >= 0) {
		struct xen_vcpu_guest_context *c = new_context(0, sleeper);

		c->user_regs.rsp = (uint64_t)stacks[count] + sizeof(stacks[0]) - 8;
		EQUAL(vcpu_initialise(count, c), 0);
		EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, count, 0), 0);
		count++;
	}
	MEASURE("timers of 63 vCPUs due at once");
	for (unsigned int i = 0; i < 10; i++) {
		uint64_t then = wake_at;

		while (now() < then - 1000)
			;
		wake_at = then + 20000000;
		while (now() < then + 10000000)
			yield();
	}
	DONE();
	for (unsigned int i = 1; i < count; i++)
		CALL(HYPERCALL_vcpu_op, VCPUOP_down, i, 0);
}
