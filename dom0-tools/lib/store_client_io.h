/* SPDX-License-Identifier: GPL-2.0-only */
/* Between store_client.c and store_client_io.c: whole messages in, whole messages out. */
#ifndef SHOJI_STORE_CLIENT_IO_H
#define SHOJI_STORE_CLIENT_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_client;

/* Queues one request and sends what is queued, unless the client is corked. */
int store_client_send(struct store_client *c, uint32_t type, uint32_t tx, const void *payload,
		      size_t length);
void store_client_cork(struct store_client *c);
int store_client_uncork(struct store_client *c);

/* Waits for the next reply, in the order of the requests; *data is malloc'ed, zero-terminated. */
int store_client_receive(struct store_client *c, char **data, size_t *length);

/* The connection broke: nothing more will come. */
bool store_client_lost(const struct store_client *c);

#endif
