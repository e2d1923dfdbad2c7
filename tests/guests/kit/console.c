/* SPDX-License-Identifier: GPL-2.0-only */
/* What a test kernel says: by hypercall as domain 0, by its console ring as any other domain. */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/io_console.h"

void console_write(const char *text, size_t size);
void console_flush(void);

static volatile struct xen_xencons_interface *ring(void)
{
	return va_of(start_info->console.domU.mfn);
}

static void notify(void)
{
	struct xen_evtchn_send s = {start_info->console.domU.evtchn};

	CALL(HYPERCALL_event_channel_op, EVTCHNOP_send, &s);
}

static void put(char c)
{
	volatile struct xen_xencons_interface *r = ring();

	while (r->out_prod - r->out_cons >= XENCONS_OUT_SIZE) {
		notify();
		yield();
	}
	r->out[r->out_prod % XENCONS_OUT_SIZE] = (uint8_t)c;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	r->out_prod++;
}

void console_write(const char *text, size_t size)
{
	if (privileged) {
		CALL(HYPERCALL_console_io, CONSOLEIO_write, size, text);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			put('\r');
		put(text[i]);
	}
	notify();
}

/* All was read, or nobody reads. */
void console_flush(void)
{
	uint64_t end = now() + 5000000000UL;

	while (!privileged && ring()->out_cons != ring()->out_prod && now() < end)
		yield();
}
