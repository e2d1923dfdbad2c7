/* SPDX-License-Identifier: GPL-2.0-only */
/* What only the control domain may do, asked for by an ordinary guest: refused, each by its error.
 */
#include "kit.h"

#include "shoji/domctl.h"
#include "shoji/event_channel.h"
#include "shoji/grant_table.h"
#include "shoji/memory.h"
#include "shoji/physdev.h"
#include "shoji/platform.h"
#include "shoji/sched.h"
#include "shoji/sysctl.h"

/* Domains that it could name: the control domain, the hypervisor's, itself, others. */
static const uint16_t domains[] = {
	0, 1, 2, 3, 4, 5, DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID, DOMID_IDLE, 0xffff};

static bool other(uint16_t id)
{
	return id != own_domid();
}

TEST_GUEST(every_domctl)
{
	struct xen_domctl *op = page_alloc();
	uint16_t self = own_domid();

	for (unsigned int cmd = 0; cmd < 100; cmd++)
		for (unsigned int i = 0; i <= ARRAY(domains); i++) {
			memset(op, 0, sizeof(*op));
			op->cmd = cmd;
			op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
			op->domain = i < ARRAY(domains) ? domains[i] : self;
			EQUAL(CALL(HYPERCALL_domctl, op), -XEN_EPERM);
		}
	EQUAL(CALL(HYPERCALL_domctl, HOLE), -XEN_EPERM);
}

TEST_GUEST(every_sysctl)
{
	struct xen_sysctl *op = page_alloc();

	for (unsigned int cmd = 0; cmd < 100; cmd++) {
		memset(op, 0, sizeof(*op));
		op->cmd = cmd;
		op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		EQUAL(CALL(HYPERCALL_sysctl, op), -XEN_EPERM);
	}
	EQUAL(CALL(HYPERCALL_sysctl, HOLE), -XEN_EPERM);
}

TEST_GUEST(every_platform_op)
{
	struct xen_platform_op *op = page_alloc();

	for (unsigned int cmd = 0; cmd < 100; cmd++) {
		memset(op, 0, sizeof(*op));
		op->cmd = cmd;
		op->interface_version = XENPF_INTERFACE_VERSION;
		EQUAL(CALL(HYPERCALL_platform_op, op), -XEN_EPERM);
	}
	EQUAL(CALL(HYPERCALL_platform_op, HOLE), -XEN_EPERM);
}

TEST_GUEST(every_physdev_op)
{
	void *arg = page_alloc();

	for (unsigned int cmd = 0; cmd < 64; cmd++) {
		if (cmd == PHYSDEVOP_set_iopl || cmd == PHYSDEVOP_set_iobitmap)
			continue; /* its own */
		EQUAL(CALL(HYPERCALL_physdev_op, cmd, arg), -XEN_EPERM);
		EQUAL(CALL(HYPERCALL_physdev_op, cmd, HOLE), -XEN_EPERM);
	}
}

/* In a list it is no other than alone. */
TEST_GUEST(within_a_multicall)
{
	static struct xen_multicall_entry e[4];

	e[0] = (struct xen_multicall_entry){.op = HYPERCALL_domctl,
					    .args = {(uint64_t)page_alloc()}};
	e[1] = (struct xen_multicall_entry){.op = HYPERCALL_sysctl,
					    .args = {(uint64_t)page_alloc()}};
	e[2] = (struct xen_multicall_entry){.op = HYPERCALL_platform_op,
					    .args = {(uint64_t)page_alloc()}};
	e[3] = (struct xen_multicall_entry){.op = HYPERCALL_physdev_op,
					    .args = {PHYSDEVOP_map_pirq, (uint64_t)page_alloc()}};
	EQUAL(CALL(HYPERCALL_multicall, e, 4), 0);
	for (unsigned int i = 0; i < 4; i++)
		EQUAL(e[i].result, -XEN_EPERM);
}

/* Other domains' page tables and frames, by any of the calls that name a domain. */
TEST_GUEST(memory_of_other_domains)
{
	uint64_t *page = page_alloc(), m = mfn_of(page), frame = m;
	struct xen_mmu_update u = {entry_address(page, 1), PTE(m, WRITABLE)};
	struct xen_mmuext_op e = {.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = m};

	for (unsigned int i = 0; i < ARRAY(domains); i++) {
		uint64_t id = domains[i];
		struct xen_memory_reservation r = {
			.extent_start = (uint64_t)&frame, .nr_extents = 1, .domid = (uint16_t)id};
		struct xen_memory_domain d = {(uint16_t)id};

		if (!other((uint16_t)id))
			continue;
		EQUAL(CALL(HYPERCALL_mmu_update, &u, 1, 0, id), -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_mmu_update, &u, 1, 0, (id + 1) << 16 | DOMID_SELF),
		      id == 0xffff ? 0 : -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_mmuext_op, &e, 1, 0, id), -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_update_va_mapping_otherdomain, page, PTE(m, WRITABLE), 0, id),
		      -XEN_ESRCH);
		for (unsigned int cmd = 0; cmd <= XENMEM_populate_physmap; cmd += cmd ? 5 : 1)
			EQUAL(CALL(HYPERCALL_memory_op, cmd, &r), -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_memory_op, XENMEM_current_reservation, &d), -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_memory_op, XENMEM_maximum_reservation, &d), -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_memory_op, XENMEM_maximum_gpfn, &d), -XEN_ESRCH);
	}
}

TEST_GUEST(memory_ops_of_the_control_domain)
{
	struct xen_memory_map map = {.nr_entries = 0};
	struct xen_foreign_memory_map set = {.domid = DOMID_SELF};
	struct xen_memory_reservation claim = {.domid = DOMID_SELF};
	struct xen_mem_acquire_resource a = {.domid = DOMID_SELF,
					     .type = XENMEM_resource_grant_table};

	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_machine_memory_map, &map), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_set_memory_map, &set), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_claim_pages, &claim), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_acquire_resource, &a), -XEN_EPERM);
	a.domid = 0;
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_acquire_resource, &a), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_memory_op, XENMEM_machphys_mfn_list, &map), -XEN_ENOSYS);
}

/* Devices, firmware, the hypervisor's own memory: none of it can be mapped. */
TEST_GUEST(memory_that_is_no_memory)
{
	static const uint64_t frames[] = {0,	   0xa0,      0xb8,	0xc0,	 0xf0,
					  0xfd000, 0xfe000,   0xfec00,	0xfed00, 0xfee00,
					  0xfffff, 1UL << 27, 1UL << 36};
	uint64_t *table = make_l1();

	for (unsigned int i = 0; i < ARRAY(frames); i++) {
		CHECK(mmu_update(mfn_of(table) * PAGE, PTE(frames[i], READABLE)) < 0);
		CHECK(mmu_update(mfn_of(table) * PAGE, PTE(frames[i], WRITABLE | 0x18)) < 0);
		EQUAL(CALL(HYPERCALL_update_va_mapping_otherdomain, page_alloc(),
			   PTE(frames[i], READABLE), 0, DOMID_IO),
		      -XEN_ESRCH);
	}
	EQUAL(table[0], 0);
}

TEST_GUEST(events_and_grants_of_other_domains)
{
	for (unsigned int i = 0; i < ARRAY(domains); i++) {
		uint64_t frame;
		struct xen_evtchn_alloc_unbound a = {.dom = domains[i], .remote_dom = DOMID_SELF};
		struct xen_evtchn_status s = {.dom = domains[i], .port = 1};
		struct xen_evtchn_reset r = {domains[i]};
		struct xen_gnttab_setup_table t = {
			.dom = domains[i], .nr_frames = 1, .frame_list = (uint64_t)&frame};
		struct xen_gnttab_query_size q = {.dom = domains[i]};
		struct xen_gnttab_map_grant_ref m = {.dom = domains[i],
						     .flags = GNTMAP_host_map | GNTMAP_readonly,
						     .host_addr = (uint64_t)page_alloc()};

		if (!other(domains[i]))
			continue;
		EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_alloc_unbound, &a), -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_status, &s), -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_reset, &r), -XEN_ESRCH);
		EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_setup_table, &t, 1), 0);
		EQUAL(t.status, GNTST_bad_domain);
		EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_query_size, &q, 1), 0);
		EQUAL(q.status, GNTST_bad_domain);
		for (m.ref = 0; m.ref < 32; m.ref++) { /* none was granted to us */
			EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_map_grant_ref, &m, 1), 0);
			CHECK(m.status < 0);
		}
		for (uint32_t port = 1; port < 64; port++) {
			struct xen_evtchn_bind_interdomain b = {domains[i], port, 0};

			CHECK(CALL(HYPERCALL_event_channel_op, EVTCHNOP_bind_interdomain, &b) < 0);
		}
	}
}

TEST_GUEST(interrupts_of_devices)
{
	for (uint32_t pirq = 0; pirq < 300; pirq++) {
		struct xen_evtchn_bind_pirq b = {pirq, BIND_PIRQ__WILL_SHARE, 0};

		EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_bind_pirq, &b), -XEN_EPERM);
	}
}

TEST_GUEST(ends_of_other_domains)
{
	for (unsigned int i = 0; i < ARRAY(domains); i++) {
		struct xen_sched_remote_shutdown r = {.domain_id = domains[i],
						      .reason = SHUTDOWN_crash};

		EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_remote_shutdown, &r), -XEN_EPERM);
	}
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_watchdog, HOLE), -XEN_ENOSYS);
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_pin_override, HOLE), -XEN_ENOSYS);
}

TEST_GUEST(the_machines_console)
{
	char text[64] = "said by a guest to the log";

	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_read, sizeof(text), text), -XEN_EPERM);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, sizeof(text), text), 0);
	EQUAL(CALL(HYPERCALL_console_io, CONSOLEIO_write, ~0UL, text), 0); /* a line is taken */
	EQUAL(CALL(HYPERCALL_xen_version, 9 /* commandline */, page_alloc()), 0);
}

static bool is_denied(const char *text)
{
	return !strcmp(text, "<denied>");
}

TEST_GUEST(the_machines_command_line)
{
	char *text = page_alloc();

	EQUAL(CALL(HYPERCALL_xen_version, 9, text), 0);
	CHECK(is_denied(text));
}

TEST_GUEST(caches_and_registers_of_the_machine)
{
	static const uint32_t machine[] = {0xfe,       0x200, 0x201, 0x250, 0x2ff, 0xc0010010,
					   0xc001001a, 0x19c, 0x1a2, 0x606, 0x611, 0xce};

	EQUAL(mmuext(MMUEXT_FLUSH_CACHE, 0, 0), -XEN_EACCES);
	EQUAL(mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), -XEN_EACCES);
	for (unsigned int i = 0; i + 1 < ARRAY(machine); i++)
		CHECK(CATCH(__asm__ volatile("rdmsr" : : "c"(machine[i]) : "eax", "edx")));
	CHECK(!CATCH(__asm__ volatile("wbinvd"))); /* without effect */
}

/* The control domain itself: what would stop or change it while it asks is refused. */
TEST_DOM0(domctls_on_itself)
{
	static const unsigned int cmds[] = {
		XEN_DOMCTL_destroydomain,	XEN_DOMCTL_pausedomain,
		XEN_DOMCTL_setvcpucontext,	XEN_DOMCTL_getvcpucontext,
		XEN_DOMCTL_max_vcpus,		XEN_DOMCTL_resumedomain,
		XEN_DOMCTL_setdebugging,	XEN_DOMCTL_set_ext_vcpucontext,
		XEN_DOMCTL_get_ext_vcpucontext, XEN_DOMCTL_settscinfo,
		XEN_DOMCTL_set_cpu_policy};
	struct xen_domctl *op = page_alloc();

	for (unsigned int i = 0; i < ARRAY(cmds); i++) {
		memset(op, 0, sizeof(*op));
		op->cmd = cmds[i];
		op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		EQUAL(CALL(HYPERCALL_domctl, op), -XEN_EINVAL);
		op->domain = 4711;
		EQUAL(CALL(HYPERCALL_domctl, op), -XEN_ESRCH);
		op->interface_version++;
		EQUAL(CALL(HYPERCALL_domctl, op), -XEN_EACCES);
	}
}

/* --- what the scheduler is told about the control domain --- */

static struct xen_domctl *own_domctl(unsigned int cmd)
{
	static struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return &op;
}

static long scheduler_op(unsigned int cmd, struct xen_domctl_sched_credit2 *shares)
{
	struct xen_domctl *op = own_domctl(XEN_DOMCTL_scheduler_op);
	long rc;

	op->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	op->u.scheduler_op.cmd = cmd;
	op->u.scheduler_op.u.credit2 = *shares;
	rc = CALL(HYPERCALL_domctl, op);
	*shares = op->u.scheduler_op.u.credit2;
	return rc;
}

/* A weight of 0 leaves what there was; a cap is at most all CPUs; together both or none. */
TEST_DOM0(shares_out_of_range)
{
	struct xen_domctl_sched_credit2 given = {.weight = 700, .cap = 50}, now;

	EQUAL(scheduler_op(XEN_DOMCTL_SCHEDOP_putinfo, &given), 0);
	given = (struct xen_domctl_sched_credit2){.weight = 0, .cap = 60};
	EQUAL(scheduler_op(XEN_DOMCTL_SCHEDOP_putinfo, &given), 0);
	given = (struct xen_domctl_sched_credit2){.weight = 900, .cap = 101};
	EQUAL(scheduler_op(XEN_DOMCTL_SCHEDOP_putinfo, &given), -XEN_EINVAL);
	EQUAL(scheduler_op(XEN_DOMCTL_SCHEDOP_getinfo, &now), 0);
	EQUAL(now.weight, 700);
	EQUAL(now.cap, 60);
	given = (struct xen_domctl_sched_credit2){.weight = 256, .cap = 0};
	EQUAL(scheduler_op(XEN_DOMCTL_SCHEDOP_putinfo, &given), 0);
}

static long affinity_op(unsigned int cmd, unsigned int vcpu, uint64_t *hard, uint64_t *soft)
{
	struct xen_domctl *op = own_domctl(cmd);

	op->u.vcpuaffinity.vcpu = vcpu;
	if (hard) {
		op->u.vcpuaffinity.flags |= XEN_VCPUAFFINITY_HARD;
		op->u.vcpuaffinity.cpumap_hard.bitmap = (uint64_t)hard;
		op->u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	}
	if (soft) {
		op->u.vcpuaffinity.flags |= XEN_VCPUAFFINITY_SOFT;
		op->u.vcpuaffinity.cpumap_soft.bitmap = (uint64_t)soft;
		op->u.vcpuaffinity.cpumap_soft.nr_bits = 64;
	}
	return CALL(HYPERCALL_domctl, op);
}

/* The machine has one CPU. A bad map of two changes neither. */
TEST_DOM0(affinity_to_cpus_that_are_absent)
{
	uint64_t good = 1, none = 0, absent = ~1UL, hard, soft;

	EQUAL(affinity_op(XEN_DOMCTL_setvcpuaffinity, 0, &absent, NULL), -XEN_EINVAL);
	EQUAL(affinity_op(XEN_DOMCTL_setvcpuaffinity, 0, &none, NULL), -XEN_EINVAL);
	EQUAL(affinity_op(XEN_DOMCTL_setvcpuaffinity, 0, &good, &absent), -XEN_EINVAL);
	EQUAL(affinity_op(XEN_DOMCTL_setvcpuaffinity, 0, NULL, NULL), -XEN_EINVAL);
	EQUAL(affinity_op(XEN_DOMCTL_setvcpuaffinity, 64, &good, NULL), -XEN_ESRCH);
	hard = soft = 0;
	EQUAL(affinity_op(XEN_DOMCTL_getvcpuaffinity, 0, &hard, &soft), 0);
	EQUAL(hard, 1);
	EQUAL(soft, 1);
}

static long new_domain(unsigned int vcpus)
{
	struct xen_domctl *op = own_domctl(XEN_DOMCTL_createdomain);

	op->domain = 77;
	op->u.createdomain.max_vcpus = vcpus;
	op->u.createdomain.max_evtchn_port = 1023;
	op->u.createdomain.max_grant_frames = -1;
	op->u.createdomain.max_maptrack_frames = -1;
	op->u.createdomain.grant_opts = 1;
	return CALL(HYPERCALL_domctl, op);
}

TEST_DOM0(more_vcpus_than_the_maximum)
{
	struct xen_domctl *op;

	EQUAL(new_domain(0), -XEN_EINVAL);
	EQUAL(new_domain(65), -XEN_EINVAL);
	op = own_domctl(XEN_DOMCTL_getdomaininfo); /* this domain or the next higher */
	op->domain = 1;
	EQUAL(CALL(HYPERCALL_domctl, op), -XEN_ESRCH);
	EQUAL(new_domain(64), 0);
	for (unsigned int max = 63; max <= 65; max += 2) {
		op = own_domctl(XEN_DOMCTL_max_vcpus);
		op->domain = 77;
		op->u.max_vcpus.max = max;
		EQUAL(CALL(HYPERCALL_domctl, op), -XEN_EINVAL);
	}
	op = own_domctl(XEN_DOMCTL_destroydomain);
	op->domain = 77;
	while (CALL(HYPERCALL_domctl, op) == -XEN_ERESTART)
		;
}
