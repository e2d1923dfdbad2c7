/* SPDX-License-Identifier: GPL-2.0-only */
/* What the firmware and the boot program said, for core and abi. */
#include "machine/acpi.h"
#include "init/main.h"

#include "core/machine.h"

const struct boot_info *machine_boot_info(void)
{
	return boot_info;
}

uint32_t machine_cpu_acpi_id(unsigned int cpu)
{
	uint32_t id = machine_cpu(cpu)->apic_id;

	for (unsigned int i = 0; i < acpi.cpu_count; i++)
		if (acpi.apic_id[i] == id)
			return acpi.acpi_id[i];
	return 0;
}
