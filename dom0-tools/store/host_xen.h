/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's way to the hypervisor: rings, ports, and news of domains that die. */
#ifndef SHOJI_STORE_HOST_XEN_H
#define SHOJI_STORE_HOST_XEN_H

#include "link.h"
#include "store.h"

struct host_xen;

/*
 * Opens the devices of the kernel; what fails is logged. Links of rings will be put into *links.
 * 0 or -errno.
 */
int host_xen_open(struct host_xen **out, struct link **links);
void host_xen_close(struct host_xen *h);

/* What the store calls. */
struct store_host host_xen_calls(struct host_xen *h);

/* Connects the control domain's own kernel, and asks to be told of dying domains. 0 or -errno. */
int host_xen_start(struct host_xen *h, struct store *s);

/* Connects the domains that were recalled, where they are the same still; the others are gone. */
void host_xen_resume(struct host_xen *h);

/* Readable when host_xen_events has something to do. */
int host_xen_fd(const struct host_xen *h);
void host_xen_events(struct host_xen *h);

/* Looks which domains still live, if there was a hint. True: look again in a while. */
bool host_xen_check_domains(struct host_xen *h);

#endif
