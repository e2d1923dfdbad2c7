/* SPDX-License-Identifier: MIT */
/*
 * Grants: a domain lets a named other domain map, copy or take single frames of it, by writing
 * entries into its grant table, which is memory shared with the hypervisor.
 *
 * grant_table_op(GNTTABOP_…, handle of an array, count). The call returns 0, or a negated XEN_E…
 * number if the array itself was unusable; how each element went is in its `status` (GNTST_…).
 */
#ifndef SHOJI_PUBLIC_GRANT_TABLE_H
#define SHOJI_PUBLIC_GRANT_TABLE_H

#include "types.h"

/*
 * Version 1 entry. To grant: write domid and frame, write barrier, write flags. To revoke: compare
 * and exchange flags to 0, possible only while neither GTF_reading nor GTF_writing is set.
 */
struct xen_grant_entry_v1 {
	uint16_t flags; /* GTF_…: type and flags by the guest, reading and writing by the hyp. */
	xen_domid_t domid; /* who may use it */
	uint32_t frame;	   /* machine frame (PV), 32 bits */
};
SHOJI_ABI_SIZE(struct xen_grant_entry_v1, 8);
SHOJI_ABI_OFFSET(struct xen_grant_entry_v1, frame, 4);

#define GNTTAB_NR_RESERVED_ENTRIES 8 /* references that tools fill in, not the guest */
#define GNTTAB_RESERVED_CONSOLE	   0
#define GNTTAB_RESERVED_XENSTORE   1

#define GTF_invalid	    0u
#define GTF_permit_access   1u /* map and copy */
#define GTF_accept_transfer 2u /* receive a frame */
#define GTF_transitive	    3u /* version 2: as another domain's grant */
#define GTF_type_mask	    3u
/* with GTF_permit_access */
#define GTF_readonly (1u << 2)
#define GTF_reading  (1u << 3) /* in use for reading */
#define GTF_writing  (1u << 4) /* in use for writing */
#define GTF_PWT	     (1u << 5)
#define GTF_PCD	     (1u << 6)
#define GTF_PAT	     (1u << 7)
#define GTF_sub_page (1u << 8) /* version 2: copies only, within a part of the page */
/* with GTF_accept_transfer */
#define GTF_transfer_committed (1u << 2) /* a transfer is under way */
#define GTF_transfer_completed (1u << 3) /* frame is now the new frame */

struct xen_grant_entry_header {
	uint16_t flags;
	xen_domid_t domid;
};
SHOJI_ABI_SIZE(struct xen_grant_entry_header, 4);
SHOJI_ABI_OFFSET(struct xen_grant_entry_header, domid, 2);

/* Version 2 entry; in-use bits are in a separate read-only array of uint16_t (get_status_frames).
 */
union xen_grant_entry_v2 {
	struct xen_grant_entry_header hdr;
	struct {
		struct xen_grant_entry_header hdr;
		uint32_t pad0;
		uint64_t frame;
	} full_page;
	struct {
		struct xen_grant_entry_header hdr;
		uint16_t page_off;
		uint16_t length;
		uint64_t frame;
	} sub_page;
	struct {
		struct xen_grant_entry_header hdr;
		xen_domid_t trans_domid;
		uint16_t pad0;
		xen_grant_ref_t gref;
	} transitive;
	uint32_t __spacer[4];
};
SHOJI_ABI_SIZE(union xen_grant_entry_v2, 16);
typedef uint16_t xen_grant_status_t;

#define GNTTABOP_map_grant_ref	   0
#define GNTTABOP_unmap_grant_ref   1
#define GNTTABOP_setup_table	   2
#define GNTTABOP_dump_table	   3
#define GNTTABOP_transfer	   4
#define GNTTABOP_copy		   5
#define GNTTABOP_query_size	   6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version	   8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version	   10
#define GNTTABOP_swap_grant_ref	   11
#define GNTTABOP_cache_flush	   12

/* Maps a foreign frame at host_addr (and/or for devices). */
struct xen_gnttab_map_grant_ref {
	uint64_t host_addr;	   /* in: virtual address; or machine address of an L1 entry, with
				      GNTMAP_contains_pte */
	uint32_t flags;		   /* in: GNTMAP_… */
	xen_grant_ref_t ref;	   /* in */
	xen_domid_t dom;	   /* in: the granter */
	int16_t status;		   /* out: GNTST_… */
	xen_grant_handle_t handle; /* out: for unmapping */
	uint64_t dev_bus_addr;	   /* out: machine address */
};
SHOJI_ABI_SIZE(struct xen_gnttab_map_grant_ref, 32);
SHOJI_ABI_OFFSET(struct xen_gnttab_map_grant_ref, dev_bus_addr, 24);

/* Undoes a mapping made at the same host_addr. TLBs are flushed before the call returns. */
struct xen_gnttab_unmap_grant_ref {
	uint64_t host_addr;	   /* in: as in the map call; 0: leave it */
	uint64_t dev_bus_addr;	   /* in: likewise */
	xen_grant_handle_t handle; /* in */
	int16_t status;		   /* out */
};
SHOJI_ABI_SIZE(struct xen_gnttab_unmap_grant_ref, 24);
SHOJI_ABI_OFFSET(struct xen_gnttab_unmap_grant_ref, status, 20);

/* Makes the table nr_frames long (it never shrinks) and tells its frames. Count is 1. */
struct xen_gnttab_setup_table {
	xen_domid_t dom;     /* in: DOMID_SELF, or privileged */
	uint32_t nr_frames;  /* in */
	int16_t status;	     /* out */
	uint64_t frame_list; /* in: handle of xen_pfn_t[nr_frames], out: mfns */
};
SHOJI_ABI_SIZE(struct xen_gnttab_setup_table, 24);
SHOJI_ABI_OFFSET(struct xen_gnttab_setup_table, nr_frames, 4);
SHOJI_ABI_OFFSET(struct xen_gnttab_setup_table, frame_list, 16);

/* Prints the table to the hypervisor's log. Control domain. */
struct xen_gnttab_dump_table {
	xen_domid_t dom; /* in */
	int16_t status;	 /* out */
};
SHOJI_ABI_SIZE(struct xen_gnttab_dump_table, 4);
SHOJI_ABI_OFFSET(struct xen_gnttab_dump_table, status, 2);

/* Gives a frame away to a domain that accepts it. */
struct xen_gnttab_transfer {
	xen_pfn_t mfn;	     /* in */
	xen_domid_t domid;   /* in */
	xen_grant_ref_t ref; /* in: of the accepting domain's table */
	int16_t status;	     /* out */
};
SHOJI_ABI_SIZE(struct xen_gnttab_transfer, 24);
SHOJI_ABI_OFFSET(struct xen_gnttab_transfer, ref, 12);
SHOJI_ABI_OFFSET(struct xen_gnttab_transfer, status, 16);

#define GNTCOPY_source_gref (1 << 0) /* source.u is a reference, not a frame of domid */
#define GNTCOPY_dest_gref   (1 << 1)
struct xen_gnttab_copy_ptr {
	union {
		xen_grant_ref_t ref;
		xen_pfn_t gmfn;
	} u;
	xen_domid_t domid;
	uint16_t offset; /* bytes into the page */
};
SHOJI_ABI_SIZE(struct xen_gnttab_copy_ptr, 16);
SHOJI_ABI_OFFSET(struct xen_gnttab_copy_ptr, offset, 10);
/* Copies bytes; neither side may cross the end of its page. */
struct xen_gnttab_copy {
	struct xen_gnttab_copy_ptr source, dest; /* in */
	uint16_t len;				 /* in: bytes */
	uint16_t flags;				 /* in: GNTCOPY_… */
	int16_t status;				 /* out */
};
SHOJI_ABI_SIZE(struct xen_gnttab_copy, 40);
SHOJI_ABI_OFFSET(struct xen_gnttab_copy, status, 36);

struct xen_gnttab_query_size {
	xen_domid_t dom;	/* in: DOMID_SELF, or privileged */
	uint32_t nr_frames;	/* out */
	uint32_t max_nr_frames; /* out: the limit of setup_table */
	int16_t status;		/* out */
};
SHOJI_ABI_SIZE(struct xen_gnttab_query_size, 16);
SHOJI_ABI_OFFSET(struct xen_gnttab_query_size, nr_frames, 4);
SHOJI_ABI_OFFSET(struct xen_gnttab_query_size, status, 12);

/* Unmaps, and moves the mapping that is at new_addr to host_addr, in one step. */
struct xen_gnttab_unmap_and_replace {
	uint64_t host_addr;	   /* in */
	uint64_t new_addr;	   /* in: its entry becomes empty */
	xen_grant_handle_t handle; /* in */
	int16_t status;		   /* out */
};
SHOJI_ABI_SIZE(struct xen_gnttab_unmap_and_replace, 24);
SHOJI_ABI_OFFSET(struct xen_gnttab_unmap_and_replace, status, 20);

/* EINVAL: unknown version; EBUSY: grants are in use. Count is 1. */
struct xen_gnttab_set_version {
	uint32_t version; /* in: 1 or 2; out: the version in force */
};
SHOJI_ABI_SIZE(struct xen_gnttab_set_version, 4);

struct xen_gnttab_get_status_frames {
	uint32_t nr_frames;  /* in */
	xen_domid_t dom;     /* in */
	int16_t status;	     /* out */
	uint64_t frame_list; /* in: handle of uint64_t[nr_frames], out: mfns */
};
SHOJI_ABI_SIZE(struct xen_gnttab_get_status_frames, 16);
SHOJI_ABI_OFFSET(struct xen_gnttab_get_status_frames, frame_list, 8);

struct xen_gnttab_get_version {
	xen_domid_t dom; /* in */
	uint16_t pad;
	uint32_t version; /* out */
};
SHOJI_ABI_SIZE(struct xen_gnttab_get_version, 8);
SHOJI_ABI_OFFSET(struct xen_gnttab_get_version, version, 4);

struct xen_gnttab_swap_grant_ref {
	xen_grant_ref_t ref_a; /* in: neither may be in use */
	xen_grant_ref_t ref_b; /* in */
	int16_t status;	       /* out */
};
SHOJI_ABI_SIZE(struct xen_gnttab_swap_grant_ref, 12);
SHOJI_ABI_OFFSET(struct xen_gnttab_swap_grant_ref, status, 8);

/* ARM only: answers EOPNOTSUPP here. */
struct xen_gnttab_cache_flush {
	union {
		uint64_t dev_bus_addr;
		xen_grant_ref_t ref;
	} a;
	uint16_t offset;
	uint16_t length;
	uint32_t op; /* GNTTAB_CACHE_… */
};
SHOJI_ABI_SIZE(struct xen_gnttab_cache_flush, 16);
SHOJI_ABI_OFFSET(struct xen_gnttab_cache_flush, op, 12);
#define GNTTAB_CACHE_CLEAN	 (1u << 0)
#define GNTTAB_CACHE_INVAL	 (1u << 1)
#define GNTTAB_CACHE_SOURCE_GREF (1u << 31)

#define GNTMAP_device_map	 (1 << 0) /* for devices: dev_bus_addr is valid */
#define GNTMAP_host_map		 (1 << 1) /* at host_addr */
#define GNTMAP_readonly		 (1 << 2)
#define GNTMAP_application_map	 (1 << 3) /* user mode may use it too */
#define GNTMAP_contains_pte	 (1 << 4) /* host_addr is a machine address of an L1 entry */
#define GNTMAP_guest_avail_shift 16	  /* software bits of the entry to set */
#define GNTMAP_guest_avail_mask	 0xffff0000u

#define GNTST_okay		0
#define GNTST_general_error	(-1)
#define GNTST_bad_domain	(-2)
#define GNTST_bad_gntref	(-3)
#define GNTST_bad_handle	(-4)
#define GNTST_bad_virt_addr	(-5)
#define GNTST_bad_dev_addr	(-6)
#define GNTST_no_device_space	(-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page		(-9)
#define GNTST_bad_copy_arg	(-10)
#define GNTST_address_too_big	(-11) /* a frame number does not fit a version 1 entry */
#define GNTST_eagain		(-12) /* the same request may succeed later */
#define GNTST_no_space		(-13) /* out of handles */

#endif
