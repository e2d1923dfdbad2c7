/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of hypercall entries that older kernels call into (shoji/hypercalls.h). */
#ifndef SHOJI_CORE_HYPERCALL_PAGE_H
#define SHOJI_CORE_HYPERCALL_PAGE_H

#include "lib/types.h"

struct domain;

void hypercall_page_fill(void *page); /* 4096 bytes */
/* Into a frame that d owns and may write: 0 or -XEN_EINVAL. */
int hypercall_page_install(struct domain *d, mfn_t m);

#endif
