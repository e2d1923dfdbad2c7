/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot_info.h: what the boot program tells the hypervisor.
 *
 * The boot program (UEFI application or multiboot image) is separate from the run-time image. It
 * copies the image to physical memory, unwraps dom0's kernel, builds first page tables and jumps to
 * the image's ELF entry point with
 *
 *	RDI	virtual address of struct boot_info in the direct map
 *	RSP	a stack of at least 8 KiB, in the direct map, 16-byte aligned, empty
 *	CS	a flat 64-bit code segment; DS, ES, SS flat data; FS and GS base 0; LDT null
 *	CR0	PE, MP, NE, WP, PG	CR4	PAE, OSFXSR, OSXMMEXCPT	EFER	SCE off, LME, NXE
 *where there RFLAGS	0x2 (interrupts off); the IDT is empty: an exception resets the machine CR3
 *the boot program's tables: 0                   all RAM and everything below 4 GiB, at its own
 *address 0xffff820000000000  the image (hypervisor), linked there, readable/writable/executable
 *		  0xffff830000000000  all RAM and everything below 4 GiB: the direct map
 *
 * Tables, stack, this structure, the kernel and the initrd lie in memory of type
 * BOOT_MEMORY_LOADER: keep it until dom0 is built, then it is RAM like any other.
 */
#ifndef SHOJI_BOOT_BOOT_INFO_H
#define SHOJI_BOOT_BOOT_INFO_H

#include <stdbool.h>
#include <stdint.h>

#define BOOT_INFO_MAGIC	      0x4f4a4f4853544f42ULL /* "BOTSHOJO" */
#define BOOT_INFO_VERSION     1
#define BOOT_IMAGE_BASE	      0xffff820000000000ULL
#define BOOT_DIRECTMAP	      0xffff830000000000ULL
#define BOOT_MEMORY_MAX	      256
#define BOOT_CMDLINE_MAX      2048
#define BOOT_DOM0_CMDLINE_MAX 1024

/* What a piece of the physical address space is. */
enum boot_memory_type {
	BOOT_MEMORY_RAM = 1,  /* free from the first moment, the boot-services memory of UEFI too */
	BOOT_MEMORY_RESERVED, /* the firmware's, for ever */
	BOOT_MEMORY_ACPI,     /* ACPI tables; readable RAM, which dom0 may reclaim */
	BOOT_MEMORY_NVS,      /* the firmware's, saved over a sleep */
	BOOT_MEMORY_UNUSABLE, /* broken RAM */
	BOOT_MEMORY_MMIO,     /* registers of devices */
	BOOT_MEMORY_RUNTIME,  /* code and data of UEFI's runtime services */
	BOOT_MEMORY_LOADER,   /* RAM that the boot program occupies: free once dom0 is built */
	BOOT_MEMORY_HYPERVISOR, /* RAM: the run-time image; its init part is given back */
};

/* RAM in the sense of a memory map that is shown to dom0. */
static inline bool boot_memory_is_ram(uint32_t type)
{
	return type == BOOT_MEMORY_RAM || type == BOOT_MEMORY_LOADER ||
	       type == BOOT_MEMORY_HYPERVISOR;
}

/* RAM, LOADER and HYPERVISOR begin and end on page boundaries. */
struct boot_memory {
	uint64_t base;
	uint64_t size; /* bytes, not 0 */
	uint32_t type; /* enum boot_memory_type */
	uint32_t reserved;
};

struct boot_range {
	uint64_t phys; /* page-aligned */
	uint64_t size; /* bytes; 0: there is none */
};

/* A linear frame buffer; base 0: there is none. Positions and sizes are in bits. */
struct boot_framebuffer {
	uint64_t base;
	uint64_t size;		/* bytes */
	uint32_t width, height; /* pixels */
	uint32_t pitch;		/* bytes from a line to the next */
	uint32_t bpp;		/* bits per pixel */
	uint8_t red_pos, red_size;
	uint8_t green_pos, green_size;
	uint8_t blue_pos, blue_size;
	uint8_t reserved_pos, reserved_size;
};

struct boot_info {
	uint64_t magic;	  /* BOOT_INFO_MAGIC */
	uint32_t version; /* BOOT_INFO_VERSION */
	uint32_t size;	  /* of this structure */

	/* NUL-terminated, without the name of a file in front. */
	char cmdline[BOOT_CMDLINE_MAX];		  /* the hypervisor's options */
	char dom0_cmdline[BOOT_DOM0_CMDLINE_MAX]; /* of dom0's kernel */
	char loader[64];			  /* who started us, for the log */

	/* Sorted by base, no two overlap, neighbours of one type are merged. Holes are unknown. */
	struct boot_memory memory[BOOT_MEMORY_MAX];
	uint32_t memory_count;
	uint32_t reserved0;

	struct boot_range hypervisor;  /* the image with its .bss; begins on a 2 MiB boundary */
	struct boot_range dom0_kernel; /* the ELF file, unwrapped and checked to be a PV kernel */
	struct boot_range initrd;      /* as in the file */

	uint64_t rsdp; /* physical address of ACPI's root pointer; 0: not found */

	/* Only where efi_enabled; addresses are physical. */
	bool efi_enabled;
	uint8_t reserved1[3];
	uint32_t efi_revision; /* of the system table: 0x00020046 is 2.7 */
	uint64_t efi_system_table;
	uint64_t efi_config_table;
	uint64_t efi_config_count; /* entries of 24 bytes */
	uint16_t efi_vendor[64];   /* firmware vendor, UCS-2, NUL-terminated */
	uint32_t efi_firmware_revision;
	uint32_t efi_memory_version; /* the map as UEFI gave it, in LOADER memory */
	struct boot_range efi_memory;
	uint64_t efi_memory_entry_size;

	struct boot_framebuffer framebuffer;
};

#endif
