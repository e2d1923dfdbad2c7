/* SPDX-License-Identifier: MIT */
/*
 * memory_op(XENMEM_…, handle): how much memory a domain has and which frames. A domain acts on
 * itself (DOMID_SELF) unless it is privileged over the other.
 *
 * Calls on lists of extents return how many extents were done, in order; a caller that gets fewer
 * than it asked for learns nothing more. Common errors: EFAULT bad handle, ESRCH no such domain,
 * EPERM not yours, EINVAL, ENOSYS.
 */
#ifndef SHOJI_PUBLIC_MEMORY_H
#define SHOJI_PUBLIC_MEMORY_H

#include "physdev.h"
#include "types.h"

/* All three: struct xen_memory_reservation; they return the number of extents done. */
#define XENMEM_increase_reservation 0 /* new frames without a pfn */
#define XENMEM_decrease_reservation 1 /* give frames back */
#define XENMEM_populate_physmap	    6 /* new frames for given pfns */

/* mem_flags */
#define XENMEMF_address_bits(x)	    (x) /* machine addresses below 2^x; 0: anywhere */
#define XENMEMF_get_address_bits(x) ((x)&0xffu)
#define XENMEMF_node(x)		    (((x) + 1) << 8) /* memory of that node if possible */
#define XENMEMF_get_node(x)	    ((((x) >> 8) - 1) & 0xffu)
#define XENMEMF_populate_on_demand  (1 << 16) /* not PV */
#define XENMEMF_exact_node_request  (1 << 17) /* fail rather than take another node */
#define XENMEMF_exact_node(n)	    (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode		    (1 << 18) /* the node is a virtual one */

/* Extents are naturally aligned runs of 2^extent_order frames, named by their first frame. */
struct xen_memory_reservation {
	uint64_t extent_start; /* handle of xen_pfn_t[nr_extents]: increase: out mfns (may be null);
				  decrease: in mfns; populate: in pfns, out mfns */
	uint64_t nr_extents;   /* in */
	uint32_t extent_order; /* in: log2 of frames per extent; larger ones need privilege */
	uint32_t mem_flags;    /* in: XENMEMF_…; unused by decrease */
	xen_domid_t domid;     /* in */
};
SHOJI_ABI_SIZE(struct xen_memory_reservation, 32);
SHOJI_ABI_OFFSET(struct xen_memory_reservation, domid, 24);

/*
 * Trade frames for others, for instance below 4 GiB for devices. in: extents given (mfns), out:
 * pfns that get the new frames, and their mfns on return. Both sides have the same total size. The
 * frames given must not be mapped or typed. Returns 0 or an error; nr_exchanged (in 0, out) counts
 * the extents of `in` that were traded before an error. ENOMEM: no suitable frames.
 */
#define XENMEM_exchange 11
struct xen_memory_exchange {
	struct xen_memory_reservation in;
	struct xen_memory_reservation out;
	uint64_t nr_exchanged;
};
SHOJI_ABI_SIZE(struct xen_memory_exchange, 72);
SHOJI_ABI_OFFSET(struct xen_memory_exchange, nr_exchanged, 64);

#define XENMEM_maximum_ram_page	   2  /* returns the highest machine frame + 1; no argument */
#define XENMEM_current_reservation 3  /* returns frames a domain has; struct xen_memory_domain */
#define XENMEM_maximum_reservation 4  /* returns frames it may have; struct xen_memory_domain */
#define XENMEM_maximum_gpfn	   14 /* returns its highest pfn; struct xen_memory_domain */
struct xen_memory_domain {
	xen_domid_t domid; /* in */
};
SHOJI_ABI_SIZE(struct xen_memory_domain, 2);

/* The frames of the machine-to-phys table, one mfn per 2 MiB of it, for tools that map it. */
#define XENMEM_machphys_mfn_list	5
#define XENMEM_machphys_compat_mfn_list 25 /* 32-bit table: ENOSYS */
struct xen_machphys_mfn_list {
	uint32_t max_extents;  /* in: room */
	uint64_t extent_start; /* in: handle of xen_pfn_t[] (out) */
	uint32_t nr_extents;   /* out: entries written */
};
SHOJI_ABI_SIZE(struct xen_machphys_mfn_list, 24);
SHOJI_ABI_OFFSET(struct xen_machphys_mfn_list, extent_start, 8);
SHOJI_ABI_OFFSET(struct xen_machphys_mfn_list, nr_extents, 16);

/* Where the machine-to-phys table is in every address space. */
#define XENMEM_machphys_mapping 12
struct xen_machphys_mapping {
	uint64_t v_start, v_end; /* out: virtual addresses */
	uint64_t max_mfn;	 /* out: highest entry that is in use */
};
SHOJI_ABI_SIZE(struct xen_machphys_mapping, 24);
SHOJI_ABI_OFFSET(struct xen_machphys_mapping, max_mfn, 16);

/* Put a frame of some kind at a pfn of the caller. PV: shared info and grant table only. */
#define XENMEM_add_to_physmap	     7
#define XENMEM_add_to_physmap_batch  23 /* not PV: ENOSYS */
#define XENMAPSPACE_shared_info	     0
#define XENMAPSPACE_grant_table	     1
#define XENMAPSPACE_gmfn	     2
#define XENMAPSPACE_gmfn_range	     3
#define XENMAPSPACE_gmfn_foreign     4
#define XENMAPSPACE_dev_mmio	     5
#define XENMAPIDX_grant_table_status 0x80000000 /* in idx: a status frame of grant version 2 */
struct xen_add_to_physmap {
	xen_domid_t domid; /* in */
	uint16_t size;	   /* in: pages, for gmfn_range */
	uint32_t space;	   /* in: XENMAPSPACE_… */
	uint64_t idx;	   /* in: index within the space */
	xen_pfn_t gpfn;	   /* in */
};
SHOJI_ABI_SIZE(struct xen_add_to_physmap, 24);
SHOJI_ABI_OFFSET(struct xen_add_to_physmap, gpfn, 16);

#define XENMEM_remove_from_physmap 15 /* not PV */
struct xen_remove_from_physmap {
	xen_domid_t domid;
	xen_pfn_t gpfn;
};
SHOJI_ABI_SIZE(struct xen_remove_from_physmap, 16);
SHOJI_ABI_OFFSET(struct xen_remove_from_physmap, gpfn, 8);

/*
 * Memory maps in the firmware's E820 format: 20 bytes {uint64_t address, size; uint32_t type}.
 * memory_map: the caller's own, ENOSYS if none was set. machine_memory_map: the machine's, control
 * domain only. set_memory_map: give another domain its map.
 */
#define XENMEM_memory_map	  9  /* struct xen_memory_map */
#define XENMEM_machine_memory_map 10 /* struct xen_memory_map */
#define XENMEM_set_memory_map	  13 /* struct xen_foreign_memory_map */
struct xen_memory_map {
	uint32_t nr_entries; /* in: room (or entries given); out: entries written */
	uint64_t buffer;     /* in: handle of entries; null asks for the count only */
};
SHOJI_ABI_SIZE(struct xen_memory_map, 16);
SHOJI_ABI_OFFSET(struct xen_memory_map, buffer, 8);
struct xen_foreign_memory_map {
	xen_domid_t domid;
	struct xen_memory_map map;
};
SHOJI_ABI_SIZE(struct xen_foreign_memory_map, 24);
SHOJI_ABI_OFFSET(struct xen_foreign_memory_map, map, 8);

/* One entry of such a map. */
struct xen_e820_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type; /* XEN_E820_… */
} __attribute__((packed));
SHOJI_ABI_SIZE(struct xen_e820_entry, 20);
SHOJI_ABI_OFFSET(struct xen_e820_entry, type, 16);
#define XEN_E820_RAM	  1
#define XEN_E820_RESERVED 2
#define XEN_E820_ACPI	  3 /* tables; RAM once they were read */
#define XEN_E820_NVS	  4 /* kept over sleep */
#define XEN_E820_UNUSABLE 5

#define XENMEM_set_pod_target 16 /* not PV: ENOSYS */
#define XENMEM_get_pod_target 17 /* not PV: ENOSYS */

/*
 * struct xen_memory_reservation: set nr_extents frames (extent_order 0) aside for domid; 0 gives
 * the claim up. ENOMEM: not so many are free.
 */
#define XENMEM_claim_pages 24

/* Regions that devices need mapped one to one. */
#define XENMEM_reserved_device_memory_map 27
#define XENMEM_RDM_ALL			  1 /* flags: of all devices */
struct xen_reserved_device_memory {
	xen_pfn_t start_pfn;
	uint64_t nr_pages;
};
SHOJI_ABI_SIZE(struct xen_reserved_device_memory, 16);
SHOJI_ABI_OFFSET(struct xen_reserved_device_memory, nr_pages, 8);
struct xen_reserved_device_memory_map {
	uint32_t flags;
	uint32_t nr_entries; /* in: room; out: entries needed (ENOBUFS if more than room) */
	uint64_t buffer;     /* handle of struct xen_reserved_device_memory[] */
	union {
		struct xen_physdev_pci_device pci;
	} dev;
};
SHOJI_ABI_SIZE(struct xen_reserved_device_memory_map, 24);
SHOJI_ABI_OFFSET(struct xen_reserved_device_memory_map, dev, 16);

/*
 * Machine frames of a hypervisor-owned resource of another domain, for mapping by a privileged
 * caller. With nr_frames 0 and a null frame_list: how many frames there are. ERESTART never shows.
 */
#define XENMEM_acquire_resource		      28
#define XENMEM_resource_ioreq_server	      0 /* not PV */
#define XENMEM_resource_grant_table	      1
#define XENMEM_resource_vmtrace_buf	      2 /* not offered */
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1
struct xen_mem_acquire_resource {
	xen_domid_t domid;  /* in: the owner of the resource */
	uint16_t type;	    /* in: XENMEM_resource_… */
	uint32_t id;	    /* in: XENMEM_resource_…_id_… */
	uint32_t nr_frames; /* in: frames wanted; out, if 0: frames that exist */
	uint32_t pad;
	uint64_t frame;	     /* in: index of the first frame wanted */
	uint64_t frame_list; /* in: handle of xen_pfn_t[nr_frames], out: mfns */
};
SHOJI_ABI_SIZE(struct xen_mem_acquire_resource, 32);
SHOJI_ABI_OFFSET(struct xen_mem_acquire_resource, frame_list, 24);

/* The virtual NUMA topology given to a domain (XEN_DOMCTL_setvnumainfo). EOPNOTSUPP: none. */
#define XENMEM_get_vnumainfo 26
struct xen_vmemrange {
	uint64_t start, end; /* addresses */
	uint32_t flags;
	uint32_t nid; /* virtual node */
};
SHOJI_ABI_SIZE(struct xen_vmemrange, 24);
SHOJI_ABI_OFFSET(struct xen_vmemrange, nid, 20);
struct xen_vnuma_topology_info {
	xen_domid_t domid;
	uint16_t pad;
	uint32_t nr_vnodes; /* these three: in: room; out: needed (ENOBUFS) */
	uint32_t nr_vcpus;
	uint32_t nr_vmemranges;
	uint64_t vdistance;	/* handle of uint32_t[nr_vnodes * nr_vnodes] */
	uint64_t vcpu_to_vnode; /* handle of uint32_t[nr_vcpus] */
	uint64_t vmemrange;	/* handle of struct xen_vmemrange[nr_vmemranges] */
};
SHOJI_ABI_SIZE(struct xen_vnuma_topology_info, 40);
SHOJI_ABI_OFFSET(struct xen_vnuma_topology_info, vmemrange, 32);

#endif
