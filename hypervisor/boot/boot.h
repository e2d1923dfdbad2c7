/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot program's common part and what its two front ends, multiboot and UEFI, give it.
 *
 * Everything runs on one CPU, with physical addresses mapped to themselves. There is no way back
 * and no clean-up: a failure prints one clear sentence and stops (multiboot) or returns to the
 * firmware.
 */
#ifndef SHOJI_BOOT_BOOT_H
#define SHOJI_BOOT_BOOT_H

#include <stddef.h>

#include "boot/boot_info.h"

/* --- given by the front end --- */

/* Zero-filled or not, page-aligned memory below 4 GiB; does not return when there is none. */
void *boot_pages_alloc(uint64_t bytes, uint64_t align);
void boot_pages_free(void *at, uint64_t bytes);
void boot_puts(const char *text);
_Noreturn void boot_stop(void);

/* --- say.c --- */

/* Formats: %s %c %d %u %x with l for 64 bits, %% */
void boot_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void boot_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- serial.c --- */

void serial_init(void);
void serial_puts(const char *text);

/* --- libc.c --- */

void libc_init(void);	 /* before anything of the libraries is called */
void heap_release(void); /* give back all that malloc() handed out */

/* --- kernel_load.c --- */

/*
 * Turn the file of dom0's kernel into an ELF file in memory. `name` is for messages. True if the
 * result is a copy, so that the file itself is no longer needed.
 */
bool kernel_load(const char *name, const void *file, uint64_t size, struct boot_range *elf);

/* --- image_load.c --- */

/* Copy the run-time image to where it will stay; returns its entry point (virtual). */
uint64_t image_load(struct boot_range *image);

/* --- tables.c --- */

/* The first page tables; returns the value for CR3. ram_end: end of the highest RAM. */
uint64_t tables_build(const struct boot_range *image, uint64_t ram_end);

/* --- rsdp.c --- */

/* Look for ACPI's root pointer where a PC's BIOS leaves it; 0: not found. */
uint64_t rsdp_scan(void);

/* --- handover.S --- */

struct handover {
	uint64_t cr3, entry, info, stack; /* all but CR3 are virtual addresses in the new tables */
};

_Noreturn void handover_jump(const struct handover *h);

/* --- start.c --- */

#define BOOT_STACK_SIZE 16384

/* Fill in magic and sizes, and everything of the handover but the jump. */
void start_prepare(struct boot_info *info, uint64_t ram_end, struct handover *h);

#endif
