/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The UEFI front end: shoji.cfg beside the application says what to boot.
 *
 * Duty: read the configuration, dom0's kernel and initrd, unwrap and check while the firmware can
 * still show an error, then leave boot services and hand over.
 */
#include <string.h>

#include "boot/config.h"
#include "boot/efi.h"

#define CONFIG_NAME "shoji.cfg"
#define CR4_LA57    (1u << 12)

EFI_HANDLE efi_image;
EFI_SYSTEM_TABLE *efi_table;
EFI_BOOT_SERVICES *efi_boot;

static struct boot_config config;

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

static void read_config(void)
{
	struct efi_file file = efi_file_read(CONFIG_NAME, "configuration");
	struct config_error error;

	if (!config_parse(file.data, file.size, &config, &error)) {
		if (error.line)
			boot_fail(CONFIG_NAME ":%u: %s", error.line, error.what);
		boot_fail(CONFIG_NAME ": %s", error.what);
	}
	efi_file_free(file);
}

static void read_kernel(struct boot_info *info)
{
	struct efi_file file = efi_file_read(config.kernel, "kernel for dom0");

	if (kernel_load(config.kernel, file.data, file.size, &info->dom0_kernel))
		efi_file_free(file);
}

static void read_initrd(struct boot_info *info)
{
	struct efi_file file;

	if (!config.initrd[0])
		return;
	file = efi_file_read(config.initrd, "initrd for dom0");
	info->initrd = (struct boot_range){(uintptr_t)file.data, file.size};
}

/* A firmware in five-level paging cannot be left without leaving long mode. */
static void check_paging(void)
{
	uint64_t cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	if (cr4 & CR4_LA57)
		boot_fail("the firmware uses five-level paging; turn it off in its set-up");
}

/* In pages of its own: its address in the direct map is given to the image. */
static struct boot_info *new_info(void)
{
	struct boot_info *info = boot_pages_alloc(sizeof(*info), 4096);

	memset(info, 0, sizeof(*info));
	memcpy(info->cmdline, config.options, sizeof(config.options));
	memcpy(info->dom0_cmdline, config.cmdline, sizeof(config.cmdline));
	return info;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	struct boot_info *info;
	struct handover h;

	efi_image = image;
	efi_table = table;
	efi_boot = table->BootServices;
	efi_boot->SetWatchdogTimer(0, 0, 0, NULL);
	efi_console_init();
	libc_init();
	check_paging();
	efi_files_init();
	read_config();
	info = new_info();
	read_kernel(info);
	read_initrd(info);
	efi_info_fill(info);
	start_prepare(info, efi_ram_end(), &h);
	efi_leave(info);
	handover_jump(&h);
}
