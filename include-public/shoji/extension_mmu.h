/* SPDX-License-Identifier: MIT */
/*
 * The extension ABI's calls about page tables, from version 4 on: shoji_mmu_update,
 * shoji_set_entry, shoji_space. Any domain, about its own frames and tables only; what an entry may
 * say and what a frame may be is checked as by the base calls (mmu.h).
 */
#ifndef SHOJI_PUBLIC_EXTENSION_MMU_H
#define SHOJI_PUBLIC_EXTENSION_MMU_H

#include "mmu.h"
#include "types.h"

/*
 * shoji_mmu_update(handle of struct xen_mmu_update[], count, handle of uint32_t done).
 * Feature SHOJI_FEATURE_mmu_update. Requests are carried out in order until one fails; *done
 * (handle may be null) is how many were. The low three bits of ptr are the command, the rest is the
 * machine address of an entry:
 *
 *                       ptr                    val
 *   SHOJI_MMU_set       any entry              new entry, as MMU_NORMAL_PT_UPDATE
 *   SHOJI_MMU_keep_ad   any entry              new entry, as MMU_PT_UPDATE_PRESERVE_AD
 *   SHOJI_MMU_clear     entry of level 1       that many entries from this one on become 0
 *   SHOJI_MMU_protect   entry of level 1       that many entries from this one on lose RW and
 *                                              keep all else, Accessed and Dirty included
 *   SHOJI_MMU_link      entry of level 2 to 4  new entry, as set; a table that comes in is made
 *                                              read-only in the direct map first, one that goes
 *                                              writable again (shoji_space)
 *
 * A run of entries must end within its table. Translations are not flushed.
 * Errors: EINVAL bad command, entry, frame or run; EFAULT.
 */
#define SHOJI_MMU_set	  0
#define SHOJI_MMU_keep_ad 2
#define SHOJI_MMU_clear	  4
#define SHOJI_MMU_protect 5
#define SHOJI_MMU_link	  6
#define SHOJI_MMU_mask	  7

/*
 * shoji_set_entry(ptr, val, flush): one request, all in registers. Feature SHOJI_FEATURE_set_entry.
 * flush: 0, or a page-aligned address | SHOJI_FLUSH_…: its translation is flushed afterwards.
 * Returns 0. Errors: as above; a flush that is not possible is EINVAL before anything happens.
 */
#define SHOJI_FLUSH_local 1 /* on this vCPU */
#define SHOJI_FLUSH_all	  2 /* on all vCPUs of the domain */
#define SHOJI_FLUSH_mask  0xfff

/*
 * shoji_space(cmd, l4, user_l4, go_on): a whole address space at once. Feature SHOJI_FEATURE_space.
 *
 *   SHOJI_SPACE_direct_map   l4 is the virtual address where the caller's kernel maps its memory in
 *                            order of guest frame numbers, user_l4 how many pages. Kept for the
 *                            domain; 0 pages: none. EINVAL: not page-aligned, or not the guest's
 *   SHOJI_SPACE_pin          the tables of the lower half below l4, l4 and user_l4 (machine frames;
 *                            user_l4 may be 0: none) are made read-only in the direct map, as far
 *                            as that maps them; then both are pinned as MMUEXT_PIN_L4_TABLE does.
 *                            If that fails, all is undone
 *   SHOJI_SPACE_unpin        both are unpinned; their tables and those below become writable in the
 *                            direct map, unless they are still in use. EINVAL: they are not pinned
 *
 * Long, but interrupted as often as necessary: go_on is how it goes on, and 0 in a new call. While
 * one vCPU is between the begin and the end of a call, writes of others to the direct map that find
 * a page read-only which is no table yet are simply tried again.
 * Returns 0. Errors: EINVAL, ENOSYS unknown command.
 */
#define SHOJI_SPACE_direct_map 0
#define SHOJI_SPACE_pin	       1
#define SHOJI_SPACE_unpin      2

#endif
