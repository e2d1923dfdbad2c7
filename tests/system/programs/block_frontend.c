/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block frontend as a program inside a guest, to ask what no kernel would ask.
 *
 *	block_frontend DEVICE [readonly]
 *
 * The kernel's own driver must have been unbound from the device. Connects by the store, sends
 * requests good and bad, and prints a line "ok NAME" or "FAIL NAME …" for each; "end" comes last.
 *At the end it breaks its ring: the backend must give up on this device and on nothing else.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/gntalloc.h>

#include "ring/ring.h"
#include "shoji/io/blkif.h"
#include "shoji/io/xenbus.h"
#include "shoji/io_store.h"

#define PAGE	     4096
#define PAGES	     36u
#define NO_ANSWER    1000
#define BIND_UNBOUND _IOC(_IOC_NONE, 'E', 2, 4)
#define NOTIFY	     _IOC(_IOC_NONE, 'E', 4, 4)

static int store_fd, evtchn_fd, gntalloc_fd;
static uint32_t port, refs[PAGES], readonly_ref;
static uint8_t *pages[PAGES]; /* 0: the ring; 1: segments of indirect requests; data */
static struct ring_front ring;
static char frontend[64], backend[128];
static uint64_t next_id = 1000, sectors;

static void die(const char *what)
{
	printf("FAIL %s: %m\n", what);
	exit(1);
}

/* --- the store, through the kernel's device --- */

static uint32_t store(uint32_t type, const char *payload, size_t length, char *reply)
{
	struct xen_xsd_sockmsg header = {type, 1, 0, (uint32_t)length};
	char message[sizeof(header) + 512];

	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), payload, length);
	if (write(store_fd, message, sizeof(header) + length) < 0 ||
	    read(store_fd, &header, sizeof(header)) != sizeof(header))
		die("store");
	if (header.len && read(store_fd, reply, header.len) != (ssize_t)header.len)
		die("store");
	reply[header.len] = '\0';
	return header.type;
}

static void store_write(const char *name, const char *format, ...)
{
	char payload[256], reply[PAGE];
	int length = snprintf(payload, sizeof(payload), "%s/%s", frontend, name) + 1;
	va_list ap;

	va_start(ap, format);
	length += vsnprintf(payload + length, sizeof(payload) - (size_t)length, format, ap);
	va_end(ap);
	if (store(XS_WRITE, payload, (size_t)length, reply) != XS_WRITE)
		die(name);
}

static const char *store_read(const char *directory, const char *name)
{
	static char reply[PAGE];
	char path[256];
	int length = snprintf(path, sizeof(path), "%s/%s", directory, name) + 1;

	return store(XS_READ, path, (size_t)length, reply) == XS_READ ? reply : "";
}

static void wait_backend(int state)
{
	for (int i = 0; i < 2000; i++) {
		if (atoi(store_read(backend, "state")) == state)
			return;
		usleep(5000);
	}
	printf("FAIL the backend's state is %s, not %d\n", store_read(backend, "state"), state);
	exit(1);
}

/* --- pages and requests --- */

static uint32_t grant(uint8_t **page, uint16_t flags)
{
	struct ioctl_gntalloc_alloc_gref g = {.domid = 0, .flags = flags, .count = 1};

	if (ioctl(gntalloc_fd, IOCTL_GNTALLOC_ALLOC_GREF, &g) < 0)
		die("grant");
	*page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntalloc_fd, (off_t)g.index);
	if (*page == MAP_FAILED)
		die("mmap");
	return g.gref_ids[0];
}

static void connect_backend(const char *device)
{
	snprintf(frontend, sizeof(frontend), "device/vbd/%s", device);
	snprintf(backend, sizeof(backend), "%s", store_read(frontend, "backend"));
	store_write("state", "%d", XenbusStateInitialising);
	wait_backend(XenbusStateInitWait);
	ring_front_init(&ring, pages[0], PAGE, sizeof(union xen_blkif_sring_entry));
	store_write("ring-ref", "%u", refs[0]);
	store_write("event-channel", "%u", port);
	store_write("protocol", "x86_64-abi");
	store_write("state", "%d", XenbusStateInitialised);
	wait_backend(XenbusStateConnected);
	sectors = strtoull(store_read(backend, "sectors"), NULL, 10);
	store_write("state", "%d", XenbusStateConnected);
}

static void push(void)
{
	if (ring_front_push(&ring))
		ioctl(evtchn_fd, NOTIFY, &port);
}

static int wait_response(struct xen_blkif_response *response)
{
	for (int i = 0; i < 5000; i++) {
		if (ring_front_pending(&ring) > 0) {
			ring_front_take(&ring, response, sizeof(*response));
			return response->status;
		}
		usleep(1000);
	}
	return NO_ANSWER;
}

static int ask(const union xen_blkif_sring_entry *raw)
{
	struct xen_blkif_response response;
	int status;

	ring_front_put(&ring, raw, sizeof(*raw));
	push();
	status = wait_response(&response);
	return status == NO_ANSWER || response.id == raw->req.id ? status : NO_ANSWER + 1;
}

static void expect(const char *name, const union xen_blkif_sring_entry *raw, int wanted)
{
	int status = ask(raw);

	if (status == wanted)
		printf("ok %s\n", name);
	else
		printf("FAIL %s: %d instead of %d\n", name, status, wanted);
}

static union xen_blkif_sring_entry data(uint8_t operation, uint8_t count, uint64_t sector)
{
	union xen_blkif_sring_entry raw = {.req = {.operation = operation,
						   .nr_segments = count,
						   .id = next_id++,
						   .sector_number = sector}};

	for (unsigned int i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
		raw.req.seg[i] = (struct xen_blkif_request_segment){refs[2 + i], 0, 7};
	return raw;
}

static union xen_blkif_sring_entry indirect(uint8_t operation, uint16_t count, uint32_t ref)
{
	union xen_blkif_sring_entry raw = {.indirect = {.operation = BLKIF_OP_INDIRECT,
							.indirect_op = operation,
							.nr_segments = count,
							.id = next_id++}};
	struct xen_blkif_request_segment *segments = (void *)pages[1];

	for (unsigned int i = 0; i < 32; i++)
		segments[i] = (struct xen_blkif_request_segment){refs[2 + i], 0, 7};
	raw.indirect.indirect_grefs[0] = ref;
	return raw;
}

static union xen_blkif_sring_entry discard(uint64_t sector, uint64_t count, uint8_t flag)
{
	union xen_blkif_sring_entry raw = {.discard = {.operation = BLKIF_OP_DISCARD,
						       .flag = flag,
						       .id = next_id++,
						       .sector_number = sector,
						       .nr_sectors = count}};
	return raw;
}

/* --- what is asked --- */

static void test_good(void)
{
	union xen_blkif_sring_entry raw = indirect(BLKIF_OP_WRITE, 32, refs[1]);
	unsigned int wrong = 0;

	for (unsigned int i = 2; i < 34; i++)
		memset(pages[i], (int)i, PAGE);
	expect("write of 32 pages", &raw, BLKIF_RSP_OKAY);
	raw = data(BLKIF_OP_FLUSH_DISKCACHE, 0, 0);
	expect("flush", &raw, BLKIF_RSP_OKAY);
	raw = data(BLKIF_OP_WRITE_BARRIER, 1, 8 * 40);
	expect("barrier", &raw, BLKIF_RSP_OKAY);
	for (unsigned int i = 2; i < 34; i++)
		memset(pages[i], 0xee, PAGE);
	raw = indirect(BLKIF_OP_READ, 32, refs[1]);
	expect("read of 32 pages", &raw, BLKIF_RSP_OKAY);
	for (unsigned int i = 2; i < 34; i++)
		for (unsigned int j = 0; j < PAGE; j++)
			wrong += pages[i][j] != i;
	printf("%s what was read\n", wrong ? "FAIL" : "ok");
	raw = discard(8, 64, 0);
	expect("discard", &raw, BLKIF_RSP_OKAY);
	raw = data(BLKIF_OP_READ, 1, 8);
	expect("read after discard", &raw, BLKIF_RSP_OKAY);
	printf("%s zeros after discard\n", pages[2][0] || pages[2][PAGE - 1] ? "FAIL" : "ok");
}

static void test_bad_places(void)
{
	union xen_blkif_sring_entry raw = data(BLKIF_OP_READ, 1, sectors - 7);

	expect("read over the end", &raw, BLKIF_RSP_ERROR);
	raw = data(BLKIF_OP_WRITE, 1, UINT64_MAX - 3);
	expect("write far away", &raw, BLKIF_RSP_ERROR);
	raw = data(BLKIF_OP_READ, 12, 0);
	expect("12 segments", &raw, BLKIF_RSP_ERROR);
	raw = data(BLKIF_OP_READ, 255, 0);
	expect("255 segments", &raw, BLKIF_RSP_ERROR);
	raw = data(BLKIF_OP_READ, 0, 0);
	expect("no segments", &raw, BLKIF_RSP_ERROR);
	raw = data(BLKIF_OP_READ, 1, 0);
	raw.req.seg[0].last_sect = 8;
	expect("over the page", &raw, BLKIF_RSP_ERROR);
	raw.req.seg[0].first_sect = 5;
	raw.req.seg[0].last_sect = 4;
	expect("backwards in the page", &raw, BLKIF_RSP_ERROR);
	raw = discard(8, UINT64_MAX - 4, 0);
	expect("discard over the end", &raw, BLKIF_RSP_ERROR);
	raw = discard(8, 8, BLKIF_DISCARD_SECURE);
	expect("secure discard", &raw, BLKIF_RSP_EOPNOTSUPP);
	raw = data(77, 1, 0);
	expect("unknown operation", &raw, BLKIF_RSP_EOPNOTSUPP);
}

static void test_bad_pages(void)
{
	union xen_blkif_sring_entry raw = data(BLKIF_OP_WRITE, 2, 0);

	raw.req.seg[1].gref = 400; /* within the table, but nothing of ours */
	expect("write from a page not granted", &raw, BLKIF_RSP_ERROR);
	raw.req.seg[1].gref = UINT32_MAX;
	expect("write from no page", &raw, BLKIF_RSP_ERROR);
	raw = data(BLKIF_OP_READ, 1, 0);
	raw.req.seg[0].gref = readonly_ref;
	expect("read into a page for reading", &raw, BLKIF_RSP_ERROR);
	raw = indirect(BLKIF_OP_READ, 33, refs[1]);
	expect("33 indirect segments", &raw, BLKIF_RSP_ERROR);
	raw = indirect(BLKIF_OP_READ, 65535, refs[1]);
	expect("65535 indirect segments", &raw, BLKIF_RSP_ERROR);
	raw = indirect(BLKIF_OP_DISCARD, 1, refs[1]);
	expect("indirect discard", &raw, BLKIF_RSP_EOPNOTSUPP);
	raw = indirect(BLKIF_OP_READ, 1, UINT32_MAX);
	expect("no indirect page", &raw, BLKIF_RSP_ERROR);
	raw = indirect(BLKIF_OP_READ, 32, refs[1]);
	((struct xen_blkif_request_segment *)(void *)pages[1])[31].last_sect = 200;
	expect("bad indirect segment", &raw, BLKIF_RSP_ERROR);
}

static void test_readonly(void)
{
	union xen_blkif_sring_entry raw = data(BLKIF_OP_READ, 1, 0);

	expect("read", &raw, BLKIF_RSP_OKAY);
	raw = data(BLKIF_OP_WRITE, 1, 0);
	expect("write to a read-only disk", &raw, BLKIF_RSP_ERROR);
	raw = data(BLKIF_OP_WRITE_BARRIER, 1, 0);
	expect("barrier to a read-only disk", &raw, BLKIF_RSP_ERROR);
	raw = indirect(BLKIF_OP_WRITE, 8, refs[1]);
	expect("indirect write to a read-only disk", &raw, BLKIF_RSP_ERROR);
	raw = discard(0, 8, 0);
	expect("discard on a read-only disk", &raw, BLKIF_RSP_EOPNOTSUPP);
}

/* Full rings, and slots that change while they are read: each gets some answer. */
static void test_scribbling(void)
{
	struct xen_blkif_response response;
	unsigned int answers = 0;

	for (unsigned int round = 0; round < 200; round++) {
		for (unsigned int i = 0; i < 32; i++) {
			union xen_blkif_sring_entry raw = data(BLKIF_OP_READ, 1 + i % 11, i);

			ring_front_put(&ring, &raw, sizeof(raw));
		}
		push();
		for (unsigned int i = 0; ring_front_pending(&ring) < 32 && i < 1000000; i++)
			memset(pages[0] + 64 + rand() % (PAGE - 64 - 8), rand(), 8);
		for (unsigned int i = 0; i < 32; i++)
			answers += wait_response(&response) != NO_ANSWER;
	}
	printf("%s scribbling: %u answers\n", answers == 6400 ? "ok" : "FAIL", answers);
}

static void test_broken_ring(void)
{
	ring.shared->req_prod += 1000;
	ioctl(evtchn_fd, NOTIFY, &port);
	wait_backend(XenbusStateClosing);
	printf("%s reason: %s\n", *store_read(backend, "error") ? "ok" : "FAIL",
	       store_read(backend, "error"));
	store_write("state", "%d", XenbusStateClosed);
	wait_backend(XenbusStateClosed);
	printf("ok closed\n");
}

int main(int argc, char **argv)
{
	struct {
		uint32_t domid;
	} peer = {0};
	uint8_t *page;
	int rc;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return 2;
	store_fd = open("/dev/xen/xenbus", O_RDWR);
	evtchn_fd = open("/dev/xen/evtchn", O_RDWR);
	gntalloc_fd = open("/dev/xen/gntalloc", O_RDWR);
	if (store_fd < 0 || evtchn_fd < 0 || gntalloc_fd < 0)
		die("open");
	for (unsigned int i = 0; i < PAGES; i++)
		refs[i] = grant(&pages[i], GNTALLOC_FLAG_WRITABLE);
	readonly_ref = grant(&page, 0);
	rc = ioctl(evtchn_fd, BIND_UNBOUND, &peer);
	if (rc < 0)
		die("port");
	port = (uint32_t)rc;
	connect_backend(argv[1]);
	if (argc > 2) {
		test_readonly();
	} else {
		test_good();
		test_bad_places();
		test_bad_pages();
		test_scribbling();
	}
	test_broken_ring();
	printf("end\n");
	return 0;
}
