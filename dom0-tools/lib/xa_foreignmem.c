/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adapter over libxenforeignmemory, the only file that includes its header.
 * Duty: translate to plain integers. Data: one library handle. Lock: none, one thread per handle.
 */
#include "xa_foreignmem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenforeignmemory.h>

_Static_assert(sizeof(xen_pfn_t) == sizeof(uint64_t), "frame numbers are 64 bits wide");

struct xa_foreignmem {
	xenforeignmemory_handle *handle;
};

static int result(int rc)
{
	if (rc >= 0)
		return rc;
	return errno ? -errno : -EIO;
}

static int protection(bool writable)
{
	return writable ? PROT_READ | PROT_WRITE : PROT_READ;
}

int xa_foreignmem_open(struct xa_foreignmem **out)
{
	struct xa_foreignmem *f;

	if (access("/dev/xen/privcmd", R_OK | W_OK) < 0)
		return -errno;
	f = malloc(sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->handle = xenforeignmemory_open(NULL, 0);
	if (!f->handle) {
		free(f);
		return result(-1);
	}
	*out = f;
	return 0;
}

void xa_foreignmem_close(struct xa_foreignmem *f)
{
	if (!f)
		return;
	xenforeignmemory_close(f->handle);
	free(f);
}

void *xa_foreignmem_map(struct xa_foreignmem *f, uint32_t domid, bool writable, size_t count,
			const uint64_t *frames, int *errors)
{
	/* Both are unsigned and 64 bits wide; C only sees two names for that. */
	return xenforeignmemory_map(f->handle, domid, protection(writable), count,
				    (const xen_pfn_t *)(const void *)frames, errors);
}

int xa_foreignmem_unmap(struct xa_foreignmem *f, void *address, size_t count)
{
	return result(xenforeignmemory_unmap(f->handle, address, count));
}

int xa_foreignmem_restrict(struct xa_foreignmem *f, uint16_t domid)
{
	return result(xenforeignmemory_restrict(f->handle, domid));
}

struct xa_foreignmem_resource *xa_foreignmem_map_resource(struct xa_foreignmem *f, uint16_t domid,
							  unsigned int type, unsigned int id,
							  unsigned long frame, unsigned long count,
							  bool writable, void **address)
{
	xenforeignmemory_resource_handle *r;

	*address = NULL;
	r = xenforeignmemory_map_resource(f->handle, domid, type, id, frame, count, address,
					  protection(writable), 0);
	return (struct xa_foreignmem_resource *)r;
}

int xa_foreignmem_unmap_resource(struct xa_foreignmem *f, struct xa_foreignmem_resource *r)
{
	return result(
		xenforeignmemory_unmap_resource(f->handle, (xenforeignmemory_resource_handle *)r));
}
