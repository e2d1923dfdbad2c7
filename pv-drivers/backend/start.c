/* SPDX-License-Identifier: GPL-2.0-only */
/* start.c: see start.h. Data: the page of counters that nobody sees. Lock: none. */
#include "backend/start.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "daemon/process.h"
#include "device_stats.h"
#include "sandbox/sandbox.h"

bool backend_number(const char *text, long max, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return *text && !*end && !errno && *value >= 0 && *value <= max;
}

void *backend_map_stats(int fd)
{
	static uint64_t nobodys[DEVICE_STATS_BYTES / sizeof(uint64_t)];
	uint64_t *at =
		fd < 0 ? MAP_FAILED
		       : mmap(NULL, DEVICE_STATS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		at = nobodys;
	*at = DEVICE_STATS_MAGIC;
	return at;
}

int backend_give_up_rights(struct xa_evtchn *evtchn, uint16_t domid)
{
	int rc = process_drop_rights("nobody");

	if (rc == -ENOENT) /* a system without that user: no capabilities at least */
		rc = process_drop_rights(NULL);
	if (!rc)
		rc = xa_evtchn_restrict(evtchn, domid);
	return rc ? rc : sandbox_enter();
}
