/* SPDX-License-Identifier: GPL-2.0-only */
/* What the firmware, the boot program and its options said: written at start, read by all. */
#include "machine/board.h"

#include "core/machine.h"
#include "machine/acpi.h"
#include "machine/options.h"

struct acpi_info acpi;
struct boot_info boot_info;
struct options options;

const struct boot_info *machine_boot_info(void)
{
	return &boot_info;
}

uint32_t machine_cpu_acpi_id(unsigned int cpu)
{
	uint32_t id = machine_cpu(cpu)->apic_id;

	for (unsigned int i = 0; i < acpi.cpu_count; i++)
		if (acpi.apic_id[i] == id)
			return acpi.acpi_id[i];
	return 0;
}
