/* SPDX-License-Identifier: GPL-2.0-only */
/* Segment descriptors of guests (Intel SDM volume 3, 3.4.5). The check itself is in core/mm.h. */
#ifndef SHOJI_CORE_DESCRIPTOR_H
#define SHOJI_CORE_DESCRIPTOR_H

#include "lib/types.h"

struct domain;

#define DESC_ACCESSED (1ULL << 40)
#define DESC_S	      (1ULL << 44) /* code or data, not a system segment */
#define DESC_DPL      (3ULL << 45)
#define DESC_PRESENT  (1ULL << 47)

/* One descriptor at a machine address, in a frame that d owns: 0, -XEN_EINVAL, -XEN_ERESTART. */
int descriptor_write(struct domain *d, uint64_t machine_address, uint64_t value);

#endif
