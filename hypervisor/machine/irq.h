/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts. dom0 knows them by pirq number: a pirq below irq_gsi_count() is the GSI of
 * that number, those above are MSIs, one each. Binding one to an event channel is core's business
 * (machine_irq_bind in core/machine.h).
 */
#ifndef SHOJI_MACHINE_IRQ_H
#define SHOJI_MACHINE_IRQ_H

#include "core/domain.h"
#include "machine/pci.h"

#define PIRQS_MAX 512

void irq_init_bsp(void);
void irq_handle(unsigned int vector); /* from entry code; acknowledges it */
/* Use an ISA interrupt for ourselves: 0 or -XEN_E…. The handler runs on any CPU. */
int irq_claim_isa(unsigned int isa_irq, void (*handler)(void *), void *data);

unsigned int irq_gsi_count(void);
/* For physdev_op; d is the control domain. All return 0 or -XEN_E…. */
int irq_guest_setup_gsi(unsigned int gsi, bool level, bool active_low);
int irq_guest_map_gsi(unsigned int gsi); /* its pirq is the GSI itself */
/* Makes a pirq for an MSI (index 0) or MSI-X entry; *pirq < 0: choose one. */
int irq_guest_map_msi(struct pci_function f, bool msix, unsigned int index, int *pirq);
int irq_guest_unmap(unsigned int pirq);
int irq_guest_eoi(unsigned int pirq);
int irq_guest_status(unsigned int pirq, uint32_t *flags); /* XENIRQSTAT_* */
int irq_guest_free_pirq(int *pirq);			  /* set one aside for map_msi */
/* A page where dom0 sees, a bit per pirq, which need PHYSDEVOP_eoi. NULL: none. */
int irq_guest_set_eoi_map(uint8_t *page);
int irq_guest_restore_msi(struct pci_function f); /* its registers were lost */

#endif
