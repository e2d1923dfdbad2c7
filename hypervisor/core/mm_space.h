/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole address spaces of guests (mm_space.c). */
#ifndef SHOJI_CORE_MM_SPACE_H
#define SHOJI_CORE_MM_SPACE_H

#include "core/domain.h"

struct mm_space {
	mfn_t l4, user_l4; /* user_l4.n == 0: none */
};

/* shoji_space's commands: 0, -XEN_EINVAL, or (not of the first) -XEN_ERESTART and how to go on. */
int mm_set_direct_map(struct domain *d, uint64_t base, uint64_t pages);
int mm_pin_space(struct vcpu *v, const struct mm_space *s, uint64_t *go_on);
int mm_unpin_space(struct vcpu *v, const struct mm_space *s, uint64_t *go_on);

/* What fails may fail because another vCPU is between the begin and the end of such a call, and the
 * table concerned coming or going. */
static inline uint64_t mm_space_epoch(const struct domain *d)
{
	return __atomic_load_n(&d->space_epoch, __ATOMIC_SEQ_CST);
}
bool mm_space_disturbed(struct vcpu *v, uint64_t epoch_before);

#endif
