/* SPDX-License-Identifier: MIT */
/*
 * domctl(handle of struct xen_domctl): create, look at, change and destroy domains. Control domain
 * only. Interface version 0x15 (Xen 4.17).
 *
 * Common errors: EPERM, EACCES wrong interface_version, ESRCH no such domain, EFAULT, EINVAL,
 * ENOMEM, ENOSYS (unknown, or not for PV). Long operations re-issue themselves.
 */
#ifndef SHOJI_PUBLIC_DOMCTL_H
#define SHOJI_PUBLIC_DOMCTL_H

#include "arch.h"
#include "types.h"

#define XEN_DOMCTL_INTERFACE_VERSION 0x15

/*
 * createdomain: a paused domain without memory and vCPUs. xen_domctl.domain in: the id wanted, or
 * 0 (or one that is not a domain's): any; out: the id. EEXIST: the id is taken.
 */
struct xen_domctl_createdomain {
	uint32_t ssidref;		   /* in: security label; ignored */
	xen_domain_handle_t handle;	   /* in: UUID */
	uint32_t flags;			   /* in: XEN_DOMCTL_CDF_… */
	uint32_t iommu_opts;		   /* in: 0 without CDF_iommu */
	uint32_t max_vcpus;		   /* in: at least 1 */
	uint32_t max_evtchn_port;	   /* in: highest port */
	int32_t max_grant_frames;	   /* in: pages of grant table; negative: default */
	int32_t max_maptrack_frames;	   /* in: pages for mapping handles; negative: default */
	uint32_t grant_opts;		   /* in: XEN_DOMCTL_GRANT_version */
	uint32_t vmtrace_size;		   /* in: 0 */
	uint32_t cpupool_id;		   /* in: 0 */
	struct xen_arch_domainconfig arch; /* in/out */
};
SHOJI_ABI_SIZE(struct xen_domctl_createdomain, 64);
SHOJI_ABI_OFFSET(struct xen_domctl_createdomain, arch, 56);
#define XEN_DOMCTL_CDF_hvm	      (1u << 0) /* EINVAL here, as are hap and what goes with it */
#define XEN_DOMCTL_CDF_hap	      (1u << 1)
#define XEN_DOMCTL_CDF_s3_integrity   (1u << 2)
#define XEN_DOMCTL_CDF_oos_off	      (1u << 3)
#define XEN_DOMCTL_CDF_xs_domain      (1u << 4) /* runs the store */
#define XEN_DOMCTL_CDF_iommu	      (1u << 5) /* may get devices */
#define XEN_DOMCTL_CDF_nested_virt    (1u << 6)
#define XEN_DOMCTL_CDF_vpmu	      (1u << 7)
#define XEN_DOMCTL_GRANT_version_mask 0xf
#define XEN_DOMCTL_GRANT_version(v)   ((v)&XEN_DOMCTL_GRANT_version_mask) /* highest allowed */

/*
 * getdomaininfo: the domain with this id *or the next higher one*: compare `domain`. ESRCH: none.
 */
struct xen_domctl_getdomaininfo {
	xen_domid_t domain; /* out, as all fields */
	uint16_t pad1;
	uint32_t flags;		    /* XEN_DOMINF_… */
	uint64_t tot_pages;	    /* frames it has */
	uint64_t max_pages;	    /* frames it may have */
	uint64_t outstanding_pages; /* claimed and not yet allocated */
	uint64_t shr_pages;	    /* shared copy-on-write: 0 */
	uint64_t paged_pages;	    /* paged out: 0 */
	uint64_t shared_info_frame; /* mfn */
	uint64_t cpu_time;	    /* ns, of all vCPUs */
	uint32_t nr_online_vcpus;
	uint32_t max_vcpu_id; /* XEN_INVALID_MAX_VCPU_ID: no vCPUs */
	uint32_t ssidref;
	xen_domain_handle_t handle;
	uint32_t cpupool;
	uint8_t gpaddr_bits; /* width of guest addresses, in bits */
	uint8_t pad2[7];
	struct xen_arch_domainconfig arch_config;
};
SHOJI_ABI_SIZE(struct xen_domctl_getdomaininfo, 112);
SHOJI_ABI_OFFSET(struct xen_domctl_getdomaininfo, arch_config, 104);
#define XEN_INVALID_MAX_VCPU_ID	 (~0u)
#define XEN_DOMINF_dying	 (1u << 0) /* being destroyed, frames still referenced */
#define XEN_DOMINF_hvm_guest	 (1u << 1)
#define XEN_DOMINF_shutdown	 (1u << 2) /* it ended; the reason is in the flags */
#define XEN_DOMINF_paused	 (1u << 3) /* by the tools */
#define XEN_DOMINF_blocked	 (1u << 4) /* all vCPUs wait for events */
#define XEN_DOMINF_running	 (1u << 5) /* at least one vCPU runs */
#define XEN_DOMINF_debugged	 (1u << 6)
#define XEN_DOMINF_xs_domain	 (1u << 7)
#define XEN_DOMINF_hap		 (1u << 8)
#define XEN_DOMINF_shutdownmask	 255 /* SHUTDOWN_… */
#define XEN_DOMINF_shutdownshift 16

/* getpageframeinfo3: the types of frames, for saving a domain. At most 1024 at a time: E2BIG. */
struct xen_domctl_getpageframeinfo3 {
	uint64_t num;	/* in */
	uint64_t array; /* in: handle of xen_pfn_t[]: in mfns, out XEN_DOMCTL_PFINFO_… */
};
SHOJI_ABI_SIZE(struct xen_domctl_getpageframeinfo3, 16);
SHOJI_ABI_OFFSET(struct xen_domctl_getpageframeinfo3, array, 8);
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT	28
#define XEN_DOMCTL_PFINFO_NOTAB		(0x0u << 28)
#define XEN_DOMCTL_PFINFO_L1TAB		(0x1u << 28)
#define XEN_DOMCTL_PFINFO_L2TAB		(0x2u << 28)
#define XEN_DOMCTL_PFINFO_L3TAB		(0x3u << 28)
#define XEN_DOMCTL_PFINFO_L4TAB		(0x4u << 28)
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK (0x7u << 28)
#define XEN_DOMCTL_PFINFO_LPINTAB	(0x1u << 31) /* and pinned */
#define XEN_DOMCTL_PFINFO_XTAB		(0xfu << 28) /* not the domain's */
#define XEN_DOMCTL_PFINFO_XALLOC	(0xeu << 28) /* in saved images: allocate only */
#define XEN_DOMCTL_PFINFO_BROKEN	(0xdu << 28)
#define XEN_DOMCTL_PFINFO_LTAB_MASK	(0xfu << 28)

/* shadow_op: the log of dirtied pages, for live migration. */
struct xen_domctl_shadow_op_stats {
	uint32_t fault_count;
	uint32_t dirty_count;
};
SHOJI_ABI_SIZE(struct xen_domctl_shadow_op_stats, 8);
SHOJI_ABI_OFFSET(struct xen_domctl_shadow_op_stats, dirty_count, 4);
struct xen_domctl_shadow_op {
	uint32_t op;	       /* in: XEN_DOMCTL_SHADOW_OP_… */
	uint32_t mode;	       /* in: ENABLE: XEN_DOMCTL_SHADOW_ENABLE_…; CLEAN: _LOGDIRTY_… */
	uint32_t mb;	       /* in/out: allocation, MiB */
	uint64_t dirty_bitmap; /* in: handle, out: a bit per pfn */
	uint64_t pages;	       /* in: bits; out: bits written */
	struct xen_domctl_shadow_op_stats stats; /* out */
};
SHOJI_ABI_SIZE(struct xen_domctl_shadow_op, 40);
SHOJI_ABI_OFFSET(struct xen_domctl_shadow_op, dirty_bitmap, 16);
SHOJI_ABI_OFFSET(struct xen_domctl_shadow_op, stats, 32);
#define XEN_DOMCTL_SHADOW_OP_OFF	     0
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST     1
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY 2
#define XEN_DOMCTL_SHADOW_OP_CLEAN	     11 /* read the log and start it anew */
#define XEN_DOMCTL_SHADOW_OP_PEEK	     12 /* read it */
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION  30
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION  31
#define XEN_DOMCTL_SHADOW_OP_ENABLE	     32
#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT    (1 << 1)
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY   (1 << 2)
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE   (1 << 3)
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL    (1 << 4)
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL     (1 << 0) /* the domain is stopped: no need to re-arm */

struct xen_domctl_max_mem {
	uint64_t max_memkb; /* in: KiB the domain may have */
};
SHOJI_ABI_SIZE(struct xen_domctl_max_mem, 8);

/* setvcpucontext (a null handle resets the vCPU), getvcpucontext (of a stopped vCPU) */
struct xen_domctl_vcpucontext {
	uint32_t vcpu; /* in */
	uint64_t ctxt; /* in: handle of struct xen_vcpu_guest_context */
};
SHOJI_ABI_SIZE(struct xen_domctl_vcpucontext, 16);
SHOJI_ABI_OFFSET(struct xen_domctl_vcpucontext, ctxt, 8);

struct xen_domctl_getvcpuinfo {
	uint32_t vcpu;	   /* in */
	uint8_t online;	   /* out, as all that follow: not down */
	uint8_t blocked;   /* waits for an event */
	uint8_t running;   /* on a processor now */
	uint64_t cpu_time; /* ns */
	uint32_t cpu;	   /* where it is or was last */
};
SHOJI_ABI_SIZE(struct xen_domctl_getvcpuinfo, 24);
SHOJI_ABI_OFFSET(struct xen_domctl_getvcpuinfo, cpu_time, 8);
SHOJI_ABI_OFFSET(struct xen_domctl_getvcpuinfo, cpu, 16);

/* setnodeaffinity, getnodeaffinity */
struct xen_domctl_nodeaffinity {
	struct xen_ctl_bitmap nodemap;
};
SHOJI_ABI_SIZE(struct xen_domctl_nodeaffinity, 16);

/* setvcpuaffinity: in/out (out: what is in effect); getvcpuaffinity: out, as they were set */
struct xen_domctl_vcpuaffinity {
	uint32_t vcpu;			   /* in */
	uint32_t flags;			   /* in: which: XEN_VCPUAFFINITY_… */
	struct xen_ctl_bitmap cpumap_hard; /* may run there only */
	struct xen_ctl_bitmap cpumap_soft; /* prefers to */
};
SHOJI_ABI_SIZE(struct xen_domctl_vcpuaffinity, 40);
SHOJI_ABI_OFFSET(struct xen_domctl_vcpuaffinity, cpumap_soft, 24);
#define XEN_VCPUAFFINITY_HARD  (1u << 0)
#define XEN_VCPUAFFINITY_SOFT  (1u << 1)
#define XEN_VCPUAFFINITY_FORCE (1u << 2) /* even while overridden by SCHEDOP_pin_override */

struct xen_domctl_max_vcpus {
	uint32_t max; /* in: as in createdomain; creates the vCPUs */
};
SHOJI_ABI_SIZE(struct xen_domctl_max_vcpus, 4);

/* scheduler_op: weights. EINVAL: sched_id is not the scheduler in use. */
#define XEN_SCHEDULER_CREDIT   5
#define XEN_SCHEDULER_CREDIT2  6
#define XEN_SCHEDULER_ARINC653 7
#define XEN_SCHEDULER_RTDS     8
#define XEN_SCHEDULER_NULL     9
struct xen_domctl_sched_credit {
	uint16_t weight; /* share of the processors, default 256; 0 in putinfo: leave */
	uint16_t cap;	 /* percent of one processor; 0: none; ~0 in putinfo: leave */
};
SHOJI_ABI_SIZE(struct xen_domctl_sched_credit, 4);
SHOJI_ABI_OFFSET(struct xen_domctl_sched_credit, cap, 2);
struct xen_domctl_sched_credit2 {
	uint16_t weight;
	uint16_t cap;
};
SHOJI_ABI_SIZE(struct xen_domctl_sched_credit2, 4);
SHOJI_ABI_OFFSET(struct xen_domctl_sched_credit2, cap, 2);
struct xen_domctl_sched_rtds {
	uint32_t period; /* us */
	uint32_t budget; /* us */
	uint32_t flags;
};
SHOJI_ABI_SIZE(struct xen_domctl_sched_rtds, 12);
SHOJI_ABI_OFFSET(struct xen_domctl_sched_rtds, flags, 8);
struct xen_domctl_schedparam_vcpu {
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
	} u;
	uint32_t vcpuid;
};
SHOJI_ABI_SIZE(struct xen_domctl_schedparam_vcpu, 16);
SHOJI_ABI_OFFSET(struct xen_domctl_schedparam_vcpu, vcpuid, 12);
struct xen_domctl_scheduler_op {
	uint32_t sched_id; /* in: XEN_SCHEDULER_… */
	uint32_t cmd;	   /* in: XEN_DOMCTL_SCHEDOP_… */
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
		struct {
			uint64_t vcpus; /* handle of struct xen_domctl_schedparam_vcpu[] */
			uint32_t nr_vcpus;
			uint32_t padding;
		} v;
	} u;
};
SHOJI_ABI_SIZE(struct xen_domctl_scheduler_op, 24);
SHOJI_ABI_OFFSET(struct xen_domctl_scheduler_op, u, 8);
#define XEN_DOMCTL_SCHEDOP_putinfo     0
#define XEN_DOMCTL_SCHEDOP_getinfo     1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo 2
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo 3

struct xen_domctl_setdomainhandle {
	xen_domain_handle_t handle; /* in */
};
SHOJI_ABI_SIZE(struct xen_domctl_setdomainhandle, 16);

struct xen_domctl_setdebugging {
	uint8_t enable; /* in */
};
SHOJI_ABI_SIZE(struct xen_domctl_setdebugging, 1);

struct xen_domctl_irq_permission {
	uint32_t pirq;	      /* in: of the caller */
	uint8_t allow_access; /* in */
	uint8_t pad[3];
};
SHOJI_ABI_SIZE(struct xen_domctl_irq_permission, 8);
SHOJI_ABI_OFFSET(struct xen_domctl_irq_permission, pad, 5);

struct xen_domctl_iomem_permission {
	uint64_t first_mfn;   /* in */
	uint64_t nr_mfns;     /* in */
	uint8_t allow_access; /* in */
};
SHOJI_ABI_SIZE(struct xen_domctl_iomem_permission, 24);
SHOJI_ABI_OFFSET(struct xen_domctl_iomem_permission, allow_access, 16);

struct xen_domctl_ioport_permission {
	uint32_t first_port;  /* in */
	uint32_t nr_ports;    /* in */
	uint8_t allow_access; /* in */
};
SHOJI_ABI_SIZE(struct xen_domctl_ioport_permission, 12);
SHOJI_ABI_OFFSET(struct xen_domctl_ioport_permission, allow_access, 8);

/* Fills one of the domain's frames with hypercall entries. */
struct xen_domctl_hypercall_init {
	uint64_t gmfn; /* in */
};
SHOJI_ABI_SIZE(struct xen_domctl_hypercall_init, 8);

struct xen_domctl_settimeoffset {
	int64_t time_offset_seconds; /* in: added to the domain's wall clock */
};
SHOJI_ABI_SIZE(struct xen_domctl_settimeoffset, 8);

/* settscinfo, gettscinfo */
struct xen_domctl_tsc_info {
	uint32_t tsc_mode;    /* 0 native if it is safe, 1 always emulated, 2 never */
	uint32_t gtsc_khz;    /* what the guest was told */
	uint32_t incarnation; /* counts restores */
	uint32_t pad;
	uint64_t elapsed_nsec; /* guest time so far */
};
SHOJI_ABI_SIZE(struct xen_domctl_tsc_info, 24);
SHOJI_ABI_OFFSET(struct xen_domctl_tsc_info, elapsed_nsec, 16);

/* set_address_size, get_address_size: 64, nothing else */
struct xen_domctl_address_size {
	uint32_t size; /* bits */
};
SHOJI_ABI_SIZE(struct xen_domctl_address_size, 4);

struct xen_domctl_sendtrigger {
	uint32_t trigger; /* in: XEN_DOMCTL_SENDTRIGGER_… */
	uint32_t vcpu;	  /* in */
};
SHOJI_ABI_SIZE(struct xen_domctl_sendtrigger, 8);
SHOJI_ABI_OFFSET(struct xen_domctl_sendtrigger, vcpu, 4);
#define XEN_DOMCTL_SENDTRIGGER_NMI   0
#define XEN_DOMCTL_SENDTRIGGER_RESET 1
#define XEN_DOMCTL_SENDTRIGGER_INIT  2
#define XEN_DOMCTL_SENDTRIGGER_POWER 3
#define XEN_DOMCTL_SENDTRIGGER_SLEEP 4

/* assign_device, test_assign_device (0: it could be assigned), deassign_device */
#define XEN_DOMCTL_DEV_PCI	   0
#define XEN_DOMCTL_DEV_DT	   1
#define XEN_DOMCTL_DEV_RDM_RELAXED 1
struct xen_domctl_assign_device {
	uint32_t dev;	/* in: XEN_DOMCTL_DEV_PCI */
	uint32_t flags; /* in */
	union {
		struct {
			uint32_t machine_sbdf; /* in: segment << 16 | bus << 8 | devfn */
		} pci;
		struct {
			uint32_t size;
			uint64_t path; /* handle */
		} dt;
	} u;
};
SHOJI_ABI_SIZE(struct xen_domctl_assign_device, 24);
SHOJI_ABI_OFFSET(struct xen_domctl_assign_device, u, 8);

/* memory_mapping: not PV. ioport_mapping: not PV. */
#define DPCI_ADD_MAPPING    1
#define DPCI_REMOVE_MAPPING 0

/* get_ext_vcpucontext (out), set_ext_vcpucontext (in): callbacks the plain context lacks. */
struct xen_domctl_vmce {
	uint64_t caps;
	uint64_t mci_ctl2_bank0;
	uint64_t mci_ctl2_bank1;
	uint64_t mcg_ext_ctl;
};
SHOJI_ABI_SIZE(struct xen_domctl_vmce, 32);
SHOJI_ABI_OFFSET(struct xen_domctl_vmce, mcg_ext_ctl, 24);
struct xen_domctl_ext_vcpucontext {
	uint32_t vcpu; /* in */
	uint32_t size; /* in/out: bytes used of this structure */
	uint64_t syscall32_callback_eip;
	uint64_t sysenter_callback_eip;
	uint16_t syscall32_callback_cs;
	uint16_t sysenter_callback_cs;
	uint8_t syscall32_disables_events;
	uint8_t sysenter_disables_events;
	struct xen_domctl_vmce vmce; /* machine-check banks */
};
SHOJI_ABI_SIZE(struct xen_domctl_ext_vcpucontext, 64);
SHOJI_ABI_OFFSET(struct xen_domctl_ext_vcpucontext, vmce, 32);

struct xen_domctl_set_target {
	xen_domid_t target; /* in: the domain this one may control */
};
SHOJI_ABI_SIZE(struct xen_domctl_set_target, 2);

/* get_cpu_policy, set_cpu_policy: what CPUID and MSRs show. */
struct xen_domctl_cpu_policy {
	uint32_t nr_leaves; /* in: entries (room); out of get: entries written. ENOBUFS */
	uint32_t nr_msrs;   /* likewise */
	uint64_t leaves;    /* in: handle of struct xen_cpuid_leaf[] */
	uint64_t msrs;	    /* in: handle of struct xen_msr_entry[] */
	uint32_t err_leaf, err_subleaf, err_msr; /* out of set: what was refused, or ~0 */
};
SHOJI_ABI_SIZE(struct xen_domctl_cpu_policy, 40);
SHOJI_ABI_OFFSET(struct xen_domctl_cpu_policy, err_msr, 32);

/* set_virq_handler: a global virtual interrupt goes to this domain. */
struct xen_domctl_set_virq_handler {
	uint32_t virq; /* in */
};
SHOJI_ABI_SIZE(struct xen_domctl_set_virq_handler, 4);

/* setvcpuextstate, getvcpuextstate: the XSAVE area. A null buffer asks for size and mask. */
struct xen_domctl_vcpuextstate {
	uint32_t vcpu;		/* in */
	uint64_t xfeature_mask; /* out of get */
	uint64_t size;		/* in/out: bytes */
	uint64_t buffer;	/* in: handle: XCR0, XCR0_accum, then the area */
};
SHOJI_ABI_SIZE(struct xen_domctl_vcpuextstate, 32);
SHOJI_ABI_OFFSET(struct xen_domctl_vcpuextstate, xfeature_mask, 8);
SHOJI_ABI_OFFSET(struct xen_domctl_vcpuextstate, buffer, 24);

struct xen_domctl_cacheflush {
	xen_pfn_t start_pfn, nr_pfns; /* in; no effect here */
};
SHOJI_ABI_SIZE(struct xen_domctl_cacheflush, 16);
SHOJI_ABI_OFFSET(struct xen_domctl_cacheflush, nr_pfns, 8);

/* get_paging_mempool_size, set_paging_mempool_size */
struct xen_domctl_paging_mempool {
	uint64_t size; /* bytes */
};
SHOJI_ABI_SIZE(struct xen_domctl_paging_mempool, 8);

/* get_vcpu_msrs, set_vcpu_msrs. A null handle asks for the count. ENOBUFS. */
struct xen_domctl_vcpu_msr {
	uint32_t index;
	uint32_t reserved;
	uint64_t value;
};
SHOJI_ABI_SIZE(struct xen_domctl_vcpu_msr, 16);
SHOJI_ABI_OFFSET(struct xen_domctl_vcpu_msr, value, 8);
struct xen_domctl_vcpu_msrs {
	uint32_t vcpu;	    /* in */
	uint32_t msr_count; /* in/out */
	uint64_t msrs;	    /* in: handle of struct xen_domctl_vcpu_msr[] */
};
SHOJI_ABI_SIZE(struct xen_domctl_vcpu_msrs, 16);
SHOJI_ABI_OFFSET(struct xen_domctl_vcpu_msrs, msrs, 8);

struct xen_domctl_vnuma {
	uint32_t nr_vnodes; /* in, as all fields */
	uint32_t nr_vmemranges;
	uint32_t nr_vcpus;
	uint32_t pad;
	uint64_t vdistance;	 /* handle of uint32_t[nr_vnodes * nr_vnodes] */
	uint64_t vcpu_to_vnode;	 /* handle of uint32_t[nr_vcpus] */
	uint64_t vnode_to_pnode; /* handle of uint32_t[nr_vnodes] */
	uint64_t vmemrange;	 /* handle of struct xen_vmemrange[nr_vmemranges] */
};
SHOJI_ABI_SIZE(struct xen_domctl_vnuma, 48);
SHOJI_ABI_OFFSET(struct xen_domctl_vnuma, vmemrange, 40);

#define XEN_DOMCTL_createdomain		   1
#define XEN_DOMCTL_destroydomain	   2 /* no structure; returns when all frames are back */
#define XEN_DOMCTL_pausedomain		   3 /* no structure; counted */
#define XEN_DOMCTL_unpausedomain	   4 /* no structure */
#define XEN_DOMCTL_getdomaininfo	   5
#define XEN_DOMCTL_setvcpuaffinity	   9
#define XEN_DOMCTL_shadow_op		   10
#define XEN_DOMCTL_max_mem		   11
#define XEN_DOMCTL_setvcpucontext	   12
#define XEN_DOMCTL_getvcpucontext	   13
#define XEN_DOMCTL_getvcpuinfo		   14
#define XEN_DOMCTL_max_vcpus		   15
#define XEN_DOMCTL_scheduler_op		   16
#define XEN_DOMCTL_setdomainhandle	   17
#define XEN_DOMCTL_setdebugging		   18
#define XEN_DOMCTL_irq_permission	   19
#define XEN_DOMCTL_iomem_permission	   20
#define XEN_DOMCTL_ioport_permission	   21
#define XEN_DOMCTL_hypercall_init	   22
#define XEN_DOMCTL_settimeoffset	   24
#define XEN_DOMCTL_getvcpuaffinity	   25
#define XEN_DOMCTL_resumedomain		   27 /* no structure; after SHUTDOWN_suspend */
#define XEN_DOMCTL_sendtrigger		   28
#define XEN_DOMCTL_gethvmcontext	   33 /* not PV */
#define XEN_DOMCTL_sethvmcontext	   34 /* not PV */
#define XEN_DOMCTL_set_address_size	   35
#define XEN_DOMCTL_get_address_size	   36
#define XEN_DOMCTL_assign_device	   37
#define XEN_DOMCTL_bind_pt_irq		   38 /* not PV */
#define XEN_DOMCTL_memory_mapping	   39
#define XEN_DOMCTL_ioport_mapping	   40
#define XEN_DOMCTL_set_ext_vcpucontext	   42
#define XEN_DOMCTL_get_ext_vcpucontext	   43
#define XEN_DOMCTL_test_assign_device	   45
#define XEN_DOMCTL_set_target		   46
#define XEN_DOMCTL_deassign_device	   47
#define XEN_DOMCTL_get_device_group	   50
#define XEN_DOMCTL_gettscinfo		   59
#define XEN_DOMCTL_settscinfo		   60
#define XEN_DOMCTL_getpageframeinfo3	   61
#define XEN_DOMCTL_setvcpuextstate	   62
#define XEN_DOMCTL_getvcpuextstate	   63
#define XEN_DOMCTL_set_virq_handler	   66
#define XEN_DOMCTL_setnodeaffinity	   68
#define XEN_DOMCTL_getnodeaffinity	   69
#define XEN_DOMCTL_cacheflush		   71
#define XEN_DOMCTL_get_vcpu_msrs	   72
#define XEN_DOMCTL_set_vcpu_msrs	   73
#define XEN_DOMCTL_setvnumainfo		   74
#define XEN_DOMCTL_soft_reset		   79 /* not PV */
#define XEN_DOMCTL_get_cpu_policy	   82
#define XEN_DOMCTL_set_cpu_policy	   83
#define XEN_DOMCTL_get_paging_mempool_size 85
#define XEN_DOMCTL_set_paging_mempool_size 86

struct xen_domctl {
	uint32_t cmd;		    /* in: XEN_DOMCTL_… */
	uint32_t interface_version; /* in: XEN_DOMCTL_INTERFACE_VERSION */
	xen_domid_t domain;	    /* in; out of createdomain and getdomaininfo */
	uint16_t _pad[3];
	union {
		struct xen_domctl_createdomain createdomain;
		struct xen_domctl_getdomaininfo getdomaininfo;
		struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
		struct xen_domctl_nodeaffinity nodeaffinity;
		struct xen_domctl_vcpuaffinity vcpuaffinity;
		struct xen_domctl_shadow_op shadow_op;
		struct xen_domctl_max_mem max_mem;
		struct xen_domctl_vcpucontext vcpucontext;
		struct xen_domctl_getvcpuinfo getvcpuinfo;
		struct xen_domctl_max_vcpus max_vcpus;
		struct xen_domctl_scheduler_op scheduler_op;
		struct xen_domctl_setdomainhandle setdomainhandle;
		struct xen_domctl_setdebugging setdebugging;
		struct xen_domctl_irq_permission irq_permission;
		struct xen_domctl_iomem_permission iomem_permission;
		struct xen_domctl_ioport_permission ioport_permission;
		struct xen_domctl_hypercall_init hypercall_init;
		struct xen_domctl_settimeoffset settimeoffset;
		struct xen_domctl_tsc_info tsc_info;
		struct xen_domctl_address_size address_size;
		struct xen_domctl_sendtrigger sendtrigger;
		struct xen_domctl_assign_device assign_device;
		struct xen_domctl_ext_vcpucontext ext_vcpucontext;
		struct xen_domctl_set_target set_target;
		struct xen_domctl_cpu_policy cpu_policy;
		struct xen_domctl_vcpuextstate vcpuextstate;
		struct xen_domctl_vcpu_msrs vcpu_msrs;
		struct xen_domctl_set_virq_handler set_virq_handler;
		struct xen_domctl_cacheflush cacheflush;
		struct xen_domctl_vnuma vnuma;
		struct xen_domctl_paging_mempool paging_mempool;
		uint8_t pad[128];
	} u;
};
SHOJI_ABI_SIZE(struct xen_domctl, 144);
SHOJI_ABI_OFFSET(struct xen_domctl, u, 16);

#endif
