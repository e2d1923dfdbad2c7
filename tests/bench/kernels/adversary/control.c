/* SPDX-License-Identifier: GPL-2.0-only */
/* The adversary as control domain: a victim and its end, what the tools ask; and time. */
#define MARK_BASE 201
#include "adversary.h"

#include "shoji/domctl.h"
#include "shoji/extension.h"
#include "shoji/grant_table.h"
#include "shoji/sched.h"
#include "shoji/sysctl.h"
#include "shoji/vcpu.h"

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
