/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest's flags register may hold. Usable from assembly. */
#ifndef SHOJI_CORE_RFLAGS_H
#define SHOJI_CORE_RFLAGS_H

#define GUEST_RFLAGS_IF 0x200
#define GUEST_RFLAGS_AC 0x40000
/* Bits that a guest chooses itself: all that exist but IOPL, NT, VM, AC, VIF, VIP. */
#define GUEST_RFLAGS_FREE 0x218fff
/* Bits that are always set: the reserved one, IF. */
#define GUEST_RFLAGS_MUST 0x202
/* Bits that its handlers start without: TF, NT, RF, VM, AC. */
#define GUEST_RFLAGS_HANDLER_CLEARS 0x74100

#endif
