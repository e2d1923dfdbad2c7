/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op: the machine as dom0's kernel needs it: wall clock, firmware, processors, sleep.
 * Processors' power states are accepted and not used: idle CPUs halt. Calls of UEFI's run-time
 * services are not carried out, so dom0 has no access to the firmware's variables.
 */
#include "abi/platform.h"

#include "abi/abi.h"
#include "core/time_info.h"

#define NSEC_PER_SEC 1000000000u

static long set_time(uint64_t seconds, uint32_t nsec, nsec_t at)
{
	if (nsec >= NSEC_PER_SEC || seconds >> 40)
		return -XEN_EINVAL;
	time_info_set_wallclock(seconds, nsec, at);
	return 0;
}

static long set_time64(const struct xen_pf_settime64 *t)
{
	return t->mbz ? -XEN_EOPNOTSUPP : set_time(t->secs, t->nsecs, t->system_time);
}

static long sleep(const struct xen_pf_enter_acpi_sleep *s)
{
	if (s->flags & XENPF_ACPI_SLEEP_EXTENDED)
		return -XEN_EOPNOTSUPP;
	return machine_sleep(s->sleep_state, s->val_a, s->val_b);
}

static long cpu_info(struct xen_pf_pcpuinfo *p)
{
	unsigned int count = machine_cpu_count();

	p->max_present = count - 1;
	if (p->xen_cpuid >= count) {
		p->flags = XEN_PCPU_FLAGS_INVALID;
		p->apic_id = p->acpi_id = 0;
		return 0;
	}
	p->flags = XEN_PCPU_FLAGS_ONLINE;
	p->apic_id = machine_cpu(p->xen_cpuid)->apic_id;
	p->acpi_id = machine_cpu_acpi_id(p->xen_cpuid);
	return 0;
}

static long power_info(const struct xen_pf_set_processor_pminfo *p)
{
	return p->type <= XEN_PM_PDC ? 0 : -XEN_EINVAL;
}

static long core_parking(struct xen_pf_core_parking *p)
{
	if (p->type != XEN_CORE_PARKING_GET)
		return -XEN_EOPNOTSUPP;
	p->idle_nums = 0;
	return 0;
}

static long run(struct xen_platform_op *op)
{
	switch (op->cmd) {
	case XENPF_settime32:
		return set_time(op->u.settime32.secs, op->u.settime32.nsecs,
				op->u.settime32.system_time);
	case XENPF_settime64:
		return set_time64(&op->u.settime64);
	case XENPF_firmware_info:
		return platform_firmware_info(&op->u.firmware_info);
	case XENPF_enter_acpi_sleep:
		return sleep(&op->u.enter_acpi_sleep);
	case XENPF_get_cpuinfo:
		return cpu_info(&op->u.pcpu_info);
	case XENPF_set_processor_pminfo:
		return power_info(&op->u.set_pminfo);
	case XENPF_core_parking:
		return core_parking(&op->u.core_parking);
	case XENPF_cpu_online:
	case XENPF_cpu_offline:
		return -XEN_EOPNOTSUPP;
	default:
		return abi_unknown("platform_op", op->cmd);
	}
}

long abi_platform_op(uint64_t arg)
{
	struct xen_platform_op op;
	long rc;

	if (ABI_READ(&op, arg))
		return -XEN_EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -XEN_EACCES;
	rc = run(&op);
	if (!rc && ABI_WRITE(arg, &op))
		return -XEN_EFAULT;
	return rc;
}
