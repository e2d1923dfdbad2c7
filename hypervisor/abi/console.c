/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console_io: dom0's terminal is the serial console. Other guests may not write there; what they
 * say before they have a console of their own goes to the log, a line at a time, at debug level,
 * and not more of it than core/limits.h says. While the console takes nothing, dom0 asks again and
 * again, and is interrupted in between.
 */
#include "abi/abi.h"
#include "core/limits.h"

#define CHUNK	       256
#define COST_CHARACTER 80 /* in units of preemption */

static long write_dom0(uint64_t count, uint64_t buffer)
{
	char text[CHUNK];

	while (count) {
		size_t n = MIN(count, sizeof(text)), taken;

		if (guest_read(text, gva(buffer), n))
			return -XEN_EFAULT;
		taken = console_write(text, n);
		buffer += taken;
		count -= taken;
		preempt_charge((unsigned int)taken * COST_CHARACTER);
		if (count && (taken < n || preempt_due()))
			return abi_continue(CONSOLEIO_write, count, buffer, 0);
	}
	return 0;
}

static long write_guest(struct domain *d, uint64_t count, uint64_t buffer)
{
	char text[CHUNK];
	size_t n = MIN(count, sizeof(text) - 1);

	if (guest_read(text, gva(buffer), n))
		return -XEN_EFAULT;
	if (!limits_allow_line(d))
		return 0; /* as if it had been said */
	text[n] = 0;
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = 0;
		else if (text[i] < ' ' || text[i] > '~')
			text[i] = '.';
	log_debug("d%u: %s", d->id.id, text);
	return 0;
}

static long read_dom0(uint64_t room, uint64_t buffer)
{
	char text[CHUNK];
	size_t n;

	room = MIN(room, sizeof(text));
	if (!guest_range_ok(gva(buffer), room))
		return -XEN_EFAULT;
	n = console_read(text, room);
	return guest_write(gva(buffer), text, n) ? -XEN_EFAULT : (long)n;
}

long abi_console_io(uint64_t cmd, uint64_t count, uint64_t buffer)
{
	struct domain *d = current_vcpu()->domain;

	count = (uint32_t)count;
	switch (cmd) {
	case CONSOLEIO_write:
		return d->privileged ? write_dom0(count, buffer) : write_guest(d, count, buffer);
	case CONSOLEIO_read:
		return d->privileged ? read_dom0(count, buffer) : -XEN_EPERM;
	default:
		return abi_unknown("console_io", cmd);
	}
}
