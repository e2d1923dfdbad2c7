/* SPDX-License-Identifier: GPL-2.0-only */
/* Clients of the control domain, over a unix socket. */
#ifndef SHOJI_STORE_CONN_SOCKET_H
#define SHOJI_STORE_CONN_SOCKET_H

#include "link.h"

/* Clients at once; more are not accepted until one leaves. */
#define SOCKET_CLIENTS_MAX 1000

/* A listening socket at path, for root only; a stale one is replaced. The descriptor or -errno. */
int socket_listen(const char *path);

/* Whether a daemon answers at this path already. */
bool socket_is_served(const char *path);

/*
 * Accepts one client and puts its link into the list. The descriptor is registered with the epoll
 * instance, edge-triggered, with the link as data. 0 or -errno.
 */
int socket_accept(struct store *s, int listener, int epoll, struct link **links,
		  unsigned int *count);

#endif
