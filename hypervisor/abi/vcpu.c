/* SPDX-License-Identifier: GPL-2.0-only */
/* vcpu_op: operations on the vCPUs of the caller's own domain. */
#include "abi/abi.h"
#include "core/frame.h"
#include "shoji/vcpu.h"

/* The context record is too large for a stack: 5 KiB. */
static long initialise(struct vcpu *v, uint64_t arg)
{
	struct xen_vcpu_guest_context *c;
	long rc;

	if (v->is_initialised)
		return -XEN_EEXIST;
	c = hv_alloc(sizeof(*c));
	if (!c)
		return -XEN_ENOMEM;
	rc = ABI_READ(c, arg);
	if (!rc)
		rc = vcpu_first_context(v, c);
	hv_free(c);
	return rc == -XEN_ERESTART ? abi_continue(VCPUOP_initialise, v->id, arg, 0) : rc;
}

static long register_info(struct vcpu *v, uint64_t arg)
{
	struct xen_vcpu_register_vcpu_info op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	return vcpu_register_info(v, mfn(op.mfn), op.offset);
}

static long register_area(struct vcpu *v, uint64_t arg, int (*how)(struct vcpu *, gva_t))
{
	uint64_t area;

	if (ABI_READ(&area, arg))
		return -XEN_EFAULT;
	return how(v, gva(area));
}

static long get_runstate(struct vcpu *v, uint64_t arg)
{
	struct xen_vcpu_runstate_info r;

	vcpu_get_runstate(v, &r);
	return ABI_WRITE(arg, &r);
}

static long set_periodic(struct vcpu *v, uint64_t arg)
{
	struct xen_vcpu_set_periodic_timer op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	return vcpu_set_periodic(v, op.period_ns);
}

static long set_singleshot(struct vcpu *v, uint64_t arg)
{
	struct xen_vcpu_set_singleshot_timer op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	return vcpu_set_singleshot(v, op.timeout_abs_ns, op.flags & VCPU_SSHOTTMR_future);
}

/* Timers are per CPU and lock-free for their vCPU only: the caller's own. */
static long timer_call(struct vcpu *v, uint64_t cmd, uint64_t arg)
{
	if (v != current_vcpu())
		return -XEN_EINVAL;
	switch (cmd) {
	case VCPUOP_set_periodic_timer:
		return set_periodic(v, arg);
	case VCPUOP_stop_periodic_timer:
		return vcpu_set_periodic(v, 0);
	case VCPUOP_set_singleshot_timer:
		return set_singleshot(v, arg);
	default:
		timer_stop(&v->singleshot);
		return 0;
	}
}

long abi_vcpu_op(uint64_t cmd, uint64_t id, uint64_t arg)
{
	struct domain *d = current_vcpu()->domain;
	struct vcpu *v = id < d->max_vcpus ? d->vcpu[machine_clamp(id, MAX_VCPUS)] : NULL;

	if (!v)
		return -XEN_ENOENT;
	switch (cmd) {
	case VCPUOP_initialise:
		return initialise(v, arg);
	case VCPUOP_up:
		return vcpu_up(v);
	case VCPUOP_down:
		vcpu_down(v);
		return 0;
	case VCPUOP_is_up:
		return !(__atomic_load_n(&v->pause_flags, __ATOMIC_RELAXED) & VPAUSE_DOWN);
	case VCPUOP_get_runstate_info:
		return get_runstate(v, arg);
	case VCPUOP_register_runstate_memory_area:
		return register_area(v, arg, vcpu_register_runstate);
	case VCPUOP_register_vcpu_time_memory_area:
		return register_area(v, arg, vcpu_register_time);
	case VCPUOP_register_vcpu_info:
		return register_info(v, arg);
	case VCPUOP_set_periodic_timer:
	case VCPUOP_stop_periodic_timer:
	case VCPUOP_set_singleshot_timer:
	case VCPUOP_stop_singleshot_timer:
		return timer_call(v, cmd, arg);
	case VCPUOP_send_nmi:
		vcpu_send_nmi(v);
		return 0;
	default:
		return abi_unknown("vcpu_op", cmd);
	}
}
