/* SPDX-License-Identifier: GPL-2.0-only */
/* event_channel_op: decoding only; core/evtchn*.c does the work. */
#include "abi/abi.h"
#include "core/evtchn.h"

static long send(struct domain *d, uint64_t arg)
{
	struct xen_evtchn_send op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	return evtchn_send(d, op.port);
}

static long close(struct domain *d, uint64_t arg)
{
	struct xen_evtchn_close op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	return evtchn_close(d, op.port);
}

static long unmask(struct domain *d, uint64_t arg)
{
	struct xen_evtchn_unmask op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	return evtchn_unmask(d, op.port);
}

static long bind_vcpu(struct domain *d, uint64_t arg)
{
	struct xen_evtchn_bind_vcpu op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	return evtchn_bind_vcpu(d, op.port, op.vcpu);
}

/* How far an interrupted reset came is kept in the upper bits of the command: the caller's own, so
 * that nothing is left behind if it does not come again. */
#define RESET_SHIFT 16

static long reset(struct domain *caller, uint64_t arg, uint32_t next)
{
	struct xen_evtchn_reset op;
	struct domain *d;
	long rc;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	d = domain_resolve(caller, op.dom);
	if (!d)
		return -XEN_ESRCH;
	rc = evtchn_reset(d, &next);
	domain_put(d);
	if (rc == -XEN_ERESTART)
		return abi_continue(EVTCHNOP_reset | (uint64_t)next << RESET_SHIFT, arg, 0, 0);
	return rc;
}

/* An operation whose answer goes back into its argument structure. */
#define IN_OUT(type, call)                       \
	({                                       \
		type op;                         \
		long _rc = ABI_READ(&op, arg);   \
		if (!_rc)                        \
			_rc = (call);            \
		if (!_rc && ABI_WRITE(arg, &op)) \
			_rc = -XEN_EFAULT;       \
		_rc;                             \
	})

long abi_event_channel_op(uint64_t cmd, uint64_t arg)
{
	struct vcpu *v = current_vcpu();
	struct domain *d = v->domain;

	if ((cmd & ((1u << RESET_SHIFT) - 1)) == EVTCHNOP_reset && cmd >> RESET_SHIFT < EVTCHN_MAX)
		return reset(d, arg, (uint32_t)(cmd >> RESET_SHIFT));
	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		return IN_OUT(struct xen_evtchn_alloc_unbound, evtchn_alloc_unbound(d, &op));
	case EVTCHNOP_bind_interdomain:
		return IN_OUT(struct xen_evtchn_bind_interdomain,
			      evtchn_bind_interdomain(d, v, &op));
	case EVTCHNOP_bind_virq:
		return IN_OUT(struct xen_evtchn_bind_virq, evtchn_bind_virq(d, &op));
	case EVTCHNOP_bind_ipi:
		return IN_OUT(struct xen_evtchn_bind_ipi, evtchn_bind_ipi(d, &op));
	case EVTCHNOP_bind_pirq:
		return IN_OUT(struct xen_evtchn_bind_pirq, evtchn_bind_pirq(d, &op));
	case EVTCHNOP_status:
		return IN_OUT(struct xen_evtchn_status, evtchn_status(d, &op));
	case EVTCHNOP_send:
		return send(d, arg);
	case EVTCHNOP_close:
		return close(d, arg);
	case EVTCHNOP_unmask:
		return unmask(d, arg);
	case EVTCHNOP_bind_vcpu:
		return bind_vcpu(d, arg);
	default: /* FIFO operations included: Linux falls back to the 2-level ABI */
		return abi_unknown("event_channel_op", cmd);
	}
}
