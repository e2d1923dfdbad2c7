/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_image.c: finds the ELF image in a kernel file.
 *
 * The x86 boot protocol (2.08 and later) tells where a bzImage keeps its payload and how long it
 * is; the payload's last four bytes tell its unpacked size. Nothing is believed: offsets are
 * checked against the file, the size against KERNEL_UNPACKED_MAX.
 */
#include "kernel_image.h"

#include <string.h>
#include <sys/mman.h>

#define WHAT "load the kernel"

#define SETUP_SECTS    0x1f1
#define BOOT_MAGIC     0x202
#define BOOT_VERSION   0x206
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END     0x250

static uint32_t read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool begins(const uint8_t *data, size_t size, const char *magic, size_t length)
{
	return size >= length && !memcmp(data, magic, length);
}

static enum kernel_packing packing_of(const uint8_t *data, size_t size)
{
	if (begins(data, size, "\177ELF", 4))
		return KERNEL_ELF;
	if (begins(data, size, "\037\213", 2))
		return KERNEL_GZIP;
	if (begins(data, size, "\3757zXZ\0", 6))
		return KERNEL_XZ;
	if (begins(data, size, "\050\265\057\375", 4))
		return KERNEL_ZSTD;
	return KERNEL_UNKNOWN;
}

static const char *find_in_bzimage(const uint8_t *data, size_t size, struct kernel_payload *p)
{
	size_t setup, offset, length;

	if (size < HEADER_END || memcmp(data + BOOT_MAGIC, "HdrS", 4))
		return "it is neither an ELF file nor a bzImage";
	if ((data[BOOT_VERSION] | data[BOOT_VERSION + 1] << 8) < 0x208)
		return "the bzImage is too old (boot protocol before 2.08): it has no payload "
		       "field";
	setup = ((data[SETUP_SECTS] ? data[SETUP_SECTS] : 4u) + 1) * 512;
	offset = setup + read_u32(data + PAYLOAD_OFFSET);
	length = read_u32(data + PAYLOAD_LENGTH);
	if (length < 8 || offset > size || length > size - offset)
		return "the bzImage is damaged: its payload lies outside the file";
	p->data = data + offset;
	p->size = length;
	p->packing = packing_of(p->data, p->size);
	p->unpacked_size = read_u32(p->data + length - 4);
	return NULL;
}

const char *kernel_payload_find(const void *data, size_t size, struct kernel_payload *p)
{
	const char *why;

	*p = (struct kernel_payload){packing_of(data, size), data, size, size};
	if (p->packing == KERNEL_ELF)
		return NULL;
	why = find_in_bzimage(data, size, p);
	if (why)
		return why;
	if (p->packing == KERNEL_UNKNOWN)
		return "the bzImage is packed in a way that is not supported (only gzip, xz, zstd)";
	if (p->packing == KERNEL_ELF)
		p->unpacked_size = p->size;
	if (p->unpacked_size < 4096 || p->unpacked_size > KERNEL_UNPACKED_MAX)
		return "the bzImage is damaged: its unpacked size is absurd";
	return NULL;
}

static int unpack(struct kernel_image *image, const struct kernel_payload *p, const char *path,
		  struct failure *f)
{
	const char *why = NULL;
	void *to = mmap(NULL, p->unpacked_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	size_t made;

	if (to == MAP_FAILED)
		return fail_errno(f, FAIL_GENERAL, WHAT, path, NULL);
	image->unpacked = to;
	image->unpacked_size = p->unpacked_size;
	made = kernel_payload_unpack(p, to, &why);
	if (!made)
		return fail_set(f, FAIL_FILE, WHAT, path, "the file is damaged: install it again",
				"unpacking failed: %s", why);
	image->elf = to;
	image->elf_size = made;
	return 0;
}

static int open_mapped(struct kernel_image *image, const char *path, struct failure *f)
{
	struct kernel_payload payload;
	const char *why = kernel_payload_find(image->file.data, image->file.size, &payload);

	if (why)
		return fail_set(f, FAIL_FILE, WHAT, path,
				"give a Linux vmlinux or bzImage (vmlinuz) with CONFIG_XEN_PV",
				"%s", why);
	if (payload.packing != KERNEL_ELF)
		return unpack(image, &payload, path, f);
	image->elf = payload.data;
	image->elf_size = payload.size;
	return 0;
}

int kernel_image_open(struct kernel_image *image, const char *path, struct failure *f)
{
	memset(image, 0, sizeof(*image));
	if (file_map_open(&image->file, path, WHAT, f))
		return -1;
	if (!open_mapped(image, path, f))
		return 0;
	kernel_image_close(image);
	return -1;
}

void kernel_image_close(struct kernel_image *image)
{
	if (image->unpacked)
		munmap(image->unpacked, image->unpacked_size);
	file_map_close(&image->file);
	memset(image, 0, sizeof(*image));
}
