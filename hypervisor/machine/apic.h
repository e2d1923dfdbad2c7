/* SPDX-License-Identifier: GPL-2.0-only */
/* The local APIC, in xAPIC (memory) or x2APIC (MSR) mode, the same interface for both. */
#ifndef SHOJI_MACHINE_APIC_H
#define SHOJI_MACHINE_APIC_H

#include "lib/types.h"

void apic_init_bsp(void); /* chooses the mode, measures the timer */
void apic_init_ap(void);
uint32_t apic_id(void);
void apic_eoi(void);
/* Both wait until an earlier IPI of this CPU has been accepted. */
void apic_send_ipi(uint32_t apic_id, uint8_t vector);
void apic_send_self(uint8_t vector); /* also from an NMI */
void apic_send_nmi(uint32_t apic_id);
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint8_t page);
bool apic_is_x2(void);

/* One-shot timer: interrupt in about `ns` from now (at least 1); 0 stops it. */
void apic_timer_start(uint64_t ns);

#endif
