/* SPDX-License-Identifier: GPL-2.0-only */
/* The extension ABI's requests on page tables (mm_list.c), and runs of entries (mm_run.c). */
#ifndef SHOJI_CORE_MM_LIST_H
#define SHOJI_CORE_MM_LIST_H

#include "core/mm.h"

/* 0, -XEN_EINVAL, -XEN_EFAULT, or -XEN_ERESTART; `*done` were carried out. */
int mm_request_list(struct vcpu *v, gva_t at, unsigned int count, unsigned int *done);
/* flush: an address and SHOJI_FLUSH_…, or 0. The request is repeated after -XEN_ERESTART. */
int mm_request_one(struct vcpu *v, uint64_t ptr, uint64_t value, uint64_t flush);

/* `count` entries of a referenced table from `index` on, all inside it. 0, -XEN_EINVAL: it is no L1
 * table (or, protect: maps a grant writable; what is before that is done), -XEN_ERESTART. */
int mm_clear_run(struct frame *table, unsigned int index, unsigned int count);
int mm_protect_run(struct frame *table, unsigned int index, unsigned int count);
/* Of `count` requests that begin with one about this table: how many were carried out, from the
 * first on, because they set an absent entry of it to an ordinary page. What follows may be fine,
 * too. */
unsigned int mm_set_run(struct frame *table, const struct xen_mmu_update *r, unsigned int count);

#endif
