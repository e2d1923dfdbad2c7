/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console daemon's inputs: a guest that writes anything into its page, and a viewer that asks
 * anything.
 *
 * Input: per step one byte that says what, then what it wants. Checked: what is taken from the page
 * is what lies there, never more than a ring full; the backlog hands out each byte once and in
 * order; a name that is accepted is what was sent.
 */
/* SOURCES: pv-drivers/console/ring.c pv-drivers/console/backlog.c pv-drivers/console/request.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/backlog.h"
#include "console/request.h"
#include "console/ring.h"

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static struct {
	uint8_t before[64];
	struct xen_xencons_interface page;
	uint8_t after[64];
} memory;
static struct backlog backlog;
static uint64_t viewer; /* its place in the backlog */

struct input {
	const uint8_t *at;
	size_t left;
};

static uint32_t number(struct input *in)
{
	uint32_t n = 0;
	size_t bytes = in->left < sizeof(n) ? in->left : sizeof(n);

	memcpy(&n, in->at, bytes);
	in->at += bytes;
	in->left -= bytes;
	return n;
}

/* The guest changes one of the four indices, or some bytes. */
static void scribble(struct input *in)
{
	uint32_t where = number(in), value = number(in);
	uint32_t *index[] = {&memory.page.in_cons, &memory.page.in_prod, &memory.page.out_cons,
			     &memory.page.out_prod};

	if (where & 0x80)
		memory.page.out[value % XENCONS_OUT_SIZE] = (uint8_t)where;
	else if (where & 0x40) /* an honest step */
		memory.page.out_prod += value % 300;
	else
		*index[where % 4] = value;
}

static void take(struct input *in)
{
	size_t size = number(in) % (XENCONS_OUT_SIZE + 1);
	uint32_t cons = memory.page.out_cons, prod = memory.page.out_prod;
	char data[XENCONS_OUT_SIZE];
	ssize_t n = console_ring_take(&memory.page, data, size);

	CHECK((n < 0) == (prod - cons > XENCONS_OUT_SIZE));
	if (n < 0)
		return;
	CHECK((size_t)n == (prod - cons < size ? prod - cons : size));
	CHECK(memory.page.out_cons == cons + (uint32_t)n);
	for (ssize_t i = 0; i < n; i++)
		CHECK((uint8_t)data[i] == memory.page.out[(cons + (uint32_t)i) % XENCONS_OUT_SIZE]);
	backlog_add(&backlog, data, (size_t)n);
}

static void put(struct input *in)
{
	size_t size = in->left < 700 ? in->left : 700;
	uint32_t cons = memory.page.in_cons, prod = memory.page.in_prod;
	ssize_t n = console_ring_put(&memory.page, (const char *)in->at, size);

	CHECK((n < 0) == (prod - cons > XENCONS_IN_SIZE));
	CHECK(n <= (ssize_t)size);
	CHECK(n < 0 || memory.page.in_prod == prod + (uint32_t)n);
	CHECK(n < 0 || memory.page.in_prod - cons <= XENCONS_IN_SIZE);
	if (n > 0) {
		in->at += n;
		in->left -= (size_t)n;
	}
}

static void look(void)
{
	uint64_t at = viewer;
	const char *data;
	size_t n;

	while ((n = backlog_peek(&backlog, &at, &data))) {
		CHECK(at >= viewer && at >= backlog_start(&backlog));
		CHECK(data >= backlog.bytes && data + n <= backlog.bytes + BACKLOG_SIZE);
		at += n;
	}
	CHECK(at == backlog.total);
	viewer = at;
}

static void request(struct input *in)
{
	size_t size = in->left < 200 ? in->left : 200;
	char name[64];
	int used = console_request_parse((const char *)in->at, size, name, sizeof(name));

	CHECK(used <= (int)size);
	if (used > 0) {
		CHECK(strlen(name) + 8 == (size_t)used && strlen(name) > 0);
		CHECK(!memcmp(in->at, "attach ", 7) && !memcmp(in->at + 7, name, strlen(name)));
		in->at += used;
		in->left -= (size_t)used;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	memset(&memory, 0xa5, sizeof(memory));
	memset(&memory.page, 0, sizeof(memory.page));
	CHECK(backlog_open(&backlog));
	viewer = 0;
	while (in.left) {
		uint8_t what = *in.at++;

		in.left--;
		if (what < 100)
			scribble(&in);
		else if (what < 180)
			take(&in);
		else if (what < 210)
			put(&in);
		else if (what < 230)
			request(&in);
		else
			look();
	}
	backlog_close(&backlog);
	for (size_t i = 0; i < sizeof(memory.before); i++)
		CHECK(memory.before[i] == 0xa5 && memory.after[i] == 0xa5);
	return 0;
}
