/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_load.c: see build_load.h. The segments come from elf_image, which has checked that they
 * lie inside the file and the guest; here nothing is parsed.
 */
#include "build_load.h"

#include <immintrin.h>
#include <string.h>

#include "build_layout.h"

#define NO_IDIOMS __attribute__((optimize("no-tree-loop-distribute-patterns")))

/* The same with registers of twice the size; returns how much was copied. */
NO_IDIOMS __attribute__((target("avx2"))) static size_t copy_avx2(void *to, const void *from,
								  size_t size)
{
	const __m256i *src = from;
	__m256i *dst = to;
	size_t blocks = size / 256;

	for (size_t i = 0; i < blocks; i++, src += 8, dst += 8) {
		__m256i r[8];

#pragma GCC unroll 8
		for (int k = 0; k < 8; k++)
			r[k] = _mm256_loadu_si256(src + k);
#pragma GCC unroll 8
		for (int k = 0; k < 8; k++)
			_mm256_storeu_si256(dst + k, r[k]);
	}
	return blocks * 256;
}

NO_IDIOMS static void copy_sse2(void *to, const void *from, size_t size)
{
	const __m128i *src = from;
	__m128i *dst = to;
	size_t blocks = size / 64, rest = size % 64;

	for (size_t i = 0; i < blocks; i++, src += 4, dst += 4) {
		__m128i a = _mm_loadu_si128(src), b = _mm_loadu_si128(src + 1);
		__m128i c = _mm_loadu_si128(src + 2), d = _mm_loadu_si128(src + 3);

		_mm_storeu_si128(dst, a);
		_mm_storeu_si128(dst + 1, b);
		_mm_storeu_si128(dst + 2, c);
		_mm_storeu_si128(dst + 3, d);
	}
	memcpy(dst, src, rest);
}

void build_copy(void *to, const void *from, size_t size)
{
	size_t done = __builtin_cpu_supports("avx2") ? copy_avx2(to, from, size) : 0;

	copy_sse2((char *)to + done, (const char *)from + done, size - done);
}

NO_IDIOMS void build_zero(void *to, size_t size)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i *dst = to;
	size_t blocks = size / 64, rest = size % 64;

	for (size_t i = 0; i < blocks; i++, dst += 4) {
		_mm_storeu_si128(dst, zero);
		_mm_storeu_si128(dst + 1, zero);
		_mm_storeu_si128(dst + 2, zero);
		_mm_storeu_si128(dst + 3, zero);
	}
	memset(dst, 0, rest);
}

/* Raises the kind of every page that [begin, end) touches (inner: that it covers whole). */
static void mark(uint8_t *kinds, uint64_t first, uint64_t count, uint64_t begin, uint64_t end,
		 enum build_page_kind kind)
{
	for (uint64_t pfn = begin / BUILD_PAGE; pfn < BUILD_PAGES(end); pfn++)
		if (pfn >= first && pfn - first < count && kinds[pfn - first] < kind)
			kinds[pfn - first] = (uint8_t)kind;
}

static void lower_whole_pages(uint8_t *kinds, uint64_t first, uint64_t count,
			      const struct build_zeroes *z)
{
	for (uint64_t pfn = BUILD_PAGES(z->address); pfn < (z->address + z->size) / BUILD_PAGE;
	     pfn++)
		if (pfn >= first && pfn - first < count && kinds[pfn - first] == BUILD_COPY)
			kinds[pfn - first] = BUILD_ZERO;
}

void build_load_plan(const struct build_image *image, uint64_t first, uint64_t count,
		     uint8_t *kinds)
{
	memset(kinds, BUILD_UNUSED, count);
	for (unsigned int i = 0; i < image->segment_count; i++) {
		const struct build_segment *s = &image->segments[i];

		mark(kinds, first, count, s->address, s->address + s->memory_size, BUILD_ZERO);
		if (s->file_size)
			mark(kinds, first, count, s->address, s->address + s->file_size,
			     BUILD_COPY);
	}
	for (unsigned int i = 0; i < image->zeroes_count; i++)
		lower_whole_pages(kinds, first, count, &image->zeroes[i]);
}

/* The part of a segment's file bytes that falls into [base, base + page). */
static size_t load_part(const struct build_segment *s, uint64_t base, uint8_t *page)
{
	uint64_t begin = s->address > base ? s->address : base;
	uint64_t end = s->address + s->file_size;

	if (end > base + BUILD_PAGE)
		end = base + BUILD_PAGE;
	if (end <= begin)
		return 0;
	build_copy(page + (begin - base), s->data + (begin - s->address), end - begin);
	return end - begin;
}

void build_load_page(const struct build_image *image, uint64_t pfn, uint8_t *page)
{
	uint64_t base = pfn * BUILD_PAGE;

	/* the usual case first: one segment fills the page */
	for (unsigned int i = 0; i < image->segment_count; i++) {
		const struct build_segment *s = &image->segments[i];

		if (s->address <= base && base + BUILD_PAGE <= s->address + s->file_size) {
			load_part(s, base, page);
			return;
		}
	}
	build_zero(page, BUILD_PAGE);
	for (unsigned int i = 0; i < image->segment_count; i++)
		load_part(&image->segments[i], base, page);
}
