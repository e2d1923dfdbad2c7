/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of the UEFI front end: to the firmware's console, and to the first serial port where the
 * firmware does not drive that itself (then it is part of its console). After boot services are
 * left, to the port only. An error waits for a key, so that a person can read it, then returns.
 */
#include "boot/efi.h"

#define WAIT_TENTHS  300
#define TENTH_SECOND 100000

static bool own_serial;

void efi_console_init(void)
{
	EFI_GUID serial_io = SERIAL_IO_PROTOCOL;
	void *found;

	own_serial = EFI_ERROR(efi_boot->LocateProtocol(&serial_io, NULL, &found));
	if (own_serial)
		serial_init();
}

void boot_puts(const char *text)
{
	CHAR16 wide[2] = {0, 0};

	if (own_serial || !efi_boot)
		serial_puts(text);
	for (; efi_boot && *text; text++) {
		if (*text == '\n') {
			wide[0] = '\r';
			efi_table->ConOut->OutputString(efi_table->ConOut, wide);
		}
		wide[0] = (CHAR16)(unsigned char)*text;
		efi_table->ConOut->OutputString(efi_table->ConOut, wide);
	}
}

static void wait_for_key(void)
{
	EFI_INPUT_KEY key;

	boot_puts("shoji: press a key to return to the firmware (it does so by itself in 30 s)\n");
	efi_table->ConIn->Reset(efi_table->ConIn, FALSE);
	for (unsigned int i = 0; i < WAIT_TENTHS; i++) {
		if (!EFI_ERROR(efi_table->ConIn->ReadKeyStroke(efi_table->ConIn, &key)))
			return;
		efi_boot->Stall(TENTH_SECOND);
	}
}

_Noreturn void boot_stop(void)
{
	if (efi_boot) {
		wait_for_key();
		efi_boot->Exit(efi_image, EFI_LOAD_ERROR, 0, NULL);
	}
	for (;;)
		__asm__ volatile("cli\n\thlt");
}
