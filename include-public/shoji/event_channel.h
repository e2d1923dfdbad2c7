/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op(EVTCHNOP_…, handle): ports that carry one bit, "something happened", between
 * domains, from devices, from the hypervisor and between a domain's own vCPUs.
 *
 * Unless said otherwise a domain acts on its own ports. Common errors: EINVAL bad port or state,
 * EFAULT, ESRCH no such domain, EPERM, ENOSPC no free port, ENOENT no such vCPU.
 */
#ifndef SHOJI_PUBLIC_EVENT_CHANNEL_H
#define SHOJI_PUBLIC_EVENT_CHANNEL_H

#include "types.h"

#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq	  1
#define EVTCHNOP_bind_pirq	  2
#define EVTCHNOP_close		  3
#define EVTCHNOP_send		  4
#define EVTCHNOP_status		  5
#define EVTCHNOP_alloc_unbound	  6
#define EVTCHNOP_bind_ipi	  7
#define EVTCHNOP_bind_vcpu	  8
#define EVTCHNOP_unmask		  9
#define EVTCHNOP_reset		  10
#define EVTCHNOP_init_control	  11
#define EVTCHNOP_expand_array	  12
#define EVTCHNOP_set_priority	  13

/* A new port in `dom` that only remote_dom may bind to. dom other than oneself: privileged. */
struct xen_evtchn_alloc_unbound {
	xen_domid_t dom, remote_dom; /* in */
	xen_evtchn_port_t port;	     /* out */
};
SHOJI_ABI_SIZE(struct xen_evtchn_alloc_unbound, 8);
SHOJI_ABI_OFFSET(struct xen_evtchn_alloc_unbound, port, 4);

/* Connects a new local port to an unbound remote one. The local port becomes pending at once. */
struct xen_evtchn_bind_interdomain {
	xen_domid_t remote_dom;	       /* in */
	xen_evtchn_port_t remote_port; /* in */
	xen_evtchn_port_t local_port;  /* out */
};
SHOJI_ABI_SIZE(struct xen_evtchn_bind_interdomain, 12);
SHOJI_ABI_OFFSET(struct xen_evtchn_bind_interdomain, remote_port, 4);
SHOJI_ABI_OFFSET(struct xen_evtchn_bind_interdomain, local_port, 8);

/* EEXIST: already bound. EINVAL: unknown virq, or a global one on a vCPU other than 0. */
struct xen_evtchn_bind_virq {
	uint32_t virq;		/* in: VIRQ_… */
	uint32_t vcpu;		/* in: which is told */
	xen_evtchn_port_t port; /* out */
};
SHOJI_ABI_SIZE(struct xen_evtchn_bind_virq, 12);
SHOJI_ABI_OFFSET(struct xen_evtchn_bind_virq, port, 8);

/* A physical interrupt that was made known by PHYSDEVOP_map_pirq. EEXIST: already bound. */
struct xen_evtchn_bind_pirq {
	uint32_t pirq;		/* in */
	uint32_t flags;		/* in: BIND_PIRQ__… */
	xen_evtchn_port_t port; /* out */
};
SHOJI_ABI_SIZE(struct xen_evtchn_bind_pirq, 12);
SHOJI_ABI_OFFSET(struct xen_evtchn_bind_pirq, port, 8);
#define BIND_PIRQ__WILL_SHARE 1 /* other domains may bind it too */

struct xen_evtchn_bind_ipi {
	uint32_t vcpu;		/* in */
	xen_evtchn_port_t port; /* out */
};
SHOJI_ABI_SIZE(struct xen_evtchn_bind_ipi, 8);
SHOJI_ABI_OFFSET(struct xen_evtchn_bind_ipi, port, 4);

/* An interdomain peer is left unbound, towards this domain. */
struct xen_evtchn_close {
	xen_evtchn_port_t port; /* in */
};
SHOJI_ABI_SIZE(struct xen_evtchn_close, 4);

/* Makes the other end pending. Interdomain and IPI ports; dropped silently if unbound. */
struct xen_evtchn_send {
	xen_evtchn_port_t port; /* in */
};
SHOJI_ABI_SIZE(struct xen_evtchn_send, 4);

struct xen_evtchn_status {
	xen_domid_t dom;	/* in: oneself, or privileged */
	xen_evtchn_port_t port; /* in */
	uint32_t status;	/* out: EVTCHNSTAT_… */
	uint32_t vcpu;		/* out: the vCPU that is told */
	union {
		struct {
			xen_domid_t dom; /* who may bind to it */
		} unbound;
		struct {
			xen_domid_t dom; /* the other end */
			xen_evtchn_port_t port;
		} interdomain;
		uint32_t pirq;
		uint32_t virq;
	} u; /* out */
};
SHOJI_ABI_SIZE(struct xen_evtchn_status, 24);
SHOJI_ABI_OFFSET(struct xen_evtchn_status, port, 4);
SHOJI_ABI_OFFSET(struct xen_evtchn_status, u, 16);
#define EVTCHNSTAT_closed      0
#define EVTCHNSTAT_unbound     1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq	       3
#define EVTCHNSTAT_virq	       4
#define EVTCHNSTAT_ipi	       5

/* Moves notification to another vCPU. Not for IPIs and per-vCPU virqs. New ports tell vCPU 0. */
struct xen_evtchn_bind_vcpu {
	xen_evtchn_port_t port; /* in */
	uint32_t vcpu;		/* in */
};
SHOJI_ABI_SIZE(struct xen_evtchn_bind_vcpu, 8);
SHOJI_ABI_OFFSET(struct xen_evtchn_bind_vcpu, vcpu, 4);

/* Clears the mask bit and makes an upcall if the port is pending. */
struct xen_evtchn_unmask {
	xen_evtchn_port_t port; /* in */
};
SHOJI_ABI_SIZE(struct xen_evtchn_unmask, 4);

/* Closes all ports of a domain and goes back to the 2-level layout. */
struct xen_evtchn_reset {
	xen_domid_t dom; /* in: oneself, or privileged */
};
SHOJI_ABI_SIZE(struct xen_evtchn_reset, 2);

/*
 * FIFO layout: one call per vCPU, vCPU by vCPU, gives the control block a place; the first switches
 * the domain over. EINVAL: bad frame, offset not 8-aligned or crossing the page, vCPU twice.
 */
struct xen_evtchn_init_control {
	uint64_t control_gfn; /* in: frame of the control block (PV: mfn) */
	uint32_t offset;      /* in: bytes into it */
	uint32_t vcpu;	      /* in */
	uint8_t link_bits;    /* out: EVTCHN_FIFO_LINK_BITS */
	uint8_t _pad[7];
};
SHOJI_ABI_SIZE(struct xen_evtchn_init_control, 24);
SHOJI_ABI_OFFSET(struct xen_evtchn_init_control, _pad, 17);

/* FIFO: one more frame of event words, 1024 ports. ENOSPC: no more are possible. */
struct xen_evtchn_expand_array {
	uint64_t array_gfn; /* in (PV: mfn) */
};
SHOJI_ABI_SIZE(struct xen_evtchn_expand_array, 8);

/* FIFO: takes effect with the next event. */
struct xen_evtchn_set_priority {
	xen_evtchn_port_t port; /* in */
	uint32_t priority;	/* in: 0 first … 15 last */
};
SHOJI_ABI_SIZE(struct xen_evtchn_set_priority, 8);
SHOJI_ABI_OFFSET(struct xen_evtchn_set_priority, priority, 4);

/* 2-level: bit maps in the shared info page. */
#define EVTCHN_2L_NR_CHANNELS 4096

/*
 * FIFO: an array of words, one per port, and a control block per vCPU with the heads of 16 queues.
 * A word: PENDING set by the hypervisor and cleared by the guest, MASKED set and cleared by the
 * guest, LINKED while in a queue, BUSY while the hypervisor waits to take a masked one, low 17 bits
 * the next port in the queue (0: last).
 */
#define EVTCHN_FIFO_PRIORITY_MAX     0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN     15
#define EVTCHN_FIFO_MAX_QUEUES	     16
#define EVTCHN_FIFO_PENDING	     31 /* bit numbers */
#define EVTCHN_FIFO_MASKED	     30
#define EVTCHN_FIFO_LINKED	     29
#define EVTCHN_FIFO_BUSY	     28
#define EVTCHN_FIFO_LINK_BITS	     17
#define EVTCHN_FIFO_LINK_MASK	     ((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS	     (1 << EVTCHN_FIFO_LINK_BITS)
typedef uint32_t xen_event_word_t;
struct xen_evtchn_fifo_control_block {
	uint32_t ready; /* bit per queue that is not empty */
	uint32_t _rsvd;
	uint32_t head[EVTCHN_FIFO_MAX_QUEUES]; /* first port of each queue */
};
SHOJI_ABI_SIZE(struct xen_evtchn_fifo_control_block, 72);
SHOJI_ABI_OFFSET(struct xen_evtchn_fifo_control_block, head, 8);

#endif
