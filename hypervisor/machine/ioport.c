/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which I/O ports a guest has: dom0 all but those of the devices that the hypervisor drives itself,
 * other domains none. PCI configuration access through 0xcf8/0xcfc is done for dom0, because both
 * of us use it: its address register is kept here, written by dom0 only.
 */
#include "machine/ioport.h"

#include "core/domain.h"
#include "machine/cpu_ops.h"
#include "machine/pci.h"
#include "machine/uart.h"

#define PCI_ADDRESS	 0xcf8
#define PCI_DATA	 0xcfc
#define PCI_DATA_LAST	 0xcff
#define TIMER_FIRST	 0x40 /* the interval timer */
#define TIMER_LAST	 0x43
#define PCI_ADDRESS_USED 0x80fffffcu

static uint32_t pci_address;

static const struct {
	uint16_t first, last;
} ours[] = {
	{0x20, 0x21}, /* interrupt controller */
	{TIMER_FIRST, TIMER_LAST},
	{0xa0, 0xa1},	/* second interrupt controller */
	{0x4d0, 0x4d1}, /* edge or level of its inputs */
};

static bool is_ours(uint16_t port)
{
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (port >= ours[i].first && port <= ours[i].last)
			return true;
	return uart_owns_port(port);
}

static bool may_use(const struct vcpu *v, uint16_t port, unsigned int bytes)
{
	if (!v->domain->privileged || port + bytes > 0x10000)
		return false;
	for (unsigned int i = 0; i < bytes; i++)
		if (is_ours((uint16_t)(port + i)))
			return false;
	return true;
}

static bool is_pci_data(uint16_t port, unsigned int bytes)
{
	return port >= PCI_DATA && port + bytes - 1 <= PCI_DATA_LAST;
}

/* The guest's kernel counts as ring 1, its programs as ring 3. */
bool ioport_allowed(const struct vcpu *v)
{
	return v->iopl >= (v->entry->user_mode ? 3 : 1);
}

static uint32_t all_ones(unsigned int bytes)
{
	return bytes == 4 ? ~0u : (1u << (8 * bytes)) - 1;
}

/*
 * What reads where there is no device: ones, as on a bus. But an interval timer that is not there
 * reads 0: Linux waits 50,000 reads for a counter to leave 0xff, and none at all for another value.
 */
static uint32_t nothing(uint16_t port, unsigned int bytes)
{
	return port >= TIMER_FIRST && port <= TIMER_LAST ? 0 : all_ones(bytes);
}

uint32_t ioport_read(const struct vcpu *v, uint16_t port, unsigned int bytes)
{
	if (!may_use(v, port, bytes))
		return nothing(port, bytes);
	if (port == PCI_ADDRESS && bytes == 4)
		return pci_address;
	if (is_pci_data(port, bytes))
		return pci_address >> 31 ? pci_conf1_read(pci_address, port - PCI_DATA, bytes)
					 : all_ones(bytes);
	switch (bytes) {
	case 1:
		return cpu_inb(port);
	case 2:
		return cpu_inw(port);
	default:
		return cpu_inl(port);
	}
}

void ioport_write(const struct vcpu *v, uint16_t port, unsigned int bytes, uint32_t value)
{
	if (!may_use(v, port, bytes))
		return;
	if (port == PCI_ADDRESS && bytes == 4) {
		pci_address = value & PCI_ADDRESS_USED;
		return;
	}
	if (is_pci_data(port, bytes)) {
		if (pci_address >> 31)
			pci_conf1_write(pci_address, port - PCI_DATA, bytes, value);
		return;
	}
	switch (bytes) {
	case 1:
		cpu_outb(port, (uint8_t)value);
		break;
	case 2:
		cpu_outw(port, (uint16_t)value);
		break;
	default:
		cpu_outl(port, value);
		break;
	}
}
