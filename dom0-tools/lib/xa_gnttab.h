/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that other domains have granted to this one, through /dev/xen/gntdev. A thin adapter
 * over libxengnttab: plain integers only. Integer results are >= 0 or -errno; the map calls
 * return NULL and set errno.
 */
#ifndef SHOJI_XA_GNTTAB_H
#define SHOJI_XA_GNTTAB_H

#include <stdbool.h>
#include <stdint.h>

/* Grants every domain is born with: its console ring and its store ring. */
#define XA_GNTTAB_CONSOLE 0
#define XA_GNTTAB_STORE	  1

struct xa_gnttab;

int xa_gnttab_open(struct xa_gnttab **out);

/* Mappings stay valid until they are unmapped or the handle is closed. */
/* The kernel makes the pages behind grants when the first is asked for, 128 MiB at once, which
 * takes a while: ask for one when a daemon starts instead of when a guest waits. */
void xa_gnttab_warm_up(struct xa_gnttab *g);
void xa_gnttab_close(struct xa_gnttab *g);
int xa_gnttab_fd(struct xa_gnttab *g);

/* count pages of domid, contiguous in our address space. */
void *xa_gnttab_map(struct xa_gnttab *g, uint32_t domid, const uint32_t *refs, uint32_t count,
		    bool writable);

/*
 * One page; when the mapping ends, even by the death of this process, the byte at clear_offset
 * is set to zero and notify_port is notified. ~0u leaves either out.
 */
void *xa_gnttab_map_notify(struct xa_gnttab *g, uint32_t domid, uint32_t ref, bool writable,
			   uint32_t clear_offset, uint32_t notify_port);
int xa_gnttab_unmap(struct xa_gnttab *g, void *address, uint32_t count);

/* One piece of a copy, never across a page of the foreign side. Exactly one side is foreign. */
struct xa_gnttab_copy {
	void *local;
	uint32_t ref;
	uint16_t domid;
	uint16_t offset; /* within the foreign page */
	uint16_t length;
	bool to_foreign;
	int16_t status; /* out: 0 is success, anything else a failure */
};

/* 0 when the call was made (look at each status), or -errno. */
int xa_gnttab_copy(struct xa_gnttab *g, struct xa_gnttab_copy *pieces, uint32_t count);

#endif
