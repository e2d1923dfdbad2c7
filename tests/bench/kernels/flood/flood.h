/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest can flood domain 0 with; true if it was done, false if there was no room for it. */
#ifndef SHOJI_BENCH_FLOOD_H
#define SHOJI_BENCH_FLOOD_H

#include "kit.h"

void notify(uint32_t port);

/* store.c */
bool store_flood_read(void);
bool store_flood_write(void);
bool store_notify(void);
/* One request, its reply awaited; the reply, a string of its own until the next call. */
const char *store_ask(uint32_t type, const char *path, const char *value);
void store_write_number(const char *directory, const char *name, uint64_t value);
uint64_t store_read_number(const char *directory, const char *name);

/* console.c */
bool console_flood_write(void);
bool console_notify(void);

/* device.c: a frontend that is connected, and asks for nothing. */
void disk_connect(void);
void card_connect(void);
bool device_notify(void);
bool device_flip(void); /* its state, and so its backend's */

#endif
