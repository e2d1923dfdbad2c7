/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding ACPI's root pointer in a PC's low memory, as ACPI 5.2.5.1 says. UEFI hands it over
 * instead. */
#include <string.h>

#include "boot/boot.h"

#define EBDA_SEGMENT 0x40e
#define EBDA_SIZE    1024
#define BIOS_BASE    0xe0000
#define BIOS_SIZE    0x20000
#define STEP	     16
#define SIZE_V1	     20
#define SIZE_V2	     36
#define REVISION     15

static bool sums_to_zero(const uint8_t *at, unsigned int size)
{
	uint8_t sum = 0;

	while (size--)
		sum = (uint8_t)(sum + *at++);
	return !sum;
}

static uint64_t scan(uint64_t base, uint64_t size)
{
	for (uint64_t at = base; at + SIZE_V2 <= base + size; at += STEP) {
		const uint8_t *p = (const uint8_t *)at;

		if (memcmp(p, "RSD PTR ", 8) || !sums_to_zero(p, SIZE_V1))
			continue;
		if (p[REVISION] < 2 || sums_to_zero(p, SIZE_V2))
			return at;
	}
	return 0;
}

uint64_t rsdp_scan(void)
{
	uint16_t segment;
	uint64_t ebda, found = 0;

	/* The compiler must not reason about the object at this address. */
	__asm__ volatile("movw (%1), %0" : "=r"(segment) : "r"((uintptr_t)EBDA_SEGMENT));
	ebda = (uint64_t)segment << 4;
	if (ebda >= 0x80000 && ebda < 0xa0000)
		found = scan(ebda, EBDA_SIZE);
	return found ? found : scan(BIOS_BASE, BIOS_SIZE);
}
