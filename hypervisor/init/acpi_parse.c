/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI table parsing (ACPI 6.4, chapter 5).
 *
 * Pure over memory reached by a map function; every length is checked against the table that holds
 * it and every table's checksum before use. It reads RSDP, XSDT or RSDT, MADT, FADT, HPET and MCFG
 * only, and executes no AML: that is dom0's business.
 */
#include "lib/string.h"
#include "machine/acpi.h"

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t checksum2;
	uint8_t reserved[3];
} __attribute__((packed));

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

#define TABLE_MAX (1u << 20)

static bool sums_to_zero(const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (bytes--)
		sum = (uint8_t)(sum + *p++);
	return sum == 0;
}

/* Little-endian fields at any alignment. */
static uint64_t field(const void *table, size_t offset, size_t bytes)
{
	const uint8_t *p = (const uint8_t *)table + offset;
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static const struct header *map_table(paddr_t at, acpi_map_fn map)
{
	const struct header *h = at ? map(at, sizeof(*h)) : NULL;

	if (!h || h->length < sizeof(*h) || h->length > TABLE_MAX)
		return NULL;
	h = map(at, h->length);
	return h && sums_to_zero(h, h->length) ? h : NULL;
}

static void add_cpu(struct acpi_info *out, uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
	if (!(flags & 1) || out->cpu_count == MAX_CPUS)
		return;
	out->apic_id[out->cpu_count] = apic_id;
	out->acpi_id[out->cpu_count++] = acpi_id;
}

static void add_ioapic(struct acpi_info *out, const uint8_t *e)
{
	if (out->ioapic_count < ACPI_IOAPICS_MAX)
		out->ioapic[out->ioapic_count++] = (struct acpi_ioapic){
			.id = e[2],
			.address = field(e, 4, 4),
			.gsi_base = (uint32_t)field(e, 8, 4),
		};
}

static void add_override(struct acpi_info *out, const uint8_t *e)
{
	uint64_t flags = field(e, 8, 2);

	if (out->override_count < ACPI_OVERRIDES_MAX)
		out->override[out->override_count++] = (struct acpi_override){
			.irq = e[3],
			.gsi = (uint32_t)field(e, 4, 4),
			.active_low = (flags & 3) == 3,
			.level = (flags >> 2 & 3) == 3,
		};
}

enum {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_ADDRESS = 5,
	MADT_X2APIC = 9
};

static void parse_madt_entry(const uint8_t *e, uint8_t length, struct acpi_info *out)
{
	if (e[0] == MADT_LAPIC && length >= 8)
		add_cpu(out, e[3], e[2], (uint32_t)field(e, 4, 4));
	else if (e[0] == MADT_X2APIC && length >= 16)
		add_cpu(out, (uint32_t)field(e, 4, 4), (uint32_t)field(e, 12, 4),
			(uint32_t)field(e, 8, 4));
	else if (e[0] == MADT_IOAPIC && length >= 12)
		add_ioapic(out, e);
	else if (e[0] == MADT_OVERRIDE && length >= 10)
		add_override(out, e);
	else if (e[0] == MADT_LAPIC_ADDRESS && length >= 12)
		out->lapic_address = field(e, 4, 8);
}

static void parse_madt(const struct header *h, struct acpi_info *out)
{
	const uint8_t *table = (const uint8_t *)h;

	if (h->length < 44)
		return;
	out->lapic_address = field(table, 36, 4);
	for (uint32_t at = 44; at + 2 <= h->length;) {
		uint8_t length = table[at + 1];

		if (length < 2 || at + length > h->length)
			return;
		parse_madt_entry(table + at, length, out);
		at += length;
	}
}

static void parse_fadt(const struct header *h, struct acpi_info *out)
{
	if (h->length < 116)
		return;
	out->dsdt = h->length >= 148 ? field(h, 140, 8) : 0;
	if (!out->dsdt)
		out->dsdt = field(h, 40, 4);
	out->pm1a_control = (uint16_t)field(h, 64, 4);
	out->pm1b_control = (uint16_t)field(h, 68, 4);
	out->pm_timer_port = (uint16_t)field(h, 76, 4);
	out->pm_timer_32bit = field(h, 112, 4) >> 8 & 1;
	/* RESET_REG_SUP, and the register is in I/O space */
	if (h->length >= 129 && (field(h, 112, 4) >> 10 & 1) && field(h, 116, 1) == 1) {
		out->reset_port = (uint16_t)field(h, 120, 8);
		out->reset_value = (uint8_t)field(h, 128, 1);
	}
}

static void parse_hpet(const struct header *h, struct acpi_info *out)
{
	if (h->length >= 56 && field(h, 40, 1) == 0) /* memory space */
		out->hpet = field(h, 44, 8);
}

static void parse_mcfg(const struct header *h, struct acpi_info *out)
{
	if (h->length < 60 || field(h, 52, 2) != 0) /* first entry, segment 0 */
		return;
	out->mcfg_base = field(h, 44, 8);
	out->mcfg_first_bus = (uint8_t)field(h, 54, 1);
	out->mcfg_last_bus = (uint8_t)field(h, 55, 1);
}

static const struct {
	char signature[5];
	void (*parse)(const struct header *h, struct acpi_info *out);
} parsers[] = {
	{"APIC", parse_madt},
	{"FACP", parse_fadt},
	{"HPET", parse_hpet},
	{"MCFG", parse_mcfg},
};

static void parse_table(paddr_t at, acpi_map_fn map, struct acpi_info *out)
{
	const struct header *h = map_table(at, map);

	for (size_t i = 0; h && i < ARRAY_SIZE(parsers); i++)
		if (!memcmp(h->signature, parsers[i].signature, 4))
			parsers[i].parse(h, out);
}

static bool parse_root(paddr_t at, size_t entry_bytes, acpi_map_fn map, struct acpi_info *out)
{
	const struct header *h = map_table(at, map);

	if (!h)
		return false;
	for (size_t at_entry = sizeof(*h); at_entry + entry_bytes <= h->length;
	     at_entry += entry_bytes)
		parse_table(field(h, at_entry, entry_bytes), map, out);
	return true;
}

bool acpi_parse(paddr_t rsdp, acpi_map_fn map, struct acpi_info *out)
{
	const struct rsdp *r = map(rsdp, 20);

	memset(out, 0, sizeof(*out));
	out->rsdp = rsdp;
	if (!r || memcmp(r->signature, "RSD PTR ", 8) || !sums_to_zero(r, 20))
		return false;
	if (r->revision >= 2) {
		r = map(rsdp, sizeof(*r));
		if (r && r->xsdt && parse_root(r->xsdt, 8, map, out))
			return true;
	}
	return r && parse_root(r->rsdt, 4, map, out);
}
