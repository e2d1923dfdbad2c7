/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_unpack.c: the three ways a bzImage payload is packed, by the distribution's libraries.
 *
 * The output buffer is exactly as large as the image claims; more output is an error, less is
 * too. The four bytes behind the packed stream are the size and not part of it.
 */
#include "kernel_image.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define XZ_MEMORY_MAX ((uint64_t)256 << 20)

static size_t unpack_gzip(const struct kernel_payload *p, void *to, const char **why)
{
	z_stream z = {.next_in = (Bytef *)p->data,
		      .avail_in = (uInt)p->size,
		      .next_out = to,
		      .avail_out = (uInt)p->unpacked_size};
	int rc = inflateInit2(&z, 15 + 16); /* 16: a gzip header */

	if (rc == Z_OK) {
		rc = inflate(&z, Z_FINISH);
		inflateEnd(&z);
	}
	if (rc == Z_STREAM_END)
		return z.total_out;
	*why = rc == Z_DATA_ERROR ? "the gzip data are corrupt" : "the gzip data end early";
	return 0;
}

static size_t unpack_xz(const struct kernel_payload *p, void *to, const char **why)
{
	uint64_t limit = XZ_MEMORY_MAX;
	size_t in = 0, out = 0;
	lzma_ret rc = lzma_stream_buffer_decode(&limit, 0, NULL, p->data, &in, p->size - 4, to,
						&out, p->unpacked_size);

	if (rc == LZMA_OK)
		return out;
	*why = rc == LZMA_MEMLIMIT_ERROR ? "the xz data need more than 256 MiB to unpack"
					 : "the xz data are corrupt";
	return 0;
}

static size_t unpack_zstd(const struct kernel_payload *p, void *to, const char **why)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = {p->data, p->size - 4, 0};
	ZSTD_outBuffer out = {to, p->unpacked_size, 0};
	size_t rc = 1, before;

	while (stream && rc != 0 && !ZSTD_isError(rc)) {
		before = in.pos + out.pos;
		rc = ZSTD_decompressStream(stream, &out, &in);
		if (in.pos + out.pos == before)
			break;
	}
	ZSTD_freeDStream(stream);
	if (stream && rc == 0)
		return out.pos;
	*why = "the zstd data are corrupt or end early";
	return 0;
}

size_t kernel_payload_unpack(const struct kernel_payload *p, void *to, const char **why)
{
	switch (p->packing) {
	case KERNEL_GZIP:
		return unpack_gzip(p, to, why);
	case KERNEL_XZ:
		return unpack_xz(p, to, why);
	case KERNEL_ZSTD:
		return unpack_zstd(p, to, why);
	default:
		*why = "unknown packing";
		return 0;
	}
}
