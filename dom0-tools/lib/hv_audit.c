/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_audit.c: the audit of the extension ABI. It takes as long as it takes: the hypervisor stops
 * and goes on with it by itself, and dom0's kernel schedules in between.
 */
#include "hv_internal.h"

#include <string.h>

#include "shoji/extension.h"

int hv_audit(struct hv *hv, struct shoji_audit *result, struct shoji_audit_finding *findings,
	     unsigned int room)
{
	struct shoji_audit *op = hv->arg;
	int rc;

	if (room > HV_DATA_SIZE / sizeof(*findings))
		room = HV_DATA_SIZE / sizeof(*findings);
	memset(op, 0, sizeof(*op));
	op->findings = hv_handle(hv->data);
	op->room = room;
	rc = (int)xa_call_3(hv->xc, HYPERCALL_shoji_audit, SHOJI_AUDIT_run, hv_handle(op), 0);
	if (rc < 0)
		return rc;
	*result = *op;
	if (result->written > room)
		result->written = room;
	memcpy(findings, hv->data, result->written * sizeof(*findings));
	return 0;
}
