/* SPDX-License-Identifier: GPL-2.0-only */
/* build_internal.h: the state of one build, which the files build_*.c pass around. */
#ifndef SHOJI_LIB_BUILD_INTERNAL_H
#define SHOJI_LIB_BUILD_INTERNAL_H

#include "build.h"
#include "build_layout.h"
#include "build_load.h"
#include "file_map.h"
#include "hv.h"
#include "kernel_elf.h"
#include "kernel_image.h"
#include "xa_foreignmem.h"

struct build {
	const struct domain_def *def;
	struct build_result *result;
	struct failure *f;
	struct kernel_image image;
	struct file_map initrd;
	struct kernel_elf kernel;
	struct build_layout layout;
	struct hv *hv;
	struct xa_foreignmem *fm;
	uint64_t *mfns; /* of pfn 0.. */
	uint64_t shared_info_mfn;
};

/* Maps frames pfns[0..count) of the new domain, writable, one after the other. */
void *build_map(struct build *b, const uint64_t *pfns, size_t count);
/* The same for a run of frames. */
void *build_map_run(struct build *b, uint64_t pfn, uint64_t count);

/* Each returns 0, or -1 with b->f. */
int build_fill_kernel(struct build *b);
int build_fill_initrd(struct build *b);
int build_fill_start(struct build *b); /* start_info, frame list, ring pages, shared info, grants */
int build_fill_tables(struct build *b);

#endif
