/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched_op and set_timer_op: giving up the CPU, waiting for events, ending the domain.
 *
 * The vCPU that blocks is marked first and looks for events afterwards, so that an event which
 * comes in between wakes it. The CPU is given up on the way out (core_exit).
 */
#include "abi/abi.h"
#include "core/evtchn.h"
#include "core/sched.h"
#include "lib/bits.h"
#include "shoji/sched.h"

#define POLL_PORTS_MAX 128

static long block(struct vcpu *v)
{
	v->info->evtchn_upcall_mask = 0;
	vcpu_stop(v, VPAUSE_BLOCKED);
	if (__atomic_load_n(&v->info->evtchn_upcall_pending, __ATOMIC_SEQ_CST) || v->nmi_pending)
		vcpu_wake(v, VPAUSE_BLOCKED);
	return 0;
}

static long shutdown(struct domain *d, uint64_t arg)
{
	struct xen_sched_shutdown op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	if (op.reason > SHUTDOWN_MAX)
		return -XEN_EINVAL;
	domain_shutdown(d, (uint8_t)op.reason);
	return 0;
}

static long shutdown_code(struct domain *d, uint64_t arg)
{
	struct xen_sched_shutdown op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	if (op.reason > SHUTDOWN_MAX)
		return -XEN_EINVAL;
	spin_lock(&d->lock);
	d->shutdown_code = (uint8_t)op.reason;
	spin_unlock(&d->lock);
	return 0;
}

static long remote_shutdown(struct domain *caller, uint64_t arg)
{
	struct xen_sched_remote_shutdown op;
	struct domain *d;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	if (!caller->privileged)
		return -XEN_EPERM;
	d = op.domain_id == caller->id.id ? NULL : domain_get(domid(op.domain_id));
	if (!d)
		return -XEN_ESRCH;
	domain_shutdown(d, (uint8_t)MIN(op.reason, (uint32_t)SHUTDOWN_MAX));
	domain_put(d);
	return 0;
}

static void stop_polling(struct vcpu *v)
{
	__atomic_store_n(&v->poll_port, 0, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&v->domain->polling, 1, __ATOMIC_SEQ_CST);
}

/* Is one of the ports pending (masked or not)? -XEN_EFAULT, -XEN_EINVAL, 0 or 1. */
static int any_pending(struct domain *d, const struct xen_sched_poll *op)
{
	for (uint32_t i = 0; i < op->nr_ports; i++) {
		uint32_t port;

		if (guest_read_at(&port, gva(op->ports), i, sizeof(port)))
			return -XEN_EFAULT;
		if (port >= EVTCHN_MAX)
			return -XEN_EINVAL;
		if (bit_test(d->shared_info->evtchn_pending, port))
			return 1;
	}
	return 0;
}

static int64_t single_port(const struct xen_sched_poll *op)
{
	uint32_t port;

	if (op->nr_ports != 1 || guest_read(&port, gva(op->ports), sizeof(port)))
		return -1;
	return port;
}

/*
 * Woken by a port, an event or the timeout, the guest goes on behind the call; the marks are taken
 * away by the next poll or here.
 */
static long poll(struct vcpu *v, uint64_t arg)
{
	struct xen_sched_poll op;
	int rc;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	if (op.nr_ports > POLL_PORTS_MAX)
		return -XEN_EINVAL;
	if (v->poll_port)
		stop_polling(v);
	__atomic_fetch_add(&v->domain->polling, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->poll_port, op.nr_ports ? single_port(&op) : -1, __ATOMIC_SEQ_CST);
	vcpu_stop(v, VPAUSE_BLOCKED);
	rc = any_pending(v->domain, &op);
	if (rc || __atomic_load_n(&v->info->evtchn_upcall_pending, __ATOMIC_SEQ_CST)) {
		stop_polling(v);
		vcpu_wake(v, VPAUSE_BLOCKED);
		return MIN(rc, 0);
	}
	timer_stop(&v->poll_timer);
	if (op.timeout) {
		timer_move(&v->poll_timer, this_cpu()->id);
		timer_set(&v->poll_timer, op.timeout);
	}
	return 0;
}

long abi_sched_op(uint64_t cmd, uint64_t arg)
{
	struct vcpu *v = current_vcpu();

	switch (cmd) {
	case SCHEDOP_yield:
		sched_yield(v);
		return 0;
	case SCHEDOP_block:
		return block(v);
	case SCHEDOP_shutdown:
		return shutdown(v->domain, arg);
	case SCHEDOP_shutdown_code:
		return shutdown_code(v->domain, arg);
	case SCHEDOP_poll:
		return poll(v, arg);
	case SCHEDOP_remote_shutdown:
		return remote_shutdown(v->domain, arg);
	default:
		return abi_unknown("sched_op", cmd);
	}
}

/* Absolute system time in ns; 0 stops the timer. A time that has passed fires at once. */
long abi_set_timer_op(uint64_t deadline)
{
	struct vcpu *v = current_vcpu();

	if (!deadline) {
		timer_stop(&v->singleshot);
		return 0;
	}
	return vcpu_set_singleshot(v, deadline, false);
}
