/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's ACPI tables: found, parsed once at boot, kept in `acpi`. */
#include "machine/acpi.h"

#include "core/log.h"
#include "core/machine.h"
#include "init/power_s5.h"
#include "machine/paging.h"

#define AML_HEADER 36

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

/* While the tables are there: dom0 may make use of their memory. */
static bool find_s5(uint8_t types[2])
{
	const uint8_t *header = acpi.dsdt ? paging_map_firmware(acpi.dsdt, AML_HEADER) : NULL;
	const uint8_t *table;
	uint32_t size;

	if (!header)
		return false;
	size = *(const uint32_t *)(header + 4);
	table = size > AML_HEADER ? paging_map_firmware(acpi.dsdt, size) : NULL;
	return table && power_find_s5(table + AML_HEADER, size - AML_HEADER, types);
}

void acpi_init(paddr_t rsdp)
{
	if (!rsdp)
		rsdp = search_rsdp();
	if (!rsdp || !acpi_parse(rsdp, map_physical, &acpi))
		panic("no ACPI tables: neither the loader nor the BIOS area has a valid RSDP");
	if (!acpi.cpu_count || !acpi.lapic_address)
		panic("ACPI: no usable MADT: processors and interrupts are unknown");
	acpi.has_s5 = find_s5(acpi.s5);
	log_info("ACPI: %u CPUs, %u I/O APICs, HPET %s, PM timer %s", acpi.cpu_count,
		 acpi.ioapic_count, acpi.hpet ? "yes" : "no", acpi.pm_timer_port ? "yes" : "no");
}
