/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest kernel registers about its own vCPU: trap table, callbacks, kernel stack, segment
 * bases, debug registers, assists. Every address is checked once, here, so that entry code can
 * trust it.
 */
#include "abi/abi.h"

#include "lib/string.h"
#include "shoji/callback.h"

long abi_set_trap_table(uint64_t table)
{
	struct vcpu *v = current_vcpu();
	struct xen_trap_info t;

	if (!table) {
		memset(v->traps, 0, sizeof(v->traps));
		machine_vcpu_handlers_changed(v);
		return 0;
	}
	for (;;) {
		if (ABI_READ(&t, table))
			return -XEN_EFAULT;
		if (!t.address)
			return 0;
		if (!guest_canonical(t.address))
			return -XEN_EINVAL;
		t.cs |= 3;
		v->traps[t.vector] = t;
		machine_vcpu_handlers_changed(v);
		table += sizeof(t);
		preempt_charge(60);
		if (preempt_due())
			return abi_continue(table, 0, 0, 0);
	}
}

static void mask_flag(struct vcpu *v, unsigned int type, bool on)
{
	v->callback_mask &= (uint8_t) ~(1u << type);
	if (on)
		v->callback_mask |= (uint8_t)(1u << type);
}

static long register_callback(struct vcpu *v, uint16_t type, uint16_t flags, uint64_t address)
{
	bool mask = flags & CALLBACKF_mask_events;

	if (!guest_canonical(address))
		return -XEN_EINVAL;
	switch (type) {
	case CALLBACKTYPE_event:
		v->callback_event = address;
		return 0;
	case CALLBACKTYPE_failsafe:
		v->callback_failsafe = address;
		mask_flag(v, type, mask);
		return 0;
	case CALLBACKTYPE_syscall:
		v->callback_syscall = address;
		mask_flag(v, type, mask);
		machine_vcpu_handlers_changed(v);
		return 0;
	case CALLBACKTYPE_syscall32:
		v->callback_syscall32 = address;
		mask_flag(v, type, mask);
		return 0;
	case CALLBACKTYPE_sysenter:
		v->callback_sysenter = address;
		mask_flag(v, type, mask);
		return 0;
	case CALLBACKTYPE_nmi:
		v->nmi_callback = address;
		return 0;
	default:
		return -XEN_ENOSYS;
	}
}

static long callback_register(struct vcpu *v, uint64_t arg)
{
	struct xen_callback_register op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	return register_callback(v, op.type, op.flags, op.address);
}

static long callback_unregister(struct vcpu *v, uint64_t arg)
{
	struct xen_callback_unregister op;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	switch (op.type) {
	case CALLBACKTYPE_event:
	case CALLBACKTYPE_failsafe:
	case CALLBACKTYPE_syscall:
		return -XEN_EINVAL; /* a guest cannot do without */
	default:
		return register_callback(v, op.type, 0, 0);
	}
}

long abi_callback_op(uint64_t cmd, uint64_t arg)
{
	switch (cmd) {
	case CALLBACKOP_register:
		return callback_register(current_vcpu(), arg);
	case CALLBACKOP_unregister:
		return callback_unregister(current_vcpu(), arg);
	default:
		return abi_unknown("callback_op", cmd);
	}
}

long abi_set_callbacks(uint64_t event, uint64_t failsafe, uint64_t syscall)
{
	struct vcpu *v = current_vcpu();

	if (!guest_canonical(event) || !guest_canonical(failsafe) || !guest_canonical(syscall))
		return -XEN_EINVAL;
	v->callback_event = event;
	v->callback_failsafe = failsafe;
	v->callback_syscall = syscall;
	machine_vcpu_handlers_changed(v);
	return 0;
}

long abi_stack_switch(uint64_t ss, uint64_t sp)
{
	struct vcpu *v = current_vcpu();

	v->kernel_ss = (uint16_t)(ss | 3);
	v->kernel_sp = sp;
	machine_vcpu_handlers_changed(v);
	return 0;
}

long abi_fpu_taskswitch(uint64_t set)
{
	current_vcpu()->fpu_taskswitch = set;
	machine_set_ts(set);
	return 0;
}

long abi_set_segment_base(uint64_t which, uint64_t base)
{
	struct vcpu *v = current_vcpu();

	switch (which) {
	case SEGBASE_FS:
	case SEGBASE_GS_USER:
	case SEGBASE_GS_KERNEL:
		if (!guest_canonical(base))
			return -XEN_EINVAL;
		break;
	case SEGBASE_GS_USER_SEL:
		break;
	default:
		return -XEN_EINVAL;
	}
	machine_set_segment_base(v, (unsigned int)which, base);
	return 0;
}

long abi_set_debugreg(uint64_t reg, uint64_t value)
{
	return machine_set_debugreg(current_vcpu(), (unsigned int)MIN(reg, 8UL), value);
}

long abi_get_debugreg(uint64_t reg)
{
	struct vcpu *v = current_vcpu();

	if (reg == 4 || reg == 5)
		reg += 2;
	return reg < 8 ? (long)v->debugreg[reg] : -XEN_EINVAL;
}

long abi_vm_assist(uint64_t cmd, uint64_t type)
{
	struct domain *d = current_vcpu()->domain;
	struct vcpu *v;

	if (type >= 64 || !(VM_ASSISTS >> type & 1))
		return -XEN_EINVAL;
	if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable)
		return -XEN_ENOSYS;

	if (cmd == VMASST_CMD_enable)
		__atomic_fetch_or(&d->vm_assist, 1UL << type, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&d->vm_assist, ~(1UL << type), __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v) machine_vcpu_assists_changed(v);
	return 0;
}
