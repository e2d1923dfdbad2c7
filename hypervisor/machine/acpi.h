/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hypervisor takes from the firmware's ACPI tables: processors, interrupts, clocks. */
#ifndef SHOJI_MACHINE_ACPI_H
#define SHOJI_MACHINE_ACPI_H

#include "core/config.h"
#include "lib/types.h"

#define ACPI_IOAPICS_MAX   8
#define ACPI_OVERRIDES_MAX 24

struct acpi_ioapic {
	uint32_t id, gsi_base;
	paddr_t address;
};

struct acpi_override { /* ISA interrupt `irq` arrives at `gsi` */
	uint8_t irq;
	uint32_t gsi;
	bool active_low, level;
};

struct acpi_info {
	paddr_t rsdp;
	unsigned int cpu_count;
	uint32_t apic_id[MAX_CPUS]; /* enabled processors, in MADT order */
	uint32_t acpi_id[MAX_CPUS];
	paddr_t lapic_address;
	unsigned int ioapic_count;
	struct acpi_ioapic ioapic[ACPI_IOAPICS_MAX];
	unsigned int override_count;
	struct acpi_override override[ACPI_OVERRIDES_MAX];
	paddr_t hpet;		/* 0: none */
	uint16_t pm_timer_port; /* 0: none */
	bool pm_timer_32bit;
	paddr_t dsdt;			     /* 0: none */
	uint16_t pm1a_control, pm1b_control; /* ports, 0: none */
	bool has_s5;
	uint8_t s5[2];	     /* the sleep types of S5 (off) for both */
	uint16_t reset_port; /* 0: none */
	uint8_t reset_value;
	paddr_t mcfg_base; /* PCI segment 0's ECAM, 0: none */
	uint8_t mcfg_first_bus, mcfg_last_bus;
};

/*
 * Pure: parse tables reached through `map`, which returns a readable pointer to `bytes` of physical
 * memory, or NULL. False: no usable RSDP. Missing tables leave their fields 0.
 */
typedef const void *(*acpi_map_fn)(paddr_t at, size_t bytes);
bool acpi_parse(paddr_t rsdp, acpi_map_fn map, struct acpi_info *out);

extern struct acpi_info acpi; /* the machine's, after acpi_init() */
void acpi_init(paddr_t rsdp); /* panics without a MADT: no way to deliver interrupts */

#endif
