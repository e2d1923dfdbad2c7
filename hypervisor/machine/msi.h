/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Message-signalled interrupts of a PCI function, MSI and MSI-X. dom0 decides that a device uses
 * them; the messages are written here, because they name CPUs and vectors. Callers hold the
 * interrupt lock.
 */
#ifndef SHOJI_MACHINE_MSI_H
#define SHOJI_MACHINE_MSI_H

#include "machine/pci.h"

struct msi_entry {
	struct pci_function f;
	bool msix;
	uint16_t index;		  /* MSI-X: entry of its table; MSI: 0 */
	uint8_t capability;	  /* offset in configuration space */
	volatile uint32_t *table; /* MSI-X: the entry, 4 words */
};

/* Find the capability and, for MSI-X, map the entry: 0, -XEN_ENODEV, -XEN_EINVAL. */
int msi_open(struct msi_entry *e, struct pci_function f, bool msix, unsigned int index);
void msi_write(const struct msi_entry *e, uint32_t apic_id, uint8_t vector);
void msi_mask(const struct msi_entry *e, bool masked); /* MSI without a mask: not possible */

#endif
