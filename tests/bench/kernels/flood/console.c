/* SPDX-License-Identifier: GPL-2.0-only */
/* The console's ring: bytes without end, or events that say nothing. */
#include "flood/flood.h"

#include "shoji/io_console.h"

bool console_notify(void)
{
	notify(start_info->console.domU.evtchn);
	return true;
}

/* As much as there is room for. */
bool console_flood_write(void)
{
	volatile struct xen_xencons_interface *r = va_of(start_info->console.domU.mfn);
	uint32_t prod = r->out_prod, end = r->out_cons + XENCONS_OUT_SIZE;
	bool room = prod != end;

	for (; prod != end; prod++)
		r->out[prod % XENCONS_OUT_SIZE] = prod % 64 ? 'x' : '\n';
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r->out_prod = prod;
	console_notify();
	return room;
}
