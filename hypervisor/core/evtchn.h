/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels, 2-level ABI. A port is an index into its domain's table; an interdomain channel
 * is two ports that name each other. domain.evtchn.lock guards a domain's table; both locks, lower
 * domain id first, for what changes both ends. Sending takes the sender's lock only.
 */
#ifndef SHOJI_CORE_EVTCHN_H
#define SHOJI_CORE_EVTCHN_H

#include "core/config.h"
#include "core/lock.h"
#include "shoji/event_channel.h"

struct domain;
struct vcpu;

struct evtchn {
	uint8_t state; /* EVTCHNSTAT_* */
	uint16_t vcpu; /* whom to tell */
	union {
		struct {
			domid_t remote;
		} unbound;
		struct {
			struct domain *remote; /* holds a reference */
			uint32_t port;
		} inter;
		uint32_t virq;
		uint32_t pirq;
	};
};

struct evtchn_table {
	struct spinlock lock;
	struct evtchn *pages[EVTCHN_MAX / 128]; /* allocated as needed; never freed before death */
	uint64_t may_be_free[EVTCHN_MAX / 64];	/* a bit of every closed port, and of some others */
	uint32_t limit;				/* ports may be 1 .. limit-1 */
	bool closing;
	uint32_t cursor; /* where evtchn_destroy() goes on; one CPU at a time (domain_kill) */
};

int evtchn_init(struct domain *d, uint32_t limit); /* ports; 0: the ABI's maximum */
int evtchn_destroy(struct domain *d);		   /* closes all, for good: 0 or -XEN_ERESTART */
void evtchn_free(struct domain *d);		   /* last reference: the table itself */

/* The operations: 0 or -XEN_E…; `d` is the caller, ids in arguments are resolved inside. */
int evtchn_alloc_unbound(struct domain *caller, struct xen_evtchn_alloc_unbound *op);
int evtchn_bind_interdomain(struct domain *d, struct vcpu *v,
			    struct xen_evtchn_bind_interdomain *op);
int evtchn_bind_virq(struct domain *d, struct xen_evtchn_bind_virq *op);
int evtchn_bind_ipi(struct domain *d, struct xen_evtchn_bind_ipi *op);
int evtchn_bind_pirq(struct domain *d, struct xen_evtchn_bind_pirq *op);
int evtchn_close(struct domain *d, uint32_t port);
int evtchn_send(struct domain *d, uint32_t port);
int evtchn_status(struct domain *caller, struct xen_evtchn_status *op);
int evtchn_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu);
int evtchn_unmask(struct domain *d, uint32_t port);
int evtchn_reset(struct domain *d, uint32_t *next); /* -XEN_ERESTART: go on at *next */
uint32_t evtchn_count(struct domain *d);	    /* ports in use */

/* From the hypervisor to guests. Any CPU, any lock up to LOCK_IRQ held. */
void evtchn_raise_virq(struct vcpu *v, unsigned int virq); /* per-vCPU VIRQs */
void evtchn_raise_global_virq(unsigned int virq);	   /* to its handler domain (dom0) */
void evtchn_raise_pirq(struct domain *d, uint32_t port);
/* Mark the port pending and tell its vCPU (shared-info protocol). */
void evtchn_set_pending(struct domain *d, struct vcpu *v, uint32_t port);
void vcpu_mark_events_pending(struct vcpu *v);

#endif
