/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv.c: the handle to the hypervisor, and questions about the machine as a whole.
 *
 * One argument buffer and one data buffer per handle, allocated once: hypercalls can only reach
 * memory that the kernel keeps in place, and getting it costs system calls. Not for two threads.
 */
#include "hv_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoji/extension.h"
#include "shoji/version.h"

#define WHAT "talk to the hypervisor"

struct hv *hv_open(struct failure *f)
{
	struct hv *hv = calloc(1, sizeof(*hv));

	if (!hv)
		return NULL;
	hv->xc = xa_call_open();
	if (!hv->xc)
		fail_errno(f, FAIL_HYPERVISOR, WHAT, NULL,
			   errno == EACCES || errno == EPERM
				   ? "run as root"
				   : "is this the control domain of a running hypervisor, with "
				     "the module xen-privcmd loaded?");
	if (hv->xc) {
		hv->arg = xa_call_buffer_alloc(hv->xc, HV_ARG_SIZE);
		hv->data = xa_call_buffer_alloc(hv->xc, HV_DATA_SIZE);
		if (hv->arg && hv->data)
			return hv;
		fail_errno(f, FAIL_HYPERVISOR, WHAT, NULL, NULL);
	}
	hv_close(hv);
	return NULL;
}

void hv_close(struct hv *hv)
{
	if (!hv)
		return;
	if (hv->xc) {
		xa_call_buffer_free(hv->xc, hv->arg, HV_ARG_SIZE);
		xa_call_buffer_free(hv->xc, hv->data, HV_DATA_SIZE);
		xa_call_close(hv->xc);
	}
	free(hv);
}

const char *hv_reason(int error)
{
	switch (error < 0 ? -error : error) {
	case ESRCH:
		return "there is no such domain";
	case EPERM:
		return "the hypervisor does not allow it (is this the control domain?)";
	case EACCES:
		return "the hypervisor has another control interface version than these tools";
	case ENOMEM:
		return "the hypervisor is out of memory";
	case ENOSYS:
	case EOPNOTSUPP:
		return "the hypervisor does not know this call";
	default:
		return strerror(error < 0 ? -error : error);
	}
}

struct xen_sysctl *hv_sysctl_begin(struct hv *hv, uint32_t command)
{
	struct xen_sysctl *op = hv->arg;

	memset(op, 0, sizeof(*op));
	op->cmd = command;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return op;
}

int hv_sysctl(struct hv *hv)
{
	return (int)xa_call_1(hv->xc, HYPERCALL_sysctl, hv_handle(hv->arg));
}

/* One string answer of xen_version. A refusal leaves the text empty. */
static void version_text(struct hv *hv, unsigned int command, char *to, size_t size)
{
	memset(hv->data, 0, 1024);
	to[0] = '\0';
	if (xa_call_2(hv->xc, HYPERCALL_xen_version, command, hv_handle(hv->data)) >= 0)
		snprintf(to, size, "%.*s", 1023, (const char *)hv->data);
}

static void version_compile(struct hv *hv, struct hv_version *v)
{
	const struct xen_compile_info *info = hv->data;

	memset(hv->data, 0, sizeof(*info));
	if (xa_call_2(hv->xc, HYPERCALL_xen_version, XENVER_compile_info, hv_handle(hv->data)) < 0)
		return;
	snprintf(v->compiler, sizeof(v->compiler), "%.*s", (int)sizeof(info->compiler) - 1,
		 info->compiler);
	snprintf(v->compile_date, sizeof(v->compile_date), "%.*s",
		 (int)sizeof(info->compile_date) - 1, info->compile_date);
}

static bool has_feature(struct hv *hv, unsigned int feature)
{
	const struct shoji_features *f = hv->data;

	memset(hv->data, 0, sizeof(*f));
	if (xa_call_2(hv->xc, HYPERCALL_shoji_version, SHOJI_VERSION_features,
		      hv_handle(hv->data)) < 0)
		return false;
	return f->bitmap[feature / 64] >> feature % 64 & 1;
}

int hv_version(struct hv *hv, struct hv_version *v)
{
	long number = xa_call_2(hv->xc, HYPERCALL_xen_version, XENVER_version, 0);
	long extension;

	if (number < 0)
		return (int)number;
	memset(v, 0, sizeof(*v));
	v->major = (unsigned int)number >> 16;
	v->minor = (unsigned int)number & 0xffff;
	version_text(hv, XENVER_extraversion, v->extra, sizeof(v->extra));
	version_text(hv, XENVER_capabilities, v->capabilities, sizeof(v->capabilities));
	version_text(hv, XENVER_changeset, v->changeset, sizeof(v->changeset));
	version_text(hv, XENVER_commandline, v->commandline, sizeof(v->commandline));
	version_compile(hv, v);
	extension = xa_call_2(hv->xc, HYPERCALL_shoji_version, 0, 0);
	v->extension = extension > 0 ? (unsigned int)extension : 0;
	v->isolation = v->extension && has_feature(hv, SHOJI_FEATURE_isolation);
	return 0;
}

int hv_machine(struct hv *hv, struct hv_machine *m)
{
	const struct xen_sysctl_physinfo *info =
		&hv_sysctl_begin(hv, XEN_SYSCTL_physinfo)->u.physinfo;
	int rc = hv_sysctl(hv);

	if (rc < 0)
		return rc;
	*m = (struct hv_machine){
		.cpus = info->nr_cpus,
		.threads_per_core = info->threads_per_core,
		.cores_per_socket = info->cores_per_socket,
		.nodes = info->nr_nodes,
		.cpu_khz = info->cpu_khz,
		.total_kib = info->total_pages * 4,
		.free_kib = info->free_pages * 4,
		.scrub_kib = info->scrub_pages * 4,
		.pv = info->capabilities & XEN_SYSCTL_PHYSCAP_pv,
		.hvm = info->capabilities & XEN_SYSCTL_PHYSCAP_hvm,
	};
	return 0;
}

int hv_cpu_idle(struct hv *hv, uint64_t *idle_ns, unsigned int max)
{
	struct xen_sysctl_getcpuinfo *op =
		&hv_sysctl_begin(hv, XEN_SYSCTL_getcpuinfo)->u.getcpuinfo;
	const struct xen_sysctl_cpuinfo *cpus = hv->data;
	int rc;

	if (max > HV_DATA_SIZE / sizeof(*cpus))
		max = HV_DATA_SIZE / sizeof(*cpus);
	op->max_cpus = max;
	op->info = hv_handle(hv->data);
	rc = hv_sysctl(hv);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < op->nr_cpus && i < max; i++)
		idle_ns[i] = cpus[i].idletime;
	return (int)(op->nr_cpus < max ? op->nr_cpus : max);
}

int hv_log_read(struct hv *hv, char *buffer, size_t size, uint32_t *index, bool clear)
{
	struct xen_sysctl_readconsole *op =
		&hv_sysctl_begin(hv, XEN_SYSCTL_readconsole)->u.readconsole;
	int rc;

	op->clear = clear;
	op->incremental = *index != 0;
	op->index = *index;
	op->buffer = hv_handle(hv->data);
	op->count = (uint32_t)(size < HV_DATA_SIZE ? size : HV_DATA_SIZE);
	rc = hv_sysctl(hv);
	if (rc < 0)
		return rc;
	if (op->count > size)
		return -EOVERFLOW;
	memcpy(buffer, hv->data, op->count);
	*index = op->index;
	return (int)op->count;
}
