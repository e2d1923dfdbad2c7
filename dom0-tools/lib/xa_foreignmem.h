/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of other domains by machine frame, through /dev/xen/privcmd: for domain building, and
 * as a second way to rings that were not granted. A thin adapter over libxenforeignmemory:
 * plain integers only. Integer results are >= 0 or -errno; map calls return NULL and set errno.
 */
#ifndef SHOJI_XA_FOREIGNMEM_H
#define SHOJI_XA_FOREIGNMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xa_foreignmem;
struct xa_foreignmem_resource;

int xa_foreignmem_open(struct xa_foreignmem **out);
void xa_foreignmem_close(struct xa_foreignmem *f);

/*
 * Maps the frames one after the other. With errors == NULL any bad frame fails the whole call;
 * otherwise errors[i] is 0 or -errno for each and good frames are mapped.
 */
void *xa_foreignmem_map(struct xa_foreignmem *f, uint32_t domid, bool writable, size_t count,
			const uint64_t *frames, int *errors);
int xa_foreignmem_unmap(struct xa_foreignmem *f, void *address, size_t count);

/* From here on only this domain's memory can be mapped. */
int xa_foreignmem_restrict(struct xa_foreignmem *f, uint16_t domid);

/* XENMEM_acquire_resource: type, id and frames as the ABI numbers them; *address is the mapping. */
struct xa_foreignmem_resource *xa_foreignmem_map_resource(struct xa_foreignmem *f, uint16_t domid,
							  unsigned int type, unsigned int id,
							  unsigned long frame, unsigned long count,
							  bool writable, void **address);
int xa_foreignmem_unmap_resource(struct xa_foreignmem *f, struct xa_foreignmem_resource *r);

#endif
