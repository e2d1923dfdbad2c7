/* SPDX-License-Identifier: GPL-2.0-only */
/* The grammar of event channels. */
#include "grammar.h"
#include "shoji/event_channel.h"
#include "shoji/hypercalls.h"

static const struct row rows[] = {
#define T struct xen_evtchn_bind_interdomain
	OP(event_channel_op, EVTCHNOP_bind_interdomain, F(remote_dom, K_DOMAIN),
	   F(remote_port, K_PORT)),
#undef T
#define T struct xen_evtchn_bind_virq
	OP(event_channel_op, EVTCHNOP_bind_virq, F(virq, K_VIRQ), F(vcpu, K_VCPU)),
#undef T
#define T struct xen_evtchn_bind_pirq
	OP(event_channel_op, EVTCHNOP_bind_pirq, F(pirq, K_PIRQ), F(flags, K_BOOL)),
#undef T
#define T struct xen_evtchn_close
	OP(event_channel_op, EVTCHNOP_close, F(port, K_PORT)),
#undef T
#define T struct xen_evtchn_send
	OP(event_channel_op, EVTCHNOP_send, F(port, K_PORT)),
#undef T
#define T struct xen_evtchn_status
	OP(event_channel_op, EVTCHNOP_status, F(dom, K_DOMAIN), F(port, K_PORT)),
#undef T
#define T struct xen_evtchn_alloc_unbound
	OP(event_channel_op, EVTCHNOP_alloc_unbound, F(dom, K_DOMAIN), F(remote_dom, K_DOMAIN)),
#undef T
#define T struct xen_evtchn_bind_ipi
	OP(event_channel_op, EVTCHNOP_bind_ipi, F(vcpu, K_VCPU)),
#undef T
#define T struct xen_evtchn_bind_vcpu
	OP(event_channel_op, EVTCHNOP_bind_vcpu, F(port, K_PORT), F(vcpu, K_VCPU)),
#undef T
#define T struct xen_evtchn_unmask
	OP(event_channel_op, EVTCHNOP_unmask, F(port, K_PORT)),
#undef T
#define T struct xen_evtchn_reset
	OP(event_channel_op, EVTCHNOP_reset, F(dom, K_DOMAIN)),
#undef T
#define T struct xen_evtchn_init_control
	OP(event_channel_op, EVTCHNOP_init_control, F(vcpu, K_VCPU)),
#undef T
};

const struct rows rows_events = {rows, ARRAY_SIZE(rows)};
