/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O APICs: one redirection entry per global system interrupt. Callers hold the interrupt lock. */
#ifndef SHOJI_MACHINE_IOAPIC_H
#define SHOJI_MACHINE_IOAPIC_H

#include "lib/types.h"

struct ioapic_route {
	uint8_t vector;
	uint32_t apic_id; /* below 256 */
	bool level, active_low, masked;
};

void ioapic_init(void);		     /* maps all, masks all entries; the old PICs too */
unsigned int ioapic_gsi_count(void); /* GSIs are 0 .. count-1; there may be holes */
bool ioapic_has(unsigned int gsi);
void ioapic_route(unsigned int gsi, const struct ioapic_route *r);
void ioapic_mask(unsigned int gsi, bool masked);
/* For PHYSDEVOP_apic_read: register `reg` of the I/O APIC at `at`; false: no such one. */
bool ioapic_read_register(paddr_t at, uint32_t reg, uint32_t *value);

#endif
