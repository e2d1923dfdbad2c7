/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the UEFI front end. */
#ifndef SHOJI_BOOT_EFI_H
#define SHOJI_BOOT_EFI_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <efi.h>
#pragma GCC diagnostic pop

#include "boot/boot.h"

extern EFI_HANDLE efi_image;
extern EFI_SYSTEM_TABLE *efi_table;
extern EFI_BOOT_SERVICES *efi_boot; /* NULL once boot services are left */

/* --- efi_console.c --- */

void efi_console_init(void);

/* --- efi_file.c --- */

struct efi_file {
	void *data; /* page-aligned, followed by a zero byte */
	uint64_t size;
};

void efi_files_init(void);
/* Read a file beside the application, or from the root if the name begins with \ or /. */
struct efi_file efi_file_read(const char *name, const char *what);
void efi_file_free(struct efi_file file);

/* --- efi_info.c --- */

void efi_info_fill(struct boot_info *info); /* firmware, ACPI, screen */

/* --- efi_memory.c --- */

uint64_t efi_ram_end(void);
/* Leave boot services and write down the memory map. Nothing of the firmware may be called after.
 */
void efi_leave(struct boot_info *info);

#endif
