/* SPDX-License-Identifier: GPL-2.0-only */
/* How a backend process begins: numbers of its command line, counters, giving up rights. */
#ifndef SHOJI_BACKEND_START_H
#define SHOJI_BACKEND_START_H

#include <stdbool.h>
#include <stdint.h>

#include "xa_evtchn.h"

/* A decimal number from 0 to max and nothing else. */
bool backend_number(const char *text, long max, long *value);

/*
 * The page of counters behind fd (device_stats.h), with its magic number; when there is none
 * (fd -1), a page that nobody sees.
 */
void *backend_map_stats(int fd);

/*
 * Once all is open: an ordinary user without capabilities, event channels with this guest only, and
 * no calls but those that a backend at work makes. For good. 0 or -errno.
 */
int backend_give_up_rights(struct xa_evtchn *evtchn, uint16_t domid);

#endif
