/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space by mechanism 1 (ports 0xcf8, 0xcfc), the first 256 bytes of a function.
 */
#ifndef SHOJI_MACHINE_PCI_H
#define SHOJI_MACHINE_PCI_H

#include "lib/types.h"

/* `address` as written to port 0xcf8, `byte` 0..3 within the dword, `bytes` 1, 2 or 4. */
uint32_t pci_conf1_read(uint32_t address, unsigned int byte, unsigned int bytes);
void pci_conf1_write(uint32_t address, unsigned int byte, unsigned int bytes, uint32_t value);

/* A function of segment 0. */
struct pci_function {
	uint8_t bus, devfn;
};

uint32_t pci_read(struct pci_function f, unsigned int offset, unsigned int bytes);
void pci_write(struct pci_function f, unsigned int offset, unsigned int bytes, uint32_t value);
bool pci_present(struct pci_function f);
/* Offset of a capability in the list, or 0. */
unsigned int pci_find_capability(struct pci_function f, uint8_t id);
/* Physical address of memory BAR n (0..5), 0: none or not memory. */
paddr_t pci_bar(struct pci_function f, unsigned int n);

#endif
