/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of memory_op, between its files. Results are the ABI's: >= 0 or -XEN_E…. Those on lists
 * of extents begin at *at, advance it, and may return -XEN_ERESTART.
 */
#ifndef SHOJI_CORE_MEMORY_OP_H
#define SHOJI_CORE_MEMORY_OP_H

#include "core/domain.h"
#include "core/guest_access.h"
#include "core/mm.h"
#include "core/preempt.h"
#include "shoji/errno.h"

#define EXTENT_ORDER_MAX 9   /* 2 MiB: what is done to one extent without a pause has an end */
#define COST_FRAME	 60u /* in units of preemption; clearing is charged for where it is done */
#define COST_RELEASE	 450u
#define COST_EXTENT	 700u

/* memory_extents.c; *at counts frames, so that one can stop within an extent */
long memory_increase(struct vcpu *v, gva_t arg, uint64_t *at);
long memory_decrease(struct vcpu *v, gva_t arg, uint64_t *at);
long memory_populate(struct vcpu *v, gva_t arg, uint64_t *at);
unsigned int memory_alloc_flags(uint32_t mem_flags);

/* memory_exchange.c */
long memory_exchange(struct vcpu *v, gva_t arg);

/* memory_query.c */
long memory_query(struct vcpu *v, unsigned int cmd, gva_t arg, uint64_t *at);

#endif
