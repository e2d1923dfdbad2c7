/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_domain.c: control calls about one domain: list, create, pause, destroy.
 *
 * Nothing here knows of the store or of devices. Errors are -errno.
 */
#include "hv_internal.h"

#include <errno.h>
#include <string.h>

#include "shoji/sched.h"

#define TSC_NEVER_EMULATED 2u /* tsc_mode of settscinfo */

struct xen_domctl *hv_domctl_begin(struct hv *hv, uint32_t command, uint16_t domid)
{
	struct xen_domctl *op = hv->arg;

	memset(op, 0, sizeof(*op));
	op->cmd = command;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	return op;
}

int hv_domctl(struct hv *hv)
{
	return (int)xa_call_1(hv->xc, HYPERCALL_domctl, hv_handle(hv->arg));
}

static void take_info(const struct xen_domctl_getdomaininfo *from, struct hv_domain *to)
{
	*to = (struct hv_domain){
		.domid = from->domain,
		.dying = from->flags & XEN_DOMINF_dying,
		.shutdown = from->flags & XEN_DOMINF_shutdown,
		.paused = from->flags & XEN_DOMINF_paused,
		.blocked = from->flags & XEN_DOMINF_blocked,
		.running = from->flags & XEN_DOMINF_running,
		.hvm = from->flags & XEN_DOMINF_hvm_guest,
		.shutdown_reason =
			(from->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask,
		.memory_kib = from->tot_pages * 4,
		.max_memory_kib = from->max_pages * 4,
		.cpu_ns = from->cpu_time,
		.vcpus = from->nr_online_vcpus,
		.vcpus_max =
			from->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : from->max_vcpu_id + 1,
		.shared_info_mfn = from->shared_info_frame,
	};
	memcpy(to->uuid, from->handle, sizeof(to->uuid));
}

int hv_domain_list(struct hv *hv, uint16_t first, struct hv_domain *domains, unsigned int max)
{
	struct xen_sysctl_getdomaininfolist *op =
		&hv_sysctl_begin(hv, XEN_SYSCTL_getdomaininfolist)->u.getdomaininfolist;
	const struct xen_domctl_getdomaininfo *list = hv->data;
	int rc;

	if (max > HV_DATA_SIZE / sizeof(*list))
		max = HV_DATA_SIZE / sizeof(*list);
	op->first_domain = first;
	op->max_domains = max;
	op->buffer = hv_handle(hv->data);
	rc = hv_sysctl(hv);
	if (rc < 0)
		return rc;
	if (op->num_domains > max)
		return -EOVERFLOW;
	for (uint32_t i = 0; i < op->num_domains; i++)
		take_info(&list[i], &domains[i]);
	return (int)op->num_domains;
}

int hv_domain_get(struct hv *hv, uint16_t domid, struct hv_domain *domain)
{
	int rc = hv_domain_list(hv, domid, domain, 1);

	if (rc < 0)
		return rc;
	return rc == 1 && domain->domid == domid ? 0 : -ESRCH;
}

static int set_limits(struct hv *hv, uint16_t domid, const struct hv_new_domain *p)
{
	struct xen_domctl *op = hv_domctl_begin(hv, XEN_DOMCTL_max_vcpus, domid);
	int rc;

	op->u.max_vcpus.max = p->vcpus;
	rc = hv_domctl(hv);
	if (rc < 0)
		return rc;
	op = hv_domctl_begin(hv, XEN_DOMCTL_max_mem, domid);
	op->u.max_mem.max_memkb = p->max_memory_kib;
	return hv_domctl(hv);
}

/* The guest reads the processor's own time-stamp counter: no trap per reading. A hypervisor that
 * does not know the call does so anyway. */
static void set_native_tsc(struct hv *hv, uint16_t domid)
{
	struct xen_domctl *op = hv_domctl_begin(hv, XEN_DOMCTL_settscinfo, domid);

	op->u.tsc_info.tsc_mode = TSC_NEVER_EMULATED;
	(void)hv_domctl(hv);
}

int hv_domain_create(struct hv *hv, const struct hv_new_domain *p)
{
	struct xen_domctl *op = hv_domctl_begin(hv, XEN_DOMCTL_createdomain, DOMID_INVALID);
	struct xen_domctl_createdomain *c = &op->u.createdomain;
	uint16_t domid;
	int rc;

	memcpy(c->handle, p->uuid, sizeof(c->handle));
	c->max_vcpus = p->vcpus;
	c->max_evtchn_port = p->max_port;
	c->max_grant_frames = (int32_t)p->grant_frames;
	c->max_maptrack_frames = (int32_t)p->maptrack_frames;
	c->grant_opts = XEN_DOMCTL_GRANT_version(1);
	rc = hv_domctl(hv);
	if (rc < 0)
		return rc;
	domid = op->domain;
	rc = set_limits(hv, domid, p);
	if (rc < 0) {
		hv_domain_destroy(hv, domid);
		return rc;
	}
	set_native_tsc(hv, domid);
	return domid;
}

static int plain(struct hv *hv, uint32_t command, uint16_t domid)
{
	hv_domctl_begin(hv, command, domid);
	return hv_domctl(hv);
}

int hv_domain_pause(struct hv *hv, uint16_t domid)
{
	return plain(hv, XEN_DOMCTL_pausedomain, domid);
}

int hv_domain_unpause(struct hv *hv, uint16_t domid)
{
	return plain(hv, XEN_DOMCTL_unpausedomain, domid);
}

/* The hypervisor gives memory back in steps and asks to be called again. */
int hv_domain_destroy(struct hv *hv, uint16_t domid)
{
	int rc;

	do
		rc = plain(hv, XEN_DOMCTL_destroydomain, domid);
	while (rc == -EAGAIN);
	return rc;
}

int hv_domain_shutdown(struct hv *hv, uint16_t domid, unsigned int reason)
{
	struct xen_sched_remote_shutdown *op = hv->arg;

	memset(op, 0, sizeof(*op));
	op->domain_id = domid;
	op->reason = reason;
	return (int)xa_call_2(hv->xc, HYPERCALL_sched_op, SCHEDOP_remote_shutdown,
			      hv_handle(hv->arg));
}

int hv_vcpu_get(struct hv *hv, uint16_t domid, unsigned int vcpu, struct hv_vcpu *info)
{
	struct xen_domctl *op = hv_domctl_begin(hv, XEN_DOMCTL_getvcpuinfo, domid);
	const struct xen_domctl_getvcpuinfo *v = &op->u.getvcpuinfo;
	int rc;

	op->u.getvcpuinfo.vcpu = vcpu;
	rc = hv_domctl(hv);
	if (rc < 0)
		return rc;
	*info = (struct hv_vcpu){v->online, v->blocked, v->running, v->cpu_time, v->cpu};
	return 0;
}
