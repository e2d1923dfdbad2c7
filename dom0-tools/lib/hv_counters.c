/* SPDX-License-Identifier: GPL-2.0-only */
/* hv_counters.c: what the hypervisor has counted. Errors are -errno. */
#include "hv_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VALUES_AT (HV_DATA_SIZE / 2) /* in hv->data; names are before */

static struct xen_sysctl_perfc_op *query(struct hv *hv)
{
	struct xen_sysctl_perfc_op *op = &hv_sysctl_begin(hv, XEN_SYSCTL_perfc_op)->u.perfc_op;

	op->cmd = XEN_SYSCTL_PERFCOP_query;
	return op;
}

static bool fits(const struct xen_sysctl_perfc_op *op)
{
	return op->nr_counters * sizeof(struct xen_sysctl_perfc_desc) <= VALUES_AT &&
	       op->nr_vals * sizeof(uint32_t) <= HV_DATA_SIZE - VALUES_AT;
}

/* The values of all counters lie one behind the other. */
static unsigned int take(const struct hv *hv, unsigned int count, struct hv_counter *counters)
{
	const struct xen_sysctl_perfc_desc *desc = hv->data;
	const uint32_t *value = (const uint32_t *)((const char *)hv->data + VALUES_AT);
	unsigned int cpus = 0;

	for (unsigned int i = 0; i < count; i++) {
		snprintf(counters[i].name, sizeof(counters[i].name), "%.79s", desc[i].name);
		cpus = desc[i].nr_vals < 64 ? desc[i].nr_vals : 64;
		memcpy(counters[i].values, value, cpus * sizeof(*value));
		value += desc[i].nr_vals;
	}
	return cpus;
}

int hv_counters(struct hv *hv, struct hv_counter *counters, unsigned int max, unsigned int *cpus)
{
	struct xen_sysctl_perfc_op *op = query(hv);
	int rc = hv_sysctl(hv);

	if (rc < 0)
		return rc;
	if (!fits(op))
		return -EOVERFLOW;
	op = query(hv);
	op->desc = hv_handle(hv->data);
	op->val = hv_handle((char *)hv->data + VALUES_AT);
	rc = hv_sysctl(hv);
	if (rc < 0)
		return rc;
	max = op->nr_counters < max ? op->nr_counters : max;
	*cpus = take(hv, max, counters);
	return (int)max;
}
