/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adapter over libxenevtchn, the only file that includes its header.
 * Duty: translate to plain integers and -errno, and make the descriptor non-blocking.
 * Data: one library handle. Lock: none, one thread per handle.
 */
#include "xa_evtchn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <xenevtchn.h>

struct xa_evtchn {
	xenevtchn_handle *handle;
};

static int result(int rc)
{
	if (rc >= 0)
		return rc;
	return errno ? -errno : -EIO;
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int wrap(struct xa_evtchn **out, xenevtchn_handle *handle)
{
	struct xa_evtchn *e;
	int rc;

	if (!handle)
		return result(-1);
	e = malloc(sizeof(*e));
	rc = e ? set_nonblocking(xenevtchn_fd(handle)) : -ENOMEM;
	if (rc < 0) {
		xenevtchn_close(handle);
		free(e);
		return rc;
	}
	e->handle = handle;
	*out = e;
	return 0;
}

int xa_evtchn_open(struct xa_evtchn **out)
{
	/* The library writes its own complaint when the node is absent; ours says more. */
	if (access("/dev/xen/evtchn", R_OK | W_OK) < 0)
		return -errno;
	return wrap(out, xenevtchn_open(NULL, 0));
}

int xa_evtchn_open_fd(struct xa_evtchn **out, int fd)
{
	return wrap(out, xenevtchn_fdopen(NULL, fd, 0));
}

void xa_evtchn_close(struct xa_evtchn *e)
{
	if (!e)
		return;
	xenevtchn_close(e->handle);
	free(e);
}

int xa_evtchn_fd(struct xa_evtchn *e)
{
	return xenevtchn_fd(e->handle);
}

int xa_evtchn_bind_interdomain(struct xa_evtchn *e, uint32_t domid, uint32_t remote_port)
{
	return result(xenevtchn_bind_interdomain(e->handle, domid, remote_port));
}

int xa_evtchn_bind_unbound(struct xa_evtchn *e, uint32_t domid)
{
	return result(xenevtchn_bind_unbound_port(e->handle, domid));
}

int xa_evtchn_bind_virq(struct xa_evtchn *e, uint32_t virq)
{
	return result(xenevtchn_bind_virq(e->handle, virq));
}

int xa_evtchn_unbind(struct xa_evtchn *e, uint32_t port)
{
	return result(xenevtchn_unbind(e->handle, port));
}

int xa_evtchn_notify(struct xa_evtchn *e, uint32_t port)
{
	return result(xenevtchn_notify(e->handle, port));
}

int xa_evtchn_pending(struct xa_evtchn *e)
{
	return result(xenevtchn_pending(e->handle));
}

int xa_evtchn_unmask(struct xa_evtchn *e, uint32_t port)
{
	return result(xenevtchn_unmask(e->handle, port));
}

int xa_evtchn_restrict(struct xa_evtchn *e, uint16_t domid)
{
	return result(xenevtchn_restrict(e->handle, domid));
}
