/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run-time image: an ELF file inside the boot program (image.S), linked at BOOT_IMAGE_BASE.
 *
 * Duty: copy its segments to one block of physical memory, zero what the file does not have. The
 * file is ours, so mistakes in it are the build's; they are still said, not run.
 */
#include <elf.h>
#include <string.h>

#include "boot/boot.h"

#define IMAGE_ALIGN (2ULL << 20)
#define IMAGE_MAX   (1ULL << 30)

extern const char image_file[], image_file_end[];

static const Elf64_Phdr *segment(const Elf64_Ehdr *e, unsigned int i)
{
	const Elf64_Phdr *p = (const void *)(image_file + e->e_phoff + i * sizeof(*p));

	return p->p_type == PT_LOAD && p->p_memsz ? p : NULL;
}

static void check_segment(const Elf64_Phdr *p)
{
	uint64_t file_size = (uint64_t)(image_file_end - image_file);

	if (p->p_vaddr < BOOT_IMAGE_BASE || p->p_vaddr - BOOT_IMAGE_BASE > IMAGE_MAX ||
	    p->p_memsz > IMAGE_MAX || p->p_filesz > p->p_memsz || p->p_offset > file_size ||
	    p->p_filesz > file_size - p->p_offset)
		boot_fail("the hypervisor's image was built wrongly: segment at 0x%lx", p->p_vaddr);
}

static uint64_t span(const Elf64_Ehdr *e)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < e->e_phnum; i++) {
		const Elf64_Phdr *p = segment(e, i);

		if (!p)
			continue;
		check_segment(p);
		if (end < p->p_vaddr - BOOT_IMAGE_BASE + p->p_memsz)
			end = p->p_vaddr - BOOT_IMAGE_BASE + p->p_memsz;
	}
	return (end + 4095) & ~4095ULL;
}

uint64_t image_load(struct boot_range *image)
{
	const Elf64_Ehdr *e = (const void *)image_file;
	char *to;

	if (memcmp(e->e_ident, ELFMAG, SELFMAG) || e->e_phentsize != sizeof(Elf64_Phdr))
		boot_fail("the hypervisor's image was built wrongly: no ELF file");
	image->size = span(e);
	to = boot_pages_alloc(image->size, IMAGE_ALIGN);
	image->phys = (uintptr_t)to;
	memset(to, 0, image->size);
	for (unsigned int i = 0; i < e->e_phnum; i++) {
		const Elf64_Phdr *p = segment(e, i);

		if (p)
			memcpy(to + (p->p_vaddr - BOOT_IMAGE_BASE), image_file + p->p_offset,
			       p->p_filesz);
	}
	return e->e_entry;
}
