/* SPDX-License-Identifier: MIT */
/*
 * callback_op(CALLBACKOP_…, handle): where the hypervisor enters the guest kernel. For the calling
 * vCPU (nmi: for the domain). EINVAL: unknown type or non-canonical address; ENOSYS.
 */
#ifndef SHOJI_PUBLIC_CALLBACK_H
#define SHOJI_PUBLIC_CALLBACK_H

#include "types.h"

#define CALLBACKOP_register   0
#define CALLBACKOP_unregister 1

#define CALLBACKTYPE_event		 0 /* events are pending */
#define CALLBACKTYPE_failsafe		 1 /* an iret could not load its segments */
#define CALLBACKTYPE_syscall		 2 /* `syscall` in 64-bit user mode */
#define CALLBACKTYPE_sysenter_deprecated 3
#define CALLBACKTYPE_nmi		 4
#define CALLBACKTYPE_sysenter		 5 /* `sysenter` in user mode */
#define CALLBACKTYPE_syscall32		 7 /* `syscall` in 32-bit user mode */

#define CALLBACKF_mask_events (1u << 0) /* enter with evtchn_upcall_mask set */

struct xen_callback_register {
	uint16_t type;	  /* in: CALLBACKTYPE_… */
	uint16_t flags;	  /* in: CALLBACKF_… */
	uint64_t address; /* in */
};
SHOJI_ABI_SIZE(struct xen_callback_register, 16);
SHOJI_ABI_OFFSET(struct xen_callback_register, address, 8);

/* Not for event, failsafe and syscall: EINVAL. */
struct xen_callback_unregister {
	uint16_t type; /* in */
	uint16_t _unused;
};
SHOJI_ABI_SIZE(struct xen_callback_unregister, 4);
SHOJI_ABI_OFFSET(struct xen_callback_unregister, _unused, 2);

#endif
