/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world's birth and end, whose turn it is, and hypercalls with what belongs to them: each comes
 * from a guest's registers and ends on the way back to a guest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/abi.h"
#include "core/audit.h"
#include "core/grant_internal.h"
#include "core/mm.h"
#include "core/sched.h"
#include "cpus.h"

#define BUDGET	    20000
#define ROUNDS_MAX  3000 /* continuations of one call, each with a full budget but the first */
#define SMALL_UNTIL 6	 /* so many have the program's budget */
#define CALL_RIP    0x500000
#define SYSCALL	    2 /* bytes */

int64_t fuzz_budget = BUDGET;
bool world_audited;
static struct timer slices[CPUS];

void failure(const char *what, ...)
{
	va_list args;

	fputs("failure: ", stderr);
	va_start(args, what);
	vfprintf(stderr, what, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

/* --- whose turn it is --- */

struct domain *world_domain(unsigned int n)
{
	unsigned int count = 0;
	struct domain *d;

	list_for_each(d, &hv.domains, link) count++;
	n %= count;
	list_for_each(d, &hv.domains, link) if (n-- == 0) break;
	return d;
}

struct vcpu *world_vcpu(unsigned int n)
{
	struct domain *d = world_domain(n & 7);

	return d->max_vcpus ? d->vcpu[(n >> 3) % d->max_vcpus] : NULL;
}

static bool has_work(unsigned int cpu)
{
	return machine_kicked[cpu] || fake_cpus[cpu].work ||
	       (fake_cpus[cpu].current && !vcpu_runnable(fake_cpus[cpu].current));
}

/* The CPU that is at work leaves first; the other one follows if it was kicked. */
void world_leave(void)
{
	unsigned int self = fake_cpu_id;

	cpus_finish();
	(void)cpu_exit(self);
	for (unsigned int i = 0; i < 8 && (has_work(0) || has_work(1)); i++)
		for (unsigned int cpu = 0; cpu < CPUS; cpu++)
			if (has_work(cpu))
				(void)cpu_exit(cpu);
	cpus_finish();
	fake_cpu_id = self;
}

static bool is_on(const struct vcpu *v, unsigned int cpu)
{
	return fake_cpus[cpu].current == v && fake_cpus[cpu].loaded == v && vcpu_runnable(v);
}

static bool turn_of(struct vcpu *v)
{
	for (unsigned int i = 0; v && i < 8 && vcpu_runnable(v); i++) {
		fake_cpu_id = v->cpu;
		if (is_on(v, v->cpu))
			return true;
		if (this_cpu()->current)
			core_sched_yield(this_cpu()->current);
		fake.now += SCHED_SLICE_NS; /* so that it is nobody else's turn any more */
		this_cpu()->work |= CPU_WORK_SCHED | CPU_WORK_TIMER;
		(void)cpu_exit(v->cpu);
	}
	return false;
}

struct vcpu *world_enter(struct vcpu *v)
{
	for (unsigned int i = 0; !turn_of(v); i++) {
		if (i == 16)
			return NULL;
		v = world_vcpu((i & 1 ? 8u : 0u) + i / 2);
	}
	machine_enter_kernel(v);
	return v;
}

/* --- hypercalls --- */

static void issue(struct vcpu *v)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);

	if (machine_talks)
		fprintf(stderr, "call: domain %u vCPU %u: %lu(%lx, %lx, %lx, %lx)\n",
			v->domain->id.id, v->id, r->rax, r->rdi, r->rsi, r->rdx, r->r10);
	r->rip = CALL_RIP + SYSCALL;
	guest_start_call();
	abi_hypercall(v);
	if (machine_talks)
		fprintf(stderr, "call: %s%ld\n", r->rip == CALL_RIP ? "interrupted, " : "",
			(long)r->rax);
}

static bool interrupted(const struct vcpu *v)
{
	return v->entry->regs.rip == CALL_RIP;
}

/* Another vCPU left a call of shoji_space half done. */
static bool another_changes_space(const struct vcpu *v)
{
	struct vcpu *other;

	for_each_vcpu(v->domain, other)
	{
		if (other != v && other->changes_space)
			return true;
	}
	return false;
}

static void finish_call(struct vcpu *v, bool leave)
{
	unsigned int cpu = fake_cpu_id, rounds = 0;
	int64_t budget = fuzz_budget;

	fuzz_alloc_in = fuzz_fault_in = fuzz_fault_for = 0;
	while (interrupted(v) && !leave) {
		world_leave();
		fake_cpu_id = cpu;
		if (!is_on(v, cpu) || !interrupted(v))
			break;
		if (++rounds == ROUNDS_MAX)
			failure("hypercall %lu never ends", (unsigned long)vcpu_regs(v)->rax);
		fuzz_budget = rounds < SMALL_UNTIL ? budget : BUDGET;
		if (rounds % 32 == 0 && another_changes_space(v))
			fake.now += 100000000; /* it is waited for, but not for ever */
		issue(v);
	}
	fuzz_budget = BUDGET;
	world_leave();
}

void world_call(struct vcpu *v, uint64_t number, const uint64_t args[CALL_ARGS], bool leave)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);

	r->rax = number;
	r->rdi = args[0], r->rsi = args[1], r->rdx = args[2];
	r->r10 = args[3], r->r8 = args[4], r->r9 = args[5];
	r->rsp = WINDOW_VA + WINDOW_BYTES / 2;
	issue(v);
	finish_call(v, leave);
}

bool world_go_on(struct vcpu *v, bool leave)
{
	if (!interrupted(v))
		return false;
	issue(v);
	finish_call(v, leave);
	return true;
}

/* --- birth --- */

static uint64_t *new_page(struct domain *d, mfn_t *m)
{
	struct frame *f = domain_alloc_frames(d, 0, ALLOC_ZERO);

	if (!f)
		failure("the world is too small");
	*m = frame_mfn(f);
	return machine_map(*m);
}

static uint64_t entry(mfn_t m, uint64_t flags)
{
	return m.n << PAGE_SHIFT | PTE_PRESENT | PTE_USER | flags;
}

static mfn_t build_memory(struct domain *d)
{
	mfn_t m4, m3, m2, m1[TABLES], data;
	uint64_t *l4 = new_page(d, &m4), *l3 = new_page(d, &m3), *l2 = new_page(d, &m2),
		 *l1[TABLES];

	l4[1] = entry(m3, PTE_RW);
	l3[0] = entry(m2, PTE_RW);
	for (unsigned int i = 0; i < TABLES; i++) {
		l1[i] = new_page(d, &m1[i]);
		l2[i] = entry(m1[i], PTE_RW);
		l1[0][100 + i] = entry(m1[i], 0);
	}
	for (unsigned int i = 0; i < DATA; i++) {
		(void)new_page(d, &data);
		l1[0][i] = entry(data, PTE_RW);
		l1[1][i] = entry(data, 0);
	}
	for (unsigned int i = 0; i < SPARE; i++)
		(void)new_page(d, &data);
	return m4;
}

static void start_vcpu(struct vcpu *v, mfn_t root)
{
	int rc = mm_set_cr3(v, root);

	if (rc)
		failure("the first tables are refused: %d", rc);
	v->callback_event = v->callback_failsafe = v->callback_syscall = CALL_RIP;
	v->kernel_sp = WINDOW_VA + WINDOW_BYTES / 2;
	v->is_initialised = true;
	vcpu_up(v);
}

/* Its first frames are lent to the others, every other one for reading only. */
static void lend_some(struct domain *d)
{
	uint32_t ref = 0;
	struct frame *f;

	if (grant_grow(d, 1))
		failure("no grant table");
	list_for_each(f, &d->pages, link)
	{
		uint16_t flags = GTF_permit_access | (ref & 1 ? GTF_readonly : 0);

		if (ref == 8)
			break;
		if (frame_type_now(f) != FRAME_NONE && frame_type_now(f) != FRAME_WRITABLE)
			continue;
		d->grants->shared[0][ref] = (struct xen_grant_entry_v1){
			flags, (uint16_t)((d->id.id + 1 + ref / 2 % 2) % (GUESTS + 1)),
			(uint32_t)frame_mfn(f).n};
		ref++;
	}
}

/* A port that the next domain may bind to, and one of its own. */
static void open_ports(struct domain *d)
{
	struct xen_evtchn_alloc_unbound o = {
		.dom = DOMID_SELF, .remote_dom = (uint16_t)((d->id.id + 1) % (GUESTS + 1))};
	struct xen_evtchn_bind_ipi ipi = {0};

	if (evtchn_alloc_unbound(d, &o) || evtchn_bind_ipi(d, &ipi))
		failure("no ports");
}

static void build_domain(uint16_t id, unsigned int vcpus)
{
	struct domain_limits limits = {.event_channels = 200, .grant_frames = 3};
	struct domain *d;
	mfn_t root;

	if (domain_create(domid(id), vcpus, &limits, &d))
		failure("no domain %u", id);
	d->max_pages = 60;
	d->privileged = id == 0;
	if (!id)
		hv.dom0 = d;
	for (unsigned int i = 0; i < vcpus; i++)
		if (!vcpu_create(d, i))
			failure("no vCPU");
	root = build_memory(d);
	for (unsigned int i = 0; i < vcpus; i++)
		start_vcpu(d->vcpu[i], root);
	lend_some(d);
	open_ports(d);
	d->created = true;
	domain_unpause(d);
}

void world_start(void)
{
	if (fake.ram)
		fake_restart();
	else
		fake_start(RAM, CPUS);
	memory_reset();
	machine_reset();
	cpus_reset();
	guest_reset();
	fuzz_budget = BUDGET;
	fuzz_alloc_in = 0;
	fake.now = 1000000;
	hv.domain_lock = SPINLOCK(LOCK_DOMLIST);
	list_init(&hv.domains);
	hv.total_frames = RAM;
	hv.cmdline = "";
	for (unsigned int i = 0; i < CPUS; i++)
		sched_init_cpu(&fake_cpus[i], &slices[i]);
	hv.dom_io = domain_create_owner(domid(DOMID_IO));
	hv.dom_xen = domain_create_owner(domid(DOMID_XEN));
	build_domain(0, 2);
	build_domain(1, 2);
	build_domain(2, 1);
	world_leave();
}

/* --- the end --- */

static void stop_vcpus(void)
{
	struct domain *d;
	struct vcpu *v;

	list_for_each(d, &hv.domains, link) for_each_vcpu(d, v) vcpu_stop(v, VPAUSE_DOWN);
	for (unsigned int i = 0; i < CPUS; i++) {
		fake_cpu_id = i;
		world_leave();
		if (this_cpu()->current)
			failure("CPU %u does not come to rest", i);
	}
	fake_cpu_id = 0;
}

/* The machine's own audit, once more; it also takes the place of one that was left half done. */
static void last_audit(void)
{
	const struct shoji_audit_finding *list;
	struct shoji_audit result;
	uint64_t token = 0;
	int rc;

	fake.now += 11000000000;
	do {
		this_cpu()->budget = BUDGET;
		rc = audit_run(&token, false, &result, &list);
	} while (rc == -XEN_ERESTART);
	if (rc && rc != -XEN_ENOMEM)
		failure("the last audit: %d", rc);
	if (!rc && result.found)
		failure("the hypervisor's own audit finds %lu", (unsigned long)result.found);
	if (!rc)
		audit_end();
}

static void drop_eoi_map(struct domain *d)
{
	if (d->pirq_eoi_mfn)
		frame_put_and_type(mfn_frame(mfn(d->pirq_eoi_mfn)));
	d->pirq_eoi_mfn = 0;
}

static void kill_all(void)
{
	static struct domain nobody;
	static struct vcpu dead = {.domain = &nobody};
	struct domain *d;
	unsigned int rounds = 0;

	this_cpu()->current = &dead;
	hv.dom0 = NULL;
	while ((d = domain_get_from(domid(0)))) {
		drop_eoi_map(d);
		do {
			this_cpu()->budget = 300;
			if (++rounds > 100000)
				failure("domain %u does not die", d->id.id);
		} while (domain_kill(d));
		domain_put(d);
	}
	this_cpu()->current = NULL;
	for (unsigned int i = CPUS; i--;) {
		fake_cpu_id = i;
		while (domains_free_some())
			;
	}
}

static void all_frames_are_back(void)
{
	uint64_t n = frames_free();

	if (n == RAM)
		return;
	for (uint64_t i = FAKE_FIRST; i < frame_max; i++)
		if (frame_table[i].count || frame_table[i].owner)
			fprintf(stderr, "frame %lu: count %lx, type %lx\n", i, frame_table[i].count,
				frame_table[i].type);
	failure("%lu of %d frames are back", (unsigned long)n, RAM);
}

void world_end(void)
{
	cpus_reset();
	fuzz_alloc_in = fuzz_fault_in = fuzz_fault_for = 0;
	fuzz_budget = BUDGET;
	stop_vcpus();
	if (world_audited)
		last_audit();
	world_audited = false;
	kill_all();
	hv_free(hv.dom_io);
	hv_free(hv.dom_xen);
	all_frames_are_back();
}
