/* SPDX-License-Identifier: GPL-2.0-only */
/* The information that a multiboot 1 loader leaves in memory (its specification, version 0.6.96).
 */
#ifndef SHOJI_BOOT_MULTIBOOT_H
#define SHOJI_BOOT_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_LOADED 0x2badb002

#define MULTIBOOT_INFO_CMDLINE	   (1u << 2)
#define MULTIBOOT_INFO_MODULES	   (1u << 3)
#define MULTIBOOT_INFO_MMAP	   (1u << 6)
#define MULTIBOOT_INFO_LOADER_NAME (1u << 9)
#define MULTIBOOT_INFO_FRAMEBUFFER (1u << 12)

#define MULTIBOOT_FRAMEBUFFER_RGB 1

struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper;
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count, mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length, mmap_addr;
	uint32_t drives_length, drives_addr;
	uint32_t config_table;
	uint32_t loader_name;
	uint32_t apm_table;
	uint32_t vbe_control_info, vbe_mode_info;
	uint16_t vbe_mode, vbe_interface_seg, vbe_interface_off, vbe_interface_len;
	uint64_t framebuffer_addr;
	uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
	uint8_t framebuffer_bpp, framebuffer_type;
	uint8_t red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
} __attribute__((packed));

struct multiboot_module {
	uint32_t start, end; /* physical; end is the first byte behind */
	uint32_t string;
	uint32_t reserved;
};

struct multiboot_memory {
	uint32_t size; /* of the rest of the entry */
	uint64_t base, length;
	uint32_t type; /* as in the BIOS's E820 */
} __attribute__((packed));

#endif
