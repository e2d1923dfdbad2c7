/* SPDX-License-Identifier: GPL-2.0-only */
/* hv_internal.h: what the files hv*.c share: the handle and the two forms of control call. */
#ifndef SHOJI_LIB_HV_INTERNAL_H
#define SHOJI_LIB_HV_INTERNAL_H

#include "hv.h"
#include "xa_call.h"

#include "shoji/domctl.h"
#include "shoji/hypercalls.h"
#include "shoji/sysctl.h"

#define HV_ARG_SIZE  8192u  /* the argument of a call; a vCPU context takes two pages */
#define HV_DATA_SIZE 65536u /* what it points to */

struct hv {
	struct xa_call *xc;
	void *arg;  /* HV_ARG_SIZE, memory a hypercall can reach */
	void *data; /* HV_DATA_SIZE, likewise */
};

static inline uint64_t hv_handle(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/* A zeroed argument to fill in; the call uses it and leaves the answer there. */
struct xen_domctl *hv_domctl_begin(struct hv *hv, uint32_t command, uint16_t domid);
int hv_domctl(struct hv *hv);
struct xen_sysctl *hv_sysctl_begin(struct hv *hv, uint32_t command);
int hv_sysctl(struct hv *hv);

#endif
