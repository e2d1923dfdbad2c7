/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does this CPU read through page-table entries that forbid it (Meltdown, CVE-2017-5754), so that a
 * guest's tables must not show the hypervisor's memory? AMD's never did; Intel's say by
 * IA32_ARCH_CAPABILITIES.RDCL_NO when they do not any more. The option pti= (or xpti=) overrides.
 */
#include "init/isolation.h"

#include "core/log.h"
#include "core/mm_companion.h"
#include "machine/cpu_ops.h"
#include "machine/options.h"
#include "machine/paging.h"

#define MSR_ARCH_CAPABILITIES 0x10a
#define RDCL_NO		      1ULL
#define LEAF7_EDX_ARCH_CAPS   (1u << 29)

static bool cpu_is_open(void)
{
	uint32_t r[4];

	cpu_cpuid(0, 0, r);
	if (r[2] == 0x444d4163 || r[2] == 0x656e6975) /* "cAMD", Hygon's "uine" */
		return false;
	if (r[0] < 7)
		return true;
	cpu_cpuid(7, 0, r);
	return !(r[3] & LEAF7_EDX_ARCH_CAPS) || !(cpu_rdmsr(MSR_ARCH_CAPABILITIES) & RDCL_NO);
}

void isolation_init(void)
{
	mm_isolation = options.pti < 0 ? cpu_is_open() : options.pti;
}

void isolation_log(void)
{
	bool open = cpu_is_open();

	paging_check_entry_slots();
	if (mm_isolation || !open)
		log_info("page-table isolation: %s (%s; the CPU is %s to Meltdown)",
			 mm_isolation ? "on" : "off", options.pti < 0 ? "default" : "by option",
			 open ? "open" : "not open");
	else
		log_warn("page-table isolation is off by option: guests may read all memory of "
			 "this machine (Meltdown)");
}
