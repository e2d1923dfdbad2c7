/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op(VCPUOP_…, vcpu, handle): a domain about its own vCPUs. Times are system time in ns.
 * ENOENT: no such vCPU; EINVAL; EFAULT; ENOSYS.
 */
#ifndef SHOJI_PUBLIC_VCPU_H
#define SHOJI_PUBLIC_VCPU_H

#include "types.h"

#define VCPUOP_initialise	 0 /* struct xen_vcpu_guest_context; EEXIST: done already */
#define VCPUOP_up		 1 /* start; EINVAL: not initialised */
#define VCPUOP_down		 2 /* stop; keeps its state */
#define VCPUOP_is_up		 3 /* returns 0 or 1 */
#define VCPUOP_get_runstate_info 4 /* struct xen_vcpu_runstate_info */

struct xen_vcpu_runstate_info {
	int32_t state;		   /* out: RUNSTATE_… */
	uint64_t state_entry_time; /* out: since when; XEN_RUNSTATE_UPDATE while being written */
	uint64_t time[4]; /* out: ns spent in each state; together, the time since creation */
};
SHOJI_ABI_SIZE(struct xen_vcpu_runstate_info, 48);
SHOJI_ABI_OFFSET(struct xen_vcpu_runstate_info, state_entry_time, 8);
SHOJI_ABI_OFFSET(struct xen_vcpu_runstate_info, time, 16);
#define XEN_RUNSTATE_UPDATE (1ull << 63) /* needs VMASST_TYPE_runstate_update_flag */
#define RUNSTATE_running    0
#define RUNSTATE_runnable   1 /* waits for a processor */
#define RUNSTATE_blocked    2 /* waits for an event */
#define RUNSTATE_offline    3 /* down or paused */

/* The area is updated whenever the vCPU is about to run; any virtual address; 0: none. */
#define VCPUOP_register_runstate_memory_area 5
struct xen_vcpu_register_runstate_memory_area {
	union {
		uint64_t h; /* in: handle of struct xen_vcpu_runstate_info */
		uint64_t p;
	} addr;
};
SHOJI_ABI_SIZE(struct xen_vcpu_register_runstate_memory_area, 8);

#define VCPUOP_set_periodic_timer  6 /* VIRQ_TIMER every period */
#define VCPUOP_stop_periodic_timer 7
struct xen_vcpu_set_periodic_timer {
	uint64_t period_ns; /* in: at least 1 ms, else EINVAL */
};
SHOJI_ABI_SIZE(struct xen_vcpu_set_periodic_timer, 8);

#define VCPUOP_set_singleshot_timer  8 /* of the calling vCPU only */
#define VCPUOP_stop_singleshot_timer 9
struct xen_vcpu_set_singleshot_timer {
	uint64_t timeout_abs_ns; /* in */
	uint32_t flags;		 /* in: VCPU_SSHOTTMR_… */
};
SHOJI_ABI_SIZE(struct xen_vcpu_set_singleshot_timer, 16);
SHOJI_ABI_OFFSET(struct xen_vcpu_set_singleshot_timer, flags, 8);
#define VCPU_SSHOTTMR_future (1u << 0) /* ETIME instead of firing at once if it is past */

/* Moves the vCPU's vcpu_info for good. EINVAL: crosses the page, or registered before. */
#define VCPUOP_register_vcpu_info 10
struct xen_vcpu_register_vcpu_info {
	uint64_t mfn;	 /* in: a frame of the domain */
	uint32_t offset; /* in: bytes into it */
	uint32_t rsvd;
};
SHOJI_ABI_SIZE(struct xen_vcpu_register_vcpu_info, 16);
SHOJI_ABI_OFFSET(struct xen_vcpu_register_vcpu_info, rsvd, 12);

#define VCPUOP_send_nmi 11 /* to the NMI callback */

#define VCPUOP_get_physid 12 /* EINVAL unless the vCPU is pinned to one processor */
struct xen_vcpu_get_physid {
	uint64_t phys_id; /* out: APIC id, ACPI id << 32 */
};
SHOJI_ABI_SIZE(struct xen_vcpu_get_physid, 8);
#define xen_vcpu_physid_to_x86_apicid(physid) ((uint32_t)(physid))
#define xen_vcpu_physid_to_x86_acpiid(physid) ((uint32_t)((physid) >> 32))

/* A copy of the vCPU's time record, readable by user mode too; filled before the call returns. */
#define VCPUOP_register_vcpu_time_memory_area 13
struct xen_vcpu_register_time_memory_area {
	union {
		uint64_t h; /* in: handle of struct xen_vcpu_time_info; 0: none */
		uint64_t p;
	} addr;
};
SHOJI_ABI_SIZE(struct xen_vcpu_register_time_memory_area, 8);

#endif
