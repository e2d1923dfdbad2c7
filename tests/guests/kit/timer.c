/* SPDX-License-Identifier: GPL-2.0-only */
/* The timer's event of vCPU 0: a port for it, whether it came, and as if it had not come. */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/virq.h"

uint32_t timer_port(void)
{
	struct xen_evtchn_bind_virq b = {.virq = VIRQ_TIMER};

	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_bind_virq, &b), 0);
	__atomic_fetch_and(&shared_info->evtchn_mask[b.port / 64], ~(1UL << b.port % 64),
			   __ATOMIC_SEQ_CST);
	return b.port;
}

bool timer_fired(uint32_t port)
{
	return __atomic_load_n(&shared_info->evtchn_pending[port / 64], __ATOMIC_SEQ_CST) >>
		       port % 64 &
	       1;
}

void timer_clear(uint32_t port)
{
	__atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~(1UL << port % 64),
			   __ATOMIC_SEQ_CST);
	shared_info->vcpu_info[0].evtchn_pending_sel = 0;
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
}

void timer_close(uint32_t port)
{
	struct xen_evtchn_close c = {port};

	CALL(HYPERCALL_set_timer_op, 0);
	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_close, &c), 0);
	timer_clear(port);
}
