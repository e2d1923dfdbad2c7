/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_audit.c: the audit of the extension ABI. It takes as long as it takes, seconds on a large
 * machine; it is called in slices, so that dom0's kernel can run other programs in between.
 */
#include "hv_internal.h"

#include <string.h>

#include "shoji/extension.h"

int hv_audit(struct hv *hv, struct shoji_audit *result, struct shoji_audit_finding *findings,
	     unsigned int room)
{
	struct shoji_audit *op = hv->arg;
	int rc = 0;

	if (room > HV_DATA_SIZE / sizeof(*findings))
		room = HV_DATA_SIZE / sizeof(*findings);
	memset(op, 0, sizeof(*op));
	op->findings = hv_handle(hv->data);
	op->room = room;
	do
		rc = (int)xa_call_3(hv->xc, HYPERCALL_shoji_audit, SHOJI_AUDIT_slice, hv_handle(op),
				    (uint64_t)rc);
	while (rc > 0);
	if (rc < 0)
		return rc;
	*result = *op;
	if (result->written > room)
		result->written = room;
	memcpy(findings, hv->data, result->written * sizeof(*findings));
	return 0;
}
