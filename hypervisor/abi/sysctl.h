/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of sysctl, by family. */
#ifndef SHOJI_ABI_SYSCTL_H
#define SHOJI_ABI_SYSCTL_H

#include "abi/abi.h"
#include "shoji/sysctl.h"

/* sysctl_machine.c */
long sysctl_physinfo(struct xen_sysctl *op);
long sysctl_cpu_times(struct xen_sysctl *op);
long sysctl_heap(struct xen_sysctl *op);
long sysctl_cpu_topology(struct xen_sysctl *op);
long sysctl_numa(struct xen_sysctl *op);
long sysctl_pci_topology(struct xen_sysctl *op);
long sysctl_levelling_caps(struct xen_sysctl *op);
long sysctl_featureset(struct xen_sysctl *op);
long sysctl_cpu_policy(struct xen_sysctl *op);

/* sysctl_sched.c */
long sysctl_sched_id(struct xen_sysctl *op);
long sysctl_cpupool(struct xen_sysctl *op);
long sysctl_scheduler(struct xen_sysctl *op);
long sysctl_cpu_hotplug(struct xen_sysctl *op);
long sysctl_perfc(struct xen_sysctl *op);

#endif
