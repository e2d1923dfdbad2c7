/* SPDX-License-Identifier: GPL-2.0-only */
/* The boot program's reader of bzImages, and dom0's layout for an ELF image. */
#include "boot/kernel_file.c"

#include <stdlib.h>

#include "boot.h"
#include "init/dom0_layout.h"

#define DOM0_PAGES 65536

bool boot_finds(const uint8_t *data, size_t size, const uint8_t **at, size_t *bytes)
{
	struct kernel_file k;

	if (kernel_file_parse(data, size, &k))
		return false;
	*at = k.data;
	*bytes = k.size;
	return true;
}

void boot_layout(const uint8_t *data, size_t size)
{
	struct elf_image image;
	struct dom0_layout l;

	if (elf_image_parse(data, size, &image) || elf_image_check_pv(&image))
		return;
	if (dom0_layout_compute(&image, size, DOM0_PAGES, &l))
		return;
	if (l.needed < l.mapped_end || l.mapped_end < image.phys_end >> 12)
		abort();
}
