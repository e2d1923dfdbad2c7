/* SPDX-License-Identifier: GPL-2.0-only */
/* What UEFI knows about the machine: its tables, ACPI's root pointer, the screen. */
#include <string.h>

#include "boot/efi.h"

static uint64_t find_table(EFI_GUID guid)
{
	for (UINTN i = 0; i < efi_table->NumberOfTableEntries; i++)
		if (!memcmp(&efi_table->ConfigurationTable[i].VendorGuid, &guid, sizeof(guid)))
			return (uintptr_t)efi_table->ConfigurationTable[i].VendorTable;
	return 0;
}

static void fill_firmware(struct boot_info *info)
{
	const CHAR16 *vendor = efi_table->FirmwareVendor;

	info->efi_enabled = true;
	info->efi_revision = efi_table->Hdr.Revision;
	info->efi_system_table = (uintptr_t)efi_table;
	info->efi_config_table = (uintptr_t)efi_table->ConfigurationTable;
	info->efi_config_count = efi_table->NumberOfTableEntries;
	info->efi_firmware_revision = efi_table->FirmwareRevision;
	for (unsigned int i = 0; vendor && i + 1 < 64 && vendor[i]; i++)
		info->efi_vendor[i] = vendor[i];
	memcpy(info->loader, "UEFI", sizeof("UEFI"));
}

static void field(uint32_t mask, uint8_t *pos, uint8_t *size)
{
	*pos = mask ? (uint8_t)__builtin_ctz(mask) : 0;
	for (*size = 0; mask; mask &= mask - 1)
		(*size)++;
}

static void fill_pixels(struct boot_framebuffer *fb, EFI_PIXEL_BITMASK mask)
{
	field(mask.RedMask, &fb->red_pos, &fb->red_size);
	field(mask.GreenMask, &fb->green_pos, &fb->green_size);
	field(mask.BlueMask, &fb->blue_pos, &fb->blue_size);
	field(mask.ReservedMask, &fb->reserved_pos, &fb->reserved_size);
	fb->bpp = (uint32_t)(32 - __builtin_clz(mask.RedMask | mask.GreenMask | mask.BlueMask |
						mask.ReservedMask | 1));
}

static void fill_screen(struct boot_framebuffer *fb)
{
	static const EFI_PIXEL_BITMASK rgb = {0xff, 0xff00, 0xff0000, 0xff000000};
	static const EFI_PIXEL_BITMASK bgr = {0xff0000, 0xff00, 0xff, 0xff000000};
	EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode;
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;

	if (EFI_ERROR(efi_boot->LocateProtocol(&guid, NULL, (void **)&gop)) || !gop->Mode ||
	    !gop->Mode->Info)
		return;
	mode = gop->Mode->Info;
	if (mode->PixelFormat >= PixelBltOnly)
		return;
	fill_pixels(fb, mode->PixelFormat == PixelRedGreenBlueReserved8BitPerColor ? rgb
			: mode->PixelFormat == PixelBlueGreenRedReserved8BitPerColor
				? bgr
				: mode->PixelInformation);
	fb->base = gop->Mode->FrameBufferBase;
	fb->size = gop->Mode->FrameBufferSize;
	fb->width = mode->HorizontalResolution;
	fb->height = mode->VerticalResolution;
	fb->pitch = mode->PixelsPerScanLine * (fb->bpp / 8);
}

void efi_info_fill(struct boot_info *info)
{
	fill_firmware(info);
	info->rsdp = find_table((EFI_GUID)ACPI_20_TABLE_GUID);
	if (!info->rsdp)
		info->rsdp = find_table((EFI_GUID)ACPI_TABLE_GUID);
	fill_screen(&info->framebuffer);
}
