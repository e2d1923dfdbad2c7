/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the file of dom0's kernel to an ELF file in memory.
 *
 * Duty: unwrap with the distribution's static zlib, liblzma or libzstd, and refuse what is no PV
 * kernel before any machine state is given up. These libraries read their stack guard at FS:0x28
 * and may use the red zone: FS points to a page of ours and interrupts are off meanwhile.
 */
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "boot/boot.h"
#include "boot/io.h"
#include "boot/kernel_file.h"
#include "lib/elf_image.h"

#define PAGE 4096ULL

static uint64_t guard_page[8]; /* what FS:0x28 reads */

static bool unpack_gzip(const struct kernel_file *k, uint8_t *to)
{
	z_stream z = {0};
	bool done;

	z.next_in = (Bytef *)(uintptr_t)k->data;
	z.avail_in = (uInt)k->size;
	z.next_out = to;
	z.avail_out = (uInt)k->unpacked_size;
	done = inflateInit2(&z, 16 + MAX_WBITS) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END;
	return done && z.total_out == k->unpacked_size;
}

static bool unpack_xz(const struct kernel_file *k, uint8_t *to)
{
	uint64_t limit = UINT64_MAX;
	size_t in = 0, out = 0;

	return lzma_stream_buffer_decode(&limit, 0, NULL, k->data, &in, k->size, to, &out,
					 k->unpacked_size) == LZMA_OK &&
	       out == k->unpacked_size;
}

static bool unpack_zstd(const struct kernel_file *k, uint8_t *to)
{
	size_t frame = ZSTD_findFrameCompressedSize(k->data, k->size);

	return !ZSTD_isError(frame) &&
	       ZSTD_decompress(to, k->unpacked_size, k->data, frame) == k->unpacked_size;
}

static bool unpack(const struct kernel_file *k, uint8_t *to)
{
	uint64_t fs_base = msr_read(MSR_FS_BASE), flags;
	bool done;

	__asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
	msr_write(MSR_FS_BASE, (uintptr_t)guard_page);
	done = k->packing == KERNEL_GZIP ? unpack_gzip(k, to)
	       : k->packing == KERNEL_XZ ? unpack_xz(k, to)
					 : unpack_zstd(k, to);
	msr_write(MSR_FS_BASE, fs_base);
	if (flags & 0x200)
		__asm__ volatile("sti" : : : "memory");
	heap_release();
	return done;
}

static void check_elf(const char *name, const struct boot_range *elf)
{
	static struct elf_image image;
	const char *why = elf_image_parse((const void *)elf->phys, elf->size, &image);

	if (!why)
		why = elf_image_check_pv(&image);
	if (why)
		boot_fail("%s: the kernel for dom0 cannot be used: %s", name, why);
}

bool kernel_load(const char *name, const void *file, uint64_t size, struct boot_range *elf)
{
	struct kernel_file k;
	const char *why = kernel_file_parse(file, size, &k);
	bool in_place;

	if (why)
		boot_fail("%s: %s", name, why);
	in_place = k.packing == KERNEL_PLAIN && (uintptr_t)k.data % PAGE == 0;
	elf->size = k.unpacked_size;
	elf->phys = (uintptr_t)k.data;
	if (!in_place)
		elf->phys = (uintptr_t)boot_pages_alloc(elf->size, PAGE);
	if (k.packing != KERNEL_PLAIN && !unpack(&k, (uint8_t *)elf->phys))
		boot_fail("%s: the compressed kernel in it is damaged", name);
	else if (k.packing == KERNEL_PLAIN && !in_place)
		memcpy((void *)elf->phys, k.data, k.size);
	check_elf(name, elf);
	return !in_place;
}
