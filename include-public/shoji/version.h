/* SPDX-License-Identifier: MIT */
/*
 * xen_version(cmd, handle): who the hypervisor is and what it can do. Anyone may ask. Returns the
 * value named below, or 0 (or a length) with the structure filled in; ENOSYS for unknown commands,
 * EFAULT for a bad handle. Callers outside the control domain get empty or fixed strings for what
 * does not concern them (command line, compile information, build id).
 */
#ifndef SHOJI_PUBLIC_VERSION_H
#define SHOJI_PUBLIC_VERSION_H

#include "features.h"
#include "types.h"

#define XENVER_version		   0  /* returns major << 16 | minor: 4.17 is 0x00040011 */
#define XENVER_extraversion	   1  /* out: char[XEN_EXTRAVERSION_LEN] */
#define XENVER_compile_info	   2  /* out: struct xen_compile_info */
#define XENVER_capabilities	   3  /* out: char[XEN_CAPABILITIES_INFO_LEN], words by spaces */
#define XENVER_changeset	   4  /* out: char[XEN_CHANGESET_INFO_LEN] */
#define XENVER_platform_parameters 5  /* out: struct xen_platform_parameters */
#define XENVER_get_features	   6  /* in/out: struct xen_feature_info */
#define XENVER_pagesize		   7  /* returns 4096; handle may be null */
#define XENVER_guest_handle	   8  /* out: xen_domain_handle_t, the caller's UUID */
#define XENVER_commandline	   9  /* out: char[XEN_COMMANDLINE_LEN]; control domain */
#define XENVER_build_id		   10 /* in/out: struct xen_build_id; control domain */

#define XEN_EXTRAVERSION_LEN	  16
#define XEN_CAPABILITIES_INFO_LEN 1024
#define XEN_CHANGESET_INFO_LEN	  64
#define XEN_COMMANDLINE_LEN	  1024

/* All strings end with a zero byte. */
struct xen_compile_info {
	char compiler[64];
	char compile_by[16];
	char compile_domain[32];
	char compile_date[32];
};
SHOJI_ABI_SIZE(struct xen_compile_info, 144);
SHOJI_ABI_OFFSET(struct xen_compile_info, compile_date, 112);

struct xen_platform_parameters {
	uint64_t virt_start; /* out: first address of the hole */
};
SHOJI_ABI_SIZE(struct xen_platform_parameters, 8);

struct xen_feature_info {
	uint32_t submap_idx; /* in: below XENFEAT_NR_SUBMAPS, else EINVAL */
	uint32_t submap;     /* out: bit n is feature 32 * submap_idx + n */
};
SHOJI_ABI_SIZE(struct xen_feature_info, 8);
SHOJI_ABI_OFFSET(struct xen_feature_info, submap, 4);

/*
 * A null handle returns the length of the id. Otherwise ENOBUFS if len is too small, ENODATA
 * without an id; returns the number of bytes written.
 */
struct xen_build_id {
	uint32_t len;  /* in: room in buf */
	uint8_t buf[]; /* out */
};
SHOJI_ABI_SIZE(struct xen_build_id, 4);
SHOJI_ABI_OFFSET(struct xen_build_id, buf, 4);

#endif
