/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_channel_op as guests call it, and delivery: who may bind what to whom, what a port is after
 * each step, which bits and wake-ups an event costs, and that closing leaves nothing behind.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/mm_table.c */
/* SOURCES: hypervisor/core/mm_update_entry.c hypervisor/core/heap.c hypervisor/core/tlb.c */
/* SOURCES: hypervisor/core/m2p.c hypervisor/core/lock.c hypervisor/core/guest_access.c */
/* SOURCES: hypervisor/core/evtchn*.c hypervisor/abi/event.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/evtchn_internal.h"
#include "fake.h"

#define RAM	 2048
#define DOMAINS	 3 /* 0 is privileged */
#define LIMIT	 300
#define ARG	 FAKE_GUEST_VA
#define CALL(op) ((long)abi_event_channel_op(EVTCHNOP_##op, ARG))

static struct domain *dom[DOMAINS];
static struct xen_shared_info *shared[DOMAINS];

/* --- other files' parts --- */

struct domain *domain_get(domid_t id)
{
	if (id.id >= DOMAINS || dom[id.id]->dying)
		return NULL;
	domain_ref(dom[id.id]);
	return dom[id.id];
}

struct domain *domain_resolve(struct domain *caller, uint16_t id)
{
	if (id == DOMID_SELF)
		id = caller->id.id;
	return id == caller->id.id || caller->privileged ? domain_get(domid(id)) : NULL;
}

long abi_unknown(const char *name, uint64_t cmd)
{
	(void)name, (void)cmd;
	return -XEN_ENOSYS;
}

static bool continued;
static uint64_t next_cmd;

long abi_continue(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	(void)a2, (void)a3, (void)a4;
	next_cmd = a1;
	continued = true;
	return -XEN_ERESTART;
}

static unsigned int wakes, kicks;
static struct vcpu *woken;

void vcpu_wake(struct vcpu *v, uint32_t flags)
{
	assert_int_equal(flags, VPAUSE_BLOCKED);
	wakes++;
	woken = v;
}

void machine_kick(unsigned int cpu)
{
	(void)cpu;
	kicks++;
}

static uint32_t bound_irq[32]; /* port */
static int irq_error;

int machine_irq_bind(struct domain *d, uint32_t pirq, uint32_t port, bool share)
{
	(void)d, (void)share;
	if (irq_error || pirq >= 32)
		return irq_error ? irq_error : -XEN_EINVAL;
	bound_irq[pirq] = port;
	return 0;
}

void machine_irq_unbind(struct domain *d, uint32_t pirq)
{
	(void)d;
	bound_irq[pirq] = 0;
}

/* --- the domains --- */

static void add_vcpus(struct domain *d)
{
	d->vcpu[1] = fake_vcpu(d); /* which puts it at 0 */
	fake_vcpu(d);
	for (unsigned int i = 0; i < 2; i++) {
		d->vcpu[i]->id = i;
		d->vcpu[i]->info = &d->vcpu[i]->entry->spare_info;
	}
	d->max_vcpus = 2;
}

static int start(void **state)
{
	(void)state;
	fake_start(RAM, 2);
	for (uint16_t i = 0; i < DOMAINS; i++) {
		dom[i] = fake_domain(i, 8);
		add_vcpus(dom[i]);
		shared[i] = calloc(1, sizeof(*shared[i]));
		dom[i]->shared_info = shared[i];
		assert_int_equal(evtchn_init(dom[i], LIMIT), 0);
	}
	dom[0]->privileged = true;
	hv.dom0 = dom[0];
	this_cpu()->current = dom[1]->vcpu[0];
	wakes = kicks = 0;
	irq_error = 0;
	return 0;
}

static void close_all(struct domain *d)
{
	while (evtchn_destroy(d))
		this_cpu()->budget = 1000;
	this_cpu()->budget = INT64_MAX / 2;
}

static int stop(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < DOMAINS; i++)
		close_all(dom[i]);
	for (unsigned int i = 0; i < DOMAINS; i++) {
		assert_int_equal(dom[i]->references, 1); /* no channel holds one any more */
		evtchn_free(dom[i]);
		free(dom[i]->vcpu[1]);
		free(shared[i]);
		domain_put(dom[i]);
	}
	assert_true(frames_free() >= RAM - 6); /* the small objects' pages are kept */
	fake_stop();
	return 0;
}

static void as(unsigned int domain)
{
	this_cpu()->current = dom[domain]->vcpu[0];
}

/* --- calls --- */

static void *arg(const void *op, size_t bytes)
{
	return memcpy(fake.guest, op, bytes);
}

/* The new port, or the error. */
static long alloc_unbound(uint16_t of, uint16_t remote)
{
	struct xen_evtchn_alloc_unbound *op = arg(
		&(struct xen_evtchn_alloc_unbound){.dom = of, .remote_dom = remote}, sizeof(*op));
	long rc = CALL(alloc_unbound);

	return rc ? rc : op->port;
}

static long bind_interdomain(uint16_t remote, uint32_t port)
{
	struct xen_evtchn_bind_interdomain *op = arg(
		&(struct xen_evtchn_bind_interdomain){.remote_dom = remote, .remote_port = port},
		sizeof(*op));
	long rc = CALL(bind_interdomain);

	return rc ? rc : op->local_port;
}

static long bind_virq(uint32_t virq, uint32_t vcpu)
{
	struct xen_evtchn_bind_virq *op =
		arg(&(struct xen_evtchn_bind_virq){.virq = virq, .vcpu = vcpu}, sizeof(*op));
	long rc = CALL(bind_virq);

	return rc ? rc : op->port;
}

static long bind_ipi(uint32_t vcpu)
{
	struct xen_evtchn_bind_ipi *op =
		arg(&(struct xen_evtchn_bind_ipi){.vcpu = vcpu}, sizeof(*op));
	long rc = CALL(bind_ipi);

	return rc ? rc : op->port;
}

static long bind_pirq(uint32_t pirq)
{
	struct xen_evtchn_bind_pirq *op =
		arg(&(struct xen_evtchn_bind_pirq){.pirq = pirq}, sizeof(*op));
	long rc = CALL(bind_pirq);

	return rc ? rc : op->port;
}

static long bind_vcpu(long port, uint32_t vcpu)
{
	arg(&(struct xen_evtchn_bind_vcpu){.port = (uint32_t)port, .vcpu = vcpu},
	    sizeof(struct xen_evtchn_bind_vcpu));
	return CALL(bind_vcpu);
}

static long port_op(long (*call)(uint64_t, uint64_t), uint64_t cmd, long port)
{
	arg(&(uint32_t){(uint32_t)port}, sizeof(uint32_t));
	return call(cmd, ARG);
}

#define close_port(port)  port_op(abi_event_channel_op, EVTCHNOP_close, port)
#define send_port(port)	  port_op(abi_event_channel_op, EVTCHNOP_send, port)
#define unmask_port(port) port_op(abi_event_channel_op, EVTCHNOP_unmask, port)

static struct xen_evtchn_status status(uint16_t of, long port)
{
	struct xen_evtchn_status *op =
		arg(&(struct xen_evtchn_status){.dom = of, .port = (uint32_t)port}, sizeof(*op));

	assert_int_equal(CALL(status), 0);
	return *op;
}

/* A channel from domain 1 to domain 2; the ports. */
static void connect(long *one, long *two)
{
	as(1);
	*one = alloc_unbound(DOMID_SELF, 2);
	assert_true(*one > 0);
	as(2);
	*two = bind_interdomain(1, (uint32_t)*one);
	assert_true(*two > 0);
	for (unsigned int i = 1; i < 3; i++) { /* the one that binding itself raises */
		memset(shared[i], 0, sizeof(*shared[i]));
		dom[i]->vcpu[0]->info->evtchn_pending_sel = 0;
		dom[i]->vcpu[0]->info->evtchn_upcall_pending = 0;
	}
	wakes = 0;
	woken = NULL;
}

static bool pending(unsigned int domain, long port)
{
	return bit_test(shared[domain]->evtchn_pending, (unsigned int)port);
}

/* --- making and unmaking --- */

static void both_ends_know_each_other(void **state)
{
	struct xen_evtchn_status s;
	long one, two;

	(void)state;
	as(1);
	one = alloc_unbound(DOMID_SELF, 2);
	s = status(DOMID_SELF, one);
	assert_int_equal(s.status, EVTCHNSTAT_unbound);
	assert_int_equal(s.u.unbound.dom, 2);
	assert_int_equal(close_port(one), 0);
	connect(&one, &two);
	s = status(DOMID_SELF, two);
	assert_int_equal(s.status, EVTCHNSTAT_interdomain);
	assert_int_equal(s.u.interdomain.dom, 1);
	assert_int_equal(s.u.interdomain.port, one);
	as(1);
	s = status(DOMID_SELF, one);
	assert_int_equal(s.status, EVTCHNSTAT_interdomain);
	assert_int_equal(s.u.interdomain.dom, 2);
	assert_int_equal(s.u.interdomain.port, two);
}

static void only_who_was_invited_may_bind(void **state)
{
	long port;

	(void)state;
	as(1);
	port = alloc_unbound(DOMID_SELF, 2);
	as(0); /* however privileged */
	assert_int_equal(bind_interdomain(1, (uint32_t)port), -XEN_EINVAL);
	as(1);
	assert_int_equal(bind_interdomain(DOMID_SELF, (uint32_t)port), -XEN_EINVAL);
	as(2);
	assert_int_equal(bind_interdomain(1, (uint32_t)port + 1), -XEN_EINVAL);
	assert_int_equal(bind_interdomain(1, 0), -XEN_EINVAL);
	assert_int_equal(bind_interdomain(1, LIMIT), -XEN_EINVAL);
	assert_int_equal(bind_interdomain(1, ~0u), -XEN_EINVAL);
	assert_int_equal(bind_interdomain(7, (uint32_t)port), -XEN_ESRCH);
	assert_true(bind_interdomain(1, (uint32_t)port) > 0);
	assert_int_equal(bind_interdomain(1, (uint32_t)port), -XEN_EINVAL); /* taken */
}

static void for_others_only_with_rights(void **state)
{
	struct xen_evtchn_status op = {.dom = 2, .port = 1};
	long port;

	(void)state;
	as(1);
	assert_int_equal(alloc_unbound(2, 1), -XEN_ESRCH);
	arg(&op, sizeof(op));
	assert_int_equal(CALL(status), -XEN_ESRCH);
	arg(&(uint16_t){2}, 2);
	assert_int_equal(CALL(reset), -XEN_ESRCH);
	assert_int_equal(bind_pirq(3), -XEN_EPERM);
	as(0);
	port = alloc_unbound(2, DOMID_SELF);
	assert_true(port > 0);
	assert_int_equal(status(2, port).u.unbound.dom, 0);
	assert_true(bind_interdomain(2, (uint32_t)port) > 0);
}

static void a_domain_may_talk_to_itself(void **state)
{
	long one, two;

	(void)state;
	one = alloc_unbound(DOMID_SELF, DOMID_SELF);
	two = bind_interdomain(DOMID_SELF, (uint32_t)one);
	assert_true(two > 0 && two != one);
	assert_int_equal(send_port(one), 0);
	assert_true(pending(1, two));
	assert_int_equal(close_port(two), 0);
	assert_int_equal(status(DOMID_SELF, one).status, EVTCHNSTAT_unbound);
	assert_int_equal(close_port(one), 0);
}

static void closing_one_end_frees_it_and_not_the_other(void **state)
{
	struct xen_evtchn_status s;
	long one, two;

	(void)state;
	connect(&one, &two);
	assert_int_equal(close_port(two), 0);
	assert_int_equal(close_port(two), -XEN_EINVAL);
	as(1);
	s = status(DOMID_SELF, one);
	assert_int_equal(s.status, EVTCHNSTAT_unbound);
	assert_int_equal(s.u.unbound.dom, 2);
	assert_int_equal(send_port(one), 0); /* nobody is there: dropped */
	as(2);
	assert_int_equal(bind_interdomain(1, (uint32_t)one), two); /* the port is free again */
}

static void a_closed_port_is_not_pending(void **state)
{
	long one, two;

	(void)state;
	connect(&one, &two);
	as(1);
	assert_int_equal(send_port(one), 0);
	assert_true(pending(2, two));
	as(2);
	assert_int_equal(close_port(two), 0);
	assert_false(pending(2, two));
}

static void bad_ports_are_refused(void **state)
{
	static const uint32_t bad[] = {0, 1, LIMIT - 1, LIMIT, 4095, 4096, 1u << 31, ~0u};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct xen_evtchn_status op = {.dom = DOMID_SELF, .port = bad[i]};

		assert_int_equal(close_port(bad[i]), -XEN_EINVAL);
		assert_int_equal(send_port(bad[i]), -XEN_EINVAL);
		assert_int_equal(bind_vcpu(bad[i], 0), -XEN_EINVAL);
		arg(&op, sizeof(op));
		if (bad[i] == 0 || bad[i] >= LIMIT) {
			assert_int_equal(CALL(status), -XEN_EINVAL);
			assert_int_equal(unmask_port(bad[i]), -XEN_EINVAL);
		}
	}
	assert_int_equal(abi_event_channel_op(EVTCHNOP_send, FAKE_GUEST_VA - 8), -XEN_EFAULT);
	assert_int_equal(abi_event_channel_op(99, ARG), -XEN_ENOSYS);
}

/* --- VIRQs, IPIs and interrupts --- */

static void a_virq_is_bound_once(void **state)
{
	long port = bind_virq(VIRQ_TIMER, 1);

	(void)state;
	assert_true(port > 0);
	assert_int_equal(bind_virq(VIRQ_TIMER, 1), -XEN_EEXIST);
	assert_true(bind_virq(VIRQ_TIMER, 0) > 0);
	assert_int_equal(bind_virq(VIRQ_CONSOLE, 1), -XEN_EINVAL); /* global: vCPU 0 */
	assert_int_equal(bind_virq(VIRQ_TIMER, 2), -XEN_ENOENT);
	assert_int_equal(bind_virq(VIRQ_TIMER, ~0u), -XEN_ENOENT);
	assert_int_equal(bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
	assert_int_equal(status(DOMID_SELF, port).u.virq, VIRQ_TIMER);
	evtchn_raise_virq(dom[1]->vcpu[1], VIRQ_TIMER);
	assert_true(pending(1, port));
	assert_ptr_equal(woken, dom[1]->vcpu[1]);
	assert_int_equal(send_port(port), -XEN_EINVAL); /* only we raise it */
	assert_int_equal(close_port(port), 0);
	wakes = 0;
	evtchn_raise_virq(dom[1]->vcpu[1], VIRQ_TIMER); /* nobody listens */
	assert_int_equal(wakes, 0);
	assert_true(bind_virq(VIRQ_TIMER, 1) > 0);
}

static void a_global_virq_goes_to_dom0(void **state)
{
	long port;

	(void)state;
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	assert_int_equal(wakes, 0);
	as(1);
	assert_true(bind_virq(VIRQ_DOM_EXC, 0) > 0); /* allowed, and never raised */
	as(0);
	port = bind_virq(VIRQ_DOM_EXC, 0);
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	assert_ptr_equal(woken, dom[0]->vcpu[0]);
	assert_true(pending(0, port));
	assert_int_equal(bind_vcpu(port, 1), 0);
	memset(shared[0], 0, sizeof(*shared[0]));
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	assert_ptr_equal(woken, dom[0]->vcpu[1]);
}

static void an_ipi_reaches_its_vcpu(void **state)
{
	long port = bind_ipi(1);

	(void)state;
	assert_int_equal(bind_ipi(2), -XEN_ENOENT);
	assert_int_equal(send_port(port), 0);
	assert_ptr_equal(woken, dom[1]->vcpu[1]);
	assert_int_equal(bind_vcpu(port, 0), -XEN_EINVAL); /* it stays where it is */
	assert_int_equal(status(DOMID_SELF, port).vcpu, 1);
}

static void interrupts_are_dom0s(void **state)
{
	long port;

	(void)state;
	as(0);
	irq_error = -XEN_EBUSY;
	assert_int_equal(bind_pirq(9), -XEN_EBUSY);
	irq_error = 0;
	port = bind_pirq(9);
	assert_int_equal(port, 1); /* the failure took none */
	assert_int_equal(bound_irq[9], port);
	assert_int_equal(status(DOMID_SELF, port).u.pirq, 9);
	evtchn_raise_pirq(dom[0], (uint32_t)port);
	assert_true(pending(0, port));
	evtchn_raise_pirq(dom[0], LIMIT + 1);
	assert_int_equal(close_port(port), 0);
	assert_int_equal(bound_irq[9], 0);
}

/* --- delivery --- */

static void an_event_sets_three_bits_and_wakes_once(void **state)
{
	struct xen_vcpu_info *info = dom[2]->vcpu[0]->info;
	long one, two;

	(void)state;
	connect(&one, &two);
	as(1);
	assert_int_equal(send_port(one), 0);
	assert_true(pending(2, two));
	assert_int_equal(info->evtchn_pending_sel, 1);
	assert_int_equal(info->evtchn_upcall_pending, 1);
	assert_int_equal(wakes, 1);
	assert_int_equal(kicks, 0); /* it does not run */
	assert_int_equal(send_port(one), 0);
	assert_int_equal(wakes, 1);
	dom[2]->vcpu[0]->running = true;
	memset(shared[2], 0, sizeof(*shared[2]));
	*info = (struct xen_vcpu_info){0};
	assert_int_equal(send_port(one), 0);
	assert_int_equal(kicks, 1);
	dom[2]->vcpu[0]->running = false;
}

static void a_masked_event_waits(void **state)
{
	struct xen_vcpu_info *info = dom[2]->vcpu[0]->info;
	long one, two;

	(void)state;
	connect(&one, &two);
	bit_test_and_set(shared[2]->evtchn_mask, (unsigned int)two);
	as(1);
	assert_int_equal(send_port(one), 0);
	assert_true(pending(2, two));
	assert_int_equal(info->evtchn_upcall_pending, 0);
	assert_int_equal(wakes, 0);
	as(2);
	assert_int_equal(unmask_port(two), 0);
	assert_int_equal(info->evtchn_upcall_pending, 1);
	assert_int_equal(wakes, 1);
	assert_int_equal(unmask_port(two), 0);
	assert_int_equal(wakes, 1);
}

static void an_event_goes_where_the_port_was_moved(void **state)
{
	long one, two;

	(void)state;
	connect(&one, &two);
	assert_int_equal(bind_vcpu(two, 2), -XEN_ENOENT);
	assert_int_equal(bind_vcpu(two, 1), 0);
	as(1);
	assert_int_equal(send_port(one), 0);
	assert_ptr_equal(woken, dom[2]->vcpu[1]);
}

static void pollers_wake_for_their_port(void **state)
{
	long one, two;

	(void)state;
	connect(&one, &two);
	bit_test_and_set(shared[2]->evtchn_mask, (unsigned int)two); /* as pollers have it */
	dom[2]->polling = 1;
	dom[2]->vcpu[1]->poll_port = two + 1;
	as(1);
	assert_int_equal(send_port(one), 0);
	assert_int_equal(wakes, 0);
	memset(shared[2]->evtchn_pending, 0, sizeof(shared[2]->evtchn_pending));
	dom[2]->vcpu[1]->poll_port = two;
	assert_int_equal(send_port(one), 0);
	assert_int_equal(wakes, 1);
	assert_ptr_equal(woken, dom[2]->vcpu[1]);
	memset(shared[2]->evtchn_pending, 0, sizeof(shared[2]->evtchn_pending));
	dom[2]->vcpu[1]->poll_port = -1; /* any */
	assert_int_equal(send_port(one), 0);
	assert_int_equal(wakes, 2);
}

/* What was sent while nobody was there is seen at once by who comes. */
static void binding_raises_the_first_event(void **state)
{
	long one, two;

	(void)state;
	as(1);
	one = alloc_unbound(DOMID_SELF, 2);
	assert_int_equal(send_port(one), 0);
	as(2);
	two = bind_interdomain(1, (uint32_t)one);
	assert_true(pending(2, two));
	assert_ptr_equal(woken, dom[2]->vcpu[0]);
}

/* --- limits and ends --- */

static void ports_run_out_without_harm(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < LIMIT; i++)
		assert_int_equal(bind_ipi(0), i);
	assert_int_equal(bind_ipi(0), -XEN_ENOSPC);
	assert_int_equal(alloc_unbound(DOMID_SELF, 2), -XEN_ENOSPC);
	assert_int_equal(bind_virq(VIRQ_TIMER, 0), -XEN_ENOSPC);
	as(2);
	assert_true(alloc_unbound(DOMID_SELF, 1) > 0); /* others do not notice */
	as(1);
	assert_int_equal(bind_interdomain(2, 1), -XEN_ENOSPC);
	assert_int_equal(close_port(77), 0);
	assert_int_equal(bind_interdomain(2, 1), 77);
}

static void memory_runs_out_without_harm(void **state)
{
	void *pages[RAM];
	unsigned int n = 0;

	(void)state;
	for (unsigned int i = 1; i < 128; i++)
		assert_int_equal(bind_ipi(0), i);
	while ((pages[n] = hv_alloc_pages(0)))
		n++;
	while (hv_alloc(128 * sizeof(struct evtchn)))
		; /* what is left of the last page; given back with all memory */
	assert_int_equal(bind_ipi(0), -XEN_ENOMEM);
	while (n)
		hv_free_pages(pages[--n], 0);
	assert_int_equal(bind_ipi(0), 128);
}

static void reset_closes_all_in_steps(void **state)
{
	unsigned int steps = 0;
	uint64_t cmd = EVTCHNOP_reset;
	long one, two, rc;

	(void)state;
	connect(&one, &two);
	for (unsigned int i = 0; i < 200; i++)
		assert_true(bind_ipi(0) > 0);
	do {
		continued = false;
		arg(&(uint16_t){DOMID_SELF}, 2);
		this_cpu()->budget = 500;
		rc = abi_event_channel_op(cmd, ARG);
		cmd = next_cmd;
		steps++;
	} while (rc == -XEN_ERESTART && continued);
	assert_int_equal(rc, 0);
	assert_true(steps > 10);
	for (unsigned int i = 1; i < 128; i++)
		assert_int_equal(status(DOMID_SELF, i).status, EVTCHNSTAT_closed);
	assert_int_equal(bind_ipi(0), 1);
	as(1);
	assert_int_equal(status(DOMID_SELF, one).status, EVTCHNSTAT_unbound);
}

/* A reset that its caller does not finish: ports made since then are closed at the end, too. */
static void the_end_after_half_a_reset(void **state)
{
	uint32_t references = dom[1]->references;
	long one, two;

	(void)state;
	for (unsigned int i = 0; i < 200; i++)
		assert_true(bind_ipi(0) > 0);
	arg(&(uint16_t){DOMID_SELF}, 2);
	this_cpu()->budget = 500;
	assert_int_equal(CALL(reset), -XEN_ERESTART);
	this_cpu()->budget = INT64_MAX / 2;
	connect(&one, &two);
	assert_true(dom[1]->references > references);
	close_all(dom[1]);
	assert_int_equal(dom[1]->references, references);
}

static void a_dying_domain_gets_no_more(void **state)
{
	long one, two;

	(void)state;
	connect(&one, &two);
	as(2);
	assert_true(alloc_unbound(DOMID_SELF, 1) > 0);
	close_all(dom[2]);
	assert_int_equal(alloc_unbound(DOMID_SELF, 1), -XEN_ESRCH);
	assert_int_equal(bind_ipi(0), -XEN_ESRCH);
	as(1);
	assert_int_equal(status(DOMID_SELF, one).status, EVTCHNSTAT_unbound);
	assert_int_equal(send_port(one), 0);
	assert_int_equal(bind_interdomain(2, 1), -XEN_EINVAL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(both_ends_know_each_other),
		CASE(only_who_was_invited_may_bind),
		CASE(for_others_only_with_rights),
		CASE(a_domain_may_talk_to_itself),
		CASE(closing_one_end_frees_it_and_not_the_other),
		CASE(a_closed_port_is_not_pending),
		CASE(bad_ports_are_refused),
		CASE(a_virq_is_bound_once),
		CASE(a_global_virq_goes_to_dom0),
		CASE(an_ipi_reaches_its_vcpu),
		CASE(interrupts_are_dom0s),
		CASE(an_event_sets_three_bits_and_wakes_once),
		CASE(a_masked_event_waits),
		CASE(an_event_goes_where_the_port_was_moved),
		CASE(pollers_wake_for_their_port),
		CASE(binding_raises_the_first_event),
		CASE(ports_run_out_without_harm),
		CASE(memory_runs_out_without_harm),
		CASE(reset_closes_all_in_steps),
		CASE(the_end_after_half_a_reset),
		CASE(a_dying_domain_gets_no_more),
	};

	return cmocka_run_group_tests_name("hv_evtchn", tests, NULL, NULL);
}
