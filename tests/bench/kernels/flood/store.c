/* SPDX-License-Identifier: GPL-2.0-only */
/* The store, by its ring: what is asked in peace, and what is asked without waiting. */
#include "flood/flood.h"

#include "shoji/event_channel.h"
#include "shoji/io_store.h"

#define SIZE XENSTORE_RING_SIZE

static volatile struct xen_xenstore_domain_interface *ring(void)
{
	return va_of(start_info->store_mfn);
}

void notify(uint32_t port)
{
	struct xen_evtchn_send s = {port};

	CALL(HYPERCALL_event_channel_op, EVTCHNOP_send, &s);
}

bool store_notify(void)
{
	notify(start_info->store_evtchn);
	return true;
}

static bool put(const void *message, size_t size)
{
	volatile struct xen_xenstore_domain_interface *r = ring();
	const uint8_t *from = message;
	uint32_t prod = r->req_prod;

	if (SIZE - (prod - r->req_cons) < size)
		return false;
	for (size_t i = 0; i < size; i++)
		r->req[prod++ % SIZE] = from[i];
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r->req_prod = prod;
	return true;
}

static size_t make(uint8_t *message, uint32_t type, const char *path, const char *value)
{
	struct xen_xsd_sockmsg header = {.type = type};
	size_t path_size = strlen(path) + 1, value_size = value ? strlen(value) : 0;

	header.len = (uint32_t)(path_size + value_size);
	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), path, path_size);
	memcpy(message + sizeof(header) + path_size, value ? value : "", value_size);
	return sizeof(header) + header.len;
}

/* Replies are thrown away, so that there is always room for more. */
static bool flood(uint32_t type, const char *path, const char *value)
{
	volatile struct xen_xenstore_domain_interface *r = ring();
	uint8_t message[256];
	bool done = put(message, make(message, type, path, value));

	r->rsp_cons = r->rsp_prod;
	store_notify();
	return done;
}

bool store_flood_read(void)
{
	return flood(XS_READ, "name", NULL);
}

bool store_flood_write(void)
{
	static char value[] = "0";

	value[0] = (char)('0' + (value[0] - '0' + 1) % 10);
	return flood(XS_WRITE, "data", value);
}

/* --- one at a time --- */

static void take(void *to, size_t size)
{
	volatile struct xen_xenstore_domain_interface *r = ring();
	uint8_t *byte = to;

	for (size_t i = 0; i < size; i++) {
		while (r->rsp_prod == r->rsp_cons)
			yield();
		byte[i] = r->rsp[r->rsp_cons % SIZE];
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		r->rsp_cons++;
	}
}

const char *store_ask(uint32_t type, const char *path, const char *value)
{
	static char reply[XENSTORE_PAYLOAD_MAX + 1];
	struct xen_xsd_sockmsg header;
	uint8_t message[256];

	CHECK(put(message, make(message, type, path, value)));
	store_notify();
	do {
		take(&header, sizeof(header));
		take(reply, header.len);
		store_notify();
	} while (header.type == XS_WATCH_EVENT);
	reply[header.len] = 0;
	if (header.type == XS_ERROR)
		fail("%s: %s", path, reply);
	return reply;
}

static const char *join(const char *directory, const char *name)
{
	static char path[128];
	size_t length = strlen(directory);

	memcpy(path, directory, length);
	path[length] = '/';
	memcpy(path + length + 1, name, strlen(name) + 1);
	return path;
}

void store_write_number(const char *directory, const char *name, uint64_t value)
{
	char digits[21], *end = digits + 20;

	*end = 0;
	do
		*--end = (char)('0' + value % 10);
	while (value /= 10);
	store_ask(XS_WRITE, join(directory, name), end);
}

uint64_t store_read_number(const char *directory, const char *name)
{
	uint64_t value = 0;

	for (const char *p = store_ask(XS_READ, join(directory, name), NULL); *p; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	return value;
}
