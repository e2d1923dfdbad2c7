/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_image.h: from a kernel file to the ELF image inside it.
 *
 * A plain ELF file is used where it lies (mapped, not copied). A bzImage is unwrapped: its
 * payload, packed with gzip, xz or zstd, is unpacked once into anonymous memory. All bytes are
 * treated as hostile: every offset and size is checked before use.
 */
#ifndef SHOJI_LIB_KERNEL_IMAGE_H
#define SHOJI_LIB_KERNEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "file_map.h"

/* No kernel is larger than this; more is taken for a broken or hostile file. */
#define KERNEL_UNPACKED_MAX ((size_t)512 << 20)

struct kernel_image {
	struct file_map file;
	void *unpacked; /* NULL when the file is plain ELF */
	size_t unpacked_size;
	const uint8_t *elf;
	size_t elf_size;
};

int kernel_image_open(struct kernel_image *image, const char *path, struct failure *f);
void kernel_image_close(struct kernel_image *image);

enum kernel_packing { KERNEL_ELF, KERNEL_GZIP, KERNEL_XZ, KERNEL_ZSTD, KERNEL_UNKNOWN };

struct kernel_payload {
	enum kernel_packing packing;
	const uint8_t *data;
	size_t size;
	size_t unpacked_size; /* as the image claims; already bounded */
};

/* Looks at the headers only. NULL when fine, else why not. */
const char *kernel_payload_find(const void *data, size_t size, struct kernel_payload *payload);

/* Unpacks into `to`, which holds payload->unpacked_size bytes. Returns how many bytes were made,
 * or 0 with *why. */
size_t kernel_payload_unpack(const struct kernel_payload *payload, void *to, const char **why);

#endif
