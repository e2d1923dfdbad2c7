/* SPDX-License-Identifier: MIT */
/*
 * sched_op(SCHEDOP_…, handle): giving up the processor, and ending. Any domain about itself, unless
 * said otherwise.
 */
#ifndef SHOJI_PUBLIC_SCHED_H
#define SHOJI_PUBLIC_SCHED_H

#include "types.h"

/*
 * yield            no argument: let others run first
 * block            no argument: unmask upcalls and sleep until one is pending
 * shutdown         struct xen_sched_shutdown. Does not return, but for suspend: 0 when resumed
 *                  elsewhere or later, 1 when the suspend was called off
 * poll             struct xen_sched_poll; upcalls must be masked
 * remote_shutdown  struct xen_sched_remote_shutdown; privileged
 * shutdown_code    struct xen_sched_shutdown: the reason that a later shutdown reports instead of
 *                  its own
 * watchdog         struct xen_sched_watchdog; returns the id; ENOSPC, EEXIST
 * pin_override     struct xen_sched_pin_override; control domain
 */
#define SCHEDOP_yield		0
#define SCHEDOP_block		1
#define SCHEDOP_shutdown	2
#define SCHEDOP_poll		3
#define SCHEDOP_remote_shutdown 4
#define SCHEDOP_shutdown_code	5
#define SCHEDOP_watchdog	6
#define SCHEDOP_pin_override	7

struct xen_sched_shutdown {
	uint32_t reason; /* in: SHUTDOWN_… */
};
SHOJI_ABI_SIZE(struct xen_sched_shutdown, 4);

/* Sleep until one of the ports is pending, or the timeout. EINVAL bad port, or more than 128. */
struct xen_sched_poll {
	uint64_t ports;	   /* in: handle of xen_evtchn_port_t[nr_ports] */
	uint32_t nr_ports; /* in */
	uint64_t timeout;  /* in: absolute system time in ns; 0: none */
};
SHOJI_ABI_SIZE(struct xen_sched_poll, 24);
SHOJI_ABI_OFFSET(struct xen_sched_poll, timeout, 16);

struct xen_sched_remote_shutdown {
	xen_domid_t domain_id; /* in */
	uint32_t reason;       /* in */
};
SHOJI_ABI_SIZE(struct xen_sched_remote_shutdown, 8);
SHOJI_ABI_OFFSET(struct xen_sched_remote_shutdown, reason, 4);

/* A timer that shuts the domain down unless it is set anew. At most two per domain. */
struct xen_sched_watchdog {
	uint32_t id;	  /* in: 0: a new one */
	uint32_t timeout; /* in: seconds from now; 0: remove */
};
SHOJI_ABI_SIZE(struct xen_sched_watchdog, 8);
SHOJI_ABI_OFFSET(struct xen_sched_watchdog, timeout, 4);

struct xen_sched_pin_override {
	int32_t pcpu; /* in: processor for this vCPU; negative: as before */
};
SHOJI_ABI_SIZE(struct xen_sched_pin_override, 4);

#define SHUTDOWN_poweroff   0
#define SHUTDOWN_reboot	    1
#define SHUTDOWN_suspend    2 /* saved by the tools, and resumed */
#define SHUTDOWN_crash	    3
#define SHUTDOWN_watchdog   4 /* a watchdog ran out */
#define SHUTDOWN_soft_reset 5 /* not PV */
#define SHUTDOWN_MAX	    5

#endif
