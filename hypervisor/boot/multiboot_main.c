/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The multiboot front end: from a loader's information to struct boot_info.
 *
 * Duty: command lines, memory map, the two modules (dom0's kernel and its initrd), ACPI's root
 * pointer, then the hand-over. Data: the memory map, out of which pages are allocated from the top
 * below 4 GiB, away from the modules, which loaders put low. The loader's strings are copied before
 * the first allocation, since nothing says where they lie.
 */
#include <string.h>

#include "boot/boot.h"
#include "boot/memory_map.h"
#include "boot/multiboot.h"
#include "boot/text.h"

#define LIMIT	  (4ULL << 30)
#define LOW_START 4096 /* the BIOS's own vectors and data lie below */
#define NAME_MAX  128

extern char boot_begin[], boot_end[];

struct module {
	char name[NAME_MAX];
	uint64_t start, size;
};

static struct memory_map map;
static struct boot_info info;
static struct module kernel, initrd;

void multiboot_main(uint32_t magic, const struct multiboot_info *mb);

void boot_puts(const char *text)
{
	serial_puts(text);
}

_Noreturn void boot_stop(void)
{
	for (;;)
		__asm__ volatile("cli\n\thlt");
}

void *boot_pages_alloc(uint64_t bytes, uint64_t align)
{
	uint64_t at = memory_map_take(&map, bytes, align, LIMIT, BOOT_MEMORY_LOADER);

	if (!at)
		boot_fail("not enough memory below 4 GiB: %lu KiB in one piece needed",
			  (bytes + 1023) / 1024);
	return (void *)at;
}

void boot_pages_free(void *at, uint64_t bytes)
{
	memory_map_free(&map, (uintptr_t)at, (bytes + 4095) & ~4095ULL);
}

static const char *string_at(uint32_t address)
{
	return (const char *)(uintptr_t)address;
}

static uint32_t type_of_e820(uint32_t type)
{
	switch (type) {
	case 1:
		return BOOT_MEMORY_RAM;
	case 3:
		return BOOT_MEMORY_ACPI;
	case 4:
		return BOOT_MEMORY_NVS;
	case 5:
		return BOOT_MEMORY_UNUSABLE;
	default:
		return BOOT_MEMORY_RESERVED;
	}
}

static void read_memory(const struct multiboot_info *mb)
{
	uint64_t at = mb->mmap_addr, end = at + mb->mmap_length;

	if (!(mb->flags & MULTIBOOT_INFO_MMAP))
		boot_fail("the boot loader gave no memory map");
	memory_map_init(&map);
	while (at + sizeof(struct multiboot_memory) <= end) {
		const struct multiboot_memory *m = (const void *)at;

		memory_map_put(&map, m->base, m->length, type_of_e820(m->type));
		at += m->size + sizeof(m->size);
	}
	memory_map_put(&map, 0, LOW_START, BOOT_MEMORY_RESERVED);
	memory_map_put(&map, (uintptr_t)boot_begin, (uint64_t)(boot_end - boot_begin),
		       BOOT_MEMORY_LOADER);
}

/* GRUB 2 leaves the file's name away; all others begin with it. */
static void read_cmdline(const struct multiboot_info *mb)
{
	const char *text = mb->flags & MULTIBOOT_INFO_CMDLINE ? string_at(mb->cmdline) : "";

	text_copy(info.loader, sizeof(info.loader),
		  mb->flags & MULTIBOOT_INFO_LOADER_NAME ? string_at(mb->loader_name)
							 : "multiboot");
	if (strncmp(info.loader, "GRUB 2", 6))
		text = text_skip_word(text);
	if (!text_copy(info.cmdline, sizeof(info.cmdline), text))
		boot_fail("the hypervisor's command line is longer than %u characters",
			  BOOT_CMDLINE_MAX - 1);
}

static void read_module(const struct multiboot_module *from, struct module *to)
{
	const char *text = from->string ? string_at(from->string) : "";

	text_first_word(to->name, sizeof(to->name), text);
	to->start = from->start;
	to->size = from->end - from->start;
	if (from->end <= from->start)
		boot_fail("%s: the file is empty", to->name);
	memory_map_put(&map, to->start & ~4095ULL,
		       ((to->start & 4095) + to->size + 4095) & ~4095ULL, BOOT_MEMORY_LOADER);
}

static void read_modules(const struct multiboot_info *mb)
{
	const struct multiboot_module *m = (const void *)(uintptr_t)mb->mods_addr;

	if (!(mb->flags & MULTIBOOT_INFO_MODULES) || !mb->mods_count)
		boot_fail("no kernel for dom0: it must be the first module "
			  "(QEMU: -initrd \"vmlinuz OPTIONS,initrd\")");
	read_module(&m[0], &kernel);
	if (!text_copy(info.dom0_cmdline, sizeof(info.dom0_cmdline),
		       m[0].string ? text_skip_word(string_at(m[0].string)) : ""))
		boot_fail("%s: dom0's command line is longer than %u characters", kernel.name,
			  BOOT_DOM0_CMDLINE_MAX - 1);
	if (mb->mods_count > 1)
		read_module(&m[1], &initrd);
	if (mb->mods_count > 2)
		boot_say("shoji: boot modules after the second are ignored\n");
}

static void read_framebuffer(const struct multiboot_info *mb)
{
	if (!(mb->flags & MULTIBOOT_INFO_FRAMEBUFFER) ||
	    mb->framebuffer_type != MULTIBOOT_FRAMEBUFFER_RGB)
		return;
	info.framebuffer = (struct boot_framebuffer){
		.base = mb->framebuffer_addr,
		.size = (uint64_t)mb->framebuffer_pitch * mb->framebuffer_height,
		.width = mb->framebuffer_width,
		.height = mb->framebuffer_height,
		.pitch = mb->framebuffer_pitch,
		.bpp = mb->framebuffer_bpp,
		.red_pos = mb->red_pos,
		.red_size = mb->red_size,
		.green_pos = mb->green_pos,
		.green_size = mb->green_size,
		.blue_pos = mb->blue_pos,
		.blue_size = mb->blue_size,
	};
}

static void load_kernel(void)
{
	bool copied = kernel_load(kernel.name, (const void *)kernel.start, kernel.size,
				  &info.dom0_kernel);

	if (copied)
		boot_pages_free((void *)kernel.start, kernel.size);
}

/* The hypervisor's own piece is no loader memory. */
static void settle_memory(void)
{
	memory_map_put(&map, info.hypervisor.phys, info.hypervisor.size, BOOT_MEMORY_HYPERVISOR);
	if (!memory_map_finish(&map, &info))
		boot_fail("the memory map has more than %u pieces", BOOT_MEMORY_MAX);
}

void multiboot_main(uint32_t magic, const struct multiboot_info *mb)
{
	struct handover h;

	serial_init();
	libc_init();
	if (magic != MULTIBOOT_LOADED)
		boot_fail("not started by a multiboot loader (magic 0x%x)", magic);
	read_memory(mb);
	read_cmdline(mb);
	read_modules(mb);
	read_framebuffer(mb);
	info.rsdp = rsdp_scan();
	info.initrd = (struct boot_range){initrd.start, initrd.size};
	load_kernel();
	start_prepare(&info, memory_map_ram_end(&map), &h);
	settle_memory();
	handover_jump(&h);
}
