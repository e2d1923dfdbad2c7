/* SPDX-License-Identifier: MIT */
/*
 * The extension ABI's call about the calling vCPU, from version 4 on: shoji_switch. Any domain.
 */
#ifndef SHOJI_PUBLIC_EXTENSION_VCPU_H
#define SHOJI_PUBLIC_EXTENSION_VCPU_H

#include "types.h"

/*
 * shoji_switch(l4, user_l4, sp, fs_base, what): what a kernel tells when it goes from one thread to
 * another, all in registers. Feature SHOJI_FEATURE_switch. `what` says which of the arguments
 * count; the others are ignored.
 *
 *   SHOJI_SWITCH_roots    l4 and user_l4 (machine frames; user_l4 may be 0: none), as
 *                         MMUEXT_NEW_BASEPTR and MMUEXT_NEW_USER_BASEPTR. Translations are flushed
 *   SHOJI_SWITCH_stack    sp, as stack_switch with FLAT_KERNEL_SS
 *   SHOJI_SWITCH_fs_base  fs_base, as SEGBASE_FS
 *
 * Returns 0. EINVAL: unknown bits in `what`, a frame that is no L4 table of the domain's, an
 * address that is not canonical; then nothing has changed.
 */
#define SHOJI_SWITCH_roots   1
#define SHOJI_SWITCH_stack   2
#define SHOJI_SWITCH_fs_base 4

#endif
