/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_elf.h: what a PV kernel's ELF image asks of the builder, in the builder's terms.
 */
#ifndef SHOJI_LIB_KERNEL_ELF_H
#define SHOJI_LIB_KERNEL_ELF_H

#include "build_layout.h"
#include "build_load.h"
#include "failure.h"

struct kernel_elf {
	struct build_image image;
	struct build_wishes wishes; /* pages and initrd_size are the caller's to fill in */
	uint64_t entry;		    /* virtual */
	uint64_t hypercall_page;    /* guest-physical; BUILD_NO_ADDRESS: none wanted */
};

/* Fails with the name of the missing note when it is no PV kernel. `path` is for messages. */
int kernel_elf_parse(const uint8_t *elf, size_t size, const char *path, struct kernel_elf *kernel,
		     struct failure *f);

#endif
