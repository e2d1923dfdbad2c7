/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O APICs (Intel 82093AA datasheet): an index and a data register each. See ioapic.h. */
#include "machine/ioapic.h"

#include "machine/acpi.h"
#include "machine/cpu_ops.h"
#include "machine/paging.h"

#define REG_VERSION	 1
#define REG_ENTRY(pin)	 (0x10 + 2 * (pin))
#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LEVEL	 (1u << 15)
#define ENTRY_MASKED	 (1u << 16)
#define WINDOW_BYTES	 0x20

#define PIC1_COMMAND 0x20
#define PIC1_DATA    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA    0xa1

struct ioapic {
	volatile uint32_t *window; /* [0] index, [4] data */
	unsigned int base, pins;
};

static struct ioapic ioapics[ACPI_IOAPICS_MAX];

/* One access per call, for the reason given in apic.c. */
static __attribute__((noinline)) void select(const struct ioapic *a, unsigned int reg)
{
	a->window[0] = reg;
}

static __attribute__((noinline)) uint32_t read(const struct ioapic *a, unsigned int reg)
{
	select(a, reg);
	return a->window[4];
}

static __attribute__((noinline)) void write(const struct ioapic *a, unsigned int reg,
					    uint32_t value)
{
	select(a, reg);
	a->window[4] = value;
}

static const struct ioapic *find(unsigned int gsi)
{
	for (unsigned int i = 0; i < acpi.ioapic_count; i++)
		if (gsi >= ioapics[i].base && gsi - ioapics[i].base < ioapics[i].pins)
			return &ioapics[i];
	return NULL;
}

/* Both are programmed away from the exceptions' vectors, for a late spurious one, and masked. */
static void disable_pics(void)
{
	cpu_outb(PIC1_COMMAND, 0x11);
	cpu_outb(PIC2_COMMAND, 0x11);
	cpu_outb(PIC1_DATA, 0x20);
	cpu_outb(PIC2_DATA, 0x28);
	cpu_outb(PIC1_DATA, 4);
	cpu_outb(PIC2_DATA, 2);
	cpu_outb(PIC1_DATA, 1);
	cpu_outb(PIC2_DATA, 1);
	cpu_outb(PIC1_DATA, 0xff);
	cpu_outb(PIC2_DATA, 0xff);
}

static void init_one(struct ioapic *a, const struct acpi_ioapic *from)
{
	a->window = machine_map_mmio(from->address, WINDOW_BYTES);
	a->base = from->gsi_base;
	a->pins = (read(a, REG_VERSION) >> 16 & 0xff) + 1;
	for (unsigned int pin = 0; pin < a->pins; pin++)
		write(a, REG_ENTRY(pin), ENTRY_MASKED);
}

void ioapic_init(void)
{
	disable_pics();
	for (unsigned int i = 0; i < acpi.ioapic_count; i++)
		init_one(&ioapics[i], &acpi.ioapic[i]);
}

unsigned int ioapic_gsi_count(void)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < acpi.ioapic_count; i++)
		count = MAX(count, ioapics[i].base + ioapics[i].pins);
	return count;
}

bool ioapic_has(unsigned int gsi)
{
	return find(gsi);
}

/* Masked while it changes. */
void ioapic_route(unsigned int gsi, const struct ioapic_route *r)
{
	const struct ioapic *a = find(gsi);
	unsigned int reg;
	uint32_t low = r->vector;

	if (!a)
		return;
	reg = REG_ENTRY(gsi - a->base);
	low |= r->level ? ENTRY_LEVEL : 0;
	low |= r->active_low ? ENTRY_ACTIVE_LOW : 0;
	write(a, reg, low | ENTRY_MASKED);
	write(a, reg + 1, r->apic_id << 24);
	if (!r->masked)
		write(a, reg, low);
}

void ioapic_mask(unsigned int gsi, bool masked)
{
	const struct ioapic *a = find(gsi);
	unsigned int reg;
	uint32_t low;

	if (!a)
		return;
	reg = REG_ENTRY(gsi - a->base);
	low = read(a, reg) & ~ENTRY_MASKED;
	write(a, reg, low | (masked ? ENTRY_MASKED : 0));
}

bool ioapic_read_register(paddr_t at, uint32_t reg, uint32_t *value)
{
	for (unsigned int i = 0; i < acpi.ioapic_count; i++) {
		if (acpi.ioapic[i].address != at)
			continue;
		*value = read(&ioapics[i], reg & 0xff);
		return true;
	}
	return false;
}
