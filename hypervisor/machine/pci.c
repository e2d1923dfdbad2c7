/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space (PCI Local Bus 3.0, 3.2.2.3.2). The pair of ports is one resource: it is
 * used under a lock, by us for interrupts of devices and on behalf of dom0.
 */
#include "machine/pci.h"

#include "core/lock.h"
#include "machine/cpu_ops.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA    0xcfc
#define ENABLE	     (1u << 31)

#define PCI_STATUS	 0x06
#define STATUS_HAS_CAPS	 0x10
#define PCI_BAR0	 0x10
#define PCI_CAPABILITIES 0x34
#define BAR_IO		 1u
#define BAR_TYPE	 6u
#define BAR_TYPE_64	 4u
#define CAPABILITIES_MAX 48 /* more do not fit: the list is a ring */

static struct spinlock lock = SPINLOCK(LOCK_CONSOLE);

uint32_t pci_conf1_read(uint32_t address, unsigned int byte, unsigned int bytes)
{
	uint16_t port = (uint16_t)(PORT_DATA + byte);
	uint32_t value;

	spin_lock(&lock);
	cpu_outl(PORT_ADDRESS, address);
	if (bytes == 1)
		value = cpu_inb(port);
	else if (bytes == 2)
		value = cpu_inw(port);
	else
		value = cpu_inl(port);
	spin_unlock(&lock);
	return value;
}

void pci_conf1_write(uint32_t address, unsigned int byte, unsigned int bytes, uint32_t value)
{
	uint16_t port = (uint16_t)(PORT_DATA + byte);

	spin_lock(&lock);
	cpu_outl(PORT_ADDRESS, address);
	if (bytes == 1)
		cpu_outb(port, (uint8_t)value);
	else if (bytes == 2)
		cpu_outw(port, (uint16_t)value);
	else
		cpu_outl(port, value);
	spin_unlock(&lock);
}

static uint32_t address_of(struct pci_function f, unsigned int offset)
{
	return ENABLE | (uint32_t)f.bus << 16 | (uint32_t)f.devfn << 8 | (offset & 0xfc);
}

uint32_t pci_read(struct pci_function f, unsigned int offset, unsigned int bytes)
{
	return pci_conf1_read(address_of(f, offset), offset & 3, bytes);
}

void pci_write(struct pci_function f, unsigned int offset, unsigned int bytes, uint32_t value)
{
	pci_conf1_write(address_of(f, offset), offset & 3, bytes, value);
}

bool pci_present(struct pci_function f)
{
	return pci_read(f, 0, 2) != 0xffff;
}

unsigned int pci_find_capability(struct pci_function f, uint8_t id)
{
	unsigned int at;

	if (!(pci_read(f, PCI_STATUS, 2) & STATUS_HAS_CAPS))
		return 0;
	at = pci_read(f, PCI_CAPABILITIES, 1) & 0xfc;
	for (unsigned int n = 0; at >= 0x40 && n < CAPABILITIES_MAX; n++) {
		uint32_t header = pci_read(f, at, 2);

		if ((header & 0xff) == id)
			return at;
		at = header >> 8 & 0xfc;
	}
	return 0;
}

paddr_t pci_bar(struct pci_function f, unsigned int n)
{
	uint32_t low = pci_read(f, PCI_BAR0 + 4 * n, 4);
	paddr_t at = low & ~0xfu;

	if (n > 5 || (low & BAR_IO))
		return 0;
	if ((low & BAR_TYPE) == BAR_TYPE_64 && n < 5)
		at |= (paddr_t)pci_read(f, PCI_BAR0 + 4 * (n + 1), 4) << 32;
	return at;
}
