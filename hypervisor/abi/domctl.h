/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of domctl, by family. Each gets the domain (referenced) and the record to change.
 */
#ifndef SHOJI_ABI_DOMCTL_H
#define SHOJI_ABI_DOMCTL_H

#include "abi/abi.h"
#include "shoji/domctl.h"

typedef long (*domctl_fn)(struct domain *d, struct xen_domctl *op);

/* domctl_life.c */
long domctl_create(struct xen_domctl *op);
long domctl_destroy(struct domain *d, struct xen_domctl *op);
long domctl_pause(struct domain *d, struct xen_domctl *op);
long domctl_unpause(struct domain *d, struct xen_domctl *op);
long domctl_resume(struct domain *d, struct xen_domctl *op);
long domctl_max_vcpus(struct domain *d, struct xen_domctl *op);
long domctl_max_mem(struct domain *d, struct xen_domctl *op);
long domctl_set_handle(struct domain *d, struct xen_domctl *op);

/* domctl_info.c */
void domctl_fill_info(struct domain *d, struct xen_domctl_getdomaininfo *info);
long domctl_get_info(struct xen_domctl *op);
long domctl_frame_info(struct domain *d, struct xen_domctl *op);

/* domctl_vcpu.c */
long domctl_set_context(struct domain *d, struct xen_domctl *op);
long domctl_get_context(struct domain *d, struct xen_domctl *op);
long domctl_vcpu_info(struct domain *d, struct xen_domctl *op);
long domctl_set_affinity(struct domain *d, struct xen_domctl *op);
long domctl_get_affinity(struct domain *d, struct xen_domctl *op);
long domctl_send_trigger(struct domain *d, struct xen_domctl *op);
long domctl_get_ext_context(struct domain *d, struct xen_domctl *op);
long domctl_set_ext_context(struct domain *d, struct xen_domctl *op);
long domctl_scheduler(struct domain *d, struct xen_domctl *op);

/* domctl_settings.c */
long domctl_set_time_offset(struct domain *d, struct xen_domctl *op);
long domctl_set_tsc(struct domain *d, struct xen_domctl *op);
long domctl_get_tsc(struct domain *d, struct xen_domctl *op);
long domctl_set_address_size(struct domain *d, struct xen_domctl *op);
long domctl_get_address_size(struct domain *d, struct xen_domctl *op);
long domctl_set_debugging(struct domain *d, struct xen_domctl *op);
long domctl_hypercall_page(struct domain *d, struct xen_domctl *op);
long domctl_get_node_affinity(struct domain *d, struct xen_domctl *op);
long domctl_accept(struct domain *d, struct xen_domctl *op);
long domctl_shadow(struct domain *d, struct xen_domctl *op);
long domctl_get_pool(struct domain *d, struct xen_domctl *op);
long domctl_set_virq_handler(struct domain *d, struct xen_domctl *op);
long domctl_no_hardware(struct domain *d, struct xen_domctl *op);

/* domctl_cpu_policy.c */
long domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op);
long domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op);

/* bitmaps of CPUs and nodes in the tools' format (ctl_bitmap.c) */
int ctl_bitmap_read(const struct xen_ctl_bitmap *from, uint64_t *out);
int ctl_bitmap_write(struct xen_ctl_bitmap *to, uint64_t value, unsigned int bits);

#endif
