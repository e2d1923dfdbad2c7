/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's ACPI tables: found, parsed once at boot, kept in `acpi`. */
#include "machine/acpi.h"

#include "core/log.h"
#include "core/machine.h"
#include "machine/paging.h"

struct acpi_info acpi;

static const void *map_physical(paddr_t at, size_t bytes)
{
	return paging_map_firmware(at, bytes);
}

/* Without UEFI the RSDP lies on a 16-byte boundary in the last 128 KiB below 1 MiB (ACPI 5.2.5.1).
 */
static paddr_t search_rsdp(void)
{
	struct acpi_info scratch;

	for (paddr_t at = 0xe0000; at < 0x100000; at += 16)
		if (acpi_parse(at, map_physical, &scratch))
			return at;
	return 0;
}

void acpi_init(paddr_t rsdp)
{
	if (!rsdp)
		rsdp = search_rsdp();
	if (!rsdp || !acpi_parse(rsdp, map_physical, &acpi))
		panic("no ACPI tables: neither the loader nor the BIOS area has a valid RSDP");
	if (!acpi.cpu_count || !acpi.lapic_address)
		panic("ACPI: no usable MADT: processors and interrupts are unknown");
	log_info("ACPI: %u CPUs, %u I/O APICs, HPET %s, PM timer %s", acpi.cpu_count,
		 acpi.ioapic_count, acpi.hpet ? "yes" : "no", acpi.pm_timer_port ? "yes" : "no");
}
