/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory in the UEFI front end: pages from boot services, and the map at the moment of leaving
 * them.
 *
 * All that the boot program allocates is of the firmware's "loader" types, from which the LOADER
 * pieces of the final map follow; the run-time image is put over that as what it is.
 */
#include "boot/efi.h"
#include "boot/memory_map.h"

#define PAGE	    4096ULL
#define LIMIT	    (4ULL << 30)
#define SPARE_BYTES 16384 /* leaving makes the firmware's map grow */

struct efi_map {
	char *entries;
	UINTN size, key, entry_size, capacity;
	UINT32 version;
};

static struct memory_map map;

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

/* The firmware may turn interrupts on in a call; a caller that has them off wants them off. */
static EFI_STATUS allocate(uint64_t pages, EFI_PHYSICAL_ADDRESS *at)
{
	EFI_STATUS status;
	uint64_t flags;

	__asm__ volatile("pushfq\n\tpopq %0" : "=r"(flags) : : "memory");
	*at = LIMIT - 1;
	status = efi_boot->AllocatePages(AllocateMaxAddress, EfiLoaderData, pages, at);
	if (!(flags & 0x200))
		__asm__ volatile("cli" : : : "memory");
	return status;
}

void *boot_pages_alloc(uint64_t bytes, uint64_t align)
{
	uint64_t pages = pages_of(bytes), extra = align > PAGE ? align / PAGE : 0, base;
	EFI_PHYSICAL_ADDRESS at;

	if (EFI_ERROR(allocate(pages + extra, &at)))
		boot_fail("not enough memory below 4 GiB: %lu KiB in one piece needed",
			  (unsigned long)((pages + extra) * (PAGE / 1024)));
	base = (at + align - 1) & ~(align - 1);
	if (base > at)
		efi_boot->FreePages(at, (base - at) / PAGE);
	if (extra * PAGE > base - at)
		efi_boot->FreePages(base + pages * PAGE, extra - (base - at) / PAGE);
	return (void *)base;
}

void boot_pages_free(void *at, uint64_t bytes)
{
	efi_boot->FreePages((uintptr_t)at, pages_of(bytes));
}

static EFI_STATUS fetch(struct efi_map *m)
{
	m->size = m->capacity;
	return efi_boot->GetMemoryMap(&m->size, (void *)m->entries, &m->key, &m->entry_size,
				      &m->version);
}

static void make_room(struct efi_map *m)
{
	m->capacity = 0;
	m->entries = NULL;
	fetch(m);
	m->capacity = m->size + SPARE_BYTES;
	m->entries = boot_pages_alloc(m->capacity, PAGE);
}

static uint32_t type_of(const EFI_MEMORY_DESCRIPTOR *d)
{
	switch (d->Type) {
	case EfiConventionalMemory:
	case EfiBootServicesCode:
	case EfiBootServicesData:
		return d->Attribute & EFI_MEMORY_WB ? BOOT_MEMORY_RAM : BOOT_MEMORY_RESERVED;
	case EfiLoaderCode:
	case EfiLoaderData:
		return BOOT_MEMORY_LOADER;
	case EfiRuntimeServicesCode:
	case EfiRuntimeServicesData:
		return BOOT_MEMORY_RUNTIME;
	case EfiACPIReclaimMemory:
		return BOOT_MEMORY_ACPI;
	case EfiACPIMemoryNVS:
		return BOOT_MEMORY_NVS;
	case EfiUnusableMemory:
		return BOOT_MEMORY_UNUSABLE;
	case EfiMemoryMappedIO:
	case EfiMemoryMappedIOPortSpace:
		return BOOT_MEMORY_MMIO;
	default:
		return BOOT_MEMORY_RESERVED;
	}
}

static void translate(const struct efi_map *m)
{
	memory_map_init(&map);
	for (UINTN i = 0; i + m->entry_size <= m->size; i += m->entry_size) {
		const EFI_MEMORY_DESCRIPTOR *d = (const void *)(m->entries + i);

		memory_map_put(&map, d->PhysicalStart, d->NumberOfPages * PAGE, type_of(d));
	}
	memory_map_put(&map, 0, PAGE, BOOT_MEMORY_RESERVED);
}

uint64_t efi_ram_end(void)
{
	struct efi_map m;

	make_room(&m);
	if (EFI_ERROR(fetch(&m)))
		boot_fail("the firmware gives no memory map");
	translate(&m);
	boot_pages_free(m.entries, m.capacity);
	return memory_map_ram_end(&map);
}

void efi_leave(struct boot_info *info)
{
	struct efi_map m;
	EFI_STATUS status;

	make_room(&m);
	for (unsigned int attempt = 0; attempt < 4; attempt++) {
		if (EFI_ERROR(fetch(&m)))
			boot_fail("the firmware gives no memory map");
		status = efi_boot->ExitBootServices(efi_image, m.key);
		if (!EFI_ERROR(status))
			break;
	}
	efi_boot = NULL;
	serial_init();
	if (EFI_ERROR(status))
		boot_fail("the firmware does not leave boot services (status 0x%lx)",
			  (unsigned long)status);
	info->efi_memory = (struct boot_range){(uintptr_t)m.entries, m.size};
	info->efi_memory_entry_size = m.entry_size;
	info->efi_memory_version = m.version;
	translate(&m);
	memory_map_put(&map, info->hypervisor.phys, info->hypervisor.size, BOOT_MEMORY_HYPERVISOR);
	if (!memory_map_finish(&map, info))
		boot_fail("the memory map has more than %u pieces", BOOT_MEMORY_MAX);
}
