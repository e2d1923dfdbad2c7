/* SPDX-License-Identifier: GPL-2.0-only */
/* A frontend of a disk or a network card: just so much of one that its backend serves it. */
#include "flood/flood.h"

#include "shoji/event_channel.h"
#include "shoji/grant_table.h"
#include "shoji/io/ring.h"
#include "shoji/io/xenbus.h"
#include "shoji/io_store.h"

#define DISK  "device/vbd/51712"
#define CARD  "device/vif/0"
#define FIRST 16 /* grants below may be in use */

static uint32_t port;

static void open_port(void)
{
	struct xen_evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = 0};

	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_alloc_unbound, &a), 0);
	port = a.port;
}

static volatile struct xen_grant_entry_v1 *grant_table(void)
{
	static uint8_t place[PAGE] __attribute__((aligned(4096)));
	static bool mapped;
	uint64_t frame = 0;
	struct xen_gnttab_setup_table s = {
		.dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)&frame};

	if (!mapped) {
		EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_setup_table, &s, 1), 0);
		EQUAL(remap(place, PTE(frame, WRITABLE)), 0);
		mapped = true;
	}
	return (void *)place;
}

/* An empty ring, granted to domain 0. */
static uint32_t make_ring(unsigned int n)
{
	volatile struct xen_grant_entry_v1 *e = &grant_table()[FIRST + n];
	struct xen_sring *ring = page_alloc();

	ring->req_event = ring->rsp_event = 1;
	e->domid = 0;
	e->frame = (uint32_t)mfn_of(ring);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	e->flags = GTF_permit_access;
	return FIRST + n;
}

static uint64_t backend_state(const char *directory)
{
	char path[128];
	const char *backend;

	memcpy(path, directory, strlen(directory));
	memcpy(path + strlen(directory), "/backend", 9);
	backend = store_ask(XS_READ, path, NULL);
	memcpy(path, backend, strlen(backend) + 1);
	return store_read_number(path, "state");
}

static void await_backend(const char *directory, uint64_t state)
{
	while (backend_state(directory) != state)
		yield();
}

static void connect(const char *directory)
{
	store_write_number(directory, "event-channel", port);
	store_write_number(directory, "state", XenbusStateInitialised);
	await_backend(directory, XenbusStateConnected);
	store_write_number(directory, "state", XenbusStateConnected);
}

void disk_connect(void)
{
	open_port();
	await_backend(DISK, XenbusStateInitWait);
	store_write_number(DISK, "ring-ref", make_ring(0));
	connect(DISK);
}

void card_connect(void)
{
	open_port();
	await_backend(CARD, XenbusStateInitWait);
	store_write_number(CARD, "tx-ring-ref", make_ring(0));
	store_write_number(CARD, "rx-ring-ref", make_ring(1));
	store_write_number(CARD, "request-rx-copy", 1);
	connect(CARD);
}

bool device_notify(void)
{
	notify(port);
	return true;
}

/* Its backend lets go of all, then starts over. */
bool device_flip(void)
{
	store_write_number(DISK, "state", XenbusStateInitialising);
	store_write_number(DISK, "state", XenbusStateInitialised);
	return true;
}
