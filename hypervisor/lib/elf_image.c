/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elf_image.c: parses the headers, program headers, section headers and Xen notes of a kernel.
 *
 * Input: a byte array of any content. Output: struct elf_image, or a reason. No state, no lock, no
 * library. It does not load anything and does not judge whether the kernel fits somewhere.
 */
#include "elf_image.h"

#include "shoji/elfnote.h"

#define EHDR_SIZE 64
#define PHDR_SIZE 56
#define SHDR_SIZE 64

#define PT_LOAD	    1u
#define PT_NOTE	    4u
#define PF_X	    1u
#define PF_W	    2u
#define SHT_NOTE    7u
#define SHT_NOBITS  8u
#define SHF_ALLOC   2u
#define HEADERS_MAX 1024u

struct file {
	const uint8_t *data;
	uint64_t size;
};

static uint64_t read_le(const struct file *f, uint64_t offset, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)f->data[offset + i] << (8 * i);
	return value;
}

static bool inside(const struct file *f, uint64_t offset, uint64_t size)
{
	return offset <= f->size && size <= f->size - offset;
}

static void wipe(void *at, size_t size)
{
	uint8_t *byte = at;

	while (size--)
		*byte++ = 0;
}

/* A note's value: 4 or 8 bytes; other sizes count as absent. */
static bool note_number(const struct file *f, uint64_t at, uint64_t size, uint64_t *value)
{
	if (size != 4 && size != 8)
		return false;
	*value = read_le(f, at, (unsigned int)size);
	return true;
}

static bool note_text(const struct file *f, uint64_t at, uint64_t size, char *to, size_t room)
{
	size_t length = 0;

	while (length + 1 < room && length < size && f->data[at + length]) {
		to[length] = (char)f->data[at + length];
		length++;
	}
	to[length] = '\0';
	return true;
}

static bool take_note(struct elf_image *image, const struct file *f, uint64_t type, uint64_t at,
		      uint64_t size)
{
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		return note_number(f, at, size, &image->entry);
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		return note_number(f, at, size, &image->hypercall_page);
	case XEN_ELFNOTE_VIRT_BASE:
		return note_number(f, at, size, &image->virt_base);
	case XEN_ELFNOTE_PADDR_OFFSET:
		return note_number(f, at, size, &image->paddr_offset);
	case XEN_ELFNOTE_INIT_P2M:
		return note_number(f, at, size, &image->init_p2m);
	case XEN_ELFNOTE_MOD_START_PFN:
		return note_number(f, at, size, &image->mod_start_pfn);
	case XEN_ELFNOTE_SUSPEND_CANCEL:
		return note_number(f, at, size, &image->suspend_cancel);
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
		return note_number(f, at, size, &image->supported_features);
	case XEN_ELFNOTE_PHYS32_ENTRY:
		return note_number(f, at, size, &image->phys32_entry);
	case XEN_ELFNOTE_FEATURES:
		return note_text(f, at, size, image->features, sizeof(image->features));
	case XEN_ELFNOTE_GUEST_OS:
		return note_text(f, at, size, image->guest_os, sizeof(image->guest_os));
	case XEN_ELFNOTE_GUEST_VERSION:
		return note_text(f, at, size, image->guest_version, sizeof(image->guest_version));
	case XEN_ELFNOTE_LOADER:
		return note_text(f, at, size, image->loader, sizeof(image->loader));
	case XEN_ELFNOTE_XEN_VERSION:
		return note_text(f, at, size, image->xen_version, sizeof(image->xen_version));
	default:
		return true;
	}
}

static bool is_xen(const struct file *f, uint64_t name, uint64_t size)
{
	return size == 4 && f->data[name] == 'X' && f->data[name + 1] == 'e' &&
	       f->data[name + 2] == 'n' && f->data[name + 3] == 0;
}

/* All notes of one note segment or section. A malformed note ends the walk. */
static void take_notes(struct elf_image *image, const struct file *f, uint64_t at, uint64_t size)
{
	uint64_t end = at + size;

	while (end - at >= 12) {
		uint64_t name_size = read_le(f, at, 4), desc_size = read_le(f, at + 4, 4);
		uint64_t type = read_le(f, at + 8, 4);
		uint64_t name = at + 12, desc = name + ((name_size + 3) & ~3ull);
		uint64_t next = desc + ((desc_size + 3) & ~3ull);

		if (desc > end || desc_size > end - desc)
			return;
		if (is_xen(f, name, name_size) && type <= XEN_ELFNOTE_MAX &&
		    take_note(image, f, type, desc, desc_size))
			image->notes |= 1u << type;
		if (next > end)
			return;
		at = next;
	}
}

static const char *take_segment(struct elf_image *image, const struct file *f, uint64_t header)
{
	struct elf_segment s = {
		.virt = read_le(f, header + 16, 8),
		.phys = read_le(f, header + 24, 8),
		.memory_size = read_le(f, header + 40, 8),
		.file_size = read_le(f, header + 32, 8),
		.file_offset = read_le(f, header + 8, 8),
		.writable = read_le(f, header + 4, 4) & PF_W,
		.executable = read_le(f, header + 4, 4) & PF_X,
	};

	if (s.memory_size == 0)
		return NULL;
	if (s.file_size > s.memory_size)
		return "a segment has more bytes in the file than in memory";
	if (!inside(f, s.file_offset, s.file_size))
		return "a segment reaches beyond the end of the file";
	if (image->segment_count == ELF_IMAGE_SEGMENTS_MAX)
		return "it has too many segments";
	image->segments[image->segment_count++] = s;
	return NULL;
}

static const char *take_program_headers(struct elf_image *image, const struct file *f)
{
	uint64_t table = read_le(f, 32, 8), count = read_le(f, 56, 2);
	const char *why = NULL;

	if (read_le(f, 54, 2) != PHDR_SIZE || !inside(f, table, count * PHDR_SIZE))
		return "its program headers are damaged";
	for (uint64_t i = 0; i < count && !why; i++) {
		uint64_t header = table + i * PHDR_SIZE, type = read_le(f, header, 4);
		uint64_t offset = read_le(f, header + 8, 8), size = read_le(f, header + 32, 8);

		if (type == PT_LOAD)
			why = take_segment(image, f, header);
		else if (type == PT_NOTE && inside(f, offset, size))
			take_notes(image, f, offset, size);
	}
	return why;
}

/* Translates by the segment that holds the whole range in its file part. */
static void take_zeroes(struct elf_image *image, uint64_t virt, uint64_t size)
{
	for (unsigned int i = 0; i < image->segment_count; i++) {
		const struct elf_segment *s = &image->segments[i];

		if (virt < s->virt || size > s->file_size || virt - s->virt > s->file_size - size)
			continue;
		image->zeroes[image->zeroes_count++] =
			(struct elf_zeroes){s->phys + (virt - s->virt), size};
		return;
	}
}

/* Sections are optional: a damaged table is ignored. Runs after physical addresses are final. */
static void take_section_headers(struct elf_image *image, const struct file *f)
{
	uint64_t table = read_le(f, 40, 8), count = read_le(f, 60, 2);

	if (read_le(f, 58, 2) != SHDR_SIZE || count > HEADERS_MAX ||
	    !inside(f, table, count * SHDR_SIZE))
		return;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t header = table + i * SHDR_SIZE;
		uint64_t type = read_le(f, header + 4, 4), flags = read_le(f, header + 8, 8);
		uint64_t size = read_le(f, header + 32, 8);

		if (type == SHT_NOBITS && (flags & SHF_ALLOC) && size &&
		    image->zeroes_count < ELF_IMAGE_ZEROES_MAX)
			take_zeroes(image, read_le(f, header + 16, 8), size);
	}
}

/* Applies PADDR_OFFSET and finds the bounds. */
static const char *settle_addresses(struct elf_image *image)
{
	image->phys_begin = ~0ull;
	for (unsigned int i = 0; i < image->segment_count; i++) {
		struct elf_segment *s = &image->segments[i];

		if (s->phys < image->paddr_offset)
			return "a segment lies below its PADDR_OFFSET note";
		s->phys -= image->paddr_offset;
		if (s->phys > ELF_IMAGE_PHYS_MAX || s->memory_size > ELF_IMAGE_PHYS_MAX - s->phys)
			return "a segment lies at an absurd address";
		if (s->phys < image->phys_begin)
			image->phys_begin = s->phys;
		if (s->phys + s->memory_size > image->phys_end)
			image->phys_end = s->phys + s->memory_size;
	}
	return image->segment_count ? NULL : "it has nothing to load";
}

static const char *check_header(const struct file *f)
{
	if (f->size < EHDR_SIZE || read_le(f, 0, 4) != 0x464c457fu)
		return "it is no ELF file";
	if (f->data[4] != 2 || f->data[5] != 1)
		return "it is no 64-bit little-endian ELF file";
	if (read_le(f, 18, 2) != 62)
		return "it is not for x86-64";
	if (read_le(f, 16, 2) != 2 && read_le(f, 16, 2) != 3)
		return "it is no executable ELF file";
	return NULL;
}

const char *elf_image_parse(const void *data, uint64_t size, struct elf_image *image)
{
	struct file f = {data, size};
	const char *why;

	wipe(image, sizeof(*image));
	why = check_header(&f);
	if (why)
		return why;
	image->elf_entry = read_le(&f, 24, 8);
	why = take_program_headers(image, &f);
	if (!why)
		why = settle_addresses(image);
	if (!why)
		take_section_headers(image, &f);
	return why;
}

const char *elf_image_check_pv(const struct elf_image *image)
{
	if (!elf_image_has_note(image, XEN_ELFNOTE_ENTRY))
		return "the note XEN_ELFNOTE_ENTRY is missing (is it built with CONFIG_XEN_PV?)";
	if (!elf_image_has_note(image, XEN_ELFNOTE_VIRT_BASE))
		return "the note XEN_ELFNOTE_VIRT_BASE is missing (is it built with "
		       "CONFIG_XEN_PV?)";
	if (!elf_image_has_note(image, XEN_ELFNOTE_XEN_VERSION))
		return "the note XEN_ELFNOTE_XEN_VERSION is missing (is it built with "
		       "CONFIG_XEN_PV?)";
	return NULL;
}
