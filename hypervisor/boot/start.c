/* SPDX-License-Identifier: GPL-2.0-only */
/* The last steps that both front ends share: the image, its first tables, its first stack. */
#include "boot/boot.h"

static uint64_t directmap(const void *at)
{
	return BOOT_DIRECTMAP + (uintptr_t)at;
}

void start_prepare(struct boot_info *info, uint64_t ram_end, struct handover *h)
{
	char *stack = boot_pages_alloc(BOOT_STACK_SIZE, 4096);

	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->size = sizeof(*info);
	h->entry = image_load(&info->hypervisor);
	h->cr3 = tables_build(&info->hypervisor, ram_end);
	h->info = directmap(info);
	h->stack = directmap(stack + BOOT_STACK_SIZE);
}
