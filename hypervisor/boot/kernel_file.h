/* SPDX-License-Identifier: GPL-2.0-only */
/* What kind of file dom0's kernel came in, and where the compressed ELF lies in a bzImage. */
#ifndef SHOJI_BOOT_KERNEL_FILE_H
#define SHOJI_BOOT_KERNEL_FILE_H

#include <stdbool.h>
#include <stdint.h>

enum kernel_packing {
	KERNEL_PLAIN, /* an ELF file */
	KERNEL_GZIP,
	KERNEL_XZ,
	KERNEL_ZSTD,
};

struct kernel_file {
	enum kernel_packing packing;
	const uint8_t *data; /* the ELF file or the compressed stream */
	uint64_t size;
	uint64_t unpacked_size; /* of the ELF file */
};

/* NULL, or what is wrong with the file. Checks every offset; decompresses nothing. */
const char *kernel_file_parse(const void *file, uint64_t size, struct kernel_file *kernel);

#endif
