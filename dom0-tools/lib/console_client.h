/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A viewer's side of the console daemon. After a successful open the descriptor carries the
 * guest's console: first what it said since it was started, then what it says now; what is
 * written to it is typed at the guest. It ends when the guest is gone for good.
 */
#ifndef SHOJI_CONSOLE_CLIENT_H
#define SHOJI_CONSOLE_CLIENT_H

#include <stddef.h>

#define CONSOLE_CLIENT_SOCKET "/run/shoji/consoled.socket"
#define CONSOLE_CLIENT_LOGS   "/var/log/shoji/console"

/*
 * A connection to the console of the guest of that name: a descriptor, or -errno; -ENOENT: the
 * daemon knows no such console. *reason, when not NULL, gets the daemon's own words then.
 */
int console_client_open(const char *name, char *reason, size_t size);

#endif
