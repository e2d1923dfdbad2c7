/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of the machine by an exception; by a message: panic() in core/log.h. */
#ifndef SHOJI_MACHINE_PANIC_H
#define SHOJI_MACHINE_PANIC_H

#include "shoji/arch.h"

_Noreturn void panic_trap(const struct xen_cpu_user_regs *frame);

#endif
