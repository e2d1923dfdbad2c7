/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits that are the same everywhere. A guest that hits one gets an error naming it. */
#ifndef SHOJI_CORE_CONFIG_H
#define SHOJI_CORE_CONFIG_H

#define MAX_CPUS	     64	   /* physical CPUs: one bit each in a cpumask_t */
#define MAX_VCPUS	     64	   /* virtual CPUs of one domain */
#define LEGACY_VCPUS	     32	   /* vCPUs whose vcpu_info lives in shared_info until registered */
#define EVTCHN_MAX	     4096  /* 2-level ABI: 64 words of 64 ports */
#define GRANT_FRAMES_DEFAULT 64	   /* default limit of grant-table frames per domain */
#define MAPTRACK_MAX	     65536 /* grant mappings one domain may hold */
#define DOMID_LIMIT	     0x7ff0
#define HYPERCALL_BUDGET     20000 /* units (about one instruction) between preemption points */

#endif
