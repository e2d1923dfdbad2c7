/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elf_image.h: a parser of 64-bit ELF kernels and their Xen notes.
 *
 * Pure and freestanding: it reads the bytes it is given and nothing else, allocates nothing and
 * calls no library. The boot code uses it for dom0's kernel, the tools for guests' kernels. The
 * bytes are taken for hostile: every offset, size and sum is checked; what a parsed image says lies
 * inside the file and does not overflow.
 */
#ifndef SHOJI_LIB_ELF_IMAGE_H
#define SHOJI_LIB_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_IMAGE_SEGMENTS_MAX 16
#define ELF_IMAGE_ZEROES_MAX   8
#define ELF_IMAGE_TEXT_MAX     128
#define ELF_IMAGE_PHYS_MAX     (1ull << 40) /* no segment may end above */

struct elf_segment {
	uint64_t virt, phys; /* as in the program header; phys less the PADDR_OFFSET note */
	uint64_t memory_size;
	uint64_t file_size; /* <= memory_size; 0: nothing to copy */
	uint64_t file_offset;
	bool writable, executable;
};

/* A range that a segment covers with bytes in the file although a section says it is zero (the
 * kernel's .bss). Using it saves copying; ignoring it is right, too. */
struct elf_zeroes {
	uint64_t phys, size;
};

struct elf_image {
	struct elf_segment segments[ELF_IMAGE_SEGMENTS_MAX];
	unsigned int segment_count;
	struct elf_zeroes zeroes[ELF_IMAGE_ZEROES_MAX];
	unsigned int zeroes_count;
	uint64_t phys_begin, phys_end; /* of all segments; begin < end */
	uint64_t elf_entry;	       /* of the ELF header */

	uint32_t notes; /* bit n: the Xen note of type n is there (shoji/elfnote.h) */
	uint64_t entry, virt_base, paddr_offset, init_p2m, hypercall_page, phys32_entry;
	uint64_t mod_start_pfn, supported_features, suspend_cancel;
	char features[ELF_IMAGE_TEXT_MAX];
	char guest_os[32], guest_version[32], loader[32], xen_version[32];
};

/* NULL when the file is a well-formed 64-bit x86 ELF image, else why it is not. */
const char *elf_image_parse(const void *data, uint64_t size, struct elf_image *image);

static inline bool elf_image_has_note(const struct elf_image *image, unsigned int type)
{
	return type < 32 && (image->notes >> type & 1);
}

/* NULL when the notes make it a 64-bit PV kernel that can be started, else what is missing. */
const char *elf_image_check_pv(const struct elf_image *image);

#endif
