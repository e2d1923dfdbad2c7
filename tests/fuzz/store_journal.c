/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A journal that says anything: records of any kind with any contents, in a file whose checksums
 * are right. Whatever it says, what is recalled must be a sound store, which can be written down
 * again, and its clients must have something sensible to send.
 */
/* SOURCES: dom0-tools/store/access.c dom0-tools/store/conn.c dom0-tools/store/domain.c */
/* SOURCES: dom0-tools/store/edit.c dom0-tools/store/mem.c dom0-tools/store/path.c */
/* SOURCES: dom0-tools/store/journal.c dom0-tools/store/keep.c dom0-tools/store/recall.c */
/* SOURCES: dom0-tools/store/perm.c dom0-tools/store/protocol.c dom0-tools/store/protocol_admin.c */
/* SOURCES: dom0-tools/store/quota.c dom0-tools/store/store.c dom0-tools/store/transaction.c */
/* SOURCES: dom0-tools/store/tree.c dom0-tools/store/tree_walk.c dom0-tools/store/watch.c */
/* SOURCES: dom0-tools/lib/pace.c */
/* LIBS: -lz */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "daemon/log.h"
#include "store/conn.h"
#include "store/domain.h"
#include "store/keep.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())
#define MESSAGES	 5000

#define LOG(name)                          \
	void name(const char *format, ...) \
	{                                  \
		(void)format;              \
	}
LOG(log_info)
LOG(log_warning)
LOG(log_error)

static int connect_domain(void *ctx, struct domain *d)
{
	(void)ctx, (void)d;
	return 0;
}

static void disconnect_domain(void *ctx, struct domain *d)
{
	(void)ctx, (void)d;
}

static const struct store_host host = {
	.connect = connect_domain,
	.rebind = connect_domain,
	.disconnect = disconnect_domain,
};

/* The input as the one batch of a file. */
static uint8_t *make_file(const uint8_t *data, size_t size, size_t *length)
{
	uint8_t *file = malloc(16 + size + 4);
	uint32_t head[2] = {(uint32_t)size, (uint32_t)crc32(0, data, (unsigned int)size)};

	memcpy(file, "SHOJIST1", 8);
	memcpy(file + 8, head, 8);
	memcpy(file + 16, data, size);
	memset(file + 16 + size, 0, 4);
	*length = size + 20;
	return file;
}

static void drain(struct conn *c)
{
	const void *data;
	size_t length;
	void *where;

	for (unsigned int i = 0; i < MESSAGES && (length = conn_output(c, &data)); i++) {
		CHECK(length <= CONN_MESSAGE_MAX);
		conn_sent(c, length);
	}
	length = conn_wanted(c, &where);
	CHECK(length && length <= XENSTORE_PAYLOAD_MAX);
	memset(where, 0, length);
	(void)conn_received(c, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store s;
	size_t length;
	uint8_t *file = make_file(data, size, &length);

	CHECK(store_create(&s, &host) == 0);
	CHECK(keep_recall_from(&s, file, length) == 0);
	free(file);
	CHECK(store_audit(&s) == 0);
	for (struct conn *c = s.conns; c; c = c->next)
		drain(c);
	CHECK(store_audit(&s) == 0);
	keep_end_orphans(&s);
	store_destroy(&s);
	CHECK(!s.memory.nodes && !s.memory.bytes);
	return 0;
}
