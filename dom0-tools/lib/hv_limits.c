/* SPDX-License-Identifier: GPL-2.0-only */
/* hv_limits.c: the limits of a domain, by the extension ABI. */
#include "hv_internal.h"

#include <string.h>

#include "shoji/extension.h"

int hv_domain_limits(struct hv *hv, uint16_t domid, struct shoji_limits *limits)
{
	struct shoji_limits *l = hv->arg;
	int rc;

	memset(l, 0, sizeof(*l));
	rc = (int)xa_call_2(hv->xc, HYPERCALL_shoji_limits, domid, hv_handle(l));
	if (rc < 0)
		return rc;
	*limits = *l;
	return 0;
}
