/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels of this domain, through the kernel's /dev/xen/evtchn. A thin adapter over
 * libxenevtchn: plain integers only, so that its headers stay out of everything else.
 * Integer results are >= 0, or -errno.
 */
#ifndef SHOJI_XA_EVTCHN_H
#define SHOJI_XA_EVTCHN_H

#include <stdint.h>

struct xa_evtchn;

/* Opens the node; -errno when there is none (no hypervisor below, or no rights). */
int xa_evtchn_open(struct xa_evtchn **out);

/* The same over a descriptor that someone else has opened (a broker); it is taken over. */
int xa_evtchn_open_fd(struct xa_evtchn **out, int fd);

/* Closes the node; every port bound through it is closed with it. */
void xa_evtchn_close(struct xa_evtchn *e);

/* Becomes readable when a port is pending. Never blocks. */
int xa_evtchn_fd(struct xa_evtchn *e);

/* These three return the local port. */
int xa_evtchn_bind_interdomain(struct xa_evtchn *e, uint32_t domid, uint32_t remote_port);
int xa_evtchn_bind_unbound(struct xa_evtchn *e, uint32_t domid);
int xa_evtchn_bind_virq(struct xa_evtchn *e, uint32_t virq);

int xa_evtchn_unbind(struct xa_evtchn *e, uint32_t port);
int xa_evtchn_notify(struct xa_evtchn *e, uint32_t port);

/* The next pending port (which is masked until xa_evtchn_unmask), or -EAGAIN. */
int xa_evtchn_pending(struct xa_evtchn *e);
int xa_evtchn_unmask(struct xa_evtchn *e, uint32_t port);

/* From here on only channels with this domain can be bound. */
int xa_evtchn_restrict(struct xa_evtchn *e, uint16_t domid);

#endif
