/* SPDX-License-Identifier: GPL-2.0-only */
/* The way back to a guest. */
#ifndef SHOJI_CORE_EXIT_H
#define SHOJI_CORE_EXIT_H

#include "core/vcpu.h"

/*
 * The one way back to a guest, called by every entry path when its C work is done, on this CPU's
 * emptied stack: timers, scheduling, event delivery; returns the vCPU whose registers are to be
 * restored, with all its state loaded. Idles inside when nobody can run.
 */
struct vcpu *core_exit(void);

/* This CPU has nothing else to do: a little of what can be done in advance. True: there is more. */
bool core_idle_work(void);

#endif
