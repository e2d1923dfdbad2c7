/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: every operation, with good, bad and hostile arguments. */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/sched.h"
#include "shoji/virq.h"

static const uint32_t bad_ports[] = {0, 3000, 4095, 4096, 4097, 1u << 17, 1u << 31, ~0u};

static long op(unsigned int cmd, void *arg)
{
	return CALL(HYPERCALL_event_channel_op, cmd, arg);
}

static uint32_t unbound(uint16_t remote)
{
	struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = remote};

	EQUAL(op(EVTCHNOP_alloc_unbound, &a), 0);
	return a.port;
}

static long close_port(uint32_t port)
{
	struct xen_evtchn_close c = {port};

	return op(EVTCHNOP_close, &c);
}

static long send(uint32_t port)
{
	struct xen_evtchn_send s = {port};

	return op(EVTCHNOP_send, &s);
}

static uint32_t ipi(uint32_t vcpu)
{
	struct xen_evtchn_bind_ipi b = {.vcpu = vcpu};

	EQUAL(op(EVTCHNOP_bind_ipi, &b), 0);
	return b.port;
}

static bool pending(uint32_t port)
{
	return __atomic_load_n(&shared_info->evtchn_pending[port / 64], __ATOMIC_SEQ_CST) >>
		       port % 64 &
	       1;
}

static void clear_pending(uint32_t port)
{
	__atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~(1UL << port % 64),
			   __ATOMIC_SEQ_CST);
}

static void set_mask(uint32_t port, bool on)
{
	uint64_t bit = 1UL << port % 64;

	if (on)
		__atomic_fetch_or(&shared_info->evtchn_mask[port / 64], bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&shared_info->evtchn_mask[port / 64], ~bit, __ATOMIC_SEQ_CST);
}

TEST(ports_that_are_none)
{
	for (unsigned int i = 0; i < ARRAY(bad_ports); i++) {
		struct xen_evtchn_bind_vcpu v = {bad_ports[i], 0};
		struct xen_evtchn_unmask u = {bad_ports[i]};
		struct xen_evtchn_status s = {.dom = DOMID_SELF, .port = bad_ports[i]};
		struct xen_evtchn_bind_interdomain b = {own_domid(), bad_ports[i], 0};

		EQUAL(send(bad_ports[i]), -XEN_EINVAL);
		EQUAL(close_port(bad_ports[i]), -XEN_EINVAL);
		EQUAL(op(EVTCHNOP_bind_vcpu, &v), -XEN_EINVAL);
		EQUAL(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL);
		if (bad_ports[i] > 4095 || !bad_ports[i]) {
			EQUAL(op(EVTCHNOP_unmask, &u), -XEN_EINVAL);
			EQUAL(op(EVTCHNOP_status, &s), -XEN_EINVAL);
		}
	}
}

TEST(domains_that_are_none)
{
	static const uint16_t ids[] = {4711,	      DOMID_IO,	  DOMID_XEN,
				       DOMID_INVALID, DOMID_IDLE, 0xffff};

	for (unsigned int i = 0; i < ARRAY(ids); i++) {
		struct xen_evtchn_alloc_unbound a = {.dom = ids[i], .remote_dom = DOMID_SELF};
		struct xen_evtchn_bind_interdomain b = {.remote_dom = ids[i], .remote_port = 1};
		struct xen_evtchn_status s = {.dom = ids[i], .port = 1};
		struct xen_evtchn_reset r = {ids[i]};

		EQUAL(op(EVTCHNOP_alloc_unbound, &a), -XEN_ESRCH);
		EQUAL(op(EVTCHNOP_bind_interdomain, &b), -XEN_ESRCH);
		EQUAL(op(EVTCHNOP_status, &s), -XEN_ESRCH);
		EQUAL(op(EVTCHNOP_reset, &r), -XEN_ESRCH);
	}
}

/* Channels to oneself: both ends, sending, closing one of them. */
TEST(both_ends_of_a_channel)
{
	uint16_t self = own_domid();
	uint32_t there = unbound(self);
	struct xen_evtchn_bind_interdomain b = {self, there, 0};
	struct xen_evtchn_status s = {.dom = DOMID_SELF, .port = there};

	EQUAL(send(there), 0); /* nobody there yet */
	EQUAL(op(EVTCHNOP_bind_interdomain, &b), 0);
	CHECK(b.local_port != there);
	CHECK(pending(b.local_port)); /* at once: what was sent before is not lost */
	clear_pending(b.local_port);
	EQUAL(op(EVTCHNOP_status, &s), 0);
	CHECK(s.status == EVTCHNSTAT_interdomain && s.u.interdomain.port == b.local_port);
	EQUAL(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL); /* taken */
	EQUAL(send(b.local_port), 0);
	CHECK(pending(there) && !pending(b.local_port));
	clear_pending(there);
	EQUAL(close_port(b.local_port), 0);
	EQUAL(close_port(b.local_port), -XEN_EINVAL);
	EQUAL(op(EVTCHNOP_status, &s), 0);
	EQUAL(s.status, EVTCHNSTAT_unbound);
	EQUAL(s.u.unbound.dom, self);
	EQUAL(op(EVTCHNOP_bind_interdomain, &b), 0);
	EQUAL(close_port(there), 0);
	EQUAL(close_port(b.local_port), 0);
	clear_pending(b.local_port);
}

/* A port that is meant for another domain is not for us, even our own. */
TEST(channels_meant_for_others)
{
	uint16_t self = own_domid();
	uint32_t port = unbound(4711), other = unbound(0xfff0);
	struct xen_evtchn_bind_interdomain b = {self, port, 0};

	EQUAL(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL);
	b.remote_port = other;
	EQUAL(op(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL);
	EQUAL(close_port(port), 0);
	EQUAL(close_port(other), 0);
}

TEST(virtual_interrupts)
{
	struct xen_evtchn_bind_virq b = {.virq = VIRQ_TIMER, .vcpu = 0};
	struct xen_evtchn_bind_virq again = b;

	EQUAL(op(EVTCHNOP_bind_virq, &b), 0);
	EQUAL(op(EVTCHNOP_bind_virq, &again), -XEN_EEXIST);
	EQUAL(send(b.port), -XEN_EINVAL);
	struct xen_evtchn_bind_vcpu v = {b.port, 0};
	EQUAL(op(EVTCHNOP_bind_vcpu, &v), -XEN_EINVAL); /* it belongs to its vCPU */
	EQUAL(close_port(b.port), 0);
	EQUAL(op(EVTCHNOP_bind_virq, &again), 0);
	EQUAL(close_port(again.port), 0);
	for (uint32_t i = 24; i < 40; i++) {
		b.virq = i;
		EQUAL(op(EVTCHNOP_bind_virq, &b), -XEN_EINVAL);
	}
	b.virq = ~0u;
	EQUAL(op(EVTCHNOP_bind_virq, &b), -XEN_EINVAL);
	b = (struct xen_evtchn_bind_virq){.virq = VIRQ_TIMER, .vcpu = 4711};
	EQUAL(op(EVTCHNOP_bind_virq, &b), -XEN_ENOENT);
	b.vcpu = ~0u;
	EQUAL(op(EVTCHNOP_bind_virq, &b), -XEN_ENOENT);
	b = (struct xen_evtchn_bind_virq){.virq = VIRQ_CONSOLE, .vcpu = 1};
	EQUAL(op(EVTCHNOP_bind_virq, &b), -XEN_EINVAL); /* global */
}

TEST(moving_to_vcpus_that_are_none)
{
	uint32_t port = unbound(own_domid()), i = ipi(0);
	static const uint32_t bad[] = {8, 31, 32, 64, 4711, 1u << 31, ~0u};

	for (unsigned int n = 0; n < ARRAY(bad); n++) {
		struct xen_evtchn_bind_vcpu v = {port, bad[n]};
		struct xen_evtchn_bind_ipi b = {.vcpu = bad[n]};

		EQUAL(op(EVTCHNOP_bind_vcpu, &v), -XEN_ENOENT);
		EQUAL(op(EVTCHNOP_bind_ipi, &b), -XEN_ENOENT);
	}
	struct xen_evtchn_bind_vcpu v = {i, 0};
	EQUAL(op(EVTCHNOP_bind_vcpu, &v), -XEN_EINVAL); /* an IPI stays */
	v.port = port;
	v.vcpu = 1; /* one that is down */
	EQUAL(op(EVTCHNOP_bind_vcpu, &v), 0);
	EQUAL(close_port(port), 0);
	EQUAL(close_port(i), 0);
}

/* An event is delivered once, when it is not masked, and the mask is honoured. */
TEST(delivery_and_masks)
{
	uint32_t port = ipi(0);

	set_mask(port, true);
	events_on();
	events_seen = 0;
	EQUAL(send(port), 0);
	CHECK(pending(port) && events_seen == 0);
	struct xen_evtchn_unmask u = {port};
	EQUAL(op(EVTCHNOP_unmask, &u), 0);
	EQUAL(events_seen, 1);
	EQUAL(send(port), 0); /* pending already */
	EQUAL(events_seen, 1);
	clear_pending(port);
	shared_info->vcpu_info[0].evtchn_pending_sel = 0;
	events_off();
	EQUAL(send(port), 0);
	EQUAL(events_seen, 1);
	events_on();
	EQUAL(events_seen, 2);
	events_off();
	clear_pending(port);
	shared_info->vcpu_info[0].evtchn_pending_sel = 0;
	EQUAL(close_port(port), 0);
}

/* The shared words are the guest's to ruin: only its own events suffer. */
TEST(shared_words_full_of_ones)
{
	uint32_t port = ipi(0);
	uint64_t mask[64], pend[64];

	for (unsigned int i = 0; i < 64; i++) {
		mask[i] = shared_info->evtchn_mask[i];
		pend[i] = shared_info->evtchn_pending[i];
		shared_info->evtchn_mask[i] = shared_info->evtchn_pending[i] = ~0UL;
	}
	shared_info->vcpu_info[0].evtchn_pending_sel = ~0UL;
	EQUAL(send(port), 0);
	struct xen_evtchn_unmask u = {port};
	EQUAL(op(EVTCHNOP_unmask, &u), 0);
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0xff;
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0xff;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_yield), 0);
	EQUAL(CALL(HYPERCALL_xen_version, 0), 4 << 16 | 17);
	for (unsigned int i = 0; i < 64; i++) {
		shared_info->evtchn_mask[i] = mask[i];
		shared_info->evtchn_pending[i] = pend[i];
	}
	shared_info->vcpu_info[0].evtchn_pending_sel = 0;
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
	events_off();
	EQUAL(close_port(port), 0);
}

/* The table ends somewhere, and everything is free afterwards. */
TEST(all_ports_there_are)
{
	static uint16_t ports[4096];
	struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
	unsigned int n = 0;

	while (op(EVTCHNOP_alloc_unbound, &a) == 0) {
		CHECK(n < ARRAY(ports) && a.port && a.port < 4096);
		ports[n++] = (uint16_t)a.port;
	}
	CHECK(n > 500);
	EQUAL(op(EVTCHNOP_alloc_unbound, &a), -XEN_ENOSPC);
	struct xen_evtchn_bind_ipi b = {.vcpu = 0};
	EQUAL(op(EVTCHNOP_bind_ipi, &b), -XEN_ENOSPC);
	while (n)
		EQUAL(close_port(ports[--n]), 0);
	EQUAL(close_port(ipi(0)), 0);
}

TEST_DOM0(reset_closes_everything)
{
	uint32_t first = unbound(own_domid()), second = ipi(0);
	struct xen_evtchn_bind_interdomain b = {own_domid(), first, 0};
	struct xen_evtchn_bind_virq v = {.virq = VIRQ_TIMER};
	struct xen_evtchn_reset r = {DOMID_SELF};

	EQUAL(op(EVTCHNOP_bind_interdomain, &b), 0);
	EQUAL(op(EVTCHNOP_bind_virq, &v), 0);
	EQUAL(op(EVTCHNOP_reset, &r), 0);
	EQUAL(send(first), -XEN_EINVAL);
	EQUAL(send(second), -XEN_EINVAL);
	EQUAL(send(b.local_port), -XEN_EINVAL);
	EQUAL(op(EVTCHNOP_bind_virq, &v), 0);
	EQUAL(close_port(v.port), 0);
}

/* Operations of another design of this ABI: kernels fall back when they hear so. */
TEST(operations_not_offered)
{
	for (unsigned int cmd = EVTCHNOP_init_control; cmd < 40; cmd++)
		EQUAL(op(cmd, (void *)HOLE), -XEN_ENOSYS);
	EQUAL(op(~0u, (void *)HOLE), -XEN_ENOSYS);
	for (unsigned int cmd = 0; cmd <= EVTCHNOP_reset; cmd++)
		EQUAL(op(cmd, (void *)HOLE), -XEN_EFAULT);
}

/* An answer that cannot be written: nothing may be left behind in tables full of such ports. */
TEST(answers_that_cannot_be_written)
{
	struct xen_evtchn_bind_virq *b = page_alloc();
	struct xen_evtchn_bind_virq good = {.virq = VIRQ_TIMER};

	*b = good;
	EQUAL(protect(b), 0);
	EQUAL(op(EVTCHNOP_bind_virq, b), -XEN_EFAULT);
	long rc = op(EVTCHNOP_bind_virq, &good);
	CHECK(rc == 0 || rc == -XEN_EEXIST);
	for (uint32_t port = 1; rc && port < 100; port++) {
		struct xen_evtchn_status s = {.dom = DOMID_SELF, .port = port};

		if (!op(EVTCHNOP_status, &s) && s.status == EVTCHNSTAT_virq)
			EQUAL(close_port(port), 0);
	}
	if (!rc)
		EQUAL(close_port(good.port), 0);
}
