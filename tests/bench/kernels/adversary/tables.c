/* SPDX-License-Identifier: GPL-2.0-only */
/* The adversary: page tables, by the base calls and by the extension's. */
#define MARK_BASE 1
#include "adversary.h"

#include "shoji/extension.h"
#include "shoji/extension_mmu.h"
#include "shoji/extension_vcpu.h"

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
