/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A store without sockets and rings: clients of any domain that ask and look at the answers. After
 * every request all accounts are counted anew.
 */
#ifndef STORE_HARNESS_H
#define STORE_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/conn.h"
#include "store/domain.h"
#include "store/store.h"

extern struct store store;
/* The last line that was logged. */
extern char logged[512];
/* The driver refuses to connect domains with this errno. */
extern int connect_error;
/* How often it was asked to. */
extern unsigned int connects, rebinds, disconnects;

/* Group or test fixtures. */
int store_setup(void **state);
int store_teardown(void **state);

/* A socket client (privileged). */
struct conn *control(void);
/* The ring client of a domain that is introduced, if it was not. */
struct conn *guest(uint16_t domid);

struct answer {
	uint32_t type, req_id, tx_id;
	size_t length;
	char data[XENSTORE_PAYLOAD_MAX + 1]; /* a zero byte follows */
};

/* Sends one message and takes its reply away; events that wait stay. */
const struct answer *ask(struct conn *c, uint32_t type, uint32_t tx, const void *payload,
			 size_t length);
/* In the second form "|" in a string literal stands for a zero byte. */
const struct answer *askf(struct conn *c, uint32_t type, uint32_t tx, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The answer's text with "|" for zero bytes; an error as its name with "!" in front. */
const char *text(const struct answer *a);

/* The next watch event as "path|token", or "" when none waits. */
const char *event(struct conn *c);

#define assert_answer(expected, c, type, tx, ...) \
	assert_string_equal(text(askf(c, type, tx, __VA_ARGS__)), expected)

uint32_t begin(struct conn *c);
/* "OK|" or an error as above. */
const char *end(struct conn *c, uint32_t tx, bool commit);

#endif
