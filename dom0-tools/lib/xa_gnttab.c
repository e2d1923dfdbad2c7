/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adapter over libxengnttab, the only file that includes its header.
 * Duty: translate to plain integers. Data: one library handle. Lock: none, one thread per handle.
 */
#include "xa_gnttab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xengnttab.h>

struct xa_gnttab {
	xengnttab_handle *handle;
};

static int result(int rc)
{
	if (rc >= 0)
		return rc;
	return errno ? -errno : -EIO;
}

int xa_gnttab_open(struct xa_gnttab **out)
{
	struct xa_gnttab *g;

	if (access("/dev/xen/gntdev", R_OK | W_OK) < 0)
		return -errno;
	g = malloc(sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->handle = xengnttab_open(NULL, 0);
	if (!g->handle) {
		free(g);
		return result(-1);
	}
	*out = g;
	return 0;
}

void xa_gnttab_close(struct xa_gnttab *g)
{
	if (!g)
		return;
	xengnttab_close(g->handle);
	free(g);
}

/* Reference 0 of our own is nobody's grant: the mapping fails, after its page was made. */
void xa_gnttab_warm_up(struct xa_gnttab *g)
{
	void *page = xengnttab_map_grant_ref(g->handle, 0, 0, PROT_READ);

	if (page)
		xengnttab_unmap(g->handle, page, 1);
}

int xa_gnttab_fd(struct xa_gnttab *g)
{
	return xengnttab_fd(g->handle);
}

static int protection(bool writable)
{
	return writable ? PROT_READ | PROT_WRITE : PROT_READ;
}

void *xa_gnttab_map(struct xa_gnttab *g, uint32_t domid, const uint32_t *refs, uint32_t count,
		    bool writable)
{
	/* The library promises not to write refs, though its prototype does not say so. */
	return xengnttab_map_domain_grant_refs(g->handle, count, domid, (uint32_t *)(uintptr_t)refs,
					       protection(writable));
}

void *xa_gnttab_map_notify(struct xa_gnttab *g, uint32_t domid, uint32_t ref, bool writable,
			   uint32_t clear_offset, uint32_t notify_port)
{
	return xengnttab_map_grant_ref_notify(g->handle, domid, ref, protection(writable),
					      clear_offset, notify_port);
}

int xa_gnttab_unmap(struct xa_gnttab *g, void *address, uint32_t count)
{
	return result(xengnttab_unmap(g->handle, address, count));
}

static void fill_segment(xengnttab_grant_copy_segment_t *s, const struct xa_gnttab_copy *p)
{
	union xengnttab_copy_ptr foreign = {0}, local = {0};

	foreign.foreign.ref = p->ref;
	foreign.foreign.offset = p->offset;
	foreign.foreign.domid = p->domid;
	local.virt = p->local;
	memset(s, 0, sizeof(*s));
	s->source = p->to_foreign ? local : foreign;
	s->dest = p->to_foreign ? foreign : local;
	s->len = p->length;
	s->flags = p->to_foreign ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
}

int xa_gnttab_copy(struct xa_gnttab *g, struct xa_gnttab_copy *pieces, uint32_t count)
{
	xengnttab_grant_copy_segment_t segments[32];
	uint32_t done, n, i;
	int rc;

	for (done = 0; done < count; done += n) {
		n = count - done < 32 ? count - done : 32;
		for (i = 0; i < n; i++)
			fill_segment(&segments[i], &pieces[done + i]);
		rc = xengnttab_grant_copy(g->handle, n, segments);
		if (rc < 0)
			return result(rc);
		for (i = 0; i < n; i++)
			pieces[done + i].status = segments[i].status;
	}
	return 0;
}
