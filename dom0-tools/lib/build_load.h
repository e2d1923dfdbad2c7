/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_load.h: which of a guest's frames a kernel image fills, and with what. Pure.
 *
 * Mapping a frame of another domain costs more than filling it, so frames that only have to be
 * zero are told apart: the hypervisor clears those without a mapping.
 */
#ifndef SHOJI_LIB_BUILD_LOAD_H
#define SHOJI_LIB_BUILD_LOAD_H

#include <stddef.h>
#include <stdint.h>

#define BUILD_SEGMENTS_MAX 16
#define BUILD_ZEROES_MAX   16

struct build_segment {
	uint64_t address; /* guest-physical: bytes above pfn 0 */
	uint64_t memory_size;
	uint64_t file_size; /* <= memory_size; the rest is zero */
	const uint8_t *data;
};

struct build_zeroes {
	uint64_t address, size; /* known to be zero although the file has bytes for it */
};

struct build_image {
	struct build_segment segments[BUILD_SEGMENTS_MAX];
	unsigned int segment_count;
	struct build_zeroes zeroes[BUILD_ZEROES_MAX];
	unsigned int zeroes_count;
};

enum build_page_kind { BUILD_UNUSED, BUILD_ZERO, BUILD_COPY };

/* kinds[i] of pfn first + i, for count pages. All segments lie inside. */
void build_load_plan(const struct build_image *image, uint64_t first, uint64_t count,
		     uint8_t *kinds);

/* All bytes of one page, as the image wants them; what no segment covers is zero. */
void build_load_page(const struct build_image *image, uint64_t pfn, uint8_t *page);

/* memcpy and memset for whole bulks, by vector moves: a string instruction counts and costs by the
 * byte under emulation, and a library picks it for large sizes. */
void build_copy(void *to, const void *from, size_t size);
void build_zero(void *to, size_t size);

#endif
