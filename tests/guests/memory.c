/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_op: whose frames, how many, and where the answers go. */
#include "kit.h"

#include "shoji/memory.h"
#include "shoji/sysctl.h"

static long op(unsigned int cmd, const void *arg)
{
	return CALL(HYPERCALL_memory_op, cmd, arg);
}

static long have(void)
{
	struct xen_memory_domain self = {DOMID_SELF};

	return op(XENMEM_current_reservation, &self);
}

static struct xen_memory_reservation list(const uint64_t *frames, uint64_t count)
{
	return (struct xen_memory_reservation){
		.extent_start = (uint64_t)frames, .nr_extents = count, .domid = DOMID_SELF};
}

static uint64_t take(void)
{
	uint64_t frame = 0;
	struct xen_memory_reservation r = list(&frame, 1);

	EQUAL(op(XENMEM_increase_reservation, &r), 1);
	return frame;
}

static long give(uint64_t frame)
{
	struct xen_memory_reservation r = list(&frame, 1);

	return op(XENMEM_decrease_reservation, &r);
}

/* The number behind `words` in the hypervisor's log. */
static uint64_t logged(const char *words, unsigned int base)
{
	static char log[32768];
	struct xen_sysctl *op = page_alloc();
	uint64_t value = 0;
	const char *at = log;

	op->cmd = XEN_SYSCTL_readconsole;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	op->u.readconsole =
		(struct xen_sysctl_readconsole){.buffer = (uint64_t)log, .count = sizeof(log) - 1};
	EQUAL(CALL(HYPERCALL_sysctl, op), 0);
	log[op->u.readconsole.count] = '\0';
	while (*at && memcmp(at, words, strlen(words)))
		at++;
	if (!*at)
		fail("the log does not say \"%s\"", words);
	for (at += strlen(words); *at > ' '; at++)
		value = value * base + (uint64_t)(*at - (*at >= 'a' ? 'a' - 10 : '0'));
	return value;
}

/* The code and data that only the start needed are gone: their frames are handed out like others,
 * and what is written there harms nobody. */
TEST_DOM0(frames_of_the_start_are_free)
{
	static uint64_t frames[16384];
	struct xen_memory_reservation r = list(frames, ARRAY(frames));
	uint64_t first = logged("its code and data, from ", 16) / PAGE;
	uint64_t count = logged("start is over: ", 10) * 1024 / PAGE, found = 0;
	uint64_t *at = page_alloc(), own = mfn_of(at);
	long got = op(XENMEM_increase_reservation, &r);

	CHECK(got > 0 && got < (long)ARRAY(frames)); /* all there is */
	for (long i = 0; i < got; i++) {
		if (frames[i] < first || frames[i] >= first + count)
			continue;
		found++;
		EQUAL(remap(at, PTE(frames[i], WRITABLE)), 0);
		memset(at, 0xcc, PAGE);
	}
	EQUAL(remap(at, PTE(own, WRITABLE)), 0);
	r = list(frames, (uint64_t)got);
	EQUAL(op(XENMEM_decrease_reservation, &r), got);
	CHECK(count >= 4 && found > count / 2); /* the hypervisor may use some of them itself */
}

/* Frames that the hypervisor shares with us are not ours to give, nor to exchange. */
TEST(frames_of_the_hypervisor_stay)
{
	uint64_t frames[3] = {start_info->shared_info / PAGE, 1, 0}, out = 9;
	struct xen_memory_exchange e = {.in = list(frames, 1), .out = list(&out, 1)};
	long before = have();

	EQUAL(give(frames[0]), 0);
	EQUAL(op(XENMEM_exchange, &e), -XEN_EINVAL);
	EQUAL(have(), before);
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, frames[0], 0) < 0);
	shared_info->arch.nmi_reason = 0x77;
	EQUAL(shared_info->arch.nmi_reason, 0x77);
	shared_info->arch.nmi_reason = 0;
}

/* What another domain, or the hypervisor, left in a frame is not to be seen. */
TEST(new_frames_are_clear)
{
	static uint64_t frames[64];
	struct xen_memory_reservation r = list(frames, ARRAY(frames));
	uint64_t *at = page_alloc(), own = mfn_of(at);

	for (unsigned int round = 0; round < 3; round++) {
		EQUAL(op(XENMEM_increase_reservation, &r), ARRAY(frames));
		for (unsigned int i = 0; i < ARRAY(frames); i++) {
			EQUAL(remap(at, PTE(frames[i], WRITABLE)), 0);
			for (unsigned int n = 0; n < 512; n++)
				EQUAL(at[n], 0);
			memset(at, 0xa5, PAGE);
		}
		EQUAL(remap(at, PTE(own, WRITABLE)), 0);
		EQUAL(op(XENMEM_decrease_reservation, &r), ARRAY(frames));
	}
}

TEST(new_frames_and_their_numbers)
{
	const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;
	uint64_t pfn = 0x7654, frame = pfn;
	struct xen_memory_reservation r = list(&frame, 1);

	EQUAL(op(XENMEM_populate_physmap, &r), 1);
	CHECK(frame != pfn);
	EQUAL(m2p[frame], pfn);
	EQUAL(mmu_update(frame * PAGE | MMU_MACHPHYS_UPDATE, ~0UL - 1), 0);
	EQUAL(m2p[frame], ~0UL - 1);
	EQUAL(give(frame), 1);
	EQUAL(m2p[frame], INVALID_M2P_ENTRY);
	EQUAL(mmu_update(frame * PAGE | MMU_MACHPHYS_UPDATE, 5), -XEN_EINVAL);
}

TEST_GUEST(more_than_allowed)
{
	static uint64_t frames[3000];
	struct xen_memory_domain self = {DOMID_SELF};
	long max = op(XENMEM_maximum_reservation, &self), before = have();
	struct xen_memory_reservation r = list(frames, ARRAY(frames));

	CHECK(max > before && max - before < (long)ARRAY(frames));
	EQUAL(op(XENMEM_increase_reservation, &r), max - before);
	EQUAL(have(), max);
	EQUAL(op(XENMEM_increase_reservation, &r), 0);
	r.extent_start = 0;
	r.nr_extents = 1UL << 45;
	EQUAL(op(XENMEM_increase_reservation, &r), 0);
	r = list(frames, (uint64_t)(max - before));
	EQUAL(op(XENMEM_decrease_reservation, &r), max - before);
}

TEST(orders_and_counts)
{
	uint64_t frames[2] = {0, 0};
	struct xen_memory_reservation r = list(frames, 1);
	long before = have();
	static const unsigned int cmds[] = {XENMEM_increase_reservation,
					    XENMEM_decrease_reservation, XENMEM_populate_physmap};

	for (unsigned int i = 0; i < ARRAY(cmds); i++) {
		for (unsigned int order = 10; order < 70; order++) {
			r.extent_order = order;
			EQUAL(op(cmds[i], &r), -XEN_EPERM);
		}
		r.extent_order = ~0u;
		EQUAL(op(cmds[i], &r), -XEN_EPERM);
		r.extent_order = 0;
		r.nr_extents = (1UL << 45) + 1;
		EQUAL(op(cmds[i], &r), -XEN_EINVAL);
		r.nr_extents = 0;
		EQUAL(op(cmds[i], &r), 0);
		/* "go on behind the end", as an interrupted call would say it */
		EQUAL(CALL(HYPERCALL_memory_op, cmds[i] | 5UL << 6, &r), -XEN_EINVAL);
		EQUAL(CALL(HYPERCALL_memory_op, cmds[i] | ~0UL << 6, &r), -XEN_EINVAL);
		r.nr_extents = 1;
	}
	EQUAL(have(), before);
}

TEST(large_extents)
{
	uint64_t frame = 0;
	struct xen_memory_reservation r = list(&frame, 1);
	long before = have();

	r.extent_order = 4;
	if (op(XENMEM_increase_reservation, &r) != 1)
		return;
	EQUAL(frame % 16, 0);
	EQUAL(have(), before + 16);
	EQUAL(give(frame + 3), 1);		       /* one out of the middle */
	EQUAL(op(XENMEM_decrease_reservation, &r), 0); /* the rest of it only up to there */
	for (unsigned int i = 0; i < 16; i++)
		(void)give(frame + i);
	EQUAL(have(), before);
}

/* Nodes that the machine does not have, and address widths that no processor has. */
TEST(flags_of_allocations)
{
	static const uint32_t flags[] = {XENMEMF_node(1),
					 XENMEMF_exact_node(200),
					 XENMEMF_address_bits(12),
					 XENMEMF_address_bits(255),
					 XENMEMF_vnode | XENMEMF_node(254),
					 XENMEMF_populate_on_demand,
					 ~0u};
	long before = have();

	for (unsigned int i = 0; i < ARRAY(flags); i++) {
		uint64_t frame = 0;
		struct xen_memory_reservation r = list(&frame, 1);

		r.mem_flags = flags[i];
		long got = op(XENMEM_increase_reservation, &r);
		CHECK(got <= 1);
		if (got == 1)
			EQUAL(give(frame), 1);
		EQUAL(have(), before);
	}
}

/* One frame several times in a list, and lists that lie over each other. */
TEST(frames_named_twice)
{
	uint64_t m = take(), frames[4] = {m, m, m, m};
	struct xen_memory_reservation r = list(frames, 4);
	struct xen_memory_exchange e = {.in = list(frames, 2), .out = list(frames + 2, 2)};
	long before = have();

	EQUAL(op(XENMEM_exchange, &e), -XEN_EINVAL); /* the second time, it is not there */
	EQUAL(e.nr_exchanged, 1);
	CHECK(frames[2] != m);
	EQUAL(have(), before);
	frames[0] = frames[1] = frames[3] = frames[2];
	EQUAL(op(XENMEM_decrease_reservation, &r), 1);
	EQUAL(have(), before - 1);
}

TEST(exchanges)
{
	uint64_t in[16], out[16];
	struct xen_memory_exchange e = {.in = list(in, 16), .out = list(out, 1)};
	long before;

	for (unsigned int i = 0; i < 16; i++)
		in[i] = take();
	before = have();
	out[0] = 0x3000;
	e.out.extent_order = 4;
	EQUAL(op(XENMEM_exchange, &e), 0);
	EQUAL(e.nr_exchanged, 16);
	EQUAL(out[0] % 16, 0);
	EQUAL(((const uint64_t *)MACH2PHYS_VIRT_START)[out[0] + 7], 0x3007);
	EQUAL(have(), before);
	/* and back again, results over the input */
	in[0] = out[0];
	e = (struct xen_memory_exchange){.in = list(in, 1), .out = list(in, 16)};
	e.in.extent_order = 4;
	EQUAL(op(XENMEM_exchange, &e), 0);
	EQUAL(have(), before);
	for (unsigned int i = 0; i < 16; i++)
		EQUAL(give(in[i]), 1);
}

/* Results go where the caller may write, also those behind a start that it chose itself. */
TEST(exchanges_with_odd_lists)
{
	uint64_t m = take(), in = m, out = 5;
	struct xen_memory_exchange e = {.in = list(&in, 1), .out = list(&out, 1)}, bad;
	static const uint64_t places[] = {
		HOLE, HV_IMAGE, ODD, NO_MEMORY, MACH2PHYS_VIRT_START, HYPERVISOR_VIRT_START - 4};

	for (unsigned int i = 0; i < ARRAY(places); i++) {
		bad = e;
		bad.out.extent_start = places[i];
		EQUAL(op(XENMEM_exchange, &bad), -XEN_EFAULT);
		bad = e;
		bad.in.extent_start = places[i];
		if (places[i] != MACH2PHYS_VIRT_START)
			EQUAL(op(XENMEM_exchange, &bad), -XEN_EFAULT);
	}
	/* so far behind its start that the address wraps into the hypervisor */
	bad = e;
	bad.in.nr_extents = bad.out.nr_extents = 0xffffffff;
	bad.nr_exchanged = 0xfffffffe;
	bad.out.extent_start = HV_IMAGE - 0xfffffffeUL * 8;
	CHECK(op(XENMEM_exchange, &bad) < 0);
	bad.in.extent_start = bad.out.extent_start = ~0UL - 7;
	CHECK(op(XENMEM_exchange, &bad) < 0);
	bad = e;
	bad.in.domid = 4711;
	EQUAL(op(XENMEM_exchange, &bad), -XEN_EINVAL);
	bad.out.domid = 4711;
	EQUAL(op(XENMEM_exchange, &bad), -XEN_ESRCH);
	bad.in.domid = bad.out.domid = DOMID_XEN;
	EQUAL(op(XENMEM_exchange, &bad), -XEN_ESRCH);
	EQUAL(give(m), 1); /* after all that, it is still ours */
}

TEST(questions)
{
	struct xen_machphys_mapping map;
	struct xen_memory_map m = {.nr_entries = 1, .buffer = HV_IMAGE};
	static const unsigned int not_here[] = {XENMEM_machphys_compat_mfn_list,
						XENMEM_add_to_physmap_batch,
						XENMEM_remove_from_physmap,
						XENMEM_set_pod_target,
						XENMEM_get_pod_target,
						8,
						18,
						40,
						63};

	CHECK(op(XENMEM_maximum_ram_page, NULL) > 1000);
	EQUAL(op(XENMEM_machphys_mapping, &map), 0);
	EQUAL(map.v_start, MACH2PHYS_VIRT_START);
	EQUAL(op(XENMEM_machphys_mapping, (void *)HV_IMAGE), -XEN_EFAULT);
	CHECK(op(XENMEM_memory_map, &m) < 0);
	EQUAL(op(XENMEM_add_to_physmap, (void *)HOLE), -XEN_EACCES);
	EQUAL(op(XENMEM_get_vnumainfo, (void *)HOLE), -XEN_EOPNOTSUPP);
	for (unsigned int i = 0; i < ARRAY(not_here); i++)
		EQUAL(op(not_here[i], (void *)HOLE), -XEN_ENOSYS);
}

/* A long list is done in parts, and every part once. */
TEST(long_lists)
{
	static uint64_t frames[1000];
	struct xen_memory_reservation r = list(frames, ARRAY(frames));
	long before = have(), got = op(XENMEM_increase_reservation, &r);

	CHECK(got > 0);
	EQUAL(have(), before + got);
	r.nr_extents = (uint64_t)got;
	EQUAL(op(XENMEM_decrease_reservation, &r), got);
	EQUAL(have(), before);
	EQUAL(op(XENMEM_decrease_reservation, &r), 0);
}

/* The answer of each extent is written to a page that goes away in the middle of the list. */
TEST(a_list_that_ends_in_a_hole)
{
	uint64_t *page = page_alloc(), *next = page_alloc();
	struct xen_memory_reservation r = list(page + 504, 16);
	long before = have();

	CHECK(next == page + 512);
	EQUAL(remap(next, 0), 0);
	EQUAL(op(XENMEM_increase_reservation, &r), 8);
	EQUAL(have(), before + 8); /* the ninth was given back at once */
	r.nr_extents = 8;
	EQUAL(op(XENMEM_decrease_reservation, &r), 8);
	EQUAL(have(), before);
}
