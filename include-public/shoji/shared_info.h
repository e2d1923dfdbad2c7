/* SPDX-License-Identifier: MIT */
/*
 * The page shared between the hypervisor and a domain: events, time, wall clock. One per domain,
 * its machine frame is in start_info. All fields are read and written concurrently by both sides:
 * use atomic bit operations on bitmaps and the version protocols below.
 */
#ifndef SHOJI_PUBLIC_SHARED_INFO_H
#define SHOJI_PUBLIC_SHARED_INFO_H

#include "arch.h"
#include "types.h"

#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0) /* all vCPUs' records give one monotonic time */
#define XEN_PVCLOCK_GUEST_STOPPED  (1 << 1) /* the vCPU was stopped; the guest clears it */

/*
 * The vCPU's clock, written by the hypervisor. Nanoseconds since boot of the machine =
 *   system_time + (((tsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul >> 32)
 * (a negative tsc_shift shifts right). Read version, then the rest, then version again: try again
 * if it was odd or has changed.
 */
struct xen_vcpu_time_info {
	uint32_t version; /* odd while being written */
	uint32_t pad0;
	uint64_t tsc_timestamp;	    /* TSC at the last update */
	uint64_t system_time;	    /* ns at the last update */
	uint32_t tsc_to_system_mul; /* fraction of a ns per tick, times 2^32 */
	int8_t tsc_shift;
	uint8_t flags; /* XEN_PVCLOCK_… */
	uint8_t pad1[2];
};
SHOJI_ABI_SIZE(struct xen_vcpu_time_info, 32);
SHOJI_ABI_OFFSET(struct xen_vcpu_time_info, pad1, 30);

/*
 * Event delivery to one vCPU. An upcall is made when pending is set and mask is clear, at the
 * latest on the next return to the guest. Entering the handler sets mask (as an interrupt gate
 * clears IF).
 */
struct xen_vcpu_info {
	uint8_t evtchn_upcall_pending; /* set by the hypervisor, cleared by the guest */
	uint8_t evtchn_upcall_mask;    /* written by the guest: nonzero means "interrupts off" */
	uint64_t evtchn_pending_sel;   /* 2-level: bit i: word i of evtchn_pending has news */
	struct xen_arch_vcpu_info arch;
	struct xen_vcpu_time_info time;
};
SHOJI_ABI_SIZE(struct xen_vcpu_info, 64);
SHOJI_ABI_OFFSET(struct xen_vcpu_info, evtchn_pending_sel, 8);
SHOJI_ABI_OFFSET(struct xen_vcpu_info, time, 32);

struct xen_shared_info {
	/* vCPUs 0..31 until they register an area of their own (VCPUOP_register_vcpu_info). */
	struct xen_vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
	uint64_t evtchn_pending[64]; /* 2-level ports 0..4095; bit set by the hypervisor */
	uint64_t evtchn_mask[64];    /* bit set by the guest: no upcall for this port */
	uint32_t wc_version;	     /* odd while the wall clock is being written */
	uint32_t wc_sec;	     /* UTC at system time 0, seconds, low half */
	uint32_t wc_nsec;
	uint32_t wc_sec_hi; /* seconds, high half */
	struct xen_arch_shared_info arch;
};
SHOJI_ABI_SIZE(struct xen_shared_info, 3136);
SHOJI_ABI_OFFSET(struct xen_shared_info, arch, 3088);

#endif
