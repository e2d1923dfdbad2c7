/* SPDX-License-Identifier: GPL-2.0-only */
/* Names for the hypervisor's own addresses, and the calls that led to a place. */
#ifndef SHOJI_MACHINE_BACKTRACE_H
#define SHOJI_MACHINE_BACKTRACE_H

#include "lib/types.h"
#include "machine/symbols.h"

extern const struct symbol_table *backtrace_init; /* of the init part; NULL: it is gone */

/* The function around `address` and the distance from its start; NULL: not in our text. */
const char *backtrace_symbol(uint64_t address, uint64_t *offset);
/* Log the callers found along the frame pointers, as far as this CPU's stacks go. */
void backtrace_log(uint64_t rip, uint64_t frame_pointer);

#endif
