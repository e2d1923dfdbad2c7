/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first page tables of the run-time image.
 *
 * Duty: RAM and everything below 4 GiB at its own address and in the direct map (the same
 * third-level tables serve both), and the image at its link address. Pages are as large as the CPU
 * can; all are readable, writable and executable: the hypervisor builds the strict tables itself.
 */
#include <string.h>

#include "boot/boot.h"
#include "boot/io.h"

#define PAGE	   4096ULL
#define LARGE	   (2ULL << 20)
#define HUGE	   (1ULL << 30)
#define SLOT	   (1ULL << 39)
#define LOW_END	   (4ULL << 30)
#define PRESENT_RW 0x3ULL
#define PAGE_LARGE 0x80ULL
#define HUGE_PAGES (1u << 26) /* in CPUID 0x80000001 EDX */

static uint64_t *new_table(void)
{
	void *t = boot_pages_alloc(PAGE, PAGE);

	memset(t, 0, PAGE);
	return t;
}

static uint64_t link_to(const uint64_t *table)
{
	return (uintptr_t)table | PRESENT_RW;
}

static bool has_huge_pages(void)
{
	return cpuid_read(0x80000000).a >= 0x80000001 && (cpuid_read(0x80000001).d & HUGE_PAGES);
}

static uint64_t *map_gigabyte(uint64_t base)
{
	uint64_t *t = new_table();

	for (unsigned int i = 0; i < 512; i++)
		t[i] = (base + i * LARGE) | PRESENT_RW | PAGE_LARGE;
	return t;
}

static uint64_t *map_slot(uint64_t base, uint64_t end, bool huge)
{
	uint64_t *t = new_table();

	for (unsigned int i = 0; i < 512 && base < end; i++, base += HUGE)
		t[i] = huge ? base | PRESENT_RW | PAGE_LARGE : link_to(map_gigabyte(base));
	return t;
}

static uint64_t *map_image(const struct boot_range *image)
{
	uint64_t *l3 = new_table(), *l2 = new_table();

	if (image->size > HUGE)
		boot_fail("the hypervisor's image is larger than 1 GiB");
	l3[BOOT_IMAGE_BASE >> 30 & 511] = link_to(l2);
	for (unsigned int i = 0; i * LARGE < image->size; i++)
		l2[i] = (image->phys + i * LARGE) | PRESENT_RW | PAGE_LARGE;
	return l3;
}

uint64_t tables_build(const struct boot_range *image, uint64_t ram_end)
{
	uint64_t *l4 = new_table(), end = ram_end > LOW_END ? ram_end : LOW_END;
	unsigned int direct = BOOT_DIRECTMAP >> 39 & 511;
	bool huge = has_huge_pages();

	if (end > (512 - direct) * SLOT)
		end = (512 - direct) * SLOT;
	for (unsigned int i = 0; i * SLOT < end; i++) {
		l4[direct + i] = link_to(map_slot(i * SLOT, end, huge));
		l4[i] = l4[direct + i];
	}
	l4[BOOT_IMAGE_BASE >> 39 & 511] = link_to(map_image(image));
	return (uintptr_t)l4;
}
