/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSI and MSI-X (PCI Local Bus 3.0, 6.8). A function's MSI-X table is mapped once, in full, and
 * stays mapped; it is found through its own registers, never by an address from dom0.
 */
#include "machine/msi.h"

#include "machine/paging.h"
#include "shoji/errno.h"

#define CAP_MSI	 0x05
#define CAP_MSIX 0x11

#define CONTROL		 2
#define MSI_64		 (1u << 7)
#define MSI_MASKABLE	 (1u << 8)
#define MSI_MULTIPLE	 (7u << 4)
#define MSIX_SIZE	 0x7ff
#define MSIX_TABLE	 4
#define MSIX_ENTRY_BYTES 16
#define ENTRY_MASKED	 1u
#define ADDRESS_BASE	 0xfee00000u
#define TABLES_MAX	 64

static struct {
	struct pci_function f;
	paddr_t at;
	void *map;
} tables[TABLES_MAX];

static unsigned int table_count;

static void *map_table(struct pci_function f, paddr_t at, size_t bytes)
{
	for (unsigned int i = 0; i < table_count; i++)
		if (tables[i].f.bus == f.bus && tables[i].f.devfn == f.devfn && tables[i].at == at)
			return tables[i].map;
	if (table_count == TABLES_MAX)
		return NULL;
	tables[table_count].f = f;
	tables[table_count].at = at;
	tables[table_count].map = machine_map_mmio(at, bytes);
	return tables[table_count++].map;
}

static int open_table(struct msi_entry *e)
{
	unsigned int size = (pci_read(e->f, e->capability + CONTROL, 2) & MSIX_SIZE) + 1;
	uint32_t where = pci_read(e->f, e->capability + MSIX_TABLE, 4);
	paddr_t bar = pci_bar(e->f, where & 7);
	char *map;

	if (e->index >= size || !bar)
		return -XEN_EINVAL;
	map = map_table(e->f, bar + (where & ~7u), size * MSIX_ENTRY_BYTES);
	if (!map)
		return -XEN_ENOMEM;
	e->table = (volatile uint32_t *)(map + e->index * MSIX_ENTRY_BYTES);
	return 0;
}

int msi_open(struct msi_entry *e, struct pci_function f, bool msix, unsigned int index)
{
	*e = (struct msi_entry){.f = f, .msix = msix, .index = (uint16_t)index};
	if (!pci_present(f))
		return -XEN_ENODEV;
	e->capability = (uint8_t)pci_find_capability(f, msix ? CAP_MSIX : CAP_MSI);
	if (!e->capability)
		return -XEN_ENODEV;
	return msix ? open_table(e) : 0;
}

static void write_msi(const struct msi_entry *e, uint32_t address, uint32_t data)
{
	unsigned int at = e->capability;
	uint32_t control = pci_read(e->f, at + CONTROL, 2);

	pci_write(e->f, at + CONTROL, 2, control & ~MSI_MULTIPLE);
	pci_write(e->f, at + 4, 4, address);
	if (control & MSI_64) {
		pci_write(e->f, at + 8, 4, 0);
		pci_write(e->f, at + 12, 2, data);
	} else {
		pci_write(e->f, at + 8, 2, data);
	}
}

void msi_write(const struct msi_entry *e, uint32_t apic_id, uint8_t vector)
{
	uint32_t address = ADDRESS_BASE | (apic_id & 0xff) << 12;

	if (!e->msix) {
		write_msi(e, address, vector);
		return;
	}
	e->table[0] = address;
	e->table[1] = 0;
	e->table[2] = vector;
}

void msi_mask(const struct msi_entry *e, bool masked)
{
	uint32_t control;
	unsigned int at;

	if (e->msix) {
		e->table[3] = (e->table[3] & ~ENTRY_MASKED) | (masked ? ENTRY_MASKED : 0);
		(void)e->table[3]; /* posted writes have arrived */
		return;
	}
	control = pci_read(e->f, e->capability + CONTROL, 2);
	if (!(control & MSI_MASKABLE))
		return;
	at = e->capability + (control & MSI_64 ? 16u : 12u);
	pci_write(e->f, at, 4, masked ? pci_read(e->f, at, 4) | 1u : pci_read(e->f, at, 4) & ~1u);
}
