/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings and ports of domains, and who is dead.
 * Data: struct host_xen: the device handles and the list of ring links. Lock: none, one thread.
 * A guest's page is mapped by the grant that every domain is born with; one that was not seeded is
 * mapped by frame number. It does not read or write pages: conn_ring.c does.
 */
#include "host_xen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conn_ring.h"
#include "daemon/log.h"
#include "domain.h"
#include "hv.h"
#include "own_ring.h"
#include "shoji/virq.h"
#include "xa_evtchn.h"
#include "xa_foreignmem.h"
#include "xa_gnttab.h"

#define PAGE_SIZE 4096

struct host_xen {
	struct store *store;
	struct link **links;
	struct xa_evtchn *evtchn;
	struct xa_gnttab *gnttab;
	struct xa_foreignmem *foreign; /* opened when it is needed first */
	struct hv *hv;
	struct ring_link *own; /* of the control domain's kernel */
	int death_port;
	bool check_due;
};

int host_xen_open(struct host_xen **out, struct link **links)
{
	struct failure why = {0};
	struct host_xen *h = calloc(1, sizeof(*h));
	char text[1024];
	int rc;

	if (!h)
		return -ENOMEM;
	h->links = links;
	rc = xa_evtchn_open(&h->evtchn);
	if (!rc)
		rc = xa_gnttab_open(&h->gnttab);
	if (rc < 0) {
		log_error(
			"cannot open /dev/xen/{evtchn,gntdev}: %s; is this the control domain, and "
			"are the modules xen-evtchn and xen-gntdev loaded?",
			strerror(-rc));
		host_xen_close(h);
		return rc;
	}
	h->hv = hv_open(&why);
	if (!h->hv) {
		failure_format(&why, text, sizeof(text));
		log_error("%s", text);
		host_xen_close(h);
		return -ENODEV;
	}
	*out = h;
	return 0;
}

static void unmap(struct host_xen *h, struct ring_link *r)
{
	if (r == h->own)
		munmap(r->ring.page, PAGE_SIZE);
	else if (r->by_grant)
		xa_gnttab_unmap(h->gnttab, r->ring.page, 1);
	else
		xa_foreignmem_unmap(h->foreign, r->ring.page, 1);
}

/* Ends a ring: nothing of it is left but the link, which the loop releases. */
static void end_ring(struct host_xen *h, struct ring_link *r)
{
	xa_evtchn_unbind(h->evtchn, r->port);
	ring_link_end(r);
	unmap(h, r);
	if (r == h->own)
		h->own = NULL;
}

void host_xen_close(struct host_xen *h)
{
	struct domain *d;

	if (!h)
		return;
	for (d = h->store ? h->store->domains : NULL; d; d = d->next)
		if (d->host)
			end_ring(h, d->host);
	if (h->own)
		end_ring(h, h->own);
	hv_close(h->hv);
	xa_foreignmem_close(h->foreign);
	xa_gnttab_close(h->gnttab);
	xa_evtchn_close(h->evtchn);
	free(h);
}

static void *map_frame(struct host_xen *h, const struct domain *d)
{
	if (!h->foreign && xa_foreignmem_open(&h->foreign) < 0)
		return NULL;
	return xa_foreignmem_map(h->foreign, d->domid, true, 1, &d->frame, NULL);
}

static void *map_page(struct host_xen *h, const struct domain *d, bool *by_grant)
{
	static const uint32_t ref = XA_GNTTAB_STORE;
	void *page = xa_gnttab_map(h->gnttab, d->domid, &ref, 1, true);

	*by_grant = page != NULL;
	if (!page)
		page = map_frame(h, d);
	if (!page)
		log_warning("cannot map the store ring of domain %u: %s", d->domid,
			    strerror(errno));
	return page;
}

static int bind(struct host_xen *h, const struct domain *d)
{
	int port = xa_evtchn_bind_interdomain(h->evtchn, d->domid, d->port);

	if (port < 0)
		log_warning("cannot bind to port %u of domain %u: %s", d->port, d->domid,
			    strerror(-port));
	return port;
}

/* A link over a page that is mapped already; takes the port over, not the page. */
static struct ring_link *make_link(struct host_xen *h, const struct actor *who, void *page,
				   int port)
{
	struct ring_link *r;

	r = ring_link_create(h->store, who, h->evtchn, page, (uint32_t)port);
	if (!r) {
		xa_evtchn_unbind(h->evtchn, (uint32_t)port);
		return NULL;
	}
	link_add(h->links, &r->link);
	return r;
}

static int host_connect(void *ctx, struct domain *d)
{
	struct actor who = {.domid = d->domid, .has_target = d->has_target, .target = d->target};
	struct host_xen *h = ctx;
	struct ring_link *r = NULL;
	bool by_grant;
	void *page;
	int port;

	page = map_page(h, d, &by_grant);
	if (!page)
		return -EINVAL;
	port = bind(h, d);
	if (port >= 0)
		r = make_link(h, &who, page, port);
	if (!r) {
		if (by_grant)
			xa_gnttab_unmap(h->gnttab, page, 1);
		else
			xa_foreignmem_unmap(h->foreign, page, 1);
		return port < 0 ? -EINVAL : -ENOMEM;
	}
	r->by_grant = by_grant;
	r->link.conn->domain = d;
	d->conn = r->link.conn;
	d->host = r;
	return 0;
}

static int host_rebind(void *ctx, struct domain *d)
{
	struct host_xen *h = ctx;
	struct ring_link *r = d->host;
	int port = bind(h, d);

	if (port < 0)
		return -EINVAL;
	xa_evtchn_unbind(h->evtchn, r->port);
	r->port = (uint32_t)port;
	ring_attach(&r->ring, r->ring.page); /* it may be another kernel's now */
	d->conn->ring_read = r->ring.read;
	d->conn->ring_written = r->ring.written;
	r->moved = r->link.due = true;
	return 0;
}

static void host_identify(void *ctx, uint16_t domid, uint8_t identity[16])
{
	struct host_xen *h = ctx;
	struct hv_domain info;

	if (!hv_domain_get(h->hv, domid, &info))
		memcpy(identity, info.uuid, sizeof(info.uuid));
}

static void host_disconnect(void *ctx, struct domain *d)
{
	end_ring(ctx, d->host);
	d->host = NULL;
	d->conn = NULL;
}

struct store_host host_xen_calls(struct host_xen *h)
{
	return (struct store_host){
		.ctx = h,
		.connect = host_connect,
		.rebind = host_rebind,
		.identify = host_identify,
		.disconnect = host_disconnect,
	};
}

static int connect_own_kernel(struct host_xen *h)
{
	static const struct actor control = {.privileged = true};
	struct own_ring own;
	int rc, port;

	rc = own_ring_open(&own);
	if (rc < 0)
		return rc;
	port = xa_evtchn_bind_interdomain(h->evtchn, 0, own.port);
	if (port >= 0)
		h->own = make_link(h, &control, own.page, port);
	if (!h->own) {
		munmap(own.page, PAGE_SIZE);
		return port < 0 ? port : -ENOMEM;
	}
	/* The kernel waits for one event before it looks for devices; the first turn sends it. */
	h->own->link.due = true;
	return 0;
}

int host_xen_start(struct host_xen *h, struct store *s)
{
	int rc;

	h->store = s;
	h->death_port = xa_evtchn_bind_virq(h->evtchn, VIRQ_DOM_EXC);
	if (h->death_port < 0) {
		log_error(
			"cannot hear of dying domains (VIRQ_DOM_EXC): %s; is another store daemon "
			"running?",
			strerror(-h->death_port));
		return h->death_port;
	}
	h->check_due = true;
	rc = connect_own_kernel(h);
	if (rc < 0)
		log_error("cannot connect this domain's kernel to the store: %s", strerror(-rc));
	return rc;
}

/* The same domain as was introduced, not another one with its id. */
static bool is_same(struct host_xen *h, const struct domain *d)
{
	struct hv_domain info;

	return !hv_domain_get(h->hv, d->domid, &info) && !info.dying &&
	       !memcmp(info.uuid, d->identity, sizeof(d->identity));
}

void host_xen_resume(struct host_xen *h)
{
	struct domain *d, *next;

	for (d = h->store->domains; d; d = next) {
		next = d->next;
		if (!is_same(h, d))
			(void)domain_remove(h->store, d); /* else at the next check */
		else if (host_connect(h, d) < 0)
			log_warning("domain %u has lost its store ring", d->domid);
	}
}

int host_xen_fd(const struct host_xen *h)
{
	return xa_evtchn_fd(h->evtchn);
}

static struct ring_link *find_port(struct host_xen *h, uint32_t port)
{
	struct domain *d;

	if (h->own && h->own->port == port)
		return h->own;
	for (d = h->store->domains; d; d = d->next)
		if (d->host && ((struct ring_link *)d->host)->port == port)
			return d->host;
	return NULL;
}

void host_xen_events(struct host_xen *h)
{
	struct ring_link *r;
	int port;

	while ((port = xa_evtchn_pending(h->evtchn)) >= 0) {
		r = find_port(h, (uint32_t)port);
		if (r) {
			ring_link_event(r);
			continue;
		}
		if (port == h->death_port)
			h->check_due = true;
		xa_evtchn_unmask(h->evtchn, (uint32_t)port);
	}
}

/* False when it has to be done again. */
static bool check_domain(struct host_xen *h, struct domain *d)
{
	struct hv_domain info;
	int rc = hv_domain_get(h->hv, d->domid, &info);

	if (rc == -ESRCH || (!rc && info.dying))
		return domain_remove(h->store, d) == 0;
	if (!rc && info.shutdown)
		domain_note_shutdown(h->store, d);
	return rc == 0;
}

bool host_xen_check_domains(struct host_xen *h)
{
	struct domain *d, *next;

	if (!h->check_due)
		return false;
	h->check_due = false;
	for (d = h->store->domains; d; d = next) {
		next = d->next;
		if (!check_domain(h, d))
			h->check_due = true;
	}
	return h->check_due;
}
