/* SPDX-License-Identifier: MIT */
/*
 * Plain types that every other header of the ABI uses, and the macros that pin layouts.
 *
 * Conventions of all headers in this folder: x86-64 only. A "handle" is a guest virtual address in
 * the caller's current address space, carried as uint64_t; 0 is a null handle. Addresses and
 * lengths are bytes, frame numbers count 4096-byte frames. A frame number is a *machine* frame
 * (mfn) unless a field says "gpfn" or "pfn", which is the guest's own numbering. Fields are marked
 * in, out or in/out as seen by the caller. Gaps and fields named pad or rsvd are written as 0.
 */
#ifndef SHOJI_PUBLIC_TYPES_H
#define SHOJI_PUBLIC_TYPES_H

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

typedef uint16_t xen_domid_t;	     /* a domain, or one of DOMID_… */
typedef uint64_t xen_pfn_t;	     /* a frame number */
typedef uint32_t xen_evtchn_port_t;  /* an event channel, local to its domain; 0 is never valid */
typedef uint32_t xen_grant_ref_t;    /* index into a granting domain's grant table */
typedef uint32_t xen_grant_handle_t; /* names one mapping of a foreign grant */
typedef uint8_t xen_domain_handle_t[16]; /* a domain's UUID, not interpreted by the hypervisor */

#ifdef __cplusplus
#define SHOJI_ABI_ASSERT(condition, text) static_assert(condition, text)
#else
#define SHOJI_ABI_ASSERT(condition, text) _Static_assert(condition, text)
#endif
/* Pins the size of a structure, and the offset of one of its fields, for ever. */
#define SHOJI_ABI_SIZE(type, size) SHOJI_ABI_ASSERT(sizeof(type) == (size), #type)
#define SHOJI_ABI_OFFSET(type, field, offset) \
	SHOJI_ABI_ASSERT(offsetof(type, field) == (offset), #type "." #field)
#endif /* __ASSEMBLER__ */

/* Domain ids with a meaning of their own; real domains are below DOMID_FIRST_RESERVED. */
#define DOMID_FIRST_RESERVED 0x7FF0
#define DOMID_SELF	     0x7FF0 /* the calling domain */
#define DOMID_IO	     0x7FF1 /* owner of device memory, for mappings by the control domain */
#define DOMID_XEN	     0x7FF2 /* owner of the hypervisor's own shared frames */
#define DOMID_COW	     0x7FF3 /* reserved: owner of copy-on-write frames, not offered */
#define DOMID_INVALID	     0x7FF4 /* no domain */
#define DOMID_IDLE	     0x7FFF /* the hypervisor's idle vCPUs, in traces only */
#define DOMID_MASK	     0x7FFF

#ifndef __ASSEMBLER__
/* A bitmap in the caller's memory (CPU map, node map): bit n is bit n % 8 of byte n / 8. */
struct xen_ctl_bitmap {
	uint64_t bitmap;  /* in: handle of bytes */
	uint32_t nr_bits; /* in: length; bits beyond it read as 0 and are not written */
};
SHOJI_ABI_SIZE(struct xen_ctl_bitmap, 16);
SHOJI_ABI_OFFSET(struct xen_ctl_bitmap, nr_bits, 8);
#endif /* __ASSEMBLER__ */

#endif
