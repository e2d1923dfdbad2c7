/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest at its limits, and what it leaves to its neighbour. As domain 0, this kernel makes pairs
 * of domains out of copies of itself: a victim that works and counts, and an attacker that floods
 * the hypervisor in one way after the other, both on one CPU, or each on its own. What the victim
 * gets done is compared with what it gets done beside a neighbour that computes (neighbours.py).
 */
#include "kit.h"

#include "shoji/domctl.h"
#include "shoji/event_channel.h"
#include "shoji/memory.h"
#include "shoji/sched.h"
#include "shoji/vcpu.h"

#include "../marks.h"

#define SETTLE_NS 20000000UL
#define SPAN_NS	  100000000UL
#define PAGES_MAX 640
#define TREE	  34 /* frames for page tables that an attacker pins */

enum deed {
	COMPUTE,
	EVENTS,
	FAULTS,
	SHORT_CALLS,
	LONG_CALLS,
	PINS,
	MEMORY,
	CONSOLE,
	NAPS,
	YIELDS,
	DEEDS
};
static const char *const deeds[] = {
	"computes",
	"sends events to domain 0",
	"faults",
	"makes short hypercalls",
	"makes long multicalls",
	"pins and unpins page tables",
	"takes and gives memory",
	"writes to the console",
	"sleeps for a moment, over and over",
	"yields",
};

/* What a copy is to do, and how far it is: one page, ours by another mapping. */
static struct orders {
	uint64_t deed, port, apart, tables[TREE];
	volatile uint64_t done;
	uint8_t rest[PAGE - 8 * (TREE + 4)];
} orders __attribute__((aligned(4096)));

extern char trap_stubs[], trap_stubs_end[];

/* --- in the copy --- */

static uint8_t copy_stack[8192] __attribute__((aligned(16)));

static void set_traps(void)
{
	static struct xen_trap_info table[33];
	unsigned long stub = (unsigned long)(trap_stubs_end - trap_stubs) / 256;

	for (unsigned int i = 0; i < 32; i++)
		table[i] = (struct xen_trap_info){.vector = (uint8_t)i,
						  .flags = 3,
						  .cs = FLAT_KERNEL_CS,
						  .address = (uint64_t)trap_stubs + i * stub};
	CALL(HYPERCALL_set_trap_table, table);
}

static void send_event(void)
{
	struct xen_evtchn_send s = {(uint32_t)orders.port};

	CALL(HYPERCALL_event_channel_op, EVTCHNOP_send, &s);
}

static void fault(void)
{
	(void)CATCH((void)*(volatile uint64_t *)NO_MEMORY);
}

static void long_call(void)
{
	static struct xen_multicall_entry e[512];

	for (unsigned int i = 0; i < ARRAY(e); i++)
		e[i] = (struct xen_multicall_entry){.op = HYPERCALL_xen_version};
	CALL(HYPERCALL_multicall, e, ARRAY(e));
}

static void pin(void)
{
	(void)mmuext(MMUEXT_PIN_L2_TABLE, orders.tables[0], 0);
	(void)mmuext(MMUEXT_UNPIN_TABLE, orders.tables[0], 0);
}

static void memory(void)
{
	static uint64_t list[256];
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)list, .nr_extents = ARRAY(list), .domid = DOMID_SELF};
	long got = CALL(HYPERCALL_memory_op, XENMEM_increase_reservation, &r);

	r.nr_extents = got > 0 ? (uint64_t)got : 0;
	CALL(HYPERCALL_memory_op, XENMEM_decrease_reservation, &r);
}

static void write_console(void)
{
	static const char text[] = "all work and no play makes a dull neighbour\n";

	CALL(HYPERCALL_console_io, 0, sizeof(text) - 1, text);
}

static void nap(void)
{
	struct xen_sched_poll p = {.timeout = now() + 50000};

	CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p);
}

static void do_deed(void)
{
	switch (orders.deed) {
	case EVENTS:
		return send_event();
	case FAULTS:
		return fault();
	case SHORT_CALLS:
		CALL(HYPERCALL_xen_version, 0);
		return;
	case LONG_CALLS:
		return long_call();
	case PINS:
		return pin();
	case MEMORY:
		return memory();
	case CONSOLE:
		return write_console();
	case NAPS:
		return nap();
	case YIELDS:
		return yield();
	default:
		for (volatile unsigned int i = 0; i < 100; i++)
			;
	}
}

/* The emulator runs a CPU until something ends its turn; without this, the other one starves. After
 * each deed, so that what the other CPU is interrupted for does not come together. */
static void end_turn(void)
{
	__asm__ volatile("pause");
}

static void copy_main(void)
{
	privileged = false;
	set_traps();
	for (;;) {
		do_deed();
		orders.done++;
		if (orders.apart)
			end_turn();
	}
}

/* --- making copies --- */

struct domain {
	uint16_t id;
	uint64_t frames[PAGES_MAX]; /* of the image, in its order */
	uint64_t tables[5];	    /* L4, L3, L2, two L1 */
	uint64_t tree[TREE];
};
static struct domain victim, attacker;
static uint8_t window[PAGE] __attribute__((aligned(4096)));
static uint64_t window_frame;

static uint8_t *image(void)
{
	return (uint8_t *)(VIRT_BASE + 0x100000);
}

static unsigned int image_pages(void)
{
	return (unsigned int)((start_info->mfn_list - (uint64_t)image()) / PAGE);
}

static long domctl(unsigned int cmd, uint16_t id, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = id;
	return CALL(HYPERCALL_domctl, op);
}

static void open_window(uint16_t id, uint64_t frame)
{
	EQUAL(CALL(HYPERCALL_update_va_mapping_otherdomain, window, PTE(frame, WRITABLE),
		   UVMF_INVLPG, id),
	      0);
}

static void close_window(void)
{
	EQUAL(remap(window, PTE(window_frame, WRITABLE)), 0);
}

static void write_frame(const struct domain *d, uint64_t frame, const void *content)
{
	open_window(d->id, frame);
	memcpy(window, content, PAGE);
	close_window();
}

static void take(const struct domain *d, uint64_t *list, uint64_t n)
{
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)list, .nr_extents = n, .domid = d->id};

	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_increase_reservation, &r), n);
}

static void write_table(const struct domain *d, uint64_t table, unsigned int first,
			const uint64_t *frames, unsigned int n)
{
	static uint64_t page[512];

	memset(page, 0, sizeof(page));
	for (unsigned int i = 0; i < n; i++)
		page[first + i] = PTE(frames[i], WRITABLE);
	write_frame(d, table, page);
}

static uint64_t shared_info_frame(const struct domain *d)
{
	struct xen_domctl op = {0};

	EQUAL(domctl(XEN_DOMCTL_getdomaininfo, d->id, &op), 0);
	return op.u.getdomaininfo.shared_info_frame;
}

static void map_image(struct domain *d)
{
	unsigned int n = image_pages(), in_first = n < 256 ? n : 256;
	unsigned int shared = (unsigned int)(((uint8_t *)shared_info - image()) / PAGE);
	uint64_t own = d->frames[shared];

	d->frames[shared] = shared_info_frame(d);
	write_table(d, d->tables[3], 256, d->frames, in_first);
	write_table(d, d->tables[4], 0, d->frames + in_first, n - in_first);
	d->frames[shared] = own;
	write_table(d, d->tables[2], 0, &d->tables[3], 2);
	write_table(d, d->tables[1], 510, &d->tables[2], 1);
	write_table(d, d->tables[0], 511, &d->tables[1], 1);
}

/* A table of level 2 with 32 full tables of level 1, for those who pin. */
static void make_tree(struct domain *d)
{
	static uint64_t same[512];

	for (unsigned int i = 0; i < 512; i++)
		same[i] = d->tree[TREE - 1];
	for (unsigned int i = 1; i < TREE - 1; i++)
		write_table(d, d->tree[i], 0, same, 512);
	write_table(d, d->tree[0], 0, &d->tree[1], TREE - 2);
}

static void give_orders(const struct domain *d, enum deed deed, bool apart)
{
	struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = d->id};
	struct xen_evtchn_bind_interdomain b = {.remote_dom = d->id};
	unsigned int page = (unsigned int)(((uint8_t *)&orders - image()) / PAGE);

	a.dom = d->id;
	a.remote_dom = DOMID_SELF;
	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_alloc_unbound, &a), 0);
	b.remote_port = a.port;
	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_bind_interdomain, &b), 0);
	orders.deed = deed;
	orders.port = a.port;
	orders.apart = apart;
	orders.done = 0;
	memcpy(orders.tables, d->tree, sizeof(orders.tables));
	write_frame(d, d->frames[page], &orders);
}

static void set_context(const struct domain *d)
{
	struct xen_vcpu_guest_context *c = new_context(0, copy_main);
	struct xen_domctl op = {0};

	c->user_regs.rsp = (uint64_t)copy_stack + sizeof(copy_stack) - 8;
	c->kernel_sp = c->user_regs.rsp - 4096;
	c->ctrlreg[3] = xen_pfn_to_cr3(d->tables[0]);
	c->flags |= VGCF_online;
	op.u.vcpucontext.ctxt = (uint64_t)c;
	EQUAL(domctl(XEN_DOMCTL_setvcpucontext, d->id, &op), 0);
}

static void set_cpu(const struct domain *d, unsigned int cpu)
{
	static uint64_t map;
	struct xen_domctl op = {0};

	map = 1UL << cpu;
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.bitmap = (uint64_t)&map;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	EQUAL(domctl(XEN_DOMCTL_setvcpuaffinity, d->id, &op), 0);
}

static void make(struct domain *d, enum deed deed, unsigned int cpu, bool apart)
{
	struct xen_domctl op = {0};

	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 100;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	EQUAL(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
	d->id = op.domain;
	op.u.max_vcpus.max = 1;
	EQUAL(domctl(XEN_DOMCTL_max_vcpus, d->id, &op), 0);
	op.u.max_mem.max_memkb = 16 << 10;
	EQUAL(domctl(XEN_DOMCTL_max_mem, d->id, &op), 0);
	take(d, d->frames, image_pages());
	take(d, d->tables, ARRAY(d->tables));
	take(d, d->tree, TREE);
	for (unsigned int i = 0; i < image_pages(); i++)
		write_frame(d, d->frames[i], image() + i * PAGE);
	map_image(d);
	make_tree(d);
	give_orders(d, deed, apart);
	set_context(d);
	set_cpu(d, cpu);
}

static void unmake(const struct domain *d)
{
	struct xen_domctl op = {0};

	EQUAL(domctl(XEN_DOMCTL_destroydomain, d->id, &op), 0);
}

/* --- measuring --- */

MARK_TABLE(marks, 1, 2);

static uint64_t done_by(const struct domain *d)
{
	unsigned int page = (unsigned int)(((uint8_t *)&orders - image()) / PAGE);
	uint64_t done;

	open_window(d->id, d->frames[page]);
	done = ((const struct orders *)(const void *)window)->done;
	close_window();
	return done;
}

static void sleep_until(uint64_t when)
{
	struct xen_sched_poll p = {.timeout = when};

	while (now() < when)
		CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p);
}

static void start(const struct domain *d)
{
	struct xen_domctl op = {0};

	EQUAL(domctl(XEN_DOMCTL_unpausedomain, d->id, &op), 0);
}

/* The victim on CPU 1; the attacker, too, or on CPU 0, where we sleep. Its port to us stays masked.
 */
static void measure(enum deed work, enum deed deed, unsigned int cpu)
{
	uint64_t victim_before, attacker_before, began;

	make(&victim, work, 1, cpu != 1);
	make(&attacker, deed, cpu, cpu != 1);
	start(&victim);
	start(&attacker);
	sleep_until(now() + SETTLE_NS);
	began = now();
	mark_from(marks, 0);
	victim_before = done_by(&victim);
	attacker_before = done_by(&attacker);
	sleep_until(began + SPAN_NS);
	mark_from(marks, 1);
	say("WORK %s: %s: %lu %lu %lu", deeds[work], deeds[deed],
	    (unsigned long)(done_by(&victim) - victim_before),
	    (unsigned long)(done_by(&attacker) - attacker_before),
	    (unsigned long)(now() - began) / 1000000);
	unmake(&attacker);
	unmake(&victim);
}

static void measure_all(enum deed work, unsigned int cpu)
{
	CHECK(image_pages() <= PAGES_MAX);
	window_frame = mfn_of(window);
	for (unsigned int deed = 0; deed < DEEDS; deed++)
		measure(work, (enum deed)deed, cpu);
}

TEST_DOM0(a_victim_that_computes)
{
	measure_all(COMPUTE, 1);
}

/* The victim asks the hypervisor for memory, too. */
TEST_DOM0(a_victim_with_hypercalls)
{
	measure_all(MEMORY, 1);
}

TEST_DOM0(a_victim_apart)
{
	measure_all(COMPUTE, 0);
}

TEST_DOM0(a_victim_with_hypercalls_apart)
{
	measure_all(MEMORY, 0);
}
