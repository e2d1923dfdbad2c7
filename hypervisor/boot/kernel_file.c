/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the setup header of a bzImage.
 *
 * Duty: find the payload (a compressed ELF file, or one as it is) by the header's payload_offset
 * and payload_length, recognise its packing by magic, and take the unpacked size from the four
 * bytes that the kernel's build puts at the payload's end. Plain ELF files pass through. Pure; the
 * file is taken for hostile.
 */
#include "boot/kernel_file.h"

#include <stddef.h>
#include <string.h>

/* Offsets in the file (Documentation of the x86 boot protocol). */
#define SETUP_SECTS	 0x1f1
#define BOOT_FLAG	 0x1fe
#define HEADER_MAGIC	 0x202
#define PROTOCOL	 0x206
#define PAYLOAD_OFFSET	 0x248
#define PAYLOAD_LENGTH	 0x24c
#define HEADER_END	 0x250
#define PROTOCOL_PAYLOAD 0x0208 /* the first version with a payload */
#define SECTOR		 512
#define UNPACKED_MAX	 (1ULL << 30)

static const struct {
	const char *magic;
	unsigned int length;
	enum kernel_packing packing;
} packings[] = {
	{"\x7f"
	 "ELF",
	 4, KERNEL_PLAIN},
	{"\x1f\x8b\x08", 3, KERNEL_GZIP},
	{"\xfd"
	 "7zXZ",
	 6, KERNEL_XZ},
	{"\x28\xb5\x2f\xfd", 4, KERNEL_ZSTD},
};

static uint32_t read_le(const uint8_t *at, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static bool recognise(struct kernel_file *k)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		if (k->size < packings[i].length ||
		    memcmp(k->data, packings[i].magic, packings[i].length))
			continue;
		k->packing = packings[i].packing;
		return true;
	}
	return false;
}

/* Take the unpacked size off the payload's end (gzip has it as its own trailer, too). */
static const char *take_size(struct kernel_file *k)
{
	if (k->packing == KERNEL_PLAIN) {
		k->unpacked_size = k->size;
		return NULL;
	}
	if (k->size < 16)
		return "the compressed kernel in it is cut short";
	k->unpacked_size = read_le(k->data + k->size - 4, 4);
	if (k->packing != KERNEL_GZIP)
		k->size -= 4;
	if (k->unpacked_size < 64 || k->unpacked_size > UNPACKED_MAX)
		return "the size of the unpacked kernel makes no sense";
	return NULL;
}

static const char *parse_bzimage(const uint8_t *file, uint64_t size, struct kernel_file *k)
{
	uint64_t setup_sects = file[SETUP_SECTS] ? file[SETUP_SECTS] : 4;
	uint64_t offset = (setup_sects + 1) * SECTOR + read_le(file + PAYLOAD_OFFSET, 4);
	uint64_t length = read_le(file + PAYLOAD_LENGTH, 4);

	if (read_le(file + PROTOCOL, 2) < PROTOCOL_PAYLOAD)
		return "a bzImage older than boot protocol 2.08";
	if (!length || offset > size || length > size - offset)
		return "the bzImage is cut short";
	k->data = file + offset;
	k->size = length;
	if (!recognise(k))
		return "the kernel in the bzImage is packed in a way that is not known here "
		       "(known: gzip, xz, zstd)";
	return take_size(k);
}

const char *kernel_file_parse(const void *file, uint64_t size, struct kernel_file *kernel)
{
	const uint8_t *bytes = file;

	kernel->data = bytes;
	kernel->size = size;
	if (size >= 64 && recognise(kernel) && kernel->packing == KERNEL_PLAIN)
		return take_size(kernel);
	if (size >= HEADER_END && read_le(bytes + BOOT_FLAG, 2) == 0xaa55 &&
	    !memcmp(bytes + HEADER_MAGIC, "HdrS", 4))
		return parse_bzimage(bytes, size, kernel);
	return "neither a bzImage nor an ELF file";
}
