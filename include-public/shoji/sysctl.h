/* SPDX-License-Identifier: MIT */
/*
 * sysctl(handle of struct xen_sysctl): the machine as the tools see it. Control domain only.
 * Interface version 0x15 (Xen 4.17).
 *
 * Common errors: EPERM, EACCES wrong interface_version, EFAULT, EINVAL, ENOBUFS, ENOSYS. Lists: a
 * null handle asks for the number of entries.
 */
#ifndef SHOJI_PUBLIC_SYSCTL_H
#define SHOJI_PUBLIC_SYSCTL_H

#include "domctl.h"
#include "types.h"

#define XEN_SYSCTL_INTERFACE_VERSION 0x15

/* The hypervisor's log. */
struct xen_sysctl_readconsole {
	uint8_t clear;	     /* in: empty the log afterwards */
	uint8_t incremental; /* in: start at index instead of the oldest */
	uint8_t pad0, pad1;
	uint32_t index;	 /* in: where to go on; out: for the next call */
	uint64_t buffer; /* in: handle of bytes */
	uint32_t count;	 /* in: room; out: bytes written */
};
SHOJI_ABI_SIZE(struct xen_sysctl_readconsole, 24);
SHOJI_ABI_OFFSET(struct xen_sysctl_readconsole, count, 16);

struct xen_sysctl_physinfo {
	uint32_t threads_per_core; /* out, as all fields */
	uint32_t cores_per_socket;
	uint32_t nr_cpus;    /* online */
	uint32_t max_cpu_id; /* highest possible */
	uint32_t nr_nodes;
	uint32_t max_node_id;
	uint32_t cpu_khz;
	uint32_t capabilities; /* XEN_SYSCTL_PHYSCAP_… */
	uint32_t arch_capabilities;
	uint32_t pad;
	uint64_t total_pages;
	uint64_t free_pages;
	uint64_t scrub_pages;	    /* free, and waiting to be zeroed */
	uint64_t outstanding_pages; /* claimed */
	uint64_t max_mfn;
	uint32_t hw_cap[8]; /* CPUID words 1d 1c e1d e1c Da1 7b0 7c0 e7d */
};
SHOJI_ABI_SIZE(struct xen_sysctl_physinfo, 112);
SHOJI_ABI_OFFSET(struct xen_sysctl_physinfo, hw_cap, 80);
#define XEN_SYSCTL_PHYSCAP_hvm		      (1u << 0)
#define XEN_SYSCTL_PHYSCAP_pv		      (1u << 1)
#define XEN_SYSCTL_PHYSCAP_directio	      (1u << 2)
#define XEN_SYSCTL_PHYSCAP_hap		      (1u << 3)
#define XEN_SYSCTL_PHYSCAP_shadow	      (1u << 4)
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share (1u << 5)
#define XEN_SYSCTL_PHYSCAP_vmtrace	      (1u << 6)
#define XEN_SYSCTL_PHYSCAP_vpmu		      (1u << 7)
#define XEN_SYSCTL_PHYSCAP_gnttab_v1	      (1u << 8)
#define XEN_SYSCTL_PHYSCAP_gnttab_v2	      (1u << 9)

struct xen_sysctl_sched_id {
	uint32_t sched_id; /* out: XEN_SCHEDULER_… */
};
SHOJI_ABI_SIZE(struct xen_sysctl_sched_id, 4);

/* Software counters of the hypervisor. */
#define XEN_SYSCTL_PERFCOP_reset 1
#define XEN_SYSCTL_PERFCOP_query 2
struct xen_sysctl_perfc_desc {
	char name[80];
	uint32_t nr_vals;
};
SHOJI_ABI_SIZE(struct xen_sysctl_perfc_desc, 84);
SHOJI_ABI_OFFSET(struct xen_sysctl_perfc_desc, nr_vals, 80);
struct xen_sysctl_perfc_op {
	uint32_t cmd;	      /* in: XEN_SYSCTL_PERFCOP_… */
	uint32_t nr_counters; /* out */
	uint32_t nr_vals;     /* out: of all counters */
	uint64_t desc;	      /* in: handle of struct xen_sysctl_perfc_desc[] */
	uint64_t val;	      /* in: handle of uint32_t[] */
};
SHOJI_ABI_SIZE(struct xen_sysctl_perfc_op, 32);
SHOJI_ABI_OFFSET(struct xen_sysctl_perfc_op, desc, 16);
SHOJI_ABI_OFFSET(struct xen_sysctl_perfc_op, val, 24);

struct xen_sysctl_getdomaininfolist {
	xen_domid_t first_domain; /* in: lowest id */
	uint32_t max_domains;	  /* in: room */
	uint64_t buffer;	  /* in: handle of struct xen_domctl_getdomaininfo[] */
	uint32_t num_domains;	  /* out: entries written, by ascending id */
};
SHOJI_ABI_SIZE(struct xen_sysctl_getdomaininfolist, 24);
SHOJI_ABI_OFFSET(struct xen_sysctl_getdomaininfolist, max_domains, 4);
SHOJI_ABI_OFFSET(struct xen_sysctl_getdomaininfolist, num_domains, 16);

/* As if these keys were typed on the hypervisor's console. */
struct xen_sysctl_debug_keys {
	uint64_t keys;	  /* in: handle of char[] */
	uint32_t nr_keys; /* in */
};
SHOJI_ABI_SIZE(struct xen_sysctl_debug_keys, 16);
SHOJI_ABI_OFFSET(struct xen_sysctl_debug_keys, nr_keys, 8);

struct xen_sysctl_cpuinfo {
	uint64_t idletime; /* ns */
};
SHOJI_ABI_SIZE(struct xen_sysctl_cpuinfo, 8);
struct xen_sysctl_getcpuinfo {
	uint32_t max_cpus; /* in: room */
	uint64_t info;	   /* in: handle of struct xen_sysctl_cpuinfo[] */
	uint32_t nr_cpus;  /* out */
};
SHOJI_ABI_SIZE(struct xen_sysctl_getcpuinfo, 24);
SHOJI_ABI_OFFSET(struct xen_sysctl_getcpuinfo, info, 8);
SHOJI_ABI_OFFSET(struct xen_sysctl_getcpuinfo, nr_cpus, 16);

struct xen_sysctl_availheap {
	uint32_t min_bitwidth; /* in: memory at or above 2^this; 0 */
	uint32_t max_bitwidth; /* in: below 2^this; 0: all */
	int32_t node;	       /* in: negative: all */
	uint64_t avail_bytes;  /* out */
};
SHOJI_ABI_SIZE(struct xen_sysctl_availheap, 24);
SHOJI_ABI_OFFSET(struct xen_sysctl_availheap, avail_bytes, 16);

#define XEN_SYSCTL_CPU_HOTPLUG_ONLINE	   0
#define XEN_SYSCTL_CPU_HOTPLUG_OFFLINE	   1
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE  2
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE 3
struct xen_sysctl_cpu_hotplug {
	uint32_t cpu; /* in */
	uint32_t op;  /* in */
};
SHOJI_ABI_SIZE(struct xen_sysctl_cpu_hotplug, 8);
SHOJI_ABI_OFFSET(struct xen_sysctl_cpu_hotplug, op, 4);

#define XEN_INVALID_CORE_ID   (~0u)
#define XEN_INVALID_SOCKET_ID (~0u)
#define XEN_INVALID_NODE_ID   (~0u)
struct xen_sysctl_cputopo {
	uint32_t core;
	uint32_t socket;
	uint32_t node;
};
SHOJI_ABI_SIZE(struct xen_sysctl_cputopo, 12);
SHOJI_ABI_OFFSET(struct xen_sysctl_cputopo, node, 8);
struct xen_sysctl_cputopoinfo {
	uint32_t num_cpus; /* in: room; out: written (null handle: needed) */
	uint64_t cputopo;  /* in: handle of struct xen_sysctl_cputopo[] */
};
SHOJI_ABI_SIZE(struct xen_sysctl_cputopoinfo, 16);
SHOJI_ABI_OFFSET(struct xen_sysctl_cputopoinfo, cputopo, 8);

#define XEN_INVALID_MEM_SZ    (~0u)
#define XEN_INVALID_NODE_DIST (~0u)
struct xen_sysctl_meminfo {
	uint64_t memsize; /* bytes */
	uint64_t memfree;
};
SHOJI_ABI_SIZE(struct xen_sysctl_meminfo, 16);
SHOJI_ABI_OFFSET(struct xen_sysctl_meminfo, memfree, 8);
struct xen_sysctl_numainfo {
	uint32_t num_nodes; /* in: room; out: written (null handles: needed) */
	uint64_t meminfo;   /* in: handle of struct xen_sysctl_meminfo[] */
	uint64_t distance;  /* in: handle of uint32_t[num_nodes * num_nodes] */
};
SHOJI_ABI_SIZE(struct xen_sysctl_numainfo, 24);
SHOJI_ABI_OFFSET(struct xen_sysctl_numainfo, meminfo, 8);
SHOJI_ABI_OFFSET(struct xen_sysctl_numainfo, distance, 16);

/* One pool, number 0, with all processors. */
#define XEN_SYSCTL_CPUPOOL_OP_CREATE	 1
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY	 2
#define XEN_SYSCTL_CPUPOOL_OP_INFO	 3 /* the pool with this id or the next; ENOENT */
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU	 4
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU	 5
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN 6
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO	 7 /* processors in no pool */
#define XEN_SYSCTL_CPUPOOL_PAR_ANY	 0xFFFFFFFF
struct xen_sysctl_cpupool_op {
	uint32_t op;		      /* in */
	uint32_t cpupool_id;	      /* in/out */
	uint32_t sched_id;	      /* in or out */
	uint32_t domid;		      /* in */
	uint32_t cpu;		      /* in */
	uint32_t n_dom;		      /* out */
	struct xen_ctl_bitmap cpumap; /* out */
};
SHOJI_ABI_SIZE(struct xen_sysctl_cpupool_op, 40);
SHOJI_ABI_OFFSET(struct xen_sysctl_cpupool_op, cpumap, 24);

/* Parameters of the scheduler. */
#define XEN_SYSCTL_SCHEDOP_putinfo     0
#define XEN_SYSCTL_SCHEDOP_getinfo     1
#define XEN_SYSCTL_SCHED_RATELIMIT_MAX 500000
#define XEN_SYSCTL_SCHED_RATELIMIT_MIN 100
#define XEN_SYSCTL_CSCHED_TSLICE_MAX   1000
#define XEN_SYSCTL_CSCHED_TSLICE_MIN   1
struct xen_sysctl_credit_schedule {
	uint32_t tslice_ms;	     /* time slice */
	uint32_t ratelimit_us;	     /* a vCPU runs at least so long */
	uint32_t vcpu_migr_delay_us; /* and stays on its processor so long */
};
SHOJI_ABI_SIZE(struct xen_sysctl_credit_schedule, 12);
SHOJI_ABI_OFFSET(struct xen_sysctl_credit_schedule, vcpu_migr_delay_us, 8);
struct xen_sysctl_credit2_schedule {
	uint32_t ratelimit_us;
};
SHOJI_ABI_SIZE(struct xen_sysctl_credit2_schedule, 4);
struct xen_sysctl_scheduler_op {
	uint32_t cpupool_id; /* in */
	uint32_t sched_id;   /* in */
	uint32_t cmd;	     /* in */
	union {
		struct {
			uint64_t schedule; /* handle */
		} sched_arinc653;
		struct xen_sysctl_credit_schedule sched_credit;
		struct xen_sysctl_credit2_schedule sched_credit2;
	} u;
};
SHOJI_ABI_SIZE(struct xen_sysctl_scheduler_op, 32);
SHOJI_ABI_OFFSET(struct xen_sysctl_scheduler_op, u, 16);

/* Coverage counters of an instrumented build. */
#define XEN_GCOV_FORMAT_MAGIC	     0x58434f56
#define XEN_SYSCTL_COVERAGE_get_size 0
#define XEN_SYSCTL_COVERAGE_read     1
#define XEN_SYSCTL_COVERAGE_reset    2
struct xen_sysctl_coverage_op {
	uint32_t cmd;	 /* in */
	uint32_t size;	 /* in/out: bytes */
	uint64_t buffer; /* in: handle */
};
SHOJI_ABI_SIZE(struct xen_sysctl_coverage_op, 16);
SHOJI_ABI_OFFSET(struct xen_sysctl_coverage_op, buffer, 8);

#define XEN_INVALID_DEV (XEN_INVALID_NODE_ID - 1)
struct xen_sysctl_pcitopoinfo {
	uint32_t num_devs; /* in; out: done */
	uint64_t devs;	   /* in: handle of struct xen_physdev_pci_device[] */
	uint64_t nodes;	   /* in: handle of uint32_t[]; XEN_INVALID_DEV: no such device */
};
SHOJI_ABI_SIZE(struct xen_sysctl_pcitopoinfo, 24);
SHOJI_ABI_OFFSET(struct xen_sysctl_pcitopoinfo, devs, 8);
SHOJI_ABI_OFFSET(struct xen_sysctl_pcitopoinfo, nodes, 16);

/* How far CPUID can be made to differ between domains. */
#define XEN_SYSCTL_CPU_LEVELCAP_faulting    (1u << 0)
#define XEN_SYSCTL_CPU_LEVELCAP_ecx	    (1u << 1)
#define XEN_SYSCTL_CPU_LEVELCAP_edx	    (1u << 2)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_ecx    (1u << 3)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_edx    (1u << 4)
#define XEN_SYSCTL_CPU_LEVELCAP_xsave_eax   (1u << 5)
#define XEN_SYSCTL_CPU_LEVELCAP_thermal_ecx (1u << 6)
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_eax    (1u << 7)
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_ebx    (1u << 8)
struct xen_sysctl_cpu_levelling_caps {
	uint32_t caps; /* out */
};
SHOJI_ABI_SIZE(struct xen_sysctl_cpu_levelling_caps, 4);

#define XEN_SYSCTL_cpu_featureset_raw	  0
#define XEN_SYSCTL_cpu_featureset_host	  1
#define XEN_SYSCTL_cpu_featureset_pv	  2
#define XEN_SYSCTL_cpu_featureset_hvm	  3
#define XEN_SYSCTL_cpu_featureset_pv_max  4
#define XEN_SYSCTL_cpu_featureset_hvm_max 5
struct xen_sysctl_cpu_featureset {
	uint32_t index;	      /* in: XEN_SYSCTL_cpu_featureset_… */
	uint32_t nr_features; /* in: room, words; out: words */
	uint64_t features;    /* in: handle of uint32_t[] */
};
SHOJI_ABI_SIZE(struct xen_sysctl_cpu_featureset, 16);
SHOJI_ABI_OFFSET(struct xen_sysctl_cpu_featureset, features, 8);

#define XEN_SYSCTL_cpu_policy_raw	  0
#define XEN_SYSCTL_cpu_policy_host	  1
#define XEN_SYSCTL_cpu_policy_pv_max	  2
#define XEN_SYSCTL_cpu_policy_hvm_max	  3
#define XEN_SYSCTL_cpu_policy_pv_default  4
#define XEN_SYSCTL_cpu_policy_hvm_default 5
struct xen_sysctl_cpu_policy {
	uint32_t index;	    /* in: XEN_SYSCTL_cpu_policy_… */
	uint32_t nr_leaves; /* in: room; out: written */
	uint32_t nr_msrs;   /* likewise */
	uint32_t _rsvd;
	uint64_t leaves; /* in: handle of struct xen_cpuid_leaf[] */
	uint64_t msrs;	 /* in: handle of struct xen_msr_entry[] */
};
SHOJI_ABI_SIZE(struct xen_sysctl_cpu_policy, 32);
SHOJI_ABI_OFFSET(struct xen_sysctl_cpu_policy, msrs, 24);

#define XEN_SYSCTL_readconsole		  1
#define XEN_SYSCTL_tbuf_op		  2 /* ENOSYS */
#define XEN_SYSCTL_physinfo		  3
#define XEN_SYSCTL_sched_id		  4
#define XEN_SYSCTL_perfc_op		  5
#define XEN_SYSCTL_getdomaininfolist	  6
#define XEN_SYSCTL_debug_keys		  7
#define XEN_SYSCTL_getcpuinfo		  8
#define XEN_SYSCTL_availheap		  9
#define XEN_SYSCTL_get_pmstat		  10 /* ENOSYS */
#define XEN_SYSCTL_cpu_hotplug		  11
#define XEN_SYSCTL_pm_op		  12 /* ENOSYS */
#define XEN_SYSCTL_page_offline_op	  14 /* ENOSYS */
#define XEN_SYSCTL_lockprof_op		  15 /* ENOSYS */
#define XEN_SYSCTL_cputopoinfo		  16
#define XEN_SYSCTL_numainfo		  17
#define XEN_SYSCTL_cpupool_op		  18
#define XEN_SYSCTL_scheduler_op		  19
#define XEN_SYSCTL_coverage_op		  20
#define XEN_SYSCTL_pcitopoinfo		  22
#define XEN_SYSCTL_get_cpu_levelling_caps 25
#define XEN_SYSCTL_get_cpu_featureset	  26
#define XEN_SYSCTL_get_cpu_policy	  29

struct xen_sysctl {
	uint32_t cmd;		    /* in: XEN_SYSCTL_… */
	uint32_t interface_version; /* in: XEN_SYSCTL_INTERFACE_VERSION */
	union {
		struct xen_sysctl_readconsole readconsole;
		struct xen_sysctl_physinfo physinfo;
		struct xen_sysctl_cputopoinfo cputopoinfo;
		struct xen_sysctl_pcitopoinfo pcitopoinfo;
		struct xen_sysctl_numainfo numainfo;
		struct xen_sysctl_sched_id sched_id;
		struct xen_sysctl_perfc_op perfc_op;
		struct xen_sysctl_getdomaininfolist getdomaininfolist;
		struct xen_sysctl_debug_keys debug_keys;
		struct xen_sysctl_getcpuinfo getcpuinfo;
		struct xen_sysctl_availheap availheap;
		struct xen_sysctl_cpu_hotplug cpu_hotplug;
		struct xen_sysctl_cpupool_op cpupool_op;
		struct xen_sysctl_scheduler_op scheduler_op;
		struct xen_sysctl_coverage_op coverage_op;
		struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
		struct xen_sysctl_cpu_featureset cpu_featureset;
		struct xen_sysctl_cpu_policy cpu_policy;
		uint8_t pad[128];
	} u;
};
SHOJI_ABI_SIZE(struct xen_sysctl, 136);
SHOJI_ABI_OFFSET(struct xen_sysctl, u, 8);

#endif
